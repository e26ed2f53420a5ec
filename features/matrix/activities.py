"""Activity features: counts of what a lead did before hand-over, made by DuckDB.

Training, scoring and every other job count by the one query here, a partition at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.columns.categories import combine
from features.matrix.definitions import OTHER, WINDOWS, Feature, activity_counts, activity_summary
from features.sources.duckdb_relation import Relation, from_arrow, query_table
from features.sources.sql import is_before, literal
from features.units import DAY

if TYPE_CHECKING:
    import pyarrow as pa

MAX_TYPES = 12
MIN_LEADS_OF_TYPE = 20


def choose_types(
    hand_overs: pa.Table, activities: Relation, *, ignored: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the activity types worth columns of their own, most widespread first.

    Parameters
    ----------
    hand_overs : pyarrow Table
        ``lead_id``, ``handed_over_at``, of training leads only.
    activities : Relation
        ``lead_id``, ``at``, ``type``.
    ignored : collection of str
        Types that are not learned from.

    Returns
    -------
    tuple of str
        At most `MAX_TYPES`, each seen at `MIN_LEADS_OF_TYPE` hand-overs or more.
    """
    keys = from_arrow(number_hand_overs(hand_overs), activities.connection)
    joined = join_before(keys.place, leave_out(activities.place, ignored))
    found = query_table(
        activities.connection,
        f"SELECT type FROM (SELECT type, count(DISTINCT hand_over) AS leads FROM ({joined})"
        f" WHERE type IS NOT NULL GROUP BY type) WHERE leads >= {MIN_LEADS_OF_TYPE}"
        f" ORDER BY leads DESC, type LIMIT {MAX_TYPES}",
    )
    activities.connection.execute(f"DROP TABLE {keys.place}")
    return tuple(found["type"].to_pylist())


def count_types(hand_overs: pa.Table, activities: Relation) -> pd.DataFrame:
    """Count what each hand-over's lead did of each type before it, one row of both.

    Parameters
    ----------
    hand_overs : pyarrow Table
        ``lead_id``, ``handed_over_at``.
    activities : Relation
        ``lead_id``, ``at``, ``type``.

    Returns
    -------
    DataFrame
        ``hand_over`` (its place), ``type``, ``count`` in the longest of `WINDOWS`, and ``last``
        (days before hand-over), sorted.
    """
    keys = from_arrow(number_hand_overs(hand_overs), activities.connection)
    recent = f"count(*) FILTER (days <= {max(WINDOWS)})::DOUBLE"
    found = query_table(
        activities.connection,
        f"SELECT hand_over, type, {recent} AS count, min(days) AS last"
        f" FROM ({join_before(keys.place, activities.place)}) WHERE type IS NOT NULL"
        " GROUP BY hand_over, type ORDER BY hand_over, type",
    )
    activities.connection.execute(f"DROP TABLE {keys.place}")
    counts: pd.DataFrame = found.to_pandas()
    return counts


def leave_out(activities: str, ignored: Collection[str]) -> str:
    """Return the place of the activities, in SQL, without those of some types."""
    if not ignored:
        return activities
    named = ", ".join(literal(name) for name in sorted(ignored))
    return f"(SELECT * FROM {activities} WHERE type IS NULL OR type NOT IN ({named}))"


def join_before(hand_overs: str, activities: str) -> str:
    """Return the query that joins to each hand-over what its lead did strictly before it.

    Parameters
    ----------
    hand_overs, activities : str
        Places in SQL: ``hand_over``, ``lead_id``, ``handed_over_at``; ``lead_id``, ``at``,
        ``type``. Undated activities never match, and those dated by the day alone only from the
        next day on.

    Returns
    -------
    str
        A query of ``hand_over``, ``type`` and ``days`` (from the activity to hand-over, counted
        in whole seconds).
    """
    # Whole seconds, so that fractions of one never tell two activities of a moment apart.
    days = f'(epoch(h.handed_over_at)::BIGINT - epoch(a."at")::BIGINT) / {DAY}'
    # Row by row, so that no batch of new leads, however small, reads a date in another way than
    # training did: what was logged on the day of hand-over may well be the call after it.
    before = is_before('a."at"', "h.handed_over_at")
    return (
        f"SELECT h.hand_over, a.type, {days} AS days FROM {hand_overs} h JOIN {activities} a"
        f" ON h.lead_id = a.lead_id AND {before}"
    )


def list_newest(hand_overs: pa.Table, activities: Relation, *, most: int) -> pa.Table:
    """List the newest activities of each hand-over, for a reader.

    Parameters
    ----------
    hand_overs : pyarrow Table
        ``lead_id``, ``handed_over_at``.
    activities : Relation
        Only rows that belong to these hand-overs leave the database.
    most : int
        Activities of a hand-over.

    Returns
    -------
    pyarrow Table
        ``hand_over`` (its place), ``type``, ``days`` before it, and ``total``, how many there are
        in all; sorted by hand-over, newest first.
    """
    keys = from_arrow(number_hand_overs(hand_overs), activities.connection)
    each = "PARTITION BY hand_over"
    found = query_table(
        activities.connection,
        "SELECT hand_over, type, days, total FROM ("
        f"SELECT *, row_number() OVER ({each} ORDER BY days, type) AS place,"
        f" count(*) OVER ({each}) AS total FROM ({join_before(keys.place, activities.place)}))"
        f" WHERE place <= {most} ORDER BY hand_over, place",
    )
    activities.connection.execute(f"DROP TABLE {keys.place}")
    return found


def plan_behaviour(types: Sequence[str]) -> tuple[Feature, ...]:
    """Return the features for these activity types and for all types together."""
    if not types:
        return ()
    own = [feature for name in types for feature in activity_counts(name)]
    return (*own, *activity_summary())


def count_behaviour(
    hand_overs: pa.Table,
    activities: pa.Table,
    types: Sequence[str],
    *,
    ignored: Collection[str] = (),
) -> pd.DataFrame:
    """Compute the behaviour features of every hand-over.

    Parameters
    ----------
    hand_overs : pyarrow Table of n rows
        ``lead_id``, ``handed_over_at``.
    activities : pyarrow Table
        ``lead_id``, ``at``, ``type``.
    types : sequence of str
        The types with columns of their own; all others count in the totals.
    ignored : collection of str
        Types that do not count at all.

    Returns
    -------
    DataFrame of n rows
        One column per feature of `plan_behaviour`. A hand-over without activities has zero
        counts and missing (NaN) days.
    """
    size = hand_overs.num_rows
    done = _count_by_type(hand_overs, activities, ignored)
    place = done["hand_over"].to_numpy()
    encoded = done["type"].combine_chunks().dictionary_encode()
    kinds = encoded.dictionary.to_pylist()
    code = encoded.indices.fill_null(len(kinds)).to_numpy(zero_copy_only=False)
    counts = {name: done[name].to_numpy() for name in done.column_names if name != "type"}
    columns: dict[str, Any] = {}
    latest = []
    for name in types:
        own = code == kinds.index(name) if name in kinds else np.zeros(len(code), dtype=bool)
        where = place[own]
        for days in WINDOWS:
            values = _put(size, where, counts[f"n{days}"][own], 0.0)
            columns[f"activity {name}: last {days} days"] = values
        latest.append(_put(size, where, counts["last"][own], np.nan))
        columns[f"activity {name}: days since last"] = latest[-1]
    columns |= _over_all(counts, place, size, known=code < len(kinds))
    touch = _last_touch(columns["activities: days since last"], latest, types)
    return pd.DataFrame(columns | {"activities: last touch": touch})


def _count_by_type(
    hand_overs: pa.Table, activities: pa.Table, ignored: Collection[str]
) -> pa.Table:
    """Count what each hand-over's lead did of each type before it.

    Returns
    -------
    pyarrow Table
        ``hand_over`` (its place), ``type``, ``n7``, ``n30``, ``n90``, ``last`` and ``first``
        (days before hand-over), sorted, so that the result never depends on threads.
    """
    import duckdb

    counts = ", ".join(f"count(*) FILTER (days <= {w})::DOUBLE AS n{w}" for w in WINDOWS)
    with duckdb.connect(config={"threads": 1, "python_enable_replacements": False}) as connection:
        connection.register("hand_overs", number_hand_overs(hand_overs))
        connection.register("activities", activities)
        return query_table(
            connection,
            f"SELECT hand_over, type, {counts}, min(days) AS last, max(days) AS first"
            f" FROM ({join_before('hand_overs', leave_out('activities', ignored))})"
            " GROUP BY hand_over, type ORDER BY hand_over, type",
        )


def _over_all(
    counts: dict[str, np.ndarray], place: np.ndarray, size: int, *, known: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the features over all types together."""
    columns = {
        f"activities: last {days} days": np.bincount(
            place, counts[f"n{days}"], minlength=size
        ).astype(np.float64)
        for days in WINDOWS
    }
    last, first = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(last, place, counts["last"])
    np.maximum.at(first, place, counts["first"])
    columns["activities: days since last"] = np.where(np.isinf(last), np.nan, last)
    columns["activities: days since first"] = np.where(np.isinf(first), np.nan, first)
    columns["activities: change of pace"] = (
        columns["activities: last 7 days"] - columns["activities: last 30 days"] * 7 / 30
    )
    lately = known & (counts[f"n{max(WINDOWS)}"] > 0)
    distinct = np.bincount(place[lately], minlength=size)
    columns["activities: distinct kinds"] = distinct.astype(np.float64)
    return columns


def _last_touch(
    last: np.ndarray, latest: Sequence[np.ndarray], types: Sequence[str]
) -> pd.Categorical:
    """Return the type of the last activity; of several at the same moment the commonest type."""
    codes = np.where(np.isnan(last), -1, len(types))
    for position in reversed(range(len(types))):
        codes[latest[position] == last] = position
    return combine(codes, [*types, OTHER, None])


def number_hand_overs(hand_overs: pa.Table) -> pa.Table:
    """Return the keys of hand-overs with ``hand_over``, their place from 0."""
    import pyarrow as pa

    places = pa.array(np.arange(hand_overs.num_rows), pa.int64())
    return hand_overs.select(["lead_id", "handed_over_at"]).append_column("hand_over", places)


def _put(size: int, where: np.ndarray, values: np.ndarray, nothing: float) -> np.ndarray:
    column = np.full(size, nothing)
    column[where] = values
    return column
