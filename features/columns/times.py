"""Times in a column of text: their formats, and which of day and month comes first (DuckDB)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from features.columns.kinds import Column, Texts
from features.columns.sql import read_time
from features.columns.time_formats import (
    count_families,
    find_formats,
    is_day_first,
    is_month_first,
    swap_day_and_month,
)
from features.sources.duckdb_relation import aggregate

_SAMPLE = 1_000
_ROUNDS = 6


def decide_time(
    column: Column,
    text: Texts,
    time_format: str | None,
    *,
    known: bool,
    earlier: str | None = None,
) -> Column:
    """Return the column as times where it holds times or is known to.

    Parameters
    ----------
    column : Column
        What is known of the column so far.
    text : Texts
    time_format : str or None
        Wins where it reads the column.
    known : bool
        Whether the column holds times whatever its values look like.
    earlier : str or None
        A format the column was read in before; it tells whether days come before months where
        neither the values nor `time_format` do.

    Returns
    -------
    Column
    """
    if time_format is not None:
        tally = _tally_times(text, (time_format,))
        if tally[time_format] and (known or text.is_enough(tally["read"])):
            return _as_times(column, text, tally, formats=(time_format,))
    formats = _collect_formats(text, known)
    formats, ambiguous = _order_day_and_month(text, formats, time_format or earlier)
    tally = _tally_times(text, formats)
    if not known and not text.is_enough(tally["read"]):
        return column
    used = tuple(form for form in formats if tally[form])
    mixed = count_families(used) > 1
    return _as_times(column, text, tally, formats=used, mixed_formats=mixed, ambiguous=ambiguous)


def _as_times(column: Column, text: Texts, tally: Mapping[str, int], **found: Any) -> Column:
    return replace(
        column,
        kind="time",
        n_missing=text.rows - text.count,
        n_unparsed=text.count - tally["read"],
        example_row=tally["first"] or None,
        **found,
    )


def _tally_times(text: Texts, formats: Sequence[str]) -> dict[str, int]:
    """Count the values that each format reads, and all together read."""
    read = _read(formats)
    measures = {
        "read": f"sum(n) FILTER ({read} IS NOT NULL)",
        "first": f"min(first) FILTER ({read} IS NULL)",
    }
    for form in formats:
        measures[form] = f"sum(n) FILTER ({_read([form])} IS NOT NULL)"
    return aggregate(text.values.connection, text.values.place, measures)


def _read(formats: Sequence[str]) -> str:
    return read_time("text", "VARCHAR", formats)


def _collect_formats(text: Texts, known: bool) -> tuple[str, ...]:
    """Return the formats that occur, looking each time at what those so far leave unread."""
    formats: dict[str, None] = {}
    for _ in range(_ROUNDS):
        unread = f"WHERE {_read(tuple(formats))} IS NULL" if formats else ""
        sample = text.values.connection.execute(
            f"SELECT text FROM {text.values.place} {unread} ORDER BY first LIMIT {_SAMPLE}"
        ).fetchall()
        before = len(formats)
        for (value,) in sample:
            formats |= dict.fromkeys(find_formats(value, expected=known))
        if len(formats) == before:
            break
    return tuple(formats)


def _order_day_and_month(
    text: Texts, formats: tuple[str, ...], time_format: str | None
) -> tuple[tuple[str, ...], bool]:
    """Return the formats without those that the values speak against, and whether it stays open.

    What comes first, day or month, is seen from values beyond 12.
    """
    day_first = tuple(f for f in formats if is_day_first(f) and swap_day_and_month(f) in formats)
    if not day_first:
        return formats, False
    month_first = tuple(swap_day_and_month(form) for form in day_first)
    others = tuple(form for form in formats if form not in day_first + month_first)
    by_day, by_month = _read(day_first), _read(month_first)
    measures = {
        "day": f"sum(n) FILTER ({by_day} IS NOT NULL AND {by_month} IS NULL)",
        "month": f"sum(n) FILTER ({by_month} IS NOT NULL AND {by_day} IS NULL)",
        "differ": f"sum(n) FILTER ({by_day} <> {by_month})",
    }
    found = aggregate(text.values.connection, text.values.place, measures)
    first, second = day_first, month_first
    if found["month"] > found["day"]:
        first, second = month_first, day_first
    if found["day"] and found["month"]:
        return others + first + second, False
    if found["day"] or found["month"] or not found["differ"]:
        return others + first, False
    if time_format is not None and is_month_first(time_format):
        return others + month_first, False
    told = time_format is not None and is_day_first(time_format)
    return others + day_first, not told
