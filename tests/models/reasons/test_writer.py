"""Reasons: sentences that quote what became of such leads, and never pad."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from features.language import language
from features.matrix.definitions import (
    activity_counts,
    activity_summary,
    attribute,
    completeness,
    days_before,
    derived,
    hand_over_time,
    mentions,
)
from features.matrix.feature_table import OTHER_CODE, FeatureTable
from models.reasons.acceptance_by_value import tabulate
from models.reasons.sentences import MIN_LEADS_TO_QUOTE
from models.reasons.topics import MAX_REASONS, MIN_CONTRIBUTION, group_topics
from models.reasons.writer import ReasonWriter
from tests.models.row_reasons import RowReasons
from tests.tables import make_table

EN = language("en")
TABLE = make_table({"Industry": ["Foods", "Media"], "Country": ["Spain"]}, ["Visits"])
QUOTE = re.compile(
    r"^(.*): sales accepted (\d+)% of ([\d,]+) (?:such leads|leads in that range \(([^)]*)\)), "
    r"(\d+)% of all$"
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
    found = tell(writer, VALUES.iloc[rows], MATRIX[rows], np.array([[*contributions, -0.4]]))
    return found[0][0], found[1][0]


def tell(
    writer: ReasonWriter, values: pd.DataFrame, matrix: np.ndarray, contributions: np.ndarray
) -> tuple[list[list[str]], list[list[str]]]:
    """Return the reasons for and against each lead."""
    columns = [column.to_pylist() for column in writer.write(values, matrix, contributions)]
    rows = list(zip(*columns, strict=True))
    sides = [[row[:MAX_REASONS] for row in rows], [row[MAX_REASONS:] for row in rows]]
    first, second = ([[t for t in row if t is not None] for row in side] for side in sides)
    return first, second


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
        f"Industry is Foods: sales accepted {ACCEPTED[foods].mean():.0%} of {foods.sum()} such "
        f"leads, {ACCEPTED.mean():.0%} of all"
    ]


@given(st.integers(0, 5), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_every_quote_agrees_with_a_count_and_with_its_side(seed: int, random: object) -> None:
    writer = ReasonWriter(TABLE, tabulate(MATRIX, TABLE, ACCEPTED), EN)
    contributions = np.random.default_rng(seed).normal(0, 0.3, (N, 4))
    both = tell(writer, VALUES, MATRIX, contributions)
    quoted = 0
    for side, is_for in zip(both, (True, False), strict=True):
        for sentence in (sentence for sentences in side for sentence in sentences):
            match = QUOTE.match(sentence)
            if match is None:
                assert "%" not in sentence
                continue
            quoted += 1
            what, share, leads, spread, base = match.groups()
            mask = leads_described(what) if spread is None else leads_within(what, spread)
            assert int(leads.replace(",", "")) == mask.sum() >= MIN_LEADS_TO_QUOTE
            assert int(share) == round(100 * ACCEPTED[mask].mean())
            assert int(base) == round(100 * ACCEPTED.mean())
            assert (int(share) > int(base)) is is_for
            assert not by_chance(int(ACCEPTED[mask].sum()), int(mask.sum()))
    assert quoted > 50


def by_chance(accepted: int, leads: int) -> bool:
    """Return whether so many acceptances are as chance makes them in 19 of 20 draws."""
    drawn = hypergeom(N, int(ACCEPTED.sum()), leads)
    # A normal approximation may differ from the exact count by one lead.
    return bool(drawn.ppf(0.025) + 1 < accepted < drawn.ppf(0.975) - 1)


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
    few = ((np.arange(N) % 12 == 0) & (VALUES["Industry"] == "Foods")).astype(float).to_numpy()
    writer = ReasonWriter(TABLE, tabulate(MATRIX, TABLE, few), EN)
    both = tell(writer, VALUES, MATRIX, np.full((N, 4), 0.3))
    quoted = [text for row in both[0] for text in row if "accepted" in text]
    assert quoted
    assert all(re.search(r"\d\.\d% of all", text) for text in quoted)


def test_strongest_first_at_most_five_and_none_too_weak() -> None:
    names = [f"c{i}" for i in range(9)]
    table = make_table({}, names)
    values = pd.DataFrame({name: np.arange(60) % 5.0 for name in names})
    matrix = table.encode(values)
    statistics = tabulate(matrix, table, (np.arange(60) % 2).astype(float))
    writer = ReasonWriter(table, statistics, EN)
    strength = [0.3, 0.9, MIN_CONTRIBUTION - 1e-6, 0.2, 0.8, 0.7, 0.6, -0.1, -0.5]
    contributions = np.tile([*strength, 0.0], (60, 1))
    reasons, against = tell(writer, values, matrix, contributions)
    assert {tuple(s.split()[0] for s in row) for row in reasons} == {("C1", "C4", "C5", "C6", "C0")}
    assert {tuple(s.split()[0] for s in row) for row in against} == {("C8", "C7")}
    assert MAX_REASONS == 5


def test_nothing_is_said_where_nothing_speaks(writer: ReasonWriter) -> None:
    weak = MIN_CONTRIBUTION - 1e-9
    assert write_one(writer, 0, [weak, -weak, 0.0]) == ([], [])


def test_a_rate_that_points_the_other_way_is_not_quoted(writer: ReasonWriter) -> None:
    _, against = write_one(writer, first_row(Industry="Foods"), [-0.5, 0.0, 0.0])
    assert against == ["Industry is Foods"]


def test_a_rate_that_reads_like_the_overall_one_is_not_quoted() -> None:
    table = make_table({"Industry": ["Foods", "Media"]})
    values = pd.DataFrame({"Industry": ["Foods"] * 1_001 + ["Media"] * 1_000})
    matrix = table.encode(values)
    accepted = np.r_[np.arange(1_001) % 2 == 0, np.arange(1_000) % 2 == 0].astype(float)
    writer = ReasonWriter(table, tabulate(matrix, table, accepted), EN)
    reasons, _ = tell(writer, values, matrix, np.tile([0.5, 0.0], (2_001, 1)))
    assert not any("%" in sentence for row in reasons for sentence in row)


def test_few_leads_are_not_quoted(writer: ReasonWriter) -> None:
    assert (VALUES["Industry"] == "Robots").sum() < MIN_LEADS_TO_QUOTE
    reasons, against = write_one(writer, first_row(Industry="Robots"), [0.5, 0.0, 0.0])
    assert reasons == ["Industry is one seldom seen: Robots"]
    assert against == []


def test_missing_values_are_told_as_such(writer: ReasonWriter) -> None:
    row = first_row(Industry=None, Visits=None)
    reasons, against = write_one(writer, row, [0.5, 0.0, -0.5])
    assert reasons[0].startswith("Industry is not given")
    assert against[0].startswith("Visits is not given")


def test_the_order_of_the_leads_does_not_matter(writer: ReasonWriter) -> None:
    contributions = np.random.default_rng(1).normal(0, 0.3, (N, 4))
    rows = np.random.default_rng(2).permutation(N)
    reasons, against = tell(writer, VALUES, MATRIX, contributions)
    fresh = ReasonWriter(TABLE, tabulate(MATRIX[rows], TABLE, ACCEPTED[rows]), EN)
    again = tell(fresh, VALUES.iloc[rows], MATRIX[rows], contributions[rows])
    assert again == ([reasons[row] for row in rows], [against[row] for row in rows])


def test_a_topic_speaks_once_through_what_moves_it_most() -> None:
    features = activity_counts("demo_request")
    table = replace(make_table({}), features=features)
    values = pd.DataFrame({f.name: [float(i)] * 40 for i, f in enumerate(features)}, dtype=object)
    matrix = table.encode(values)
    writer = ReasonWriter(table, tabulate(matrix, table, np.arange(40) % 2 * 1.0), EN)
    reasons, against = tell(writer, values, matrix, np.tile([0.1, 0.6, -0.2, 0.0, 0.0], (40, 1)))
    assert group_topics(table).members == ((0, 1, 2, 3),)
    assert [len(row) for row in reasons] == [1] * 40 and against == [[]] * 40
    assert reasons[0][0].startswith("Demo request: 1 in the 30 days before hand-over")


def every_kind(seed: int, n: int) -> tuple[FeatureTable, pd.DataFrame]:
    """Leads with features of every recipe, whose numbers are of every size."""
    week, _, quarter, last = activity_counts("demo_request")
    features = (
        attribute("Industry", kind="fit", form="category"),
        attribute("Revenue", kind="fit", form="number"),
        attribute("Pace", kind="behaviour", form="number"),
        derived("Email", "domain"),
        derived("Phone", "present"),
        mentions("Notes", "demo", "fit"),
        completeness(),
        days_before("Created", kind="context"),
        *hand_over_time(),
        *(week, quarter, last),
        *activity_summary(),
    )
    rng = np.random.default_rng(seed)
    words = {
        "Email: domain": ["free", "company", None],
        "Phone: present": ["yes", "no"],
        "Notes: mentions demo": ["yes", "no", None],
        "weekday of hand-over": ["Monday", "Friday", None],
        "activities: last touch": ["demo_request", "(other)", None],
        "Industry": ["Foods", "foods", "<b>", "\u00dfteel", "(not given)", "Robots", None],
    }
    sizes = 10.0 ** rng.integers(-8, 15, n) * rng.choice([1, -1], n)
    fine = [0.0, 0.04, 0.985, 0.995, 0.9949, 1.0, 1.05, 1.15, 2.5, 9.95, 9.96, 10.5, 11.5, 1_234.5]
    numbers = {
        "Revenue": rng.normal(size=n) * sizes,
        "Pace": rng.choice([*fine, *(-x for x in fine), 1e11, 1e12, 1e15], n),
        "completeness": rng.integers(0, 8, n) / 7,
        "hour of hand-over": rng.integers(0, 24, n) * 1.0,
        "activities: distinct kinds": rng.integers(0, 5, n) * 1.0,
    }
    columns: dict[str, object] = {}
    for feature in features:
        if feature.form == "category":
            columns[feature.name] = pd.Series(rng.choice(words[feature.name], n), dtype=object)
            continue
        days = np.where(rng.random(n) < 0.3, rng.integers(0, 9, n), rng.exponential(20, n))
        values = numbers.get(feature.name, np.round(days, int(rng.integers(0, 6))))
        columns[feature.name] = np.where(rng.random(n) < 0.1, np.nan, values)
    levels = {f.name: ("(not given)", "(other)") for f in features if f.form == "category"}
    levels["Industry"] += ("Foods", "\u00dfteel")
    for name in levels.keys() - {"Industry"}:
        levels[name] += tuple(text for text in words[name] if text not in (None, "(other)"))
    table = replace(make_table({}), features=features, levels=levels)
    return table, pd.DataFrame(columns)


@pytest.mark.parametrize("code", ["en", "es"])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_many_at_once_are_told_as_one_by_one(code: str, seed: int) -> None:
    table, values = every_kind(seed, 120)
    rng = np.random.default_rng(seed)
    matrix = table.encode(values)
    assert (matrix[:, 0] == OTHER_CODE).any()
    statistics = tabulate(matrix, table, (rng.random(len(values)) < 0.4).astype(float))
    contributions = rng.normal(0, 0.2, (len(values), len(table.features) + 1)).round(2)
    found = tell(ReasonWriter(table, statistics, language(code)), values, matrix, contributions)
    one_by_one = RowReasons(table, statistics, language(code))
    assert found == one_by_one.write(values, matrix, contributions)
    as_categories = values.astype({name: "category" for name in table.levels})
    writer = ReasonWriter(table, statistics, language(code))
    assert tell(writer, as_categories, matrix, contributions) == found
    parts = [slice(0, 1), slice(1, 50), slice(50, None)]
    told = [tell(writer, values[p], matrix[p], contributions[p]) for p in parts]
    assert [row for part in told for row in part[0]] == found[0]
    assert [row for part in told for row in part[1]] == found[1]


def test_a_dictionary_holds_what_occurs_and_each_once(writer: ReasonWriter) -> None:
    contributions = np.random.default_rng(1).normal(0, 0.3, (N, 4))
    for column in writer.write(VALUES, MATRIX, contributions):
        told = column.dictionary.to_pylist()
        assert sorted(told) == sorted(set(column.drop_null().to_pylist()))
