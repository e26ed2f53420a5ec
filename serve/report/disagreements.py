"""Disagreements between score and sales, for the weekly meeting."""

from __future__ import annotations

import numpy as np
import pandas as pd

from serve.report.contents import Disagreements

MAX_LISTED = 20
"""On each side: more than a meeting reads."""

SHARE = 0.3
"""The upper and the lower share of the scores that count as high and low."""


def find_surprising(hand_overs: pd.DataFrame) -> tuple[pd.Index, pd.Index]:
    """Return the leads on which sales decided against the score, most surprising first.

    Parameters
    ----------
    hand_overs : DataFrame
        As `serve.report.scored_hand_overs.ScoredHandOvers.hand_overs`.

    Returns
    -------
    rejected : Index
        High scores that sales rejected or sent back.
    accepted : Index
        Low scores that it accepted. High and low are the upper and lower `SHARE` of the leads
        looked at. At most `MAX_LISTED` each.
    """
    looked = hand_overs[is_open(hand_overs)]
    rank = looked["before_answer"].rank(pct=True)
    won = looked["decision"] == "accepted"
    high = looked[~won & (rank > 1 - SHARE)]
    low = looked[won & (rank <= SHARE)]
    return _most_surprising(high), _most_surprising(low)


def list_disagreements(shown: pd.Index, hand_overs: pd.DataFrame) -> Disagreements:
    """List the surprising leads by their place among those shown.

    Parameters
    ----------
    shown : Index
        Labels of the leads shown, in their order.
    hand_overs : DataFrame
        As `serve.report.scored_hand_overs.ScoredHandOvers.hand_overs`.
    """
    rejected, accepted = find_surprising(hand_overs)
    return Disagreements(
        rejected=_place(shown, rejected),
        accepted=_place(shown, accepted),
        looked_at=int(is_open(hand_overs).sum()),
    )


def is_open(hand_overs: pd.DataFrame) -> pd.Series:
    """Mark the leads that can be disagreed on: scored before their answer, and not settled."""
    return hand_overs["surprise"].notna() & ~hand_overs["settled"].astype(bool)


def _most_surprising(hand_overs: pd.DataFrame) -> pd.Index:
    ordered = hand_overs.sort_values("surprise", ascending=False, kind="stable")
    return ordered.index[:MAX_LISTED]


def _place(shown: pd.Index, wanted: pd.Index) -> np.ndarray:
    places = shown.get_indexer(wanted)
    return np.asarray(places[places >= 0], dtype=np.int64)
