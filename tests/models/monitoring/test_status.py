"""Lights: a difference has to be both beyond chance and large."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.language import Phrase
from models.monitoring import status
from models.monitoring.status import ALPHA, COLOURS, Limits, fixed, make_status, percent, worst

CALM = Phrase("calm")
EVERY = [value for value in vars(status).values() if isinstance(value, Limits)]


@pytest.mark.parametrize(
    ("size", "p", "colour"),
    [
        (0.3, 0.5, "green"),
        (0.05, 0, "green"),
        (0.1, 0, "amber"),
        (0.2, 0, "amber"),
        (0.3, 0, "red"),
    ],
)
def test_size_and_chance_both_count(size: float, p: float, colour: str) -> None:
    assert Limits(0.1, 0.25).evaluate(size, p=p) == colour
    assert Limits(0.1, 0.25).evaluate(size, p=ALPHA) == "green"


def test_every_red_limit_lies_beyond_its_amber_one() -> None:
    assert len(EVERY) >= 10
    assert all(0 < limits.amber < limits.red for limits in EVERY)


def test_a_light_has_the_worst_colour_and_says_that_first() -> None:
    found = [("amber", Phrase("a")), ("green", Phrase("b")), ("red", Phrase("c"))]
    light = make_status("inputs", found, calm=CALM)
    assert light.colour == "red"
    assert [phrase.text for phrase in light.because] == ["c", "a"]


def test_a_calm_area_says_one_thing() -> None:
    light = make_status("inputs", [("green", Phrase("b"))], calm=CALM)
    assert (light.colour, light.because) == ("green", (CALM,))


@given(st.lists(st.sampled_from(COLOURS), min_size=1))
def test_the_worst_is_the_first_of_the_ranked(colours: list[str]) -> None:
    assert worst(colours) == min(colours, key=COLOURS.index)
    assert worst([]) == "grey"


def test_figures_keep_their_decimals() -> None:
    assert fixed(0.5, 3) == Decimal("0.500")
    assert str(percent(0.0123)) == "1.2"
    assert str(percent(0.0999)) == "10"
    assert str(percent(0.5)) == "50"
