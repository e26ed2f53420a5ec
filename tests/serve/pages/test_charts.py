"""Charts: the figures at their places, and nothing that a page must not carry."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.language import Language, language, list_languages
from serve.pages.charts import draw_backtest, draw_calibration, list_charts
from tests.serve.pages.test_backtest import summarise


def make_bins(*points: tuple[float, float]) -> list[dict[str, Any]]:
    """Return calibration bins with intervals of a tenth to either side."""
    return [
        {
            "n": 40,
            "mean_predicted": across,
            "accepted": {"value": up, "low": max(up - 0.1, 0), "high": min(up + 0.1, 1)},
        }
        for across, up in points
    ]


def parse_drawing(svg: str) -> ElementTree.Element:
    """Return the drawing as a tree; it was made by our own code a moment ago."""
    return ElementTree.fromstring(svg)  # noqa: S314


BINS = make_bins((0.1, 0.15), (0.5, 0.4), (0.9, 0.95))


def accent_places(svg: str) -> list[tuple[float, float]]:
    """Return where the dots stand, in the chart's own units."""
    uses = parse_drawing(svg).iter("use")
    return [(float(use.attrib["x"]), float(use.attrib["y"])) for use in uses]


def test_dots_stand_where_the_figures_say() -> None:
    # Two dots at known places tell the scale; the third must fall on it.
    svg = draw_calibration(make_bins((0.0, 0.0), (1.0, 1.0), (0.25, 0.75)), Language("en"))
    (x0, y0), (x1, y1), (x, y) = accent_places(svg)
    assert (x - x0) / (x1 - x0) == pytest.approx(0.25, abs=1e-4)
    assert (y - y0) / (y1 - y0) == pytest.approx(0.75, abs=1e-4)
    assert x1 > x0
    assert y1 < y0, "higher acceptance stands further up"


def test_the_same_figures_give_the_same_drawing() -> None:
    assert draw_calibration(BINS, Language("en")) == draw_calibration(BINS, Language("en"))


@pytest.mark.parametrize("code", ["en", "es"])
def test_it_names_itself_for_those_who_cannot_see_it(code: str) -> None:
    root = parse_drawing(draw_calibration(BINS, Language(code)))
    named = {child.attrib["id"]: child.text for child in root if child.tag in ("title", "desc")}
    assert root.attrib["role"] == "img"
    assert set(root.attrib["aria-labelledby"].split()) == set(named)
    assert all(named.values())


def test_words_and_numbers_follow_the_language() -> None:
    words = set(parse_drawing(draw_calibration(BINS, Language("es"))).itertext())
    assert {"Puntuación", "Aceptados por ventas", "20\N{NO-BREAK SPACE}%"} <= words


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda p: (round(p[0], 6), round(p[1], 6))),
        min_size=1,
        max_size=10,
    )
)
@settings(max_examples=8)
def test_it_carries_no_style_script_address_or_colour(points: list[tuple[float, float]]) -> None:
    svg = draw_calibration(make_bins(*points), Language("en"))
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Elements(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Elements().feed(svg)
    allowed = {"svg", "title", "desc", "g", "path", "text", "use", "defs", "clippath", "rect"}
    assert {tag for tag, _ in seen} <= allowed
    assert not any("style" in attrs for _, attrs in seen)
    assert "http" not in svg and "://" not in svg
    assert re.findall(r"#[0-9a-f]{6}\b", svg) == [], "colours are the page's business"
    assert len(accent_places(svg)) == len(points)


def test_every_reference_inside_is_met_inside() -> None:
    root = parse_drawing(draw_calibration(BINS, Language("en")))
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    links = [e.attrib["href"] for e in root.iter() if "href" in e.attrib]
    clips = [e.attrib["clip-path"] for e in root.iter() if "clip-path" in e.attrib]
    targets = {link.removeprefix("#") for link in links}
    targets |= {clip.removeprefix("url(#").removesuffix(")") for clip in clips}
    assert len(ids) == len(set(ids))
    assert targets <= set(ids)


@pytest.mark.parametrize("code", ["en", "es"])
def test_a_backtest_is_one_element_without_style_or_address(code: str) -> None:
    drawn = draw_backtest(summarise(code)["months"], language(code))
    root = ElementTree.fromstring(drawn)  # noqa: S314  # our own drawing
    assert root.tag == "svg" and root.attrib["role"] == "img"
    named = {element.attrib.get("id") for element in root}
    assert {"backtest-title", "backtest-description"} <= named
    for element in root.iter():
        assert "style" not in element.attrib
        assert not any("http" in value for value in element.attrib.values())
    texts = {"".join(element.itertext()).strip() for element in root.iter("text")}
    wanted = {"en": {"Kept", "Monthly", "Gated", "Jan 2026"}, "es": {"Cada mes", "ene 2026"}}
    assert wanted[code] <= texts


def test_a_backtest_is_drawn_the_same_each_time_and_follows_the_figures() -> None:
    one, same, other = (
        draw_backtest(summarise(noise=noise)["months"], language("en")) for noise in (1, 1, 0.5)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize("code", list_languages())
def test_templates_get_every_chart_in_their_language(code: str) -> None:
    charts, words = list_charts(language(code)), language(code)
    assert charts["calibration"](BINS, name="x") == draw_calibration(BINS, words, name="x")
    months = summarise(code)["months"]
    assert charts["backtest"](months) == draw_backtest(months, words)
