"""Partitions: some hand-overs with all rows of their leads, the unit in which features are made.

Everything computed of a hand-over depends on the rows of its own lead alone. So leads may be cut
into partitions in any way, on one machine or on many, and the result is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.sources.duckdb_relation import Relation, from_arrow, keep, query_table
from features.sources.file import ROW

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 50_000
"""Hand-overs of a partition, save the last."""

EARLIER = ("lead_id", "handed_over_at", "decision", "decided_at")
"""The columns of earlier hand-overs."""


@dataclass(frozen=True)
class Partition:
    """Some hand-overs with all rows of their leads.

    Attributes
    ----------
    hand_overs : pyarrow Table of n rows
        ``lead_id`` (text), ``handed_over_at`` (timestamp in UTC); null where not known.
    attributes : pyarrow Table of n rows
        The CRM's columns as what they hold: double, timestamp, text or a dictionary of text.
    activities : pyarrow Table or None
        ``lead_id``, ``at``, ``type`` of these leads; others do not matter. None where nothing is
        known of what any lead did.
    earlier : pyarrow Table or None
        Every hand-over known of these leads, theirs among them: ``lead_id``, ``handed_over_at``,
        ``decision`` ("accepted", "rejected", "recycled" or null), ``decided_at``. None where
        nothing is known of earlier ones.
    """

    hand_overs: pa.Table
    attributes: pa.Table
    activities: pa.Table | None = None
    earlier: pa.Table | None = None


def cluster(relation: Relation, keys: Relation, *, rows: int) -> Relation:
    """Keep the rows of a table beside the partitions of their leads.

    Parameters
    ----------
    relation : Relation
        With ``lead_id``.
    keys : Relation
        ``lead_id`` of every hand-over, and ``_row``, its place from 1; in the same connection.
    rows : int
        Hand-overs of a partition.

    Returns
    -------
    Relation
        ``part``, from 0, and the columns of `relation`, sorted by part. A lead with hand-overs in
        several partitions has its rows in each of them.
    """
    parts = (
        f"SELECT DISTINCT CAST(({ROW} - 1) // {rows} AS BIGINT) AS part, lead_id"
        f" FROM {keys.place} WHERE lead_id IS NOT NULL"
    )
    return keep(
        relation.connection,
        f"SELECT k.part, r.* FROM ({parts}) k JOIN {relation.place} r USING (lead_id)"
        " ORDER BY k.part",
    )


def read_part(clustered: Relation, number: int, connection: Any = None) -> pa.Table:
    """Return the rows of one partition.

    Parameters
    ----------
    clustered : Relation
        From `cluster`.
    number : int
    connection : duckdb.DuckDBPyConnection, optional
        A cursor of the calling thread's own.
    """
    query = f"SELECT * EXCLUDE (part) FROM {clustered.place} WHERE part = {number}"
    return query_table(connection or clustered.connection, query)


def cut(
    tables: Tables,
    *,
    earlier: pd.DataFrame | None,
    activities: bool = True,
    rows: int = ROWS,
) -> Iterator[Partition]:
    """Cut tables into partitions, in the order of their hand-overs.

    Parameters
    ----------
    tables : Tables
    earlier : DataFrame or None
        Every hand-over known, with its decision; None where no history is asked for.
    activities : bool
        Whether activities are asked for.
    rows : int
        Hand-overs of a partition.

    Yields
    ------
    Partition
    """
    episodes, total = tables.episodes, len(tables.episodes)
    clustered = None
    if activities and tables.activities is not None:
        placed = episodes.assign(row=np.arange(1, total + 1))
        clustered = cluster(tables.activities, store_keys(placed, tables.activities), rows=rows)
    try:
        for number in range(-(-total // rows)):
            part = slice(number * rows, (number + 1) * rows)
            hand_overs = episodes.iloc[part][["lead_id", "handed_over_at"]]
            yield Partition(
                hand_overs=to_arrow(hand_overs),
                attributes=to_arrow(tables.attributes.loc[hand_overs.index]),
                activities=None if clustered is None else read_part(clustered, number),
                earlier=None if earlier is None else _select_earlier(earlier, hand_overs),
            )
    finally:
        if clustered is not None:
            clustered.connection.execute(f"DROP TABLE {clustered.place}")


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a frame of numbers, times and text in Arrow.

    Parameters
    ----------
    frame : DataFrame
        A column of objects holds text, None where there is nothing.
    """
    import pyarrow as pa

    columns = []
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values):
            columns.append(pa.array(values.to_numpy(np.float64), pa.float64(), from_pandas=True))
        elif pd.api.types.is_datetime64_any_dtype(values):
            columns.append(pa.array(values.to_numpy("datetime64[us]"), pa.timestamp("us")))
        elif isinstance(values.dtype, pd.CategoricalDtype):
            columns.append(pa.array(values.array).cast(pa.dictionary(pa.int32(), pa.string())))
        else:
            columns.append(pa.array(values.to_numpy(object), pa.string(), from_pandas=True))
    if not columns:
        return pa.table({"_": pa.nulls(len(frame))}).select([])
    return pa.table(columns, names=[str(name) for name in frame.columns])


def store_keys(episodes: pd.DataFrame, beside: Relation | None) -> Relation:
    """Return the keys of hand-overs as a relation.

    Parameters
    ----------
    episodes : DataFrame
        ``row``, ``lead_id``, ``handed_over_at``, ``sequence``.
    beside : Relation or None
        In the connection of this one, if given.

    Returns
    -------
    Relation
        ``_row``, ``lead_id``, ``handed_over_at``, ``place``.
    """
    import pyarrow as pa

    named = episodes[["lead_id", "handed_over_at", "sequence"]]
    keys = to_arrow(named.rename(columns={"sequence": "place"}))
    rows = pa.array(episodes["row"].to_numpy(np.int64), pa.int64())
    connection = None if beside is None else beside.connection
    return from_arrow(keys.append_column(ROW, rows), connection)


def _select_earlier(earlier: pd.DataFrame, hand_overs: pd.DataFrame) -> pa.Table:
    """Return what is known of the leads of some hand-overs."""
    known = earlier["lead_id"].isin(hand_overs["lead_id"].dropna())
    return to_arrow(earlier.loc[known, list(EARLIER)])
