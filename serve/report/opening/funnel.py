"""Funnel of the newest hand-overs, each step beside the same step of the period before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from serve.report.contents import Aims
from serve.report.outcomes import find_opportunities
from serve.report.results.figures import Figure, make_share, make_total
from serve.report.scored_hand_overs import ScoredHandOvers

_DATED = 0.9
"""Share of the answers that must have a day for older leads to be counted as they stood."""

_STEPS = (("answered", "handed_over"), ("accepted", "answered"), ("opportunity", "accepted"))


@dataclass(frozen=True)
class _Stand:
    """What had become of the hand-overs of a period by a moment, and what was won in it."""

    counts: dict[str, int]
    amounts: np.ndarray | None


def count_funnel(scored: ScoredHandOvers, aims: Aims, *, days: int) -> tuple[Figure, ...]:
    """Count the steps from hand-over to a deal.

    Parameters
    ----------
    scored : ScoredHandOvers
    aims : Aims
        What the teams agreed on.
    days : int
        The period, as for `serve.report.opening.period.open_report`.

    Returns
    -------
    tuple of Figure
        ``handed_over``, ``answered`` of these, ``accepted`` of the answered; where outcomes are
        known ``opportunity`` of the accepted, and ``won`` and ``amount`` of deals won in the
        period, whenever the leads were handed over. The period before is counted at the same age:
        as it stood when it was over for as long as this one is now.
    """
    hand_overs = scored.hand_overs
    if not scored.timed or hand_overs.empty:
        return tuple(_compare(_count(hand_overs, hand_overs, None), None, aims))
    end = hand_overs["handed_over_at"].max().normalize() + pd.Timedelta(days=1)
    length = pd.Timedelta(days=days)
    newest = hand_overs[["handed_over_at", "decided_at"]].max().max()
    now = _stand(hand_overs, end, length, newest)
    answered = hand_overs["decision"] != "waiting"
    dated = hand_overs.loc[answered, "decided_at"].notna().mean() >= _DATED
    older = hand_overs["handed_over_at"].min() <= end - 2 * length
    before = _stand(hand_overs, end - length, length, newest - length) if dated and older else None
    return tuple(_compare(now, before, aims))


def _stand(
    hand_overs: pd.DataFrame, end: pd.Timestamp, length: pd.Timedelta, known: pd.Timestamp
) -> _Stand:
    """Count a period as it stood at a moment."""
    at = hand_overs["handed_over_at"]
    part = hand_overs[(at >= end - length) & (at < end)]
    won = hand_overs
    if "won" in hand_overs:
        won = hand_overs[(hand_overs["won_at"] >= end - length) & (hand_overs["won_at"] < end)]
    return _count(part, won, known)


def _count(part: pd.DataFrame, won: pd.DataFrame, known: pd.Timestamp | None) -> _Stand:
    def by_then(column: str) -> pd.Series:
        late = part[column] > known if known is not None else pd.Series(False, index=part.index)
        return ~late

    answered = (part["decision"] != "waiting") & by_then("decided_at")
    accepted = answered & (part["decision"] == "accepted")
    counts = {
        "handed_over": len(part),
        "answered": int(answered.sum()),
        "accepted": int(accepted.sum()),
    }
    if "won" not in part:
        return _Stand(counts, None)
    came = accepted & find_opportunities(part) & by_then("opportunity_at")
    counts["opportunity"] = int(came.sum())
    return _Stand(counts, won.loc[won["won"], "amount"].to_numpy(dtype=float))


def _compare(now: _Stand, before: _Stand | None, aims: Aims) -> list[Figure]:
    """Return every step beside the one before."""
    agreed = {"answered": aims.answered, "accepted": aims.accepted}
    older_leads = None if before is None else _ones(before)
    figures = [make_total("handed_over", _ones(now), before=older_leads)]
    for step, whole in _STEPS:
        if step in now.counts:
            older = (before.counts[step], before.counts[whole]) if before else None
            part, of = now.counts[step], now.counts[whole]
            figures.append(make_share(step, part, of, before=older, aim=agreed.get(step)))
    if now.amounts is not None:
        won = None if before is None else before.amounts
        older_won = None if won is None else np.ones(len(won))
        figures.append(make_total("won", np.ones(len(now.amounts)), before=older_won))
        if np.isfinite(now.amounts).any():
            figures.append(make_total("amount", now.amounts, before=won))
    return figures


def _ones(stand: _Stand) -> np.ndarray:
    return np.ones(stand.counts["handed_over"])
