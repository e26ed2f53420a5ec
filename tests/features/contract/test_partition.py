"""Partitions: leads cut in any way keep all their rows, and their features."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.categories import without_categories
from features.contract.partition import Partition, cluster, cut, read_part, store_keys, to_arrow
from features.contract.tables import Tables
from features.matrix.feature_table import FeatureTable, compute_features
from features.matrix.planning import plan_features
from features.simulation.company import simulate
from features.sources.duckdb_relation import from_arrow
from tests.tables import make_activities, make_episodes, tables_of_world

Planned = tuple[Tables, FeatureTable, pd.DataFrame]


@pytest.fixture(scope="module")
def planned() -> Planned:
    tables = tables_of_world(simulate(n_leads=400, seed=3))
    table, values, _ = plan_features(tables, tables.episodes.index, omit={})
    return tables, table, values


def take(tables: Tables, places: np.ndarray) -> Tables:
    """Return the tables with some of their hand-overs alone, in another order."""
    episodes = tables.episodes.iloc[places]
    return replace(tables, episodes=episodes, attributes=tables.attributes.iloc[places])


@settings(max_examples=12)
@given(seed=st.integers(0, 2**16), n_parts=st.integers(1, 9), rows=st.integers(20, 200))
def test_any_way_of_cutting_gives_the_same_features_bit_for_bit(
    planned: Planned, seed: int, n_parts: int, rows: int
) -> None:
    tables, table, values = planned
    rng = np.random.default_rng(seed)
    part_of = rng.integers(0, n_parts, len(values))
    for part in range(n_parts):
        some = take(tables, rng.permutation(np.flatnonzero(part_of == part)))
        partitions = cut(some, earlier=tables.episodes, rows=rows)
        found = [without_categories(compute_features(each, table)) for each in partitions]
        if found:
            expected = values.loc[some.episodes.index].reset_index(drop=True)
            together = pd.concat(found, ignore_index=True)
            pd.testing.assert_frame_equal(together, expected, check_exact=True)


def test_what_others_did_does_not_matter(planned: Planned) -> None:
    tables, table, _ = planned
    [whole] = cut(take(tables, np.arange(30)), earlier=tables.episodes)
    assert tables.activities is not None
    everything = replace(
        whole, activities=tables.activities.to_arrow(), earlier=to_arrow(tables.episodes[EARLIER])
    )
    pd.testing.assert_frame_equal(
        compute_features(everything, table), compute_features(whole, table), check_exact=True
    )


EARLIER = ["lead_id", "handed_over_at", "decision", "decided_at"]


def test_a_lead_of_two_partitions_has_its_rows_in_both_and_once_in_each() -> None:
    episodes = make_episodes(4, lead_id=["A", "B", "A", "A"])
    activities = make_activities(
        [("A", "2025-01-01", "x"), ("B", "2025-01-01", "y"), ("C", "2025-01-01", "z")]
    )
    found = cluster(activities, store_keys(episodes, activities), rows=2)
    parts = [sorted(read_part(found, number)["type"].to_pylist()) for number in (0, 1, 2)]
    assert parts == [["x", "y"], ["x"], []]


def test_a_partition_needs_no_project(planned: Planned) -> None:
    _, table, _ = planned
    keys = pa.table(
        {
            "lead_id": pa.array(["new", None]),
            "handed_over_at": pa.array([pd.Timestamp("2025-03-01"), None], pa.timestamp("us")),
        }
    )
    nothing = pa.table({"x": pa.nulls(2)}).select([])
    found = compute_features(Partition(keys, nothing), table)
    assert list(found.columns) == table.names and len(found) == 2
    matrix = table.encode(found)
    assert matrix.shape == (2, len(table.names))


@pytest.mark.parametrize("column", ["text", "category", "number", "time"])
def test_frames_go_to_arrow_and_nothing_is_null(column: str) -> None:
    made: dict[str, Any] = {
        "text": pd.Series(["a", None], dtype=object),
        "category": pd.Series(["a", None], dtype="category"),
        "number": pd.Series([1.5, np.nan]),
        "time": pd.Series(pd.to_datetime(["2025-01-01", None])),
    }
    found = to_arrow(pd.DataFrame({"x": made[column]}))["x"]
    assert found.is_null().to_pylist() == [False, True]
    assert from_arrow(pa.table({"x": found})).count() == 2
