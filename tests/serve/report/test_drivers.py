"""Acceptance by value in words: each row counts exactly the leads its words describe."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from features.language import Language
from features.matrix.definitions import (
    NOT_GIVEN,
    OTHER,
    Feature,
    activity_counts,
    activity_summary,
    attribute,
    completeness,
    derived,
    history,
)
from features.matrix.feature_table import FeatureTable
from models.artifact.bundle import ModelBundle
from models.reasons.acceptance_by_value import tabulate
from models.reasons.sentences import MIN_LEADS_TO_QUOTE
from serve.report.drivers import (
    MAX_DRIVERS,
    MAX_VALUES,
    count_share,
    list_drivers,
    list_values,
    topic_label,
)

ENGLISH = Language("en")
VISITS = activity_counts("page_view")[0]
DAYS = activity_counts("page_view")[-1]
STAFF = attribute("Staff", kind="fit", form="number")
SECTOR = attribute("Sector", kind="fit", form="category")


def make_table(
    *features: Feature, levels: dict[str, tuple[str, ...]] | None = None
) -> FeatureTable:
    """Return a feature table of only these features."""
    return FeatureTable(features, levels or {}, (), {}, (), {}, "time")


def values_of(
    feature: Feature, column: np.ndarray, accepted: np.ndarray, **levels: Any
) -> tuple[list[dict[str, Any]], int]:
    """Return the rows of one feature that has these encoded values."""
    table = make_table(feature, levels=levels)
    return list_values(feature, table, tabulate(column[:, None], table, accepted), ENGLISH)


def holds(words: str, value: float) -> bool:
    """Tell, from the words alone, whether they describe a number."""
    numbers = [float(n.replace(",", "")) for n in re.findall(r"-?[\d,]+(?:\.\d+)?", words)]
    if np.isnan(value):
        return words in ("(not given)", "never")
    if words == "(given)":
        return True
    if words.startswith("over") and "up to" in words:
        return numbers[0] < value <= numbers[1]
    if words.startswith("over"):
        return value > numbers[0]
    if words.startswith("up to"):
        return value <= numbers[0]
    if words.endswith("or more"):
        return value >= numbers[0]
    if " to " in words:
        return numbers[0] <= value <= numbers[1]
    return bool(numbers) and value == numbers[0]


@given(
    st.lists(st.sampled_from([None, *range(13)]), min_size=60, max_size=120),
    st.sampled_from([VISITS, DAYS, STAFF, history()[0]]),
    st.integers(0, 2**32 - 1),
)
def test_each_row_counts_the_leads_its_words_describe(
    drawn: list[int | None], feature: Feature, seed: int
) -> None:
    column = np.array([np.nan if value is None else value for value in drawn], dtype=float)
    accepted = np.random.default_rng(seed).integers(0, 2, len(column)).astype(float)
    assume(0 < accepted.sum() < len(accepted))
    rows, _ = values_of(feature, column, accepted)
    for row in rows:
        mine = np.array([holds(row["value"], value) for value in column])
        assert (row["leads"], row["accepted"]) == (mine.sum(), accepted[mine].sum()), row["value"]


@given(st.lists(st.integers(-9_999, 10**7), min_size=80, max_size=160), st.integers(0, 2**32 - 1))
def test_ranges_of_any_number_lie_side_by_side(drawn: list[int], seed: int) -> None:
    column = np.array(drawn) / 1_000
    accepted = np.random.default_rng(seed).integers(0, 2, len(column)).astype(float)
    rows, _ = values_of(STAFF, column, accepted)
    words = [row["value"] for row in rows]
    assert len(set(words)) == len(words)
    assert all(row["leads"] >= MIN_LEADS_TO_QUOTE for row in rows)


def test_categories_fall_by_share_and_the_rare_are_only_counted() -> None:
    names = (NOT_GIVEN, OTHER, "Steel", "Retail", "Toys")
    column = np.repeat([0.0, 2.0, 3.0, 4.0], [30, 50, 50, MIN_LEADS_TO_QUOTE - 1])
    accepted = np.concatenate([np.zeros(30), np.ones(40), np.zeros(10), np.ones(20), np.zeros(49)])
    rows, left_out = values_of(SECTOR, column, accepted, Sector=names)
    assert [(row["value"], row["accepted"], row["leads"]) for row in rows] == [
        ("Steel", 40, 50),
        ("Retail", 20, 50),
        ("(not given)", 0, 30),
    ]
    assert left_out == 1


def test_only_the_most_frequent_categories_are_listed() -> None:
    names = (NOT_GIVEN, OTHER, *(f"S{i}" for i in range(20)))
    column = np.repeat(np.arange(2.0, 22.0), np.arange(30, 50))
    rows, left_out = values_of(SECTOR, column, np.resize([0.0, 1.0], len(column)), Sector=names)
    assert {row["value"] for row in rows} == {f"S{i}" for i in range(20 - MAX_VALUES, 20)}
    assert left_out == 20 - MAX_VALUES


def test_levels_that_read_alike_are_one_row() -> None:
    last = next(f for f in activity_summary() if f.recipe == "last_touch")
    names = (NOT_GIVEN, OTHER, "page_view", OTHER)
    column = np.repeat([1.0, 2.0, 3.0], [25, 50, 30])
    rows, _ = values_of(last, column, np.resize([0.0, 1.0], 105), **{last.name: names})
    assert {row["value"]: row["leads"] for row in rows} == {"(other)": 55, "page view": 50}


def test_yes_and_no_are_in_the_readers_language() -> None:
    phone = derived("Phone", "present")
    table = make_table(phone, levels={phone.name: (NOT_GIVEN, OTHER, "yes", "no")})
    column = np.repeat([2.0, 3.0], 40)[:, None]
    statistics = tabulate(column, table, np.resize([0.0, 1.0], 80))
    rows, _ = list_values(phone, table, statistics, Language("es"))
    assert {row["value"] for row in rows} == {"sí", "no"}


def test_completeness_is_written_in_percent() -> None:
    column = np.repeat([0.25, 0.5, 1.0], 40)
    rows, _ = values_of(completeness(), column, np.resize([0.0, 1.0], 120))
    assert [row["value"] for row in rows] == ["up to 25%", "over 25%, up to 50%", "over 50%"]


def test_a_side_is_taken_only_where_the_interval_leaves_the_average_out() -> None:
    assert count_share(60, 100, base=0.4)["side"] == "above"
    assert count_share(20, 100, base=0.4)["side"] == "below"
    assert count_share(5, 10, base=0.4)["side"] == "near"


@given(st.integers(1, 5_000), st.floats(0, 1), st.floats(0.01, 0.99))
def test_a_share_lies_in_its_interval(leads: int, part: float, base: float) -> None:
    row = count_share(int(part * leads), leads, base=base)
    assert 0 <= row["low"] <= row["share"] <= row["high"] <= 1


@pytest.mark.parametrize(
    ("topic", "features", "label"),
    [
        ("activity page_view", activity_counts("page_view"), "Page view"),
        ("activities", activity_summary()[:3], "All activities together"),
        ("earlier hand-overs", history(), "Earlier hand-overs of this lead"),
        ("Staff", (STAFF,), "Staff"),
    ],
)
def test_topics_have_plain_names(topic: str, features: tuple[Feature, ...], label: str) -> None:
    assert topic_label(topic, features, ENGLISH) == label


def test_drivers_are_the_strongest_topics_in_order() -> None:
    features = tuple(attribute(f"C{i}", kind="fit", form="number") for i in range(14))
    table = make_table(*features)
    matrix = np.random.default_rng(3).normal(size=(200, 14))
    accepted = np.resize([0.0, 1.0], 200)
    weights = {f"C{i}": 1.0 / (i + 1) for i in range(14)}
    bundle = ModelBundle(
        model=None,  # type: ignore[arg-type]
        table=table,
        statistics=tabulate(matrix, table, accepted),
        importance=weights,
        figures={},
    )
    drivers = list_drivers(bundle, ENGLISH)
    assert [driver["label"] for driver in drivers] == [f"C{i}" for i in range(MAX_DRIVERS)]
    assert [driver["strength"] for driver in drivers] == pytest.approx(
        [weights[f"C{i}"] for i in range(MAX_DRIVERS)]
    )
    tiny = replace(bundle, importance={"C3": 1.0, "C5": 0.001})
    assert [driver["label"] for driver in list_drivers(tiny, ENGLISH)] == ["C3"]
    nothing = replace(bundle, importance=dict.fromkeys(weights, 0.0))
    assert list_drivers(nothing, ENGLISH) == []


def test_the_order_in_which_weights_were_stored_does_not_matter() -> None:
    features = tuple(attribute(name, kind="fit", form="number") for name in "ABC")
    table = make_table(*features)
    matrix = np.random.default_rng(4).normal(size=(100, 3))
    bundle = ModelBundle(
        model=None,  # type: ignore[arg-type]
        table=table,
        statistics=tabulate(matrix, table, np.resize([0.0, 1.0], 100)),
        importance={"A": 0.2, "B": 0.9, "C": 0.5},
        figures={},
    )
    assert [driver["label"] for driver in list_drivers(bundle, ENGLISH)] == ["B", "C", "A"]
