"""SQL for reading a column in DuckDB: text, numbers and times, null where nothing was entered."""

from __future__ import annotations

import math
from collections.abc import Collection

from features.columns.missing import MISSING as MISSING
from features.sources.sql import literal

BLANKS = " \t\r\n\u00a0\ufeff"

_EXACT = "1e15"
BLANK_AT_AN_END = r"^[\s\x{A0}\x{FEFF}]|[\s\x{A0}\x{FEFF}]$"


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
        return f"CASE WHEN {matches(text, BLANK_AT_AN_END)} THEN {trimmed} ELSE {text} END"
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
    return f"CASE WHEN {is_nothing(text, str(is_text(kind)), missing)} THEN NULL ELSE {text} END"


def is_nothing(text: str, worded: str, missing: Collection[str]) -> str:
    """Return SQL for whether a text says that nothing was entered.

    Parameters
    ----------
    text : str
        SQL, as `write_text` gives it.
    worded : str
        SQL for whether it stood in a column of text, where words can say so too.
    missing : collection of str
        As for `read_text`.
    """
    words = f"{worded} AND lower({text}) IN ({list_literals(MISSING)})"
    return f"({text}) IN ({list_literals(['', *missing])}) OR ({words})"


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


def list_literals(texts: Collection[str]) -> str:
    """Return texts as SQL, between the brackets of IN."""
    return ", ".join(literal(text) for text in texts)


def to_float(marker: str) -> float | None:
    """Return the finite number that a marker is, if it is one."""
    try:
        value = float(marker)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def keep_digits(missing: Collection[str]) -> list[str]:
    """Return the markers that might be read as a number or time; the others never are."""
    return [marker for marker in missing if any(sign.isdigit() for sign in marker)]
