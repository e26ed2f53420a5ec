"""Past leads like this one: those that the same things moved as far, decided before it came."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

COUNT = 5
MAX_PAST = 20_000
"""Of more past leads the newest are looked through, so that time and memory stay bounded."""

NONE = -1
_LEADS_AT_ONCE = 512
_ROUNDING = 1e-5
"""Of single precision, as a share of the largest squared length."""


def find_similar(
    leads: Floats,
    handed_over: NDArray[np.float64],
    past: Floats,
    known: NDArray[np.float64],
    *,
    count: int = COUNT,
    max_past: int = MAX_PAST,
) -> Places:
    """Find the past leads nearest to each lead in what moved the model.

    Parameters
    ----------
    leads : ndarray of shape (n_leads, n_topics)
        Contributions by topic, in log-odds.
    handed_over : ndarray of shape (n_leads,)
        When each lead was handed over, as a number.
    past : ndarray of shape (n_past, n_topics)
        Contributions of decided leads, in any order.
    known : ndarray of shape (n_past,)
        When the decision of each became known, as a number.
    count : int
        How many to find.
    max_past : int
        How many of those known before a lead, the newest, to look through.

    Returns
    -------
    ndarray of int, shape (n_leads, count)
        Places in `past`, nearest first by Euclidean distance, of equals the one known first;
        -1 where there are fewer. Only decisions known before the lead was handed over count, so
        none of it is ever later, and none is its own.
    """
    found = np.full((len(leads), count), NONE, dtype=np.int64)
    in_order = np.argsort(known, kind="stable")
    past, known = past[in_order], known[in_order]
    before = np.searchsorted(known, handed_over, side="left")
    queue = np.argsort(before, kind="stable")
    for start in range(0, len(queue), _LEADS_AT_ONCE):
        rows = queue[start : start + _LEADS_AT_ONCE]
        low, high = max(int(before[rows[0]]) - max_past, 0), int(before[rows[-1]])
        if high == 0:
            continue
        near = _shortlist(leads[rows], past[low:high], count, before[rows] - low, max_past)
        found[rows] = _pick(near, leads[rows], past[low:high], count)
        found[rows] = np.where(found[rows] == NONE, NONE, in_order[found[rows] + low])
    return found


def _shortlist(
    leads: Floats, past: Floats, count: int, before: Places, max_past: int
) -> tuple[Places, Places]:
    """Return pairs of lead and past lead, among them surely the nearest ones.

    Single precision is quick but may part what is equal, so all that come near the last place
    are kept; they are told apart exactly afterwards.
    """
    norm = (past * past).sum(axis=1)
    distance = norm - 2 * (leads @ past.T)
    place = np.arange(len(past))
    distance[(place >= before[:, None]) | (place < before[:, None] - max_past)] = np.inf
    last = min(count, len(past)) - 1
    limit = np.partition(distance, last, axis=1)[:, last]
    slack = _ROUNDING * ((leads * leads).sum(axis=1) + norm.max())
    rows, places = np.nonzero((distance <= (limit + slack)[:, None]) & np.isfinite(distance))
    return rows, places


def _pick(pairs: tuple[Places, Places], leads: Floats, past: Floats, count: int) -> Places:
    """Return the nearest ones of each lead, of equals the one known first."""
    rows, places = pairs
    apart = leads[rows].astype(np.float64) - past[places]
    order = np.lexsort((places, (apart * apart).sum(axis=1), rows))
    rows, places = rows[order], places[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows, side="left")
    kept = rank < count
    nearest = np.full((len(leads), count), NONE, dtype=np.int64)
    nearest[rows[kept], rank[kept]] = places[kept]
    return nearest
