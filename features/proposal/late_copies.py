"""Late copies: numbers that count the days to a later date, and texts that name its period."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from features.columns.kinds import Column
from features.crm.time_roles import is_late
from features.units import DAY

_FEWEST = 30
_FEWEST_NUMBERS = 5
_MOST_PERIODS = 60
_NEARLY_ALL = 0.95
_PERIODS: tuple[Callable[[pd.Series], pd.Series], ...] = (
    lambda dates: dates.dt.to_period("M"),
    lambda dates: dates.dt.to_period("Q"),
    lambda dates: dates.dt.year,
    lambda dates: dates.dt.month,
    lambda dates: dates.dt.quarter,
)


def find_late_copies(
    frame: pd.DataFrame,
    columns: Mapping[str, Column],
    *,
    handed_over_at: str | None,
    decided: pd.Series,
) -> dict[str, str]:
    """Return the columns that repeat a date of after hand-over in another form, and why.

    Parameters
    ----------
    frame : DataFrame
        Times as datetime64.
    columns : mapping of str to Column
    handed_over_at : str or None
        The time of hand-over.
    decided : Series of bool
        The rows that have an answer. Of open records such a column counts to today, and the
        date may be a plan.

    Returns
    -------
    dict of str to str
        An age that ends with the answer, a fiscal quarter of the closing date, and the like.
    """
    found: dict[str, str] = {}
    if handed_over_at is None:
        return found
    rows = frame[decided]
    start = rows[handed_over_at]
    late = [name for name, column in columns.items() if column.kind == "time" and is_late(name)]
    for name, column in columns.items():
        for date in late:
            if column.kind == "number" and _counts_days(rows[name], start, rows[date]):
                found.setdefault(name, f"counts the days from {handed_over_at} to {date}")
            if column.kind not in ("number", "time") and _names_period(
                rows[name], start, rows[date]
            ):
                found.setdefault(name, f"names the period of {date}")
    return found


def _counts_days(values: pd.Series, start: pd.Series, end: pd.Series) -> bool:
    numbers = pd.to_numeric(values, errors="coerce")
    gap = numbers - (end - start).dt.total_seconds() / DAY
    known = gap.notna()
    if known.sum() < _FEWEST or numbers[known].nunique() < _FEWEST_NUMBERS:
        return False
    # Days are counted with or without their hours.
    return bool((gap[known].abs() <= 1).mean() >= _NEARLY_ALL)


def _names_period(values: pd.Series, start: pd.Series, end: pd.Series) -> bool:
    known = values.notna() & end.notna() & start.notna()
    texts = values[known].astype(str)
    if known.sum() < _FEWEST or not 2 <= texts.nunique() <= _MOST_PERIODS:
        return False
    for part in _PERIODS:
        if _measure(texts, part(end[known])) >= _NEARLY_ALL > _measure(texts, part(start[known])):
            return True
    return False


def _measure(texts: pd.Series, periods: pd.Series) -> float:
    """Return the share of rows that a one-to-one match of texts and periods explains."""
    (ours, named), (theirs, there) = pd.factorize(texts), pd.factorize(periods)
    shape = len(named), len(there)
    if min(shape) < 2:
        return 0.0
    counts = np.bincount(ours * shape[1] + theirs, minlength=shape[0] * shape[1]).reshape(shape)
    return float(min(counts.max(axis=0).sum(), counts.max(axis=1).sum()) / len(texts))
