"""Decision-time candidates: the columns that could say when sales answered."""

from __future__ import annotations

import pandas as pd

from features.crm.time_roles import find_time_role
from features.proposal.candidates import Candidate, Choice

_MOSTLY_FILLED = 0.8
_MOSTLY_AFTER = 0.95
_RARELY_OPEN = 0.2
_MIN_OF_EACH = 5


def choose_decided_at(
    times: pd.DataFrame, *, handed_over_at: str | None, accepted: pd.Series
) -> Choice:
    """Choose the time of the decision among the time columns.

    Parameters
    ----------
    times : DataFrame of datetime64
    handed_over_at : str or None
        The column of the hand-over; without one nothing can be compared, and nothing is chosen.
    accepted : Series of float
        1 accepted, 0 rejected, missing where undecided.

    Returns
    -------
    Choice
        A column that is filled for accepted and for rejected leads and dated after hand-over:
        by its name a date of the answer, or else filled for decided leads alone.
    """
    if handed_over_at is None or min((accepted == 1).sum(), (accepted == 0).sum()) < _MIN_OF_EACH:
        return Choice()
    candidates = [
        candidate
        for name in times.columns
        if name != handed_over_at
        and (candidate := _rate(name, times, times[handed_over_at], accepted)) is not None
    ]
    # Two dates of one answer differ little, so that the likelier one is taken without a question.
    best = max(candidates, key=lambda candidate: candidate.score, default=None)
    return Choice(chosen=best, notes=() if best is None else best.evidence)


def _rate(
    name: str, times: pd.DataFrame, handed_over: pd.Series, accepted: pd.Series
) -> Candidate | None:
    role = find_time_role(name)
    if role in ("planned", "changed", "other_time"):
        return None
    filled = times[name].notna()
    shares = [float(filled[accepted == answer].mean()) for answer in (1, 0)]
    open_share = float(filled[accepted.isna()].mean()) if accepted.isna().any() else None
    both = filled & accepted.notna() & handed_over.notna()
    # A date without a time of day is the end of its day.
    after = times.loc[both, name].dt.normalize() >= handed_over[both].dt.normalize()
    if min(shares) < _MOSTLY_FILLED or not both.any() or float(after.mean()) < _MOSTLY_AFTER:
        return None
    closed_only = open_share is not None and open_share <= _RARELY_OPEN
    if role != "decided" and not closed_only:
        return None
    said = "by its name, the date of the answer" if role == "decided" else "filled once decided"
    evidence = (said, f"not before hand-over for {float(after.mean()):.0%} of the decided rows")
    return Candidate(name, 2.0 * (role == "decided") + closed_only + float(after.mean()), evidence)
