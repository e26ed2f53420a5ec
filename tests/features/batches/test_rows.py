"""Rows to score: why one is held back, and counts that add up over any leads apart."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add

import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from features.batches.rows import code_rejects, gather
from features.checks.row_counts import RowCounts
from features.settings.schema import ActivitySettings
from features.sources.duckdb_relation import from_arrow
from features.sources.tables import SourceTable
from tests.tables import make_episodes, make_settings, make_table


def list_codes(code: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else value for value in code]


def test_the_first_reason_to_hold_a_row_back_is_the_one_told() -> None:
    keys = make_episodes(4, lead_id=["a", None, "c", "a"])
    keys.loc[[1, 2], "handed_over_at"] = pd.NaT
    repeated = pd.Series([False, True, True, True])
    timed = code_rejects(keys, repeated, timed=True)
    assert list_codes(timed) == [None, "missing_id", "missing_hand_over", "duplicate"]
    untimed = code_rejects(keys, repeated, timed=False)
    assert list_codes(untimed) == [None, "missing_id", "duplicate", "duplicate"]


def count(rows: list[tuple[str | None, int | None]]) -> RowCounts:
    """Count leads with their day of hand-over; odd ones did something the day before."""
    days = [None if day is None else pd.Timestamp(2026, 1, day) for _, day in rows]
    leads = pa.table(
        {
            "_row": pa.array(range(1, len(rows) + 1), pa.int64()),
            "Id": pa.array([name for name, _ in rows], pa.string()),
            "At": pa.array(days, pa.timestamp("us")),
            "Size": pa.array(
                [None if day is None else float(day) for _, day in rows], pa.float64()
            ),
        }
    )
    done = [(name, day) for name, day in rows if day and name and day % 2]
    activities = pa.table(
        {
            "_row": pa.array(range(1, len(done) + 1), pa.int64()),
            "Id": pa.array([name for name, _ in done], pa.string()),
            "When": pa.array(
                [pd.Timestamp(2026, 1, day, 9) - pd.Timedelta(days=1) for _, day in done],
                pa.timestamp("us"),
            ),
        }
    )
    stored = from_arrow(leads)
    opened = {
        "leads": SourceTable("leads", stored, "leads", (), ()),
        "activities": SourceTable(
            "activities", from_arrow(activities, stored.connection), "activities", (), ()
        ),
    }
    named = make_settings(leads={"id": "Id", "handed_over_at": "At"}).model_copy(
        update={"activities": ActivitySettings(id="Id", at="When")}
    )
    plan = replace(make_table({}, ["Size"]), kinds={"Size": "number"})
    now = pd.Timestamp(2026, 1, 10)
    return gather(named, plan, opened, given=False, now=now, rows=max(len(rows), 1)).counts


Row = st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from([None, 1, 2, 3, 20]))


@settings(max_examples=8)
@given(st.lists(Row, max_size=12))
def test_counts_of_leads_apart_add_up_to_those_of_all(
    rows: list[tuple[str | None, int | None]],
) -> None:
    numbers = {
        name: [place for place, row in enumerate(rows, start=1) if row[0] == name]
        for name in ("a", "b", "c", None)
    }
    parts = [
        count([rows[place - 1] for place in places]).numbered(places) for places in numbers.values()
    ]
    assert reduce(add, parts) == count(rows)
