"""SQL of DuckDB that reads a column: its text, numbers and times, missing where there is none."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from features.columns.time_formats import MILLISECONDS, SECONDS
from features.sources.sql import literal

Decimal = Literal[".", ","]

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
BLANKS = " \t\r\n\u00a0\ufeff"

_EXACT = "1e15"
_BLANK_AT_AN_END = r"^[\s\x{A0}\x{FEFF}]|[\s\x{A0}\x{FEFF}]$"
_DECORATION = "$€£¥%\u202f" + BLANKS
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


def is_text(kind: str) -> bool:
    """Tell whether a type of DuckDB is text."""
    return kind.startswith(("VARCHAR", "ENUM"))


def is_time(kind: str) -> bool:
    """Tell whether a type of DuckDB is a date or a timestamp."""
    return kind == "DATE" or kind.startswith("TIMESTAMP")


def is_whole(kind: str) -> bool:
    """Tell whether a type of DuckDB is a whole number."""
    return kind.endswith("INT") or kind.endswith("INTEGER") or kind == "BIGNUM"


def is_number(kind: str) -> bool:
    """Tell whether a type of DuckDB is a number, which truth is not."""
    return is_whole(kind) or _is_fraction(kind)


def matches(text: str, pattern: str) -> str:
    """Return SQL that tells where text holds a pattern."""
    return f"regexp_matches({text}, {literal(pattern)}, 's')"


def write_text(column: str, kind: str) -> str:
    """Return SQL for a column of any type as text without blanks around it."""
    if is_text(kind):
        text = column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"
        trimmed = f"trim({text}, {literal(BLANKS)})"
        # Few texts have blanks at an end, and looking is faster than trimming.
        return f"CASE WHEN {matches(text, _BLANK_AT_AN_END)} THEN {trimmed} ELSE {text} END"
    if kind == "BOOLEAN":
        return f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"
    if _is_fraction(kind):
        number = f"CAST({column} AS DOUBLE)"
        whole = f"{number} = floor({number}) AND abs({number}) < {_EXACT}"
        short = f"CAST(CAST({number} AS BIGINT) AS VARCHAR)"
        return f"CASE WHEN {whole} THEN {short} ELSE CAST({number} AS VARCHAR) END"
    return f"CAST({column} AS VARCHAR)"


def read_text(column: str, kind: str, missing: Collection[str]) -> str:
    """Return SQL for a column as text, null where nothing was entered.

    Parameters
    ----------
    column : str
        SQL.
    kind : str
        The column's type. Whole numbers are written without a decimal point, truth as "true",
        "false".
    missing : collection of str
        What means "nothing entered", as it is written.
    """
    text = write_text(column, kind)
    nothing = f"({text}) IN ({_list(['', *missing])})"
    if is_text(kind):
        nothing += f" OR lower({text}) IN ({_list(MISSING)})"
    return f"CASE WHEN {nothing} THEN NULL ELSE {text} END"


def read_number(text: str, decimal: Decimal, missing: Collection[str] = ()) -> str:
    """Return SQL for the numbers that text holds, null where it is not a number.

    Parameters
    ----------
    text : str
        SQL.
    decimal : {".", ","}
        The decimal sign; the other one, or a space with a comma, may separate thousands.
    missing : collection of str
        Numbers that mean "nothing entered", as they are written.

    Returns
    -------
    str
        A percentage is the figure before its sign; currency signs are dropped.
    """
    drop = ("," if decimal == "." else ".") + _DECORATION
    # translate() turns the first sign into a point and removes the others.
    number = f"TRY_CAST(translate({text}, {literal(decimal + drop)}, '.') AS DOUBLE)"
    if decimal == ".":
        # Most numbers need no such change, which takes ten times as long as reading them.
        number = f"coalesce(TRY_CAST({text} AS DOUBLE), {number})"
    fits = matches(text, _NUMBERS[decimal])
    marked = _with_digits(missing)
    if marked:
        fits += f" AND ({write_text(text, 'VARCHAR')}) NOT IN ({_list(marked)})"
    return f"CASE WHEN {fits} THEN {number} END"


def read_time(column: str, kind: str, formats: Sequence[str], missing: Collection[str] = ()) -> str:
    """Return SQL for the times that text holds in any of the formats, null where it is none.

    Parameters
    ----------
    column : str
        SQL.
    kind : str
        The column's type.
    formats : sequence of str
        Tried in this order.
    missing : collection of str
        Times that mean "nothing entered", as they are written.

    Returns
    -------
    str
        Timestamps in UTC, without a zone, in microseconds.
    """
    plain = f"({write_text(column, kind)})"
    marked = _with_digits(missing)
    if marked:
        plain = f"(CASE WHEN {plain} NOT IN ({_list(marked)}) THEN {plain} END)"
    read = [_read_format(plain, form) for form in formats]
    return f"coalesce({', '.join([*read, 'CAST(NULL AS TIMESTAMP)'])})"


def read_native_number(column: str, kind: str, missing: Collection[str]) -> str:
    """Return SQL for numbers as float64, null where one is not finite or marked as missing."""
    number = f"CAST({column} AS DOUBLE)"
    nothing = []
    if kind in ("DOUBLE", "FLOAT"):
        nothing.append(f"NOT isfinite({number})")
    markers = [repr(value) for value in map(to_float, missing) if value is not None]
    if markers:
        nothing.append(f"{number} IN ({', '.join(markers)})")
    return f"CASE WHEN {' OR '.join(nothing)} THEN NULL ELSE {number} END" if nothing else number


def read_native_time(column: str, kind: str) -> str:
    """Return SQL for dates or timestamps in UTC, without a zone."""
    # A cast of moments would give the clock of the session's zone.
    zoned = kind == "TIMESTAMP WITH TIME ZONE"
    moment = f"timezone('UTC', {column})" if zoned else column
    return f"CAST({moment} AS TIMESTAMP)"


def _is_fraction(kind: str) -> bool:
    return kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL")


def _list(texts: Collection[str]) -> str:
    return ", ".join(literal(text) for text in texts)


def to_float(marker: str) -> float | None:
    """Return the finite number that a marker is, if it is one."""
    try:
        value = float(marker)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _with_digits(missing: Collection[str]) -> list[str]:
    """Return the markers that might be read as a number or time; the others never are."""
    return [marker for marker in missing if any(sign.isdigit() for sign in marker)]


def _read_format(text: str, form: str) -> str:
    if form in _EPOCHS:
        pattern, microseconds = _EPOCHS[form]
        digits = f"TRY_CAST({_only_where(text, pattern)} AS BIGINT)"
        return f"make_timestamp({digits} * {microseconds})"
    if form.startswith("%Y%m%d"):
        # Without signs between them, digits could be shared out in other ways.
        text = _only_where(text, _EIGHT_DIGITS)
    elif "%Y" in form:
        text = _only_where(text, _FOUR_DIGITS)
    parsed = f"try_strptime({text}, {literal(form)})"
    if "%z" in form:
        parsed = f"timezone('UTC', {parsed})"
    return f"CAST({parsed} AS TIMESTAMP)"


def _only_where(text: str, pattern: str) -> str:
    return f"(CASE WHEN {matches(text, pattern)} THEN {text} END)"
