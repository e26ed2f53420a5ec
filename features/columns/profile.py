"""Column profiles: the kind of each column, and its values in that type."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from features.columns.ids import read_id
from features.columns.kinds import Column, Kind, Known
from features.columns.numbers import read_number
from features.columns.sql import (
    is_number,
    is_text,
    is_time,
    is_whole,
    read_native_number,
    read_native_time,
    read_text,
)
from features.columns.text import profile_texts
from features.columns.time_reading import read_time
from features.errors import SettingsError
from features.sources.duckdb_relation import Relation, aggregate, query_table
from features.sources.file import ROW
from features.sources.sql import quote

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS_AT_ONCE = 40
_LONGEST_EXACT = 10**15


def profile_columns(
    table: Relation,
    *,
    missing: Sequence[str],
    times: Collection[str] = (),
    time_format: str | None = None,
    kinds: Mapping[str, Known] | None = None,
    time_formats: Mapping[str, str] | None = None,
) -> dict[str, Column]:
    """Find out what each column holds, from all its rows.

    Text is numbers or times if every value reads as one; from 200 values on, 0.5 % need not.

    Parameters
    ----------
    table : Relation
    missing : sequence of str
        What means "nothing entered", beside empty fields, NULL and the errors of spreadsheets.
    times : collection of str
        Columns known to be times.
    time_format : str, optional
        A format of strptime. It wins where it reads a column; elsewhere it still tells whether
        days come before months.
    kinds : mapping of str to Known, optional
        What columns are known to hold, as from training; "empty" says nothing.
    time_formats : mapping of str to str, optional
        Formats in which columns of times were read before, as in training. They tell whether days
        come before months where neither the values nor `time_format` do.

    Returns
    -------
    dict of str to Column
        In the order of the columns, without ``_row``.

    Raises
    ------
    SettingsError
        When `time_format` is not a format.
    """
    known = {name: kind for name, kind in (kinds or {}).items() if kind != "empty"}
    forced = force_kinds(kinds or {}, times)
    if time_format is not None:
        _check_format(table, time_format)
    names = [name for name in table.types if name != ROW]
    texts = list_written(table, forced)
    typed = [name for name in names if name not in set(texts)]
    profiles = profile_texts(
        table,
        texts,
        forced=forced,
        missing=missing,
        time_format=time_format,
        time_formats=time_formats or {},
    )
    for start in range(0, len(typed), _COLUMNS_AT_ONCE):
        profiles |= _profile_typed(table, typed[start : start + _COLUMNS_AT_ONCE], forced, missing)
    return {name: replace(profiles[name], is_id=known.get(name) == "id") for name in names}


def force_kinds(kinds: Mapping[str, Known], times: Collection[str]) -> dict[str, Kind]:
    """Return what columns are to be read as; see `profile_columns`."""
    known = {name: kind for name, kind in kinds.items() if kind != "empty"}
    forced: dict[str, Kind] = {n: "text" if kind == "id" else kind for n, kind in known.items()}
    return forced | dict.fromkeys(times, "time")


def list_written(table: Relation, forced: Mapping[str, Kind]) -> list[str]:
    """Return the columns whose values say how they are written, as their types do not."""
    names = [name for name in table.types if name != ROW]
    return [name for name in names if _is_written(table.types[name], forced.get(name))]


def select_typed(table: Relation, columns: Mapping[str, Column], *, missing: Sequence[str]) -> str:
    """Return the query that gives the columns as what they hold, and ``_row``."""
    typed = [
        f"{read_column(name, table.types[name], column, missing)} AS {quote(name)}"
        for name, column in columns.items()
    ]
    return f"SELECT {', '.join([*typed, ROW])} FROM {table.place}"


def type_columns(
    table: Relation, columns: Mapping[str, Column], *, missing: Sequence[str]
) -> pa.Table:
    """Return the columns as what they hold, in the order of the rows.

    Parameters
    ----------
    table : Relation
    columns : mapping of str to Column
        As `profile_columns` found them; other columns are left out.
    missing : sequence of str
        As for `profile_columns`.

    Returns
    -------
    pyarrow Table
        Numbers as float64, times as timestamps in UTC without a zone, all other as text; missing
        and unparsed values are null. ``_row`` comes along.
    """
    query = select_typed(table, columns, missing=missing)
    return query_table(table.connection, f"{query} ORDER BY {ROW}")


def read_column(name: str, kind: str, column: Column, missing: Collection[str]) -> str:
    """Return SQL for one column as what it holds."""
    values = quote(name)
    if column.kind == "time":
        if is_time(kind):
            return read_native_time(values, kind)
        return read_time(values, kind, column.formats, missing)
    if column.kind == "number":
        if kind == "BOOLEAN":
            return f"CAST({values} AS DOUBLE)"
        if is_number(kind):
            return read_native_number(values, kind, missing)
        return read_number(
            values, column.decimal, missing, shares=column.shares, plain=column.plain
        )
    return read_id(values, kind, missing) if column.is_id else read_text(values, kind, missing)


def _is_written(kind: str, forced: Kind | None) -> bool:
    """Tell whether what a column holds has to be read from its text."""
    return not is_time(kind) if forced == "time" else is_text(kind)


def _profile_typed(
    table: Relation, names: Sequence[str], forced: Mapping[str, Kind], missing: Collection[str]
) -> dict[str, Column]:
    """Profile columns that are what their types say, in one pass."""
    measures = {"rows": "count(*)"}
    for place, name in enumerate(names):
        values = _read_by_type(quote(name), table.types[name], missing)
        measures[f"present_{place}"] = f"count({values})"
        measures[f"distinct_{place}"] = f"count(DISTINCT {values})"
        if is_whole(table.types[name]):
            measures[f"largest_{place}"] = f"max(abs(CAST({quote(name)} AS DOUBLE)))"
    found = aggregate(table.connection, table.place, measures)
    profiles = {}
    for place, name in enumerate(names):
        present = found[f"present_{place}"]
        # float64 does not hold longer whole numbers; such columns are ids.
        long = found.get(f"largest_{place}", 0) >= _LONGEST_EXACT
        profiles[name] = Column(
            name=name,
            kind=kind_by_type(table.types[name], "text" if long else forced.get(name), present),
            n_rows=found["rows"],
            n_missing=found["rows"] - present,
            n_distinct=found[f"distinct_{place}"],
        )
    return profiles


def kind_by_type(kind: str, forced: Kind | None, present: int) -> Kind:
    """Return what a column holds by its type, with so many values present."""
    if forced == "text":
        return "text"
    if is_time(kind):
        return "time"
    if is_number(kind) or (kind == "BOOLEAN" and forced == "number"):
        return "number"
    return "text" if present or forced else "empty"


def _read_by_type(values: str, kind: str, missing: Collection[str]) -> str:
    """Return SQL for the values as their type has them, null where there is nothing."""
    if is_number(kind):
        return read_native_number(values, kind, missing)
    return values if is_time(kind) else read_text(values, kind, missing)


def _check_format(table: Relation, time_format: str) -> None:
    import duckdb

    tried = read_time("'x'", "VARCHAR", [time_format])
    try:
        table.connection.execute(f"SELECT {tried}").fetchall()
    except duckdb.Error:
        raise SettingsError(
            "time_format is not a format of times",
            got=f'"{time_format}"',
            expected='for example "%d-%m-%Y %H:%M"',
            next_step="Correct time_format under [leads]",
        ) from None
