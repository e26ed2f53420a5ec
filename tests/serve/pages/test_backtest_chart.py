"""The plot of a backtest: one drawing a page may carry, the same each time."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from features.language import language
from serve.pages.backtest_chart import draw_backtest
from tests.serve.pages.test_backtest import summarise


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_drawing_is_one_element_without_style_or_address(code: str) -> None:
    drawn = draw_backtest(summarise(code)["months"], language(code))
    root = ElementTree.fromstring(drawn)  # noqa: S314  # our own drawing
    assert root.tag == "svg" and root.attrib["role"] == "img"
    named = {element.attrib.get("id") for element in root}
    assert {"backtest-title", "backtest-description"} <= named
    for element in root.iter():
        assert "style" not in element.attrib
        assert not any("http" in value for value in element.attrib.values())
    texts = {"".join(element.itertext()).strip() for element in root.iter("text")}
    wanted = {"en": {"Kept", "Monthly", "Gated", "Jan 2026"}, "es": {"Mensual", "ene 2026"}}
    assert wanted[code] <= texts


def test_it_is_the_same_each_time_and_follows_the_figures() -> None:
    one, same, other = (
        draw_backtest(summarise(noise=noise)["months"], language("en")) for noise in (1, 1, 0.5)
    )
    assert one == same
    assert one != other
