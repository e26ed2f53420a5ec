"""Behaviour of batches: as counted for all leads at once in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.batches.activities import count_activities, read_behaviour, store_activities
from features.errors import SettingsError
from features.matrix.activities import choose_types, count_behaviour, join_before
from features.matrix.categories import to_objects
from features.settings.schema import ActivitySettings, LeadSettings
from features.simulation.company import simulate
from tests.features.batch_tables import connect, store, store_episodes
from tests.tables import (
    START,
    make_activities,
    make_episodes,
    make_settings,
    make_table,
    make_tables,
    tables_of_world,
)

SETTINGS = make_settings(leads={"id": "lead_id", "handed_over_at": "handed_over_at"}).model_copy(
    update={"activities": ActivitySettings(id="who", at="when", type="what")}
)


def open_crm(activities: pa.Table, tables: Any) -> Any:
    connection = connect()
    store_episodes(connection, tables, make_table({}), SETTINGS)
    assert store_activities(store(connection, "activities", activities), SETTINGS) == []
    return connection


def test_batches_agree_with_all_leads_in_memory() -> None:
    world = simulate(n_leads=400)
    tables = tables_of_world(world)
    rows = tables.activities.to_pyarrow().rename_columns(["who", "when", "what"])
    connection = open_crm(rows, tables)
    counts = count_activities(connection)
    assert counts["rows"] == len(rows) and counts["before"] > 0
    joined = join_before(tables.episodes, tables.activities)
    types = choose_types(joined)[:4]
    expected = count_behaviour(joined, types, tables.episodes.index)
    keys = tables.episodes[["row"]]
    for size in (1, 7, len(keys)):
        last = min(len(keys), 60)
        some = [keys.iloc[k : k + size] for k in range(0, last, size)]
        parts = pd.concat(
            [read_behaviour(connection, types, part).astype({TOUCH: object}) for part in some]
        )
        wanted = expected.loc[parts.index]
        for name in wanted.columns.drop(TOUCH):
            np.testing.assert_array_equal(parts[name], wanted[name], err_msg=name)
        found = parts[TOUCH].where(parts[TOUCH].notna(), None)
        assert found.tolist() == wanted[TOUCH].tolist()


TOUCH = "activities: last touch"


def test_parts_of_a_second_and_undated_and_nameless_ones() -> None:
    moments = [START - pd.Timedelta(milliseconds=ms) for ms in (1, 1500)]
    rows = [("L0", moments[0], "visit"), ("L0", moments[1], None), ("L0", None, "visit")]
    rows += [(None, moments[0], "visit"), ("L1", START, "demo")]
    tables = make_tables(pd.DataFrame(index=range(2)), episodes=make_episodes(2))
    frame = pd.DataFrame(rows, columns=["who", "when", "what"])
    connection = open_crm(pa.Table.from_pandas(frame, preserve_index=False), tables)
    counts = count_activities(connection)
    assert (counts["rows"], counts["undated"]) == (5, 1)
    types = ("visit", "demo")
    found = read_behaviour(connection, types, tables.episodes[["row"]])
    joined = join_before(tables.episodes, make_activities(rows))
    expected = count_behaviour(joined, types, tables.episodes.index)
    found[TOUCH] = pd.Series(to_objects(found[TOUCH].array), dtype=object)
    pd.testing.assert_frame_equal(found, expected)


def test_where_nothing_fits_the_strangers_are_counted() -> None:
    frame = pd.DataFrame({"who": ["X1", "X2", "L0"], "when": [START] * 3, "what": ["a"] * 3})
    tables = make_tables(pd.DataFrame(index=range(1)), episodes=make_episodes(1))
    connection = open_crm(pa.Table.from_pandas(frame, preserve_index=False), tables)
    assert count_activities(connection) == {"rows": 3, "undated": 0, "before": 0, "lost_rows": 2}


def test_a_column_that_is_not_there_is_named() -> None:
    connection = connect()
    table = store(connection, "activities", pa.table({"who": ["a"], "what": ["b"]}))
    with pytest.raises(SettingsError, match="when"):
        store_activities(table, SETTINGS)
    assert LeadSettings().id is None
