"""Figures: a share, a count or an amount with its interval, beside the same of a time before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.evaluation.intervals import Z95, share_interval

Side = Literal["above", "below", "near"]


@dataclass(frozen=True)
class Figure:
    """One figure of the page.

    Attributes
    ----------
    key : {"handed_over", "answered", "accepted", "opportunity", "won", "amount", "won_since"}
    value, low, high : float or None
        A share, a count or an amount with its 95 % interval; None of no leads.
    count : int
        The leads it counts.
    whole : int or None
        The leads it is a share of; None where it is none.
    before : float or None
        The same of the period before; None where it is not known.
    side : {"above", "below", "near"}
        Where it lies beside the period before: "near" where chance explains the difference.
    aim : float or None
        What the teams agreed on.
    """

    key: str
    value: float | None
    low: float | None
    high: float | None
    count: int
    whole: int | None
    before: float | None = None
    side: Side = "near"
    aim: float | None = None


def make_share(
    key: str,
    part: int,
    whole: int,
    *,
    before: tuple[int, int] | None = None,
    aim: float | None = None,
) -> Figure:
    """Return the share that some leads are of others.

    Parameters
    ----------
    key : str
    part, whole : int
    before : (int, int), optional
        The same two counts of the period before.
    aim : float, optional
        What the teams agreed on.
    """
    if not whole:
        return Figure(key, None, None, None, part, whole, aim=aim)
    found = share_interval(part, whole)
    older, side = None, None
    if before and before[1]:
        older = before[0] / before[1]
        side = find_side(found.value - older, share_variance(part, whole) + share_variance(*before))
    return Figure(key, found.value, found.low, found.high, part, whole, older, side or "near", aim)


def make_total(key: str, each: np.ndarray, *, before: np.ndarray | None = None) -> Figure:
    """Return a sum with the range that chance explains: each lead might as well not have come.

    Parameters
    ----------
    key : str
    each : ndarray of shape (n_leads,)
        What each lead adds; leads of which that is not known are not counted.
    before : ndarray, optional
        The same of the period before.
    """
    each = each[np.isfinite(each)]
    value, reach = float(each.sum()), Z95 * float(np.sqrt((each**2).sum()))
    older, side = None, None
    if before is not None:
        before = before[np.isfinite(before)]
        older = float(before.sum())
        side = find_side(value - older, float((each**2).sum() + (before**2).sum()))
    low = max(value - reach, 0.0)
    return Figure(key, value, low, value + reach, len(each), None, older, side or "near")


def share_variance(part: int, whole: int) -> float:
    """Return the variance of a share, one half lead in each direction so that none is certain."""
    share = (part + 0.5) / (whole + 1)
    return share * (1 - share) / whole


def find_side(difference: float, variance: float) -> Side:
    """Return which way two figures differ; "near" where chance explains it."""
    if abs(difference) <= Z95 * np.sqrt(variance):
        return "near"
    return "above" if difference > 0 else "below"
