"""Time forms: SQL of DuckDB that reads times in the formats that were found."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from features.columns.sql import keep_digits, list_literals, matches, write_text
from features.columns.time_formats import DAYS, MILLISECONDS, NAMES, SECONDS, WORDS
from features.columns.time_words import bind, write_halves, write_month, write_plainly
from features.sources.sql import literal

# DuckDB would read "18" as the year 18; only before the time of day can four digits be a year.
_FOUR_DIGITS = r"^(?:[0-9]{4}|[^:]*[^:0-9][0-9]{4})(?:[^0-9]|$)"
_EIGHT_DIGITS = r"^[0-9]{8}(?:[^0-9]|[0-9]{4}$|[0-9]{6}$|$)"
_EPOCHS = {SECONDS: (r"^[0-9]{9,10}$", 1_000_000), MILLISECONDS: (r"^[0-9]{13}$", 1_000)}
_DAYS = r"^[2-7][0-9]{4}(?:[.,][0-9]{1,12})?$"
_ZERO = "TIMESTAMP '1899-12-30'"


def read_time(
    column: str,
    kind: str,
    formats: Sequence[str],
    missing: Collection[str] = (),
    *,
    plain: str | None = None,
) -> str:
    """Return SQL for the times that text holds in any of the formats, null where it is none.

    Parameters
    ----------
    column : str
        SQL.
    kind : str
        The column's type.
    formats : sequence of str
        Tried in this order, those for times in words last.
    missing : collection of str
        Times that mean "nothing entered", as they are written.
    plain : str, optional
        SQL for what `write_plainly` makes of the text, where that is at hand.

    Returns
    -------
    str
        Timestamps in UTC, without a zone, in microseconds.
    """
    text = f"({write_text(column, kind)})"
    marked = keep_digits(missing)
    if marked:
        text = f"(CASE WHEN {text} NOT IN ({list_literals(marked)}) THEN {text} END)"
    read = [_read_format(text, form) for form in formats if not form.startswith(WORDS)]
    worded = [form.removeprefix(WORDS) for form in formats if form.startswith(WORDS)]
    if worded:
        words = f"coalesce({', '.join([_read_format('plain', form) for form in worded])})"
        read.append(bind(plain or write_plainly(text), "plain", words))
    return f"coalesce({', '.join([*read, 'CAST(NULL AS TIMESTAMP)'])})"


def _read_format(text: str, form: str) -> str:
    if form in _EPOCHS:
        pattern, microseconds = _EPOCHS[form]
        digits = f"TRY_CAST({_only_where(text, pattern)} AS BIGINT)"
        return f"make_timestamp({digits} * {microseconds})"
    if form == DAYS:
        days = f"TRY_CAST(replace({_only_where(text, _DAYS)}, ',', '.') AS DOUBLE)"
        # To the millisecond, as spreadsheets know times.
        return f"({_ZERO} + to_milliseconds(CAST(round({days} * 86400000) AS BIGINT)))"
    if form.startswith(NAMES):
        form = form.removeprefix(NAMES)
        text = write_month(write_halves(text), "%B" if "%B" in form else "%b")
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
