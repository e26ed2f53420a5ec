"""Columns of tables that stay in a database other than DuckDB, read by their types with Ibis."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from features.columns.kinds import Column, Kind
from features.columns.sql import MISSING, to_float
from features.sources.file import ROW

if TYPE_CHECKING:
    import ibis.expr.types as ir

_COLUMNS_AT_ONCE = 40
_LONGEST_EXACT = 10**15
_EXACT = 1e15


def profile_foreign(
    data: ir.Table,
    *,
    missing: Collection[str],
    times: Collection[str] = (),
    kinds: Mapping[str, Kind] | None = None,
) -> dict[str, Column]:
    """Find out what each column holds by its type; text stays text.

    Parameters
    ----------
    data : ibis Table
        With ``_row``.
    missing : collection of str
        What means "nothing entered".
    times : collection of str
        Columns known to be times.
    kinds : mapping of str to Kind, optional
        What columns are known to hold.
    """
    forced: dict[str, Kind] = {k: v for k, v in (kinds or {}).items() if v != "empty"}
    forced |= dict.fromkeys(times, "time")
    names = [name for name in data.columns if name != ROW]
    profiles: dict[str, Column] = {}
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        profiles |= _profile_some(data, names[start : start + _COLUMNS_AT_ONCE], forced, missing)
    return profiles


def type_foreign(
    data: ir.Table, columns: Mapping[str, Column], *, missing: Collection[str]
) -> ir.Table:
    """Return the columns as what they hold, and ``_row``."""
    typed = {name: _read(data[name], column, missing) for name, column in columns.items()}
    return data.select(**typed, **{ROW: data[ROW]})


def read_text(column: ir.Value, missing: Collection[str]) -> ir.StringValue:
    """Return a column as text without blanks around it, null where nothing was entered."""
    import ibis

    text = _write(column)
    nothing = text.isin(["", *missing])
    if column.type().is_string():
        nothing = nothing | text.lower().isin(list(MISSING))
    return ibis.ifelse(nothing, ibis.null("string"), text)


def read_number(column: ir.NumericValue, missing: Collection[str]) -> ir.FloatingValue:
    """Return a column of numbers as float64, null where it is not finite or marked as missing."""
    import ibis

    number = column.cast("float64")
    nothing = ibis.literal(False)
    if column.type().is_floating() and _knows_nan(number):
        nothing = number.isnan() | number.isinf()
    markers = [value for value in map(to_float, missing) if value is not None]
    if markers:
        nothing = nothing | number.isin(markers)
    return ibis.ifelse(nothing, ibis.null("float64"), number)


def read_time(column: ir.TemporalValue) -> ir.TimestampValue:
    """Return a column of dates or timestamps in UTC, without a zone."""
    kind = column.type()
    if kind.is_timestamp() and kind.timezone is not None:
        # A cast would give the clock of the session's zone.
        return column.cast("timestamp('UTC')").cast("timestamp(6)")
    return column.cast("timestamp(6)")


def _profile_some(
    data: ir.Table, names: Sequence[str], forced: Mapping[str, Kind], missing: Collection[str]
) -> dict[str, Column]:
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


def _read(values: ir.Value, column: Column, missing: Collection[str]) -> ir.Value:
    kind = values.type()
    if column.kind == "time":
        return read_time(values)
    if column.kind == "number":
        return values.cast("float64") if kind.is_boolean() else read_number(values, missing)
    return read_text(values, missing)


def _read_by_type(values: ir.Value, missing: Collection[str]) -> ir.Value:
    """Return the values of a column as its type has them, null where there is nothing."""
    kind = values.type()
    if kind.is_numeric() and not kind.is_boolean():
        return read_number(values, missing)
    return values if kind.is_date() or kind.is_timestamp() else read_text(values, missing)


def _write(column: ir.Value) -> ir.StringValue:
    """Return a column of any type as text without blanks around it."""
    import ibis

    kind = column.type()
    if kind.is_string():
        return column.strip()
    if kind.is_boolean():
        return ibis.ifelse(
            column.isnull(), ibis.null("string"), ibis.ifelse(column, "true", "false")
        )
    if kind.is_floating() or kind.is_decimal():
        number = column.cast("float64")
        whole = (number == number.floor()) & (number.abs() < _EXACT)
        short = ibis.ifelse(whole, number, 0).cast("int64").cast("string")
        return ibis.ifelse(whole, short, number.cast("string"))
    return column.cast("string")


def _knows_nan(number: ir.FloatingValue) -> bool:
    """Tell whether the database has numbers that are none; SQLite, for one, has not."""
    from ibis.common.exceptions import OperationNotDefinedError

    try:
        number.get_backend().compile(number.isnan() | number.isinf())
    except OperationNotDefinedError:
        return False
    return True
