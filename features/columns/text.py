"""What a column of text holds, found by looking at each of its different values once (DuckDB)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from features.columns.kinds import Column, Kind, Texts
from features.columns.sql import MISSING_AMONG_NUMBERS, Decimal, matches, read_number, read_text
from features.columns.time_formats import COMPACT
from features.columns.times import decide_time
from features.sources.duckdb_relation import Relation, aggregate, query_rows
from features.sources.file import ROW
from features.sources.sql import literal, quote

_COLUMNS_AT_ONCE = 10  # each takes some megabytes of the little memory that scoring has
_VALUES_AT_ONCE = 5_000_000


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
        values = _list_values(table, some, missing)
        try:
            profiles |= _profile_some(values, some, rows, forced, time_format, time_formats)
        finally:
            table.connection.execute(f"DROP TABLE {values.place}")
    return profiles


def _list_values(table: Relation, names: Sequence[str], missing: Collection[str]) -> Relation:
    """Keep the columns' different values: ``place``, ``text``, ``n``, ``first`` row, ``filler``."""
    filler = f"lower(text) IN ({', '.join(map(literal, MISSING_AMONG_NUMBERS))})"
    counted = []
    for place, name in enumerate(names):
        column = quote(name)
        counted.append(
            f"SELECT {place} AS place, n, first, {read_text('value', table.types[name], missing)}"
            f" AS text FROM (SELECT {column} AS value, count(*) AS n, min({ROW}) AS first"
            f" FROM {table.place} GROUP BY {column})"
        )
    found = f"values_{uuid4().hex}"
    table.connection.execute(
        f"CREATE TEMP TABLE {found} AS SELECT *, {filler} AS filler"
        f" FROM ({' UNION ALL '.join(counted)}) WHERE text IS NOT NULL"
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
        or (name not in forced and texts[place].is_enough(_with_digits(texts[place])))
    }
    tallies = _tally_numbers(values, list(unsure))
    profiles = {}
    for place, name in enumerate(names):
        known = forced.get(name)
        text = texts[place]
        column = Column(
            name=name,
            kind=known or ("text" if text.present else "empty"),
            n_rows=rows,
            n_missing=rows - text.present,
            n_distinct=text.distinct,
        )
        if place in unsure and known != "time":
            column = _decide_number(column, text, tallies[place], known=known == "number")
        if place in unsure and column.kind != "number":
            earlier = time_formats.get(name)
            column = decide_time(column, text, time_format, known=known == "time", earlier=earlier)
        profiles[name] = column
    return profiles


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
    counts = _aggregate_by_place(values, values.place, measures)
    return [
        Texts(
            values=Relation(values.connection, _of_place(values, place), {}),
            rows=rows,
            **counts.get(place, dict.fromkeys(measures, 0)),
        )
        for place in range(columns)
    ]


def _of_place(values: Relation, place: int) -> str:
    return f"(SELECT * FROM {values.place} WHERE place = {place} AND NOT filler)"


def _aggregate_by_place(
    values: Relation, place: str, measures: Mapping[str, str]
) -> dict[int, dict[str, int]]:
    """Return the measures of each column, zero where a sum is over nothing."""
    named = ", ".join(f"{sql} AS {quote(name)}" for name, sql in measures.items())
    found: list[dict[str, Any]] = query_rows(
        values.connection,
        f"SELECT place, {named} FROM {place} GROUP BY place",
    )
    return {row.pop("place"): {key: int(value or 0) for key, value in row.items()} for row in found}


def _tally_numbers(values: Relation, places: Sequence[int]) -> dict[int, dict[str, int]]:
    """Count the values that read as numbers of either style, or as dates in digits only."""
    if not places:
        return {}
    listed = ", ".join(map(str, places))
    asked = f"(SELECT * FROM {values.place} WHERE place IN ({listed}) AND NOT filler)"
    measures = {"date": f"sum(n) FILTER ({matches('text', COMPACT)})"}
    for name, decimal in _STYLES.items():
        number = read_number("text", decimal)
        measures[name] = f"sum(n) FILTER ({number} IS NOT NULL)"
        measures[f"{name}_first"] = f"min(first) FILTER ({number} IS NULL)"
    found = _aggregate_by_place(values, asked, measures)
    return {place: found.get(place, dict.fromkeys(measures, 0)) for place in places}


_STYLES: Mapping[str, Decimal] = {"point": ".", "comma": ","}


def _decide_number(column: Column, text: Texts, tally: Mapping[str, int], *, known: bool) -> Column:
    """Return the column as numbers where it holds numbers or is known to."""
    style = "point" if tally["point"] >= tally["comma"] else "comma"
    read = tally[style]
    dates_only = text.count > 0 and tally["date"] == text.count
    if not known and (dates_only or not text.is_enough(read)):
        return column
    return replace(
        column,
        kind="number",
        decimal=_STYLES[style],
        n_missing=text.rows - text.count,
        n_unparsed=text.count - read,
        example_row=tally[f"{style}_first"] or None,
    )
