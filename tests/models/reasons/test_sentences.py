"""Sentences: what is said of every kind of value, safely and in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from features.language import Phrase, language
from features.matrix.definitions import (
    NOT_GIVEN,
    OTHER,
    Feature,
    activity_counts,
    activity_summary,
    attribute,
    completeness,
    days_before,
    derived,
    hand_over_time,
    history,
    mentions,
    words,
)
from features.matrix.feature_table import FeatureTable
from models.reasons.acceptance_by_value import tabulate
from models.reasons.sentences import SentenceWriter, label_of, level_label
from tests.tables import make_table

EN = language("en")


def describe(feature: Feature, value: object, table: FeatureTable | None = None) -> str:
    table = table or replace(
        make_table({}), features=(feature,), levels={feature.name: (NOT_GIVEN, OTHER, "Foods")}
    )
    one = np.array([[0.0]])
    statistics = tabulate(one, table, np.array([1.0]))
    return SentenceWriter(table, statistics, EN).describe(feature, value)


def every_sentence() -> Iterator[tuple[Feature, object, str]]:
    industry = attribute("Industry", kind="fit", form="category")
    employees = attribute("Employees", kind="fit", form="number")
    week, _, quarter, last = activity_counts("demo_request")
    summary = activity_summary()
    yield industry, "Foods", "Industry is Foods"
    yield industry, "FOODS", "Industry is FOODS"
    yield industry, "Robots", "Industry is one seldom seen: Robots"
    yield industry, None, "Industry is not given"
    yield employees, 1_234.0, "Employees is 1,234"
    yield employees, 0.25, "Employees is 0.25"
    yield employees, 2.26, "Employees is 2.3"
    yield employees, 57.4, "Employees is 57"
    yield employees, np.nan, "Employees is not given"
    yield derived("Title", "seniority"), "vice president", "Seniority from Title: vice president"
    yield derived("Title", "function"), None, "Title is not given"
    yield derived("Email", "domain"), "free", "Kind of e-mail address: free"
    yield derived("Phone", "present"), "yes", "Phone is given"
    yield derived("Phone", "present"), "no", "Phone is not given"
    yield derived("Company", "looks real"), "no", "Company does not look like a real one"
    yield derived("Company", "looks real"), None, "Company is not given"
    yield mentions("Notes", "demo", "fit"), "yes", "Notes mentions “demo”"
    yield mentions("Notes", "demo", "fit"), "no", "Notes does not mention “demo”"
    yield words("Notes", "fit"), 7.0, "7 words in Notes"
    yield words("Notes", "fit"), 0.0, "Nothing written in Notes"
    yield completeness(), 0.75, "75% of the record is filled"
    yield completeness(), 0.0, "The record is empty"
    created = days_before("Created", kind="context")
    yield created, 12.0, "Created was 12 days before hand-over"
    yield hand_over_time()[0], "Monday", "Handed over on Monday"
    yield hand_over_time()[1], 9.0, "Handed over at 9 h (UTC)"
    yield week, 3.0, "Demo request: 3 in the 7 days before hand-over"
    yield quarter, 0.0, "No demo request in the 90 days before hand-over"
    yield last, 2.0, "Last demo request 2 days before hand-over"
    yield last, np.nan, "No demo request before hand-over"
    yield summary[0], 0.0, "No activity in the 7 days before hand-over"
    yield summary[1], 4.0, "4 activities in the 30 days before hand-over"
    yield summary[-1], "demo_request", "Last activity before hand-over: demo request"
    yield summary[-1], None, "No activity before hand-over"
    yield history()[0], 1.0, "Earlier hand-overs of this lead: 1"
    yield history()[2], np.nan, "Days since the lead was last handed over: never"


@pytest.mark.parametrize(("feature", "value", "sentence"), list(every_sentence()))
def test_what_a_value_says(feature: Feature, value: object, sentence: str) -> None:
    assert describe(feature, value) == sentence


HOSTILE = "\u202eexe.png\x00 two\nlines\t\u200b end"


def test_control_characters_never_reach_a_sentence() -> None:
    industry = attribute(HOSTILE, kind="fit", form="category")
    visit = activity_counts(HOSTILE)
    for sentence in (
        describe(industry, HOSTILE),
        describe(visit[0], 2.0),
        describe(visit[3], None),
        label_of(industry, EN),
        level_label(HOSTILE, industry, EN),
    ):
        assert sentence.isprintable() and "two lines end" in sentence


def test_braces_in_names_and_values_are_only_text() -> None:
    feature = attribute("{0} {label}", kind="fit", form="category")
    assert describe(feature, "{value} %s") == "{0} {label} is one seldom seen: {value} %s"


def test_levels_are_shown_as_readers_know_them() -> None:
    industry = attribute("Industry", kind="fit", form="category")
    touch = activity_summary()[-1]
    assert level_label(NOT_GIVEN, industry, EN) == "(not given)"
    assert level_label(OTHER, touch, EN) == "(other)"
    assert level_label("demo_request", touch, EN) == "demo request"
    assert label_of(replace(industry, label=Phrase("lead source")), EN) == "Lead source"
