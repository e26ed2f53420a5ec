"""Opening sentence on the period: hand-overs, decisions, and the acceptances to expect."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from features.units import DAY
from serve.report.contents import Opening
from serve.report.scored_hand_overs import ScoredHandOvers

LEVEL = 0.90
_PARTS = 10
"""Parts of the leads from which a drift is estimated where there are no months."""


def open_report(scored: ScoredHandOvers, *, days: int) -> Opening:
    """Count the newest hand-overs.

    Parameters
    ----------
    scored : ScoredHandOvers
    days : int
        The period: so many days up to that of the newest hand-over, which counts whole. All
        hand-overs where they have no times.

    Returns
    -------
    Opening
    """
    hand_overs, start, end = scored.hand_overs, None, None
    if scored.timed and len(hand_overs):
        last = hand_overs["handed_over_at"].max().normalize()
        first = last - pd.Timedelta(days=days - 1)
        hand_overs = hand_overs[hand_overs["handed_over_at"] >= first]
        start, end = first.date(), last.date()
    waiting = hand_overs["decision"] == "waiting"
    p = hand_overs.loc[waiting, "probability"].to_numpy()
    low, high = interval_of_share(p, drift_of_share(scored, days=days)) if len(p) else (None, None)
    return Opening(
        start=start,
        end=end,
        handed_over=len(hand_overs),
        answered=int((~waiting).sum()),
        accepted=int((hand_overs["decision"] == "accepted").sum()),
        waiting=len(p),
        expected=float(p.mean()) if len(p) else None,
        expected_low=low,
        expected_high=high,
        overdue=int(hand_overs["overdue"].sum()),
    )


def interval_of_share(p: np.ndarray, drift: float) -> tuple[float, float]:
    """Return the 90 % interval of the share that will be accepted.

    Parameters
    ----------
    p : ndarray of shape (n,)
        Probability of each lead, at least one.
    drift : float
        Standard deviation of what the mean of such probabilities misses beyond chance.

    Returns
    -------
    low, high : float
        The share is a mean of independent draws, one per lead, around a mean that is off by the
        drift; taken as normal.
    """
    chance = float((p * (1 - p)).sum()) / len(p) ** 2
    reach = float(special.ndtri((1 + LEVEL) / 2)) * float(np.sqrt(chance + drift**2))
    middle = float(p.mean())
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def drift_of_share(scored: ScoredHandOvers, *, days: int) -> float:
    """Return how far the accepted share of a period has lain from the expected one.

    Parameters
    ----------
    scored : ScoredHandOvers
    days : int
        Length of a period; without times the leads are parted into ten.

    Returns
    -------
    float
        Standard deviation in probability, the part that chance explains taken off; 0 where it
        explains everything, or where there are no leads to estimate it from.
    """
    fresh = scored.hand_overs[scored.hand_overs["fresh"]]
    if fresh.empty:
        return 0.0
    if scored.timed:
        period = np.floor((fresh["place"].max() - fresh["place"]) / (days * DAY)).to_numpy()
    else:
        period = np.arange(len(fresh)) * _PARTS // len(fresh)
    p = fresh["before_answer"].to_numpy()
    gap = (fresh["decision"] == "accepted").to_numpy() - p
    __, part = np.unique(period, return_inverse=True)
    size = np.bincount(part)
    missed = (np.bincount(part, gap) / size) ** 2
    by_chance = np.bincount(part, p * (1 - p)) / size**2
    # Periods count by their leads: a few leads say little of a drift.
    return float(np.sqrt(max(0.0, float(np.average(missed - by_chance, weights=size)))))
