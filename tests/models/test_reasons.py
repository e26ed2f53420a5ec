"""Reasons: sentences that quote what became of such leads, and never pad."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.language import Phrase, language
from features.matrix import FeatureTable
from features.registry import (
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
from models.reasons import (
    MAX_REASONS,
    MIN_CONTRIBUTION,
    MIN_LEADS_TO_QUOTE,
    ReasonWriter,
    clean,
    group_topics,
    label_of,
    level_label,
)
from models.statistics import tabulate
from tests.tables import make_table

EN = language("en")
TABLE = make_table({"Industry": ["Foods", "Media"], "Country": ["Spain"]}, ["Visits"])
QUOTE = re.compile(
    r"^(.*): (\d+)% of (?:such leads|leads in that range \(([^)]*)\)) were accepted, "
    r"(\d+)% overall \(([\d,]+) leads\)$"
)
N = 400


def draw(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(
        {
            "Industry": rng.choice(["Foods", "Media", "Robots", None], N, p=[0.5, 0.3, 0.02, 0.18]),
            "Country": rng.choice(["Spain", None], N),
            "Visits": rng.choice([0.0, 1.0, 2.5, 12.0, np.nan], N),
        }
    ).astype({"Industry": object, "Country": object})
    chance = 0.3 + 0.3 * (values["Industry"] == "Foods") - 0.2 * (values["Visits"] == 0)
    return values, (rng.random(N) < chance).astype(float)


VALUES, ACCEPTED = draw()
MATRIX = TABLE.encode(VALUES)


@pytest.fixture(scope="module")
def writer() -> ReasonWriter:
    return ReasonWriter(TABLE, tabulate(MATRIX, TABLE, ACCEPTED), EN)


def write_one(
    writer: ReasonWriter, row: int, contributions: list[float]
) -> tuple[list[str], list[str]]:
    rows = slice(row, row + 1)
    found = writer.write(VALUES.iloc[rows], MATRIX[rows], np.array([[*contributions, -0.4]]))
    return found[0][0], found[1][0]


def first_row(**wanted: object) -> int:
    mask = pd.Series(True, index=VALUES.index)
    for name, value in wanted.items():
        mask &= VALUES[name].isna() if value is None else VALUES[name] == value
    return int(mask.idxmax())


def test_the_quoted_figures_are_those_of_the_leads_learned_from(writer: ReasonWriter) -> None:
    foods = VALUES["Industry"] == "Foods"
    reasons, against = write_one(writer, first_row(Industry="Foods"), [0.5, 0.0, 0.0])
    assert against == []
    assert reasons == [
        f"Industry is Foods: {ACCEPTED[foods].mean():.0%} of such leads were accepted, "
        f"{ACCEPTED.mean():.0%} overall ({foods.sum()} leads)"
    ]


@given(st.integers(0, 5), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_every_quote_agrees_with_a_count_and_with_its_side(seed: int, random: object) -> None:
    writer = ReasonWriter(TABLE, tabulate(MATRIX, TABLE, ACCEPTED), EN)
    contributions = np.random.default_rng(seed).normal(0, 0.3, (N, 4))
    both = writer.write(VALUES, MATRIX, contributions)
    quoted = 0
    for side, is_for in zip(both, (True, False), strict=True):
        for sentence in (sentence for sentences in side for sentence in sentences):
            match = QUOTE.match(sentence)
            if match is None:
                assert "together with the rest of its record" in sentence
                continue
            quoted += 1
            what, share, spread, base, leads = match.groups()
            mask = leads_described(what) if spread is None else leads_within(what, spread)
            assert int(leads.replace(",", "")) == mask.sum() >= MIN_LEADS_TO_QUOTE
            assert int(share) == round(100 * ACCEPTED[mask].mean())
            assert int(base) == round(100 * ACCEPTED.mean())
            assert (int(share) > int(base)) is is_for
    assert quoted > 50


def leads_described(what: str) -> pd.Series:
    """Return the leads a sentence speaks of, from its words alone."""
    name = what.split()[0]
    if what.endswith("is not given"):
        return VALUES[name].isna()
    value = what.split(" is ", 1)[1]
    if value.startswith("one seldom seen"):
        return VALUES[name] == value.split(": ")[1]
    return VALUES[name] == (float(value) if name == "Visits" else value)


def leads_within(what: str, spread: str) -> pd.Series:
    """Return the leads in the range that a sentence names."""
    column = VALUES[what.split()[0]]
    low, high = re.search(r"over ([\d.]+)", spread), re.search(r"up to ([\d.]+)", spread)
    assert low or high, (what, spread)
    above = column > float(low[1]) if low else column.notna()
    return above & (column <= float(high[1])) if high else above


def test_few_accepted_are_told_apart_by_a_decimal() -> None:
    few = (np.arange(N) % 25 == 0).astype(float)
    writer = ReasonWriter(TABLE, tabulate(MATRIX, TABLE, few), EN)
    both = writer.write(VALUES, MATRIX, np.full((N, 4), 0.3))
    quoted = [text for row in both[0] for text in row if "accepted" in text]
    assert quoted
    assert all(re.search(r"\d\.\d% overall", text) for text in quoted)


def test_strongest_first_at_most_five_and_none_too_weak() -> None:
    names = [f"c{i}" for i in range(9)]
    table = make_table({}, names)
    values = pd.DataFrame({name: np.arange(60) % 5.0 for name in names})
    matrix = table.encode(values)
    statistics = tabulate(matrix, table, (np.arange(60) % 2).astype(float))
    writer = ReasonWriter(table, statistics, EN)
    strength = [0.3, 0.9, MIN_CONTRIBUTION - 1e-6, 0.2, 0.8, 0.7, 0.6, -0.1, -0.5]
    contributions = np.tile([*strength, 0.0], (60, 1))
    reasons, against = writer.write(values, matrix, contributions)
    assert {tuple(s.split()[0] for s in row) for row in reasons} == {("C1", "C4", "C5", "C6", "C0")}
    assert {tuple(s.split()[0] for s in row) for row in against} == {("C8", "C7")}
    assert MAX_REASONS == 5


def test_nothing_is_said_where_nothing_speaks(writer: ReasonWriter) -> None:
    weak = MIN_CONTRIBUTION - 1e-9
    assert write_one(writer, 0, [weak, -weak, 0.0]) == ([], [])


def test_a_rate_that_points_the_other_way_is_not_quoted(writer: ReasonWriter) -> None:
    _, against = write_one(writer, first_row(Industry="Foods"), [-0.5, 0.0, 0.0])
    rest = "speaks against the lead together with the rest of its record"
    assert against == [f"Industry is Foods: {rest}"]


def test_a_rate_that_reads_like_the_overall_one_is_not_quoted() -> None:
    table = make_table({"Industry": ["Foods", "Media"]})
    values = pd.DataFrame({"Industry": ["Foods"] * 1_001 + ["Media"] * 1_000})
    matrix = table.encode(values)
    accepted = np.r_[np.arange(1_001) % 2 == 0, np.arange(1_000) % 2 == 0].astype(float)
    writer = ReasonWriter(table, tabulate(matrix, table, accepted), EN)
    reasons, _ = writer.write(values, matrix, np.tile([0.5, 0.0], (2_001, 1)))
    assert not any("%" in sentence for row in reasons for sentence in row)


def test_few_leads_are_not_quoted(writer: ReasonWriter) -> None:
    assert (VALUES["Industry"] == "Robots").sum() < MIN_LEADS_TO_QUOTE
    reasons, against = write_one(writer, first_row(Industry="Robots"), [0.5, 0.0, 0.0])
    assert reasons[0].startswith("Industry is one seldom seen: Robots: speaks for the lead")
    assert against == []


def test_missing_values_are_told_as_such(writer: ReasonWriter) -> None:
    row = first_row(Industry=None, Visits=None)
    reasons, against = write_one(writer, row, [0.5, 0.0, -0.5])
    assert reasons[0].startswith("Industry is not given: ")
    assert against[0].startswith("Visits is not given: ")


def test_the_order_of_the_leads_does_not_matter(writer: ReasonWriter) -> None:
    contributions = np.random.default_rng(1).normal(0, 0.3, (N, 4))
    rows = np.random.default_rng(2).permutation(N)
    reasons, against = writer.write(VALUES, MATRIX, contributions)
    fresh = ReasonWriter(TABLE, tabulate(MATRIX[rows], TABLE, ACCEPTED[rows]), EN)
    again = fresh.write(VALUES.iloc[rows], MATRIX[rows], contributions[rows])
    assert again == ([reasons[row] for row in rows], [against[row] for row in rows])


def test_a_topic_speaks_once_through_what_moves_it_most() -> None:
    features = activity_counts("demo_request")
    table = replace(make_table({}), features=features)
    values = pd.DataFrame({f.name: [float(i)] * 40 for i, f in enumerate(features)}, dtype=object)
    matrix = table.encode(values)
    writer = ReasonWriter(table, tabulate(matrix, table, np.arange(40) % 2 * 1.0), EN)
    reasons, against = writer.write(values, matrix, np.tile([0.1, 0.6, -0.2, 0.0, 0.0], (40, 1)))
    assert group_topics(table).members == ((0, 1, 2, 3),)
    assert [len(row) for row in reasons] == [1] * 40 and against == [[]] * 40
    assert reasons[0][0].startswith("Demo request: 1 in the 30 days before hand-over: ")


def describe(feature: Feature, value: object, table: FeatureTable | None = None) -> str:
    table = table or replace(
        make_table({}), features=(feature,), levels={feature.name: (NOT_GIVEN, OTHER, "Foods")}
    )
    one = np.array([[0.0]])
    statistics = tabulate(one, table, np.array([1.0]))
    return ReasonWriter(table, statistics, EN).describe(feature, value)


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


@given(st.text(max_size=200))
def test_cleaned_text_fits_one_line(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= 60 and cleaned.isprintable()
    assert cleaned == cleaned.strip() and clean(cleaned) == cleaned


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
