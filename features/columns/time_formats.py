"""Time formats: the formats in which a value can be read."""

from __future__ import annotations

import re
from collections.abc import Iterable

SECONDS = "epoch seconds"
MILLISECONDS = "epoch milliseconds"
DAYS = "Excel day numbers"
# Told apart from ids and amounts by their digits, so only where a time is expected.
_EPOCH = (
    (re.compile(r"\d{9,10}"), SECONDS),
    (re.compile(r"\d{13}"), MILLISECONDS),
    (re.compile(r"[2-7]\d{4}(?:[.,]\d{1,12})?"), DAYS),
)
WORDS = "plain "
"""Before a format: it reads what `features.columns.time_words.write_plainly` makes of a value."""

NAMES = "names "
"""Before a format: it reads a value once its month and half of the day are English."""

_COMPACT = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
# Digits that are a date and perhaps a time of day, without anything between them.
COMPACT = f"^{_COMPACT}(?:(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?)?$"

_DATES = (
    re.compile(r"(?P<year>\d{4})(?P<s>[-/.])\d{1,2}(?P=s)\d{1,2}"),
    re.compile(r"\d{1,2}(?P<s>[-/.])\d{1,2}(?P=s)(?P<last>\d{4}|\d{2})(?!\d)"),
    re.compile(r"\d{1,2}(?P<s>[-/ .])(?P<month>[A-Za-z]{3,9})(?P=s)(?P<last>\d{4}|\d{2})(?!\d)"),
    re.compile(r"(?P<month>[A-Za-z]{3,9}) \d{1,2}(?P<comma>,?) (?P<last>\d{4})"),
    re.compile(f"(?P<compact>{_COMPACT})"),
)
_TIME = re.compile(
    r"(?P<gap>T| |, |)\d{1,2}(?P<colon>:?)\d{2}(?P<seconds>(?P=colon)\d{2})?"
    r"(?:(?P<point>[.,])(?P<fraction>\d{1,9}))?"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone> ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
)
_MICROSECONDS = 6


def find_formats(value: str, *, expected: bool = False) -> tuple[str, ...]:
    """Return the formats in which one value may be read as a time.

    Parameters
    ----------
    value : str
        Without blanks around it.
    expected : bool
        Whether the column is known to hold times; only then are bare numbers read as seconds or
        milliseconds since 1970, or as days as spreadsheets count them.

    Returns
    -------
    tuple of str
        Formats of strptime as DuckDB reads them, or `SECONDS`, `MILLISECONDS`, `DAYS`; none where
        the value does not look like a time. Two where day and month could each come first.

    Examples
    --------
    >>> find_formats("31-12-2018 13:05")
    ('%d-%m-%Y %H:%M', '%m-%d-%Y %H:%M')
    >>> find_formats("2018-12-31T13:05:00Z")
    ('%Y-%m-%dT%H:%M:%SZ',)
    >>> find_formats("next week")
    ()
    """
    if expected:
        for pattern, name in _EPOCH:
            if pattern.fullmatch(value):
                return (name,)
    for pattern in _DATES:
        match = pattern.match(value)
        if match is not None:
            rest = _find_time_format(value[match.end() :], compact="compact" in pattern.groupindex)
            return () if rest is None else tuple(d + rest for d in _date_formats(match))
    return ()


def is_month_first(time_format: str) -> bool:
    """Tell whether a format has the month, as a number, before the day."""
    month, day = time_format.find("%m"), time_format.find("%d")
    return -1 < month < day and not is_year_first(time_format)


def is_day_first(time_format: str) -> bool:
    """Tell whether a format has the day before the month as a number."""
    month, day = time_format.find("%m"), time_format.find("%d")
    return -1 < day < month


def is_year_first(time_format: str) -> bool:
    """Tell whether a format begins with the year."""
    return time_format.removeprefix(WORDS).removeprefix(NAMES).startswith(("%Y", "%y"))


def swap_day_and_month(time_format: str) -> str:
    """Return the format with the places of day and month exchanged."""
    exchanged = {"%d": "%m", "%m": "%d"}
    return re.sub("%[dm]", lambda found: exchanged[found.group()], time_format)


def count_families(formats: Iterable[str]) -> int:
    """Count the ways of writing the date; with and without a time of day is one way.

    Parameters
    ----------
    formats : iterable of str
    """
    plain = [text.removeprefix(WORDS).removeprefix(NAMES).replace(",", "") for text in formats]
    dates = {re.split(r"(?:T| ?)%[HI]", text)[0].replace("%B", "%b") for text in plain}
    return len(dates)


def _date_formats(match: re.Match[str]) -> tuple[str, ...]:
    parts = match.groupdict()
    if parts.get("compact"):
        return ("%Y%m%d",)
    separator = parts.get("s")
    if parts.get("year"):
        return (f"%Y{separator}%m{separator}%d",)
    year = "%Y" if len(parts["last"]) == len("2018") else "%y"
    if parts.get("month"):
        month = "%b" if len(parts["month"]) == len("Dec") else "%B"
        if separator is None:
            return (f"{month} %d{parts['comma']} {year}",)
        return (f"%d{separator}{month}{separator}{year}",)
    day_first = f"%d{separator}%m{separator}{year}"
    # Nowhere does the month come first between dots.
    return (day_first,) if separator == "." else (day_first, swap_day_and_month(day_first))


def _find_time_format(text: str, *, compact: bool) -> str | None:
    """Return the format of what follows a date, or None where it is not a time of day."""
    if not text:
        return ""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    if (parts["colon"] and not parts["gap"]) or not (parts["colon"] or compact):
        return None
    if (parts["fraction"] and not parts["seconds"]) or (parts["half"] and compact):
        return None
    clock = f"%{'I' if parts['half'] else 'H'}{parts['colon']}%M"
    if parts["seconds"]:
        clock += f"{parts['colon']}%S"
    if parts["fraction"]:
        long = len(parts["fraction"]) > _MICROSECONDS
        clock += parts["point"] + ("%n" if long else "%f")
    if parts["half"]:
        clock += " %p" if parts["half"].startswith(" ") else "%p"
    zone = parts["zone"] or ""
    return parts["gap"] + clock + re.sub(r"[+-].*", "%z", zone)
