"""Wording: every recipe has its sentences, and each names only what it can be given."""

from __future__ import annotations

import string
from typing import Any

import pytest

from features.language import language, list_languages
from features.matrix import definitions
from features.matrix.definitions import Feature
from models.reasons.wording import VOCABULARY, WORDINGS, Wording

TEXTS = ("value", "missing", "no", "zero", "same_day")


def planned() -> list[Feature]:
    """Features of each definition that needs no table to be made."""
    return [
        *definitions.activity_summary(),
        *definitions.activity_counts("demo_request"),
        *definitions.history(),
    ]


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("feature", planned(), ids=lambda feature: feature.name)
def test_every_defined_feature_has_its_wording(feature: Feature) -> None:
    wording = WORDINGS[feature.recipe]
    known = {"label", "value", "percent", "column", "word", *feature.label.values}
    assert all(gaps(getattr(wording, text) or "") <= known for text in TEXTS)


@pytest.mark.parametrize("recipe", WORDINGS)
def test_what_is_missing_is_said_without_a_value(recipe: str) -> None:
    wording = WORDINGS[recipe]
    for text in (wording.missing, wording.no or "", wording.zero or "", wording.same_day or ""):
        assert not gaps(text) & {"value", "percent"}


@pytest.mark.parametrize("code", list_languages())
def test_a_value_and_its_absence_read_differently(code: str) -> None:
    words = language(code)
    filled: dict[str, Any] = dict.fromkeys(
        ("label", "value", "percent", "column", "word", "activity", "days"), "x"
    )
    for wording in WORDINGS.values():
        assert words.text(wording.value, **filled) != words.text(wording.missing, **filled)


def test_what_is_counted_is_told_in_whole_numbers() -> None:
    counts = {"activities: distinct kinds", "earlier hand-overs", "earlier rejections"}
    counts |= {"activities: last 30 days", "activity demo_request: last 30 days"}
    recipes = {feature.name: feature.recipe for feature in planned()}
    assert [name for name in counts if not WORDINGS[recipes[name]].counted] == []
    for name in ("activities: days since last", "activities: change of pace"):
        assert not WORDINGS[recipes[name]].counted


def test_own_words_are_told_apart_from_those_of_the_crm() -> None:
    assert len(set(VOCABULARY)) == len(VOCABULARY)
    assert not Wording("a", "b").own_words and WORDINGS["weekday"].own_words
