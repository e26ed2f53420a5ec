"""What a column holds: a number, a time or text; and its values as just that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from features.column_kinds import Column, Kind
from features.errors import SettingsError
from features.readings import (
    is_duckdb,
    is_string,
    read_native_number,
    read_native_time,
    read_number,
    read_text,
    read_time,
)
from features.sources import ROW, SourceTable
from features.text_columns import profile_texts

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Column", "Kind", "profile_columns", "type_columns"]

_COLUMNS_AT_ONCE = 40
_LONGEST_EXACT = 10**15


def profile_columns(
    table: SourceTable,
    *,
    missing: Sequence[str],
    times: Collection[str] = (),
    time_format: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
    time_formats: Mapping[str, str] | None = None,
) -> dict[str, Column]:
    """Find out what each column holds, from all its rows.

    Text is numbers or times if every value reads as one; from 200 values on, 0.5 % need not. It is
    looked into on DuckDB, where files are read; another database's columns have types of their
    own, and its text stays text.

    Parameters
    ----------
    table : SourceTable
    missing : sequence of str
        What means "nothing entered", beside empty fields, NULL and the errors of spreadsheets.
    times : collection of str
        Columns known to be times.
    time_format : str, optional
        A format of strptime. It wins where it reads a column; elsewhere it still tells whether
        days come before months.
    kinds : mapping of str to Kind, optional
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
    data = table.data
    forced: dict[str, Kind] = {k: v for k, v in (kinds or {}).items() if v != "empty"}
    forced |= dict.fromkeys(times, "time")
    if time_format is not None and is_duckdb(data):
        _check_format(data, time_format)
    names = [name for name in data.columns if name != ROW]
    texts = [name for name in names if is_duckdb(data) and _is_text(data[name], forced.get(name))]
    typed = [name for name in names if name not in set(texts)]
    profiles = profile_texts(
        data,
        texts,
        forced=forced,
        missing=missing,
        time_format=time_format,
        time_formats=time_formats or {},
    )
    for start in range(0, len(typed), _COLUMNS_AT_ONCE):
        profiles |= _profile_typed(data, typed[start : start + _COLUMNS_AT_ONCE], forced, missing)
    return {name: profiles[name] for name in names}


def type_columns(
    table: SourceTable, columns: Mapping[str, Column], *, missing: Sequence[str]
) -> ir.Table:
    """Return the columns as what they hold.

    Parameters
    ----------
    table : SourceTable
    columns : mapping of str to Column
        As `profile_columns` found them; other columns are left out.
    missing : sequence of str
        As for `profile_columns`.

    Returns
    -------
    ibis Table
        Numbers as float64, times as timestamps in UTC without a zone, all else as text; missing
        and unparsed values are null. ``_row`` comes along.
    """
    data = table.data
    typed = {name: _read(data[name], column, missing) for name, column in columns.items()}
    return data.select(**typed, **{ROW: data[ROW]})


def _is_text(values: ir.Value, forced: Kind | None) -> bool:
    """Tell whether what a column holds has to be read from its text."""
    kind = values.type()
    if forced == "time":
        return not (kind.is_date() or kind.is_timestamp())
    return is_string(values)


def _read(values: ir.Value, column: Column, missing: Collection[str]) -> ir.Value:
    """Return one column as what it holds."""
    kind = values.type()
    if column.kind == "time":
        if kind.is_date() or kind.is_timestamp():
            return read_native_time(values)
        return read_time(values, column.formats, missing)
    if column.kind == "number":
        if kind.is_boolean():
            return values.cast("float64")
        if kind.is_numeric():
            return read_native_number(values, missing)
        return read_number(values, column.decimal, missing)
    return read_text(values, missing)


def _profile_typed(
    data: ir.Table, names: Sequence[str], forced: Mapping[str, Kind], missing: Collection[str]
) -> dict[str, Column]:
    """Profile columns that are what their types say, in one pass."""
    measures: dict[str, ir.Scalar] = {"rows": data.count()}
    for place, name in enumerate(names):
        values = _read_by_type(data[name], missing)
        measures[f"present_{place}"] = values.count()
        measures[f"distinct_{place}"] = values.nunique()
        if data[name].type().is_integer():
            measures[f"largest_{place}"] = values.abs().max()
    found = data.aggregate(**measures).to_pyarrow().to_pylist()[0]
    profiles = {}
    for place, name in enumerate(names):
        present = int(found[f"present_{place}"])
        # float64 does not hold longer whole numbers; such columns are ids.
        long = (found.get(f"largest_{place}") or 0) >= _LONGEST_EXACT
        profiles[name] = Column(
            name=name,
            kind=_kind_by_type(data[name], "text" if long else forced.get(name), present),
            n_rows=int(found["rows"]),
            n_missing=int(found["rows"]) - present,
            n_distinct=int(found[f"distinct_{place}"]),
        )
    return profiles


def _kind_by_type(values: ir.Value, forced: Kind | None, present: int) -> Kind:
    kind = values.type()
    if forced == "text":
        return "text"
    if kind.is_date() or kind.is_timestamp():
        return "time"
    if (kind.is_numeric() and not kind.is_boolean()) or (kind.is_boolean() and forced == "number"):
        return "number"
    return "text" if present or forced else "empty"


def _read_by_type(values: ir.Value, missing: Collection[str]) -> ir.Value:
    """Return the values of a column as its type has them, null where there is nothing."""
    kind = values.type()
    if kind.is_numeric() and not kind.is_boolean():
        return read_native_number(values, missing)
    return values if kind.is_date() or kind.is_timestamp() else read_text(values, missing)


def _check_format(data: ir.Table, time_format: str) -> None:
    import duckdb
    import ibis

    try:
        data.get_backend().execute(read_time(ibis.literal("x"), [time_format]))
    except duckdb.Error:
        raise SettingsError(
            "time_format is not a format of times",
            got=f'"{time_format}"',
            expected='for example "%d-%m-%Y %H:%M"',
            next_step="Correct time_format under [leads]",
        ) from None
