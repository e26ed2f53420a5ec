"""What the leads of a batch did before hand-over, counted once for all of them in DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from features.batches.leads import KEYS, profile_few
from features.columns.profile import read_column
from features.columns.sql import read_text
from features.contract.columns import note_columns
from features.contract.events import ACTIVITY, find_activity_columns
from features.findings import Finding
from features.matrix.activities import DAY, arrange
from features.matrix.definitions import WINDOWS
from features.settings.schema import Settings
from features.sources.duckdb_relation import aggregate, fetch
from features.sources.file import ROW
from features.sources.sql import literal, quote
from features.sources.tables import StoredTable

ACTIVITIES, DONE = "activities", "done"
_COUNTS = [f"n{days}" for days in WINDOWS]


def store_activities(table: StoredTable, settings: Settings) -> list[Finding]:
    """Put the activities under the contract's names: ``lead_id``, ``done_at``, ``type``.

    Parameters
    ----------
    table : StoredTable
    settings : Settings
        With the preset's names filled in.

    Returns
    -------
    list of Finding
        Times that could not be read.

    Raises
    ------
    SettingsError
        When the time is not named, or a named column is not there.
    """
    stored, missing = table.stored, settings.leads.missing
    names = find_activity_columns([n for n in stored.types if n != ROW], settings=settings)
    at = profile_few(stored, [names.at], {names.at: "time"}, settings=settings, time_formats={})[
        names.at
    ]
    lead_id = read_text(quote(names.lead_id), stored.types[names.lead_id], missing)
    when = read_column(names.at, stored.types[names.at], at, missing)
    kind = literal(ACTIVITY)
    if names.type is not None:
        kind = read_text(quote(names.type), stored.types[names.type], missing)
    stored.connection.execute(
        f"CREATE VIEW {ACTIVITIES} AS SELECT {lead_id} AS lead_id, {when} AS done_at,"
        f" {kind} AS type FROM {stored.place}"
    )
    return note_columns([at], table="activities")


def count_activities(connection: Any) -> dict[str, int]:
    """Count what each lead did before hand-over, by type, into a table in the order of the rows.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With the leads' keys and the activities.

    Returns
    -------
    dict of str to int
        As `features.checks.leads.note_activities` takes them.
    """
    days = f"(epoch(k.handed_over_at) - epoch(a.done_at)) / {DAY}"
    counts = ", ".join(f"count(*) FILTER (days <= {w}) AS n{w}" for w in WINDOWS)
    connection.execute(
        f"CREATE TABLE {DONE} AS SELECT {ROW}, type, {counts}, min(days) AS last,"
        f" max(days) AS first FROM (SELECT k.{ROW}, a.type, {days} AS days FROM {KEYS} k"
        f" JOIN {ACTIVITIES} a ON k.lead_id = a.lead_id AND a.done_at < k.handed_over_at)"
        f" GROUP BY {ROW}, type ORDER BY {ROW}"
    )
    undated = "count(*) FILTER (done_at IS NULL)"
    found = aggregate(connection, ACTIVITIES, {"rows": "count(*)", "undated": undated})
    found |= aggregate(connection, DONE, {"before": "count(*)"})
    if not found["before"]:
        strangers = f"(SELECT lead_id FROM {ACTIVITIES} a ANTI JOIN {KEYS} k USING (lead_id))"
        found |= aggregate(connection, strangers, {"lost_rows": "count(*)"})
    return found


def read_behaviour(connection: Any, types: Sequence[str], keys: pd.DataFrame) -> pd.DataFrame:
    """Return the behaviour features of a batch.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A cursor of the calling thread's own.
    types : sequence of str
        The activity types with columns of their own.
    keys : DataFrame
        ``row``: consecutive numbers.

    Returns
    -------
    DataFrame
        As `features.matrix.activities.count_behaviour` gives it, indexed like `keys`.
    """
    first, size = int(keys["row"].iloc[0]), len(keys)
    asked = f"{ROW} BETWEEN {first} AND {first + size - 1}"
    found = fetch(connection, f"SELECT * FROM {DONE} WHERE {asked}")
    done = {name: found[name].to_numpy() for name in (ROW, *_COUNTS, "last", "first")}
    place = done[ROW] - first
    encoded = found["type"].combine_chunks().dictionary_encode()
    kinds = encoded.dictionary.to_pylist()
    code = encoded.indices.fill_null(len(kinds)).to_numpy(zero_copy_only=False)
    columns = _over_all(done, place, size, known=code < len(kinds))
    for position, name in enumerate(types):
        own = code == kinds.index(name) if name in kinds else np.zeros(len(code), dtype=bool)
        where = place[own]
        for days in WINDOWS:
            columns[f"n{position}_{days}"] = _put(size, where, done[f"n{days}"][own], 0.0)
        columns[f"s{position}"] = _put(size, where, done["last"][own], np.nan)
    return arrange(pd.DataFrame(columns, index=keys.index), types)


def _over_all(
    done: dict[str, np.ndarray], place: np.ndarray, size: int, *, known: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what all types come to together."""
    columns: dict[str, np.ndarray] = {}
    for days in WINDOWS:
        columns[f"all_{days}"] = np.bincount(place, done[f"n{days}"], minlength=size)
    last, first = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(last, place, done["last"])
    np.maximum.at(first, place, done["first"])
    columns["last"] = np.where(np.isinf(last), np.nan, last)
    columns["first"] = np.where(np.isinf(first), np.nan, first)
    lately = known & (done[f"n{max(WINDOWS)}"] > 0)
    columns["kinds"] = np.bincount(place[lately], minlength=size).astype(np.float64)
    return columns


def _put(size: int, where: np.ndarray, values: np.ndarray, nothing: float) -> np.ndarray:
    column = np.full(size, nothing)
    column[where] = values
    return column
