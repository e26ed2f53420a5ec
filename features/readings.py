"""Ibis expressions that read a column: its text, numbers and times, missing where there is none."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

from features.time_formats import COMPACT, MILLISECONDS, SECONDS

if TYPE_CHECKING:
    import ibis.expr.types as ir

Decimal = Literal[".", ","]

_EXACT = 1e15

# What programs write where there is nothing; compared without regard to capitals.
MISSING = (
    "#value!",
    "#n/a",
    "#ref!",
    "#div/0!",
    "#name?",
    "#null!",
    "#num!",
    "null",
    "nan",
    "n/a",
)
# These may be words in a text, but among numbers and times they mean nothing.
MISSING_AMONG_NUMBERS = (
    *("na", "none", "-", "?"),
    *("inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"),
)

_BLANKS = " \t\r\n\u00a0\ufeff"
_BLANK_AT_AN_END = r"^[\s\x{A0}\x{FEFF}]|[\s\x{A0}\x{FEFF}]$"
_DECORATION = "$€£¥%\u202f" + _BLANKS
_NUMBER = (
    r"^[\s\x{{A0}}]*[+-]?[$€£¥]?[ \x{{A0}}]?[+-]?"
    r"(?:(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+{more})"
    r"(?:[eE][+-]?[0-9]{{1,3}})?[ \x{{A0}}]?[%$€£¥]?[\s\x{{A0}}]*$"
)
# A leading zero or more than 15 digits means an id or a postal code, which is no quantity.
_WHOLE = r"0|[1-9][0-9]{0,14}|[1-9][0-9]{0,2}(?:%s[0-9]{3}){1,4}"
# Several groups between blanks are a number only with decimals; otherwise it could be a phone's.
_SPACE = r"[ \x{A0}\x{202F}]"
_SPACED = rf"|[1-9][0-9]{{0,2}}{_SPACE}[0-9]{{3}}"
_SPACED_DECIMALS = rf"|[1-9][0-9]{{0,2}}(?:{_SPACE}[0-9]{{3}}){{2,4}},[0-9]+"
_NUMBERS: Mapping[Decimal, str] = {
    ".": _NUMBER.format(whole=_WHOLE % ",", point=r"\.", more=""),
    ",": _NUMBER.format(whole=_WHOLE % r"\." + _SPACED, point=",", more=_SPACED_DECIMALS),
}
# DuckDB would read "18" as the year 18; only before the time of day can four digits be a year.
_FOUR_DIGITS = r"^(?:[0-9]{4}|[^:]*[^:0-9][0-9]{4})(?:[^0-9]|$)"
_EIGHT_DIGITS = r"^[0-9]{8}(?:[^0-9]|[0-9]{4}$|[0-9]{6}$|$)"
_EPOCHS = {SECONDS: (r"^[0-9]{9,10}$", 1_000_000), MILLISECONDS: (r"^[0-9]{13}$", 1_000)}


def is_duckdb(data: ir.Expr) -> bool:
    """Tell whether a table or column is in DuckDB, where text can be read as numbers and times."""
    return bool(data.get_backend().name == "duckdb")


def read_text(column: ir.Value, missing: Collection[str]) -> ir.StringValue:
    """Return a column as text without blanks around it, null where nothing was entered.

    Parameters
    ----------
    column : ibis Value
        Of any type; whole numbers are written without a decimal point, truth as "true", "false".
    missing : collection of str
        What means "nothing entered", as it is written.

    Returns
    -------
    ibis StringValue
    """
    import ibis

    text = _write(column)
    nothing = text.isin(["", *missing])
    if is_string(column):
        nothing = nothing | text.lower().isin(list(MISSING))
    return ibis.ifelse(nothing, ibis.null("string"), text)


def is_string(column: ir.Value) -> bool:
    """Tell whether a column is text by its type."""
    return bool(column.type().is_string())


def read_number(
    text: ir.StringValue, decimal: Decimal, missing: Collection[str] = ()
) -> ir.FloatingValue:
    """Return the numbers that text holds, null where it is not a number.

    Parameters
    ----------
    text : ibis StringValue
    decimal : {".", ","}
        The decimal sign; the other one, or a space with a comma, may separate thousands.
    missing : collection of str
        Numbers that mean "nothing entered", as they are written.

    Returns
    -------
    ibis FloatingValue
        A percentage as the figure before its sign; currency signs are dropped.
    """
    import ibis

    drop = ("," if decimal == "." else ".") + _DECORATION
    # translate() turns the first sign into a point and removes the others.
    number = _duckdb().translate(text, decimal + drop, ".").try_cast("float64")
    if decimal == ".":
        # Most numbers need no such change, which takes ten times as long as reading them.
        number = ibis.coalesce(text.try_cast("float64"), number)
    fits = text.re_search(_NUMBERS[decimal])
    marked = _with_digits(missing)
    if marked:
        fits = fits & _write(text).notin(marked)
    return ibis.ifelse(fits, number, ibis.null("float64"))


def read_time(
    text: ir.StringValue, formats: Sequence[str], missing: Collection[str] = ()
) -> ir.TimestampValue:
    """Return the times that text holds in any of the formats, null where it is none.

    Parameters
    ----------
    text : ibis StringValue
    formats : sequence of str
        Tried in this order.
    missing : collection of str
        Times that mean "nothing entered", as they are written.

    Returns
    -------
    ibis TimestampValue
        In UTC, without a zone, in microseconds.
    """
    import ibis

    plain = _write(text)
    marked = _with_digits(missing)
    if marked:
        plain = ibis.ifelse(plain.isin(marked), ibis.null("string"), plain)
    nothing = ibis.null("timestamp(6)")
    return ibis.coalesce(*(_read_format(plain, form) for form in formats), nothing)


def is_compact_time(text: ir.StringValue) -> ir.BooleanValue:
    """Tell where text is a date, and perhaps a time, in digits only."""
    return text.re_search(COMPACT)


def read_native_number(column: ir.NumericValue, missing: Collection[str]) -> ir.FloatingValue:
    """Return a column of numbers as float64, null where it is not finite or marked as missing.

    Parameters
    ----------
    column : ibis NumericValue
    missing : collection of str
        Those that are numbers count.
    """
    import ibis

    number = column.cast("float64")
    nothing = ibis.literal(False)
    if column.type().is_floating() and _knows_nan(number):
        nothing = number.isnan() | number.isinf()
    markers = [value for value in map(_to_float, missing) if value is not None]
    if markers:
        nothing = nothing | number.isin(markers)
    return ibis.ifelse(nothing, ibis.null("float64"), number)


def read_native_time(column: ir.TemporalValue) -> ir.TimestampValue:
    """Return a column of dates or timestamps in UTC, without a zone."""
    kind = column.type()
    if kind.is_timestamp() and kind.timezone is not None:
        # A cast would give the clock of the session's zone.
        if column.get_backend().name == "duckdb":
            return _duckdb().timezone("UTC", column).cast("timestamp(6)")
        return column.cast("timestamp('UTC')").cast("timestamp(6)")
    return column.cast("timestamp(6)")


def _knows_nan(number: ir.FloatingValue) -> bool:
    """Tell whether the database has numbers that are none; SQLite, for one, has not."""
    from ibis.common.exceptions import OperationNotDefinedError

    try:
        number.get_backend().compile(number.isnan() | number.isinf())
    except OperationNotDefinedError:
        return False
    return True


def _to_float(marker: str) -> float | None:
    try:
        value = float(marker)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _with_digits(missing: Collection[str]) -> list[str]:
    """Return the markers that might be read as a number or time; the others never are."""
    return [marker for marker in missing if any(sign.isdigit() for sign in marker)]


def _write(column: ir.Value) -> ir.StringValue:
    """Return a column of any type as text without blanks around it."""
    import ibis

    kind = column.type()
    if kind.is_string():
        if not is_duckdb(column):
            return column.strip()
        trimmed = _duckdb().trim(column, _BLANKS)
        return ibis.ifelse(column.re_search(_BLANK_AT_AN_END), trimmed, column)
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


def _read_format(text: ir.StringValue, form: str) -> ir.TimestampValue:
    duckdb = _duckdb()
    if form in _EPOCHS:
        pattern, microseconds = _EPOCHS[form]
        digits = _only_where(text, pattern)
        return duckdb.make_timestamp(digits.try_cast("int64") * microseconds).cast("timestamp(6)")
    if form.startswith("%Y%m%d"):
        # Without signs between them, digits could be shared out in other ways.
        text = _only_where(text, _EIGHT_DIGITS)
    elif "%Y" in form:
        text = _only_where(text, _FOUR_DIGITS)
    if "%z" in form:
        return duckdb.timezone("UTC", duckdb.try_strptime_zoned(text, form)).cast("timestamp(6)")
    return duckdb.try_strptime(text, form).cast("timestamp(6)")


def _only_where(text: ir.StringValue, pattern: str) -> ir.StringValue:
    import ibis

    return ibis.ifelse(text.re_search(pattern), text, ibis.null("string"))


@functools.cache
def _duckdb() -> SimpleNamespace:
    """Return DuckDB's own functions, which Ibis does not name or names otherwise."""
    from ibis import udf

    def one(text: Any) -> None: ...

    def two(text: Any, other: Any) -> None: ...

    def three(text: Any, other: Any, third: Any) -> None: ...

    def builtin(name: str, gives: str, *takes: str) -> Any:
        shape = (one, two, three)[len(takes) - 1]
        return udf.scalar.builtin(shape, name=name, signature=(takes, gives))

    return SimpleNamespace(
        trim=builtin("trim", "string", "string", "string"),
        translate=builtin("translate", "string", "string", "string", "string"),
        try_strptime=builtin("try_strptime", "timestamp", "string", "string"),
        try_strptime_zoned=builtin("try_strptime", "timestamp('UTC')", "string", "string"),
        timezone=builtin("timezone", "timestamp", "string", "timestamp('UTC')"),
        make_timestamp=builtin("make_timestamp", "timestamp", "int64"),
    )
