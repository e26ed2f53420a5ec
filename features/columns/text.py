"""Kinds of text columns, found by looking at each different value once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from features.columns.kinds import Column, Kind, Texts, describe_form
from features.columns.missing import MISSING, MISSING_AMONG_NUMBERS
from features.columns.number_style import (
    aggregate_by_place,
    decide_number,
    settle_open_styles,
    tally_numbers,
)
from features.columns.sql import is_nothing, is_text, list_literals, matches, write_text
from features.columns.times import decide_time
from features.sources.duckdb_relation import Relation, aggregate, keep
from features.sources.file import ROW
from features.sources.sql import quote

_COLUMNS_AT_ONCE = 10  # each takes some megabytes of the little memory that scoring has
_VALUES_AT_ONCE = 5_000_000
_MARKERS = 3


def profile_texts(
    table: Relation,
    names: Sequence[str],
    *,
    forced: Mapping[str, Kind],
    missing: Collection[str],
    time_format: str | None,
    time_formats: Mapping[str, str],
) -> dict[str, Column]:
    """Find out what columns hold that are text, or are to be read as text.

    Parameters
    ----------
    table : Relation
        With ``_row``.
    names : sequence of str
    forced : mapping of str to Kind
        What columns are known to hold.
    missing : collection of str
        What means "nothing entered".
    time_format : str or None
    time_formats : mapping of str to str
        Formats in which columns were read before.

    Returns
    -------
    dict of str to Column
    """
    rows = aggregate(table.connection, table.place, {"rows": "count(*)"})["rows"]
    # A table of different values at a time, none much larger than a few columns.
    size = max(1, min(_COLUMNS_AT_ONCE, _VALUES_AT_ONCE // max(rows, 1)))
    profiles: dict[str, Column] = {}
    for start in range(0, len(names), size):
        some = names[start : start + size]
        values = list_values(table, some, missing)
        try:
            profiles |= _profile_some(values, some, rows, forced, time_format, time_formats)
        finally:
            table.connection.execute(f"DROP TABLE {values.place}")
    return settle_open_styles(profiles)


def profile_values(
    values: Relation,
    names: Sequence[str],
    rows: int,
    *,
    forced: Mapping[str, Kind],
    time_format: str | None,
    time_formats: Mapping[str, str],
) -> dict[str, Column]:
    """Find out what columns hold whose different values were listed part by part.

    Parameters
    ----------
    values : Relation
        What `list_values` gave for each part of the rows, one below the other.
    names : sequence of str
        As they were listed.
    rows : int
        Of all parts.
    forced, time_format, time_formats
        As for `profile_texts`.

    Returns
    -------
    dict of str to Column
        As `profile_texts` gives it for all rows at once.
    """
    whole = keep(
        values.connection,
        "SELECT place, sum(n) AS n, min(first) AS first, text, filler, marker"
        f" FROM {values.place} GROUP BY ALL",
    )
    profiles = _profile_some(whole, names, rows, forced, time_format, time_formats)
    return settle_open_styles(profiles)


def list_values(table: Relation, names: Sequence[str], missing: Collection[str]) -> Relation:
    """Keep the different values of columns of text.

    Parameters
    ----------
    table : Relation
        With ``_row``.
    names : sequence of str
    missing : collection of str
        What means "nothing entered".

    Returns
    -------
    Relation
        ``place`` (of the name), ``n`` (rows), ``first`` (of them), ``text``, ``filler`` and
        ``marker``: a value that means nothing, where the settings do not say so themselves; then
        ``text`` is null, or the value means nothing among numbers and times only (``filler``).
    """
    counted = []
    for place, name in enumerate(names):
        column, kind = quote(name), table.types[name]
        counted.append(
            f"SELECT {place} AS place, n, first, {write_text('value', kind)} AS written,"
            f" {is_text(kind)} AS worded"
            f" FROM (SELECT {column} AS value, count(*) AS n, min({ROW}) AS first"
            f" FROM {table.place} GROUP BY {column})"
        )
    found = f"values_{uuid4().hex}"
    nothing = is_nothing("written", "worded", missing)
    filler = f"lower(text) IN ({list_literals(MISSING_AMONG_NUMBERS)})"
    marker = f"lower(written) IN ({list_literals(MISSING)})"
    marker += f" AND written NOT IN ({list_literals(['', *missing])})"
    # One after the other, or each column would be planned with all these words, which takes much
    # longer than counting few rows.
    table.connection.execute(
        f"CREATE TEMP TABLE {found} AS"
        f" WITH counted AS MATERIALIZED ({' UNION ALL '.join(counted)}),"
        f" texts AS MATERIALIZED (SELECT *, CASE WHEN {nothing} THEN NULL ELSE written END AS text,"
        f" {marker} AS marked FROM counted),"
        f" judged AS MATERIALIZED (SELECT *, coalesce({filler}, false) AS filler FROM texts"
        " WHERE text IS NOT NULL OR marked)"
        " SELECT place, n, first, text, filler,"
        " CASE WHEN text IS NULL OR filler THEN written END AS marker FROM judged"
    )
    return Relation(table.connection, found, {})


def _profile_some(
    values: Relation,
    names: Sequence[str],
    rows: int,
    forced: Mapping[str, Kind],
    time_format: str | None,
    time_formats: Mapping[str, str],
) -> dict[str, Column]:
    texts = _count_texts(values, len(names), rows)
    unsure = {
        place: texts[place]
        for place, name in enumerate(names)
        if forced.get(name) in ("number", "time")
        or (name not in forced and texts[place].may_hold(_with_digits(texts[place])))
    }
    # Times are often all different, and counting the forms of numbers looks at each of them.
    tallies = tally_numbers(values, [p for p in unsure if forced.get(names[p]) != "time"])
    markers = _list_markers(values)
    profiles = {}
    for place, name in enumerate(names):
        known, earlier = forced.get(name), time_formats.get(name)
        text = texts[place]
        column = Column(
            name=name,
            kind=known or ("text" if text.present else "empty"),
            n_rows=rows,
            n_missing=rows - text.present,
            n_distinct=text.distinct,
        )
        if place in unsure and known != "time":
            tally = tallies[place]
            column = decide_number(column, text, tally, known=known == "number", earlier=earlier)
        if place in unsure and column.kind != "number":
            column = decide_time(column, text, time_format, known=known == "time", earlier=earlier)
        told = [found for found in markers.get(place, ()) if column.kind != "text" or found[2]]
        if column.example_row is not None:
            column = replace(column, form=_show_form(text, column.example_row))
        column = replace(column, markers=tuple((word, n) for word, n, _ in told[:_MARKERS]))
        profiles[name] = column
    return profiles


def _show_form(text: Texts, row: int) -> str | None:
    """Return how the value that first stands in a row is written, never the value itself."""
    found = text.values.connection.execute(
        f"SELECT text FROM {text.values.place} WHERE first = {row}"
    ).fetchall()
    return describe_form(found[0][0]) if found else None


def _list_markers(values: Relation) -> dict[int, list[tuple[str, int, bool]]]:
    """Return, by column, the markers with their rows and whether they mean nothing in any text."""
    found = values.connection.execute(
        f"SELECT place, marker, sum(n), NOT bool_or(filler) FROM {values.place}"
        " WHERE marker IS NOT NULL GROUP BY place, marker ORDER BY place, sum(n) DESC, marker"
    ).fetchall()
    listed: dict[int, list[tuple[str, int, bool]]] = {}
    for place, marker, n, anywhere in found:
        listed.setdefault(place, []).append((marker, int(n), anywhere))
    return listed


def _with_digits(text: Texts) -> int:
    """Count the values that hold a digit, as all numbers and times do."""
    return text.count - text.digitless


def _count_texts(values: Relation, columns: int, rows: int) -> list[Texts]:
    digitless = f"NOT filler AND NOT {matches('text', '[0-9]')}"
    measures = {
        "present": "sum(n)",
        "filler": "sum(n) FILTER (filler)",
        "digitless": f"sum(n) FILTER ({digitless})",
        "distinct": "count(DISTINCT text)",
    }
    written = f"(SELECT * FROM {values.place} WHERE text IS NOT NULL)"
    counts = aggregate_by_place(values.connection, written, measures)
    return [
        Texts(
            values=Relation(values.connection, _of_place(values, place), {}),
            rows=rows,
            **counts.get(place, dict.fromkeys(measures, 0)),
        )
        for place in range(columns)
    ]


def _of_place(values: Relation, place: int) -> str:
    asked = f"place = {place} AND text IS NOT NULL AND NOT filler"
    return f"(SELECT * FROM {values.place} WHERE {asked})"
