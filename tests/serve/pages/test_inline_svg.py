"""A drawing made part of a page: what is drawn stays, what a page must not carry goes."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest

from serve.pages.inline_svg import ROLES, to_inline


@pytest.fixture(scope="module")
def drawn() -> str:
    """A line in each role's colour and a word, as matplotlib writes them."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "test"}):
        figure = Figure(figsize=(2, 1))
        axes = figure.add_subplot()
        for height, colour in enumerate(ROLES.values()):
            axes.plot([0, 1], [height, height], color=colour)
        axes.set_title("<b>Bold & quiet</b>", color=ROLES["ink"])
        file = io.StringIO()
        figure.savefig(file, format="svg")
    return file.getvalue()


def inline(drawn: str, **changes: str) -> str:
    return to_inline(drawn, **({"name": "one", "title": "T", "description": "D"} | changes))


def test_every_colour_of_ours_becomes_a_class(drawn: str) -> None:
    svg = inline(drawn)
    for role, colour in ROLES.items():
        assert f"stroke-{role}" in svg
        assert colour not in svg


def test_nothing_is_styled_loaded_or_run(drawn: str) -> None:
    root = ElementTree.fromstring(inline(drawn))  # noqa: S314
    for element in root.iter():
        assert element.tag in set("svg title desc g path text defs use rect clipPath".split())
        for name, value in element.attrib.items():
            assert name != "style" and not name.startswith("on")
            assert name != "href" or value.startswith("#")


def test_texts_stay_texts(drawn: str) -> None:
    svg = inline(drawn, title='"><script>alert(1)</script>', description="a & b")
    assert "<script" not in svg and "<b>" not in svg
    texts = set(ElementTree.fromstring(svg).itertext())  # noqa: S314
    assert {"<b>Bold & quiet</b>", '"><script>alert(1)</script>', "a & b"} <= texts


def test_two_drawings_of_a_page_are_named_apart(drawn: str) -> None:
    one, two = (inline(drawn, name=name) for name in ("one", "two"))
    assert 'aria-labelledby="one-title one-description"' in one
    assert 'id="two-title"' in two and 'id="one-title"' not in two
