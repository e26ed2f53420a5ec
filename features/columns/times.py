"""Times in text columns: their formats, and whether day or month comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from features.columns.kinds import FEW, UNREAD_SHARE, Column, Texts
from features.columns.time_formats import (
    NAMES,
    WORDS,
    count_families,
    find_formats,
    is_day_first,
    is_month_first,
    swap_day_and_month,
)
from features.columns.time_reading import read_time
from features.columns.time_words import holds_time_words, write_plainly
from features.sources.duckdb_relation import aggregate

_SAMPLE = 1_000
_ROUNDS = 6
_LOOK = 100


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
    told = time_format or earlier
    for form in [] if time_format is None else [time_format, NAMES + time_format]:
        tally = _tally_times(text, (form,))
        if tally[form] and (known or text.is_enough(tally["read"])):
            return _as_times(column, text, tally, formats=(form,))
    formats = _collect_formats(text, known)
    tally = _tally_times(text, formats)
    if not text.is_enough(tally["read"]) and _look_worded(text, formats):
        # Looked for only now, as taking words out takes longer than all else.
        worded = _write_plainly(text)
        try:
            formats = _collect_formats(worded, known)
            return _decide(column, worded, formats, _tally_times(worded, formats), known, told)
        finally:
            worded.values.connection.execute(f"DROP TABLE {worded.values.place}")
    return _decide(column, text, formats, tally, known, told)


def _decide(
    column: Column,
    text: Texts,
    found: tuple[str, ...],
    tally: Mapping[str, int],
    known: bool,
    told: str | None,
) -> Column:
    formats, ambiguous = _order_day_and_month(text, found, told)
    if formats != found:
        tally = _tally_times(text, formats)
    if not known and not text.is_enough(tally["read"]):
        if not text.seems(tally["read"]):
            return column
        strange, first = text.count - tally["read"], tally["first"] or None
        return replace(column, seems="time", n_strange=strange, example_row=first)
    used = tuple(form for form in formats if tally[form])
    mixed = count_families(used) > 1
    return _as_times(column, text, tally, formats=used, mixed_formats=mixed, ambiguous=ambiguous)


def _look_worded(text: Texts, formats: Sequence[str]) -> bool:
    """Tell whether some of what the formats leave unread holds words of times."""
    unread = text.values.connection.execute(
        f"SELECT text FROM {text.values.place} WHERE {_read(text, formats)} IS NULL"
        f" ORDER BY first LIMIT {_LOOK}"
    ).fetchall()
    return any(holds_time_words(value) for (value,) in unread)


def _write_plainly(text: Texts) -> Texts:
    """Keep the different values beside what is left of them without words."""
    found = f"plain_{uuid4().hex}"
    text.values.connection.execute(
        f"CREATE TEMP TABLE {found} AS SELECT text, n, first, {write_plainly('text')} AS plain"
        f" FROM {text.values.place}"
    )
    return replace(text, values=replace(text.values, place=found, types={"plain": "VARCHAR"}))


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
    read = _read(text, formats)
    measures = {
        "read": f"sum(n) FILTER ({read} IS NOT NULL)",
        "first": f"min(first) FILTER ({read} IS NULL)",
    }
    if len(formats) > 1:
        for form in formats:
            measures[form] = f"sum(n) FILTER ({_read(text, [form])} IS NOT NULL)"
    tally = aggregate(text.values.connection, text.values.place, measures)
    return tally if len(formats) > 1 else tally | dict.fromkeys(formats, tally["read"])


def _read(text: Texts, formats: Sequence[str]) -> str:
    plain = "plain" if "plain" in text.values.types else None
    return read_time("text", "VARCHAR", formats, plain=plain)


def _collect_formats(text: Texts, known: bool) -> tuple[str, ...]:
    """Return the formats that occur, looking each time at what those so far leave unread."""
    formats: dict[str, None] = {}
    shown = "plain" if "plain" in text.values.types else "NULL"
    for _ in range(_ROUNDS):
        unread = f"WHERE {_read(text, tuple(formats))} IS NULL" if formats else ""
        sample = text.values.connection.execute(
            f"SELECT text, {shown} FROM {text.values.place} {unread} ORDER BY first LIMIT {_SAMPLE}"
        ).fetchall()
        before = len(formats)
        for value, plain in sample:
            found = find_formats(value, expected=known)
            # A month of another language looks like one, and is not read.
            if plain is not None and (not found or "%b" in found[0].lower()):
                found += tuple(WORDS + form for form in find_formats(plain))
            formats |= dict.fromkeys(found)
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
    by_day, by_month = _read(text, day_first), _read(text, month_first)
    measures = {
        "day": f"sum(n) FILTER ({by_day} IS NOT NULL AND {by_month} IS NULL)",
        "month": f"sum(n) FILTER ({by_month} IS NOT NULL AND {by_day} IS NULL)",
        "differ": f"sum(n) FILTER ({by_day} <> {by_month})",
    }
    found = aggregate(text.values.connection, text.values.place, measures)
    first, second = day_first, month_first
    if found["month"] > found["day"]:
        first, second = month_first, day_first
    rare = min(found["day"], found["month"])
    if rare > text.count * UNREAD_SHARE or (rare and text.count < FEW):
        # Both orders occur: no value that either reads can be told.
        return others + first + second, bool(found["differ"])
    if found["day"] or found["month"] or not found["differ"]:
        return others + first, False
    if time_format is not None and is_month_first(time_format):
        return others + month_first, False
    told = time_format is not None and is_day_first(time_format)
    return others + day_first, not told
