"""Nearest decided leads by Shapley contributions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.arrays import Singles

Places = NDArray[np.int64]

COUNT = 5
MAX_PAST = 10_000
"""Of more past leads the newest are looked through, so that time and memory stay bounded."""

NONE = -1
_LEADS_AT_ONCE = 512
_CHUNK = 16
_ROUNDING = 1e-5
"""Of single precision, as a share of the largest squared length."""


def find_similar(
    leads: Singles,
    handed_over: NDArray[np.float64],
    past: Singles,
    known: NDArray[np.float64],
    *,
    count: int = COUNT,
    max_past: int = MAX_PAST,
) -> Places:
    """Find the past leads nearest to each lead by Shapley contributions.

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
    past = past[in_order]
    columns = _make_columns(past)
    before = np.searchsorted(known[in_order], handed_over, side="left")
    queue = np.argsort(before, kind="stable")
    for start in range(0, len(queue), _LEADS_AT_ONCE):
        rows = queue[start : start + _LEADS_AT_ONCE]
        low, high = max(int(before[rows[0]]) - max_past, 0), int(before[rows[-1]])
        if high == 0:
            continue
        # Whole chunks: what is beyond the end was not known, and so it is hidden.
        window = columns[:, low : low + _CHUNK * -(-(high - low) // _CHUNK)]
        pairs = _shortlist(leads[rows], window, before[rows] - low, max_past, count)
        nearest = _pick(pairs, leads[rows], past[low:], count)
        found[rows] = np.where(nearest == NONE, NONE, in_order[nearest + low])
    return found


def _make_columns(past: Singles) -> Singles:
    """Return a column for each past lead: one product gives its distance to any lead.

    That is the squared distance less what is the same for all past leads of a lead. Beyond the
    last one there are columns that are infinitely far, so that every chunk is whole.
    """
    columns = np.zeros((past.shape[1] + 1, len(past) + _CHUNK), dtype=np.float32)
    columns[:-1, : len(past)] = -2 * past.T
    columns[-1] = np.inf
    columns[-1, : len(past)] = (past * past).sum(axis=1)
    return columns


def _shortlist(
    leads: Singles, columns: Singles, before: Places, max_past: int, count: int
) -> tuple[Places, Places]:
    """Return pairs of lead and past lead, among them surely the nearest ones.

    Single precision is quick but may part what is equal, so all that come near the last place
    are kept; they are ranked exactly afterwards. Each of a few chunks has a nearest one, and
    the last place is at least as near as the last of the nearest of these.
    """
    distance = np.column_stack([leads, np.ones(len(leads), dtype=np.float32)]) @ columns
    _hide(distance, before, max_past)
    chunks = distance.shape[1] // _CHUNK
    limit = np.full(len(leads), np.inf, dtype=np.float32)
    if chunks >= count:
        least = distance.reshape(len(leads), _CHUNK, chunks).min(axis=1)
        limit = np.partition(least, count - 1, axis=1)[:, count - 1]
    longest = columns[-1][np.isfinite(columns[-1])].max()
    slack = _ROUNDING * ((leads * leads).sum(axis=1) + longest)
    # What is hidden is infinitely far, and nothing finite is as far.
    within = np.minimum(limit + slack, np.finfo(np.float32).max)
    rows, places = np.divmod(np.flatnonzero(distance <= within[:, None]), distance.shape[1])
    return rows, places


def _hide(distance: Singles, before: Places, max_past: int) -> None:
    """Exclude past leads that were not decided before a lead came, and those too old.

    The leads come by what was known before them, so only the edges differ from lead to lead.
    """
    late = np.arange(before.min(), distance.shape[1])
    distance[:, late[0] if len(late) else distance.shape[1] :][late >= before[:, None]] = np.inf
    early = np.arange(max(int(before.max()) - max_past, 0))
    distance[:, : len(early)][early < before[:, None] - max_past] = np.inf


def _pick(pairs: tuple[Places, Places], leads: Singles, past: Singles, count: int) -> Places:
    """Return the nearest ones of each lead; ties go to the one known first."""
    rows, places = pairs
    apart = leads[rows].astype(np.float64) - past[places]
    order = np.lexsort((places, (apart * apart).sum(axis=1), rows))
    rows, places = rows[order], places[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows, side="left")
    kept = rank < count
    nearest = np.full((len(leads), count), NONE, dtype=np.int64)
    nearest[rows[kept], rank[kept]] = places[kept]
    return nearest
