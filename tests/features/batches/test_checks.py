"""Checks of leads to score: the same findings as in memory, and repeats over all batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from features.batches.checks import check_leads, find_repeats
from features.batches.leads import store_leads
from features.checks.tables import check_tables
from tests.features.batch_tables import connect, store, store_episodes
from tests.tables import make_episodes, make_settings, make_table, make_tables

NOW = pd.Timestamp("2025-03-01")


def with_faults(n: int = 80) -> pd.DataFrame:
    episodes = make_episodes(n)
    episodes.loc[[3, 9], "lead_id"] = None
    episodes.loc[[5, 6, 7], "handed_over_at"] = pd.NaT
    episodes.loc[12, ["lead_id", "handed_over_at"]] = ["L2", episodes["handed_over_at"][2]]
    episodes.loc[14, ["lead_id", "handed_over_at"]] = ["L2", episodes["handed_over_at"][2]]
    episodes.loc[6, "lead_id"] = "L5"
    return episodes


def test_the_findings_are_those_of_tables_in_memory() -> None:
    episodes = with_faults()
    rare = pd.Series([1.0, *[np.nan] * (len(episodes) - 1)])
    names = {"id": "lead_id", "handed_over_at": "handed_over_at"}
    tables = make_tables(
        pd.DataFrame({"Rare": rare}), episodes=episodes, settings=make_settings(leads=names)
    )
    tables = pd_replace(tables, now=NOW)
    connection = connect()
    leads = store_episodes(connection, tables, make_table({}, ["Rare"]), tables.settings)
    expected = check_tables(tables)
    found = check_leads(leads, now=NOW)
    assert found == list(expected)
    assert {finding.code for finding in found} == {
        "missing_id",
        "duplicate_episode",
        "missing_hand_over",
        "hand_over_in_future",
        "missing_share",
    }
    duplicated = episodes.duplicated(["lead_id", "handed_over_at"])
    assert find_repeats(leads).tolist() == episodes["row"][duplicated].tolist()


def pd_replace(tables: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(tables, **changes)


def test_leads_without_times_repeat_by_their_id_alone() -> None:
    settings = make_settings(leads={"id": "Id"})
    table = store(connect(), "leads", pa.table({"Id": ["a", "b", "a", "a"]}))
    leads = store_leads(table, settings=settings, plan=make_table({}), given=False)
    assert find_repeats(leads).tolist() == [3, 4]
    assert [finding.code for finding in check_leads(leads, now=NOW)] == ["no_time"]


def test_no_rows_are_an_error() -> None:
    settings = make_settings(leads={"id": "Id"})
    table = store(connect(), "leads", pa.table({"Id": pa.array([], pa.string())}))
    leads = store_leads(table, settings=settings, plan=make_table({}), given=False)
    assert [finding.code for finding in check_leads(leads, now=NOW)] == ["no_leads"]
