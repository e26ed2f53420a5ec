"""Where score and sales part ways: the leads that the weekly meeting reads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from serve.report.shape import Disagreements

MAX_LISTED = 50
"""On each side: more than a meeting reads."""

MARGIN = 0.10
"""By how much a score has to lie above or below the usual to count as high or low."""


def find_surprising(entries: pd.DataFrame) -> tuple[pd.Index, pd.Index]:
    """Return the leads on which sales decided against the score, most surprising first.

    Parameters
    ----------
    entries : DataFrame
        As `serve.report.ledger.Ledger.entries`.

    Returns
    -------
    rejected : Index
        High scores that sales rejected or sent back.
    accepted : Index
        Low scores that it accepted. High and low are `MARGIN` above and below what was expected
        of all leads looked at. At most `MAX_LISTED` each.
    """
    looked = entries[is_open(entries)]
    usual = looked["probability"].mean()
    won = looked["decision"] == "accepted"
    high = looked[~won & (looked["probability"] >= usual + MARGIN)]
    low = looked[won & (looked["probability"] <= usual - MARGIN)]
    return _most_surprising(high), _most_surprising(low)


def list_disagreements(shown: pd.Index, entries: pd.DataFrame) -> Disagreements:
    """List the surprising leads by their place among those shown.

    Parameters
    ----------
    shown : Index
        Labels of the leads shown, in their order.
    entries : DataFrame
        As `serve.report.ledger.Ledger.entries`.
    """
    rejected, accepted = find_surprising(entries)
    return Disagreements(
        rejected=_place(shown, rejected),
        accepted=_place(shown, accepted),
        looked_at=int(is_open(entries).sum()),
    )


def is_open(entries: pd.DataFrame) -> pd.Series:
    """Mark the leads that can be disagreed on: not learned from, and not settled already."""
    return entries["surprise"].notna() & ~entries["settled"].astype(bool)


def _most_surprising(entries: pd.DataFrame) -> pd.Index:
    ordered = entries.sort_values("surprise", ascending=False, kind="stable")
    return ordered.index[:MAX_LISTED]


def _place(shown: pd.Index, wanted: pd.Index) -> np.ndarray:
    places = shown.get_indexer(wanted)
    return np.asarray(places[places >= 0], dtype=np.int64)
