"""SQL text: names and literals, quoted."""

from __future__ import annotations


def quote(name: str) -> str:
    """Return a name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def is_whole_day(time: str) -> str:
    """Return the condition that a time is a date without a time of day, which is midnight.

    Parameters
    ----------
    time : str
        A column of timestamps, in SQL.
    """
    return f"{time} = date_trunc('day', {time})"


def is_before(time: str, moment: str) -> str:
    """Return the condition that a time lies before a moment, whatever hour it leaves open.

    A date without a time of day is the end of its day, so it lies before what is of a later day.

    Parameters
    ----------
    time, moment : str
        Columns of timestamps, in SQL.
    """
    days = f"(NOT {is_whole_day(time)} OR {time} < date_trunc('day', {moment}))"
    return f"{time} < {moment} AND {days}"
