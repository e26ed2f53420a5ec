"""Funnel of the newest hand-overs, each step beside the same step of the period before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.evaluation.intervals import Z95, share_interval
from serve.report.contents import Aims, Figure, Side
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
    came = accepted & part["opportunity"] & by_then("opportunity_at")
    counts["opportunity"] = int(came.sum())
    return _Stand(counts, won.loc[won["won"], "amount"].to_numpy(dtype=float))


def _compare(now: _Stand, before: _Stand | None, aims: Aims) -> list[Figure]:
    """Return every step beside the one before."""
    agreed = {"answered": aims.answered, "accepted": aims.accepted}
    figures = [_total("handed_over", np.ones(now.counts["handed_over"]), _ones(before))]
    figures += [
        _share(step, now.counts, whole, before.counts if before else None, agreed.get(step))
        for step, whole in _STEPS
        if step in now.counts
    ]
    if now.amounts is not None:
        older = None if before is None or before.amounts is None else before.amounts
        figures.append(
            _total("won", np.ones(len(now.amounts)), None if older is None else np.ones(len(older)))
        )
        if np.isfinite(now.amounts).any():
            figures.append(_total("amount", now.amounts, older))
    return figures


def _ones(stand: _Stand | None) -> np.ndarray | None:
    return None if stand is None else np.ones(stand.counts["handed_over"])


def _share(
    key: str, now: dict[str, int], whole: str, before: dict[str, int] | None, aim: float | None
) -> Figure:
    part, of = now[key], now[whole]
    if not of:
        return Figure(key, None, None, None, part, of, None, "near", aim)
    found = share_interval(part, of)
    older = before[key] / before[whole] if before and before[whole] else None
    side: Side = "near"
    if older is not None and before:
        error = _error(part, of) + _error(before[key], before[whole])
        side = _side(found.value - older, error)
    return Figure(key, found.value, found.low, found.high, part, of, older, side, aim)


def _error(part: int, whole: int) -> float:
    """Return the variance of a share, one half lead in each direction so that none is certain."""
    share = (part + 0.5) / (whole + 1)
    return share * (1 - share) / whole


def _total(key: str, each: np.ndarray, before: np.ndarray | None) -> Figure:
    """Return a sum with the range that chance explains: each lead might as well not have come."""
    each = each[np.isfinite(each)]
    value, reach = float(each.sum()), Z95 * float(np.sqrt((each**2).sum()))
    older, side = None, "near"
    if before is not None:
        before = before[np.isfinite(before)]
        older = float(before.sum())
        side = _side(value - older, float((each**2).sum() + (before**2).sum()))
    low = max(value - reach, 0.0)
    return Figure(key, value, low, value + reach, len(each), None, older, side, None)  # type: ignore[arg-type]


def _side(difference: float, variance: float) -> Side:
    if abs(difference) <= Z95 * np.sqrt(variance):
        return "near"
    return "above" if difference > 0 else "below"
