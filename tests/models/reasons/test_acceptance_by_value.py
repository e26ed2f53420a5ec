"""Statistics: acceptance by value, counted on the leads learned from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reasons.acceptance_by_value import MAX_BINS, FeatureStatistics, Statistics, tabulate
from tests.tables import make_table

TABLE = make_table({"industry": ["Foods", "Media"]}, ["visits"])


def tabulate_numbers(numbers: list[float]) -> FeatureStatistics:
    matrix = np.array(numbers, dtype=float)[:, None]
    accepted = np.arange(len(numbers)) % 2
    return tabulate(matrix, make_table({}, ["visits"]), accepted.astype(float)).features["visits"]


@pytest.fixture(scope="module")
def leads() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    visits = rng.poisson(20, 900).astype(float)
    visits[rng.random(900) < 0.3] = 0.0
    visits[rng.random(900) < 0.1] = np.nan
    matrix = np.column_stack([rng.integers(0, 4, 900).astype(float), visits])
    return matrix, (rng.random(900) < 0.4).astype(float)


def test_counts_agree_with_pandas(leads: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, accepted = leads
    found = tabulate(matrix, TABLE, accepted)
    frame = pd.DataFrame({"code": matrix[:, 0], "visits": matrix[:, 1], "accepted": accepted})
    by_code = frame.groupby("code")["accepted"].agg(["size", "sum"])
    assert found.features["industry"].leads.tolist() == by_code["size"].tolist()
    assert found.features["industry"].accepted.tolist() == by_code["sum"].tolist()
    visits = found.features["visits"]
    assert visits.edges is not None
    bins = pd.cut(frame["visits"], [-np.inf, *visits.edges, np.inf])
    by_bin = frame.groupby(bins, observed=False)["accepted"].agg(["size", "sum"])
    missing = frame["visits"].isna()
    assert visits.leads.tolist() == [*by_bin["size"], missing.sum()]
    assert visits.accepted.tolist() == [*by_bin["sum"], frame.loc[missing, "accepted"].sum()]


def test_totals_add_up_for_each_feature(leads: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, accepted = leads
    found = tabulate(matrix, TABLE, accepted)
    assert (found.leads, found.accepted) == (900, accepted.sum())
    assert found.base_rate == accepted.mean()
    for entry in found.features.values():
        assert entry.leads.sum() == 900 and entry.accepted.sum() == accepted.sum()
        assert (entry.accepted <= entry.leads).all()


def test_nothing_at_all_is_a_group_of_its_own(leads: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, accepted = leads
    entry = tabulate(matrix, TABLE, accepted).features["visits"]
    assert entry.leads[0] == (matrix[:, 1] == 0).sum()
    assert len(entry.leads) <= MAX_BINS + 2


def test_few_values_are_told_apart_exactly() -> None:
    entry = tabulate_numbers([1.0, 1.0, 2.0, 5.0, 5.0, 5.0, np.nan])
    assert entry.leads.tolist() == [2, 1, 3, 1]
    assert entry.group(np.array([1.0, 2.0, 5.0, np.nan])).tolist() == [0, 1, 2, 3]


def test_numbers_never_seen_fall_into_the_nearest_group() -> None:
    entry = tabulate_numbers([1.0, 1.0, 2.0, 5.0])
    assert entry.group(np.array([-9.0, 1.5, 99.0])).tolist() == [0, 1, 2]


def test_a_column_of_missing_numbers_has_one_filled_group() -> None:
    entry = tabulate_numbers([np.nan] * 4)
    assert entry.leads.tolist() == [0, 4]
    assert np.isnan(entry.rates()[0]) and entry.rates()[1] == 0.5


def test_statistics_survive_storage(leads: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, accepted = leads
    found = tabulate(matrix, TABLE, accepted)
    again = Statistics.from_frame(found.to_frame(), leads=found.leads, accepted=found.accepted)
    assert list(again.features) == list(found.features)
    for name, entry in found.features.items():
        other = again.features[name]
        np.testing.assert_array_equal(other.leads, entry.leads)
        np.testing.assert_array_equal(other.accepted, entry.accepted)
        position = TABLE.names.index(name)
        np.testing.assert_array_equal(
            other.group(matrix[:, position]), entry.group(matrix[:, position])
        )


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(0.0), st.just(np.nan)), min_size=1))
def test_every_number_has_a_group_and_order_does_not_matter(numbers: list[float]) -> None:
    matrix = np.array(numbers)[:, None]
    accepted = (np.arange(len(numbers)) % 2).astype(float)
    table = make_table({}, ["visits"])
    entry = tabulate(matrix, table, accepted).features["visits"]
    turned = tabulate(matrix[::-1], table, accepted[::-1]).features["visits"]
    assert entry.leads.sum() == len(numbers)
    assert entry.leads[-1] == np.isnan(matrix).sum()
    np.testing.assert_array_equal(entry.edges, turned.edges)  # type: ignore[arg-type]
    np.testing.assert_array_equal(entry.accepted, turned.accepted)


def test_the_typical_value_is_the_commonest_level_or_the_median(
    leads: tuple[np.ndarray, np.ndarray],
) -> None:
    matrix, accepted = leads
    found = tabulate(matrix, TABLE, accepted).features
    assert found["industry"].typical() == np.bincount(matrix[:, 0].astype(int)).argmax()
    # Of many different numbers the end of the eighth that the median lies in.
    median, typical = np.nanmedian(matrix[:, 1]), found["visits"].typical()
    edges = found["visits"].edges
    assert edges is not None
    assert np.searchsorted(edges, typical) == np.searchsorted(edges, median)
    for numbers in ([3.0], [1.0, 2.0, 2.0, np.nan], [0.0] * 5 + [4.0], [4.0] * 5 + [0.0]):
        assert tabulate_numbers(numbers).typical() == np.nanmedian(numbers)
    assert np.isnan(tabulate_numbers([np.nan, np.nan]).typical())
