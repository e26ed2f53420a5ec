"""Choices: only the names that there are, asked for when a value is checked."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import BaseModel, Field, ValidationError

from features.settings.choices import OneOf, describe_expected

NAMES: list[str] = ["north", "south"]


class Section(BaseModel):
    side: Annotated[str | None, OneOf(lambda: NAMES)] = None
    size: Annotated[int, Field(description="a whole number")] = 1


def test_only_the_names_are_taken_and_nothing_may_be_given() -> None:
    assert Section(side="north").side == "north"
    assert Section().side is Section(side=None).side is None
    for wrong in ("North", "", "east"):
        with pytest.raises(ValidationError):
            Section(side=wrong)


def test_the_names_are_asked_for_when_a_value_is_checked() -> None:
    NAMES.append("west")
    try:
        assert Section(side="west").side == "west"
    finally:
        NAMES.remove("west")
    with pytest.raises(ValidationError):
        Section(side="west")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("a",), '"a"'),
        (("a", "b"), '"a" or "b"'),
        (("a", "b", "c"), '"a", "b" or "c"'),
    ],
)
def test_the_names_read_as_an_error_shows_them(names: tuple[str, ...], told: str) -> None:
    assert OneOf(lambda: names).describe() == told


def test_what_a_field_takes_is_its_names_or_its_description() -> None:
    fields = Section.model_fields
    assert describe_expected(fields["side"]) == '"north" or "south"'
    assert describe_expected(fields["size"]) == "a whole number"
