"""What another choice of leads at equal volume would have brought, with its uncertainty.

A part of the leads is thought away and replaced by as many more like the others, accepted as
often as those were. That is the whole assumption: that more of the same can be had, and that more
of the same stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.90
N_DRAWS = 4_000


@dataclass(frozen=True)
class Replacement:
    """Acceptance before and after, and the difference with its 90 % interval.

    Attributes
    ----------
    n : int
        Leads, before and after.
    replaced : int
        Leads thought away.
    before, after : float
        Accepted share.
    gain, low, high : float
        Their difference.
    """

    n: int
    replaced: int
    before: float
    after: float
    gain: float
    low: float
    high: float


def replace_leads(
    accepted: NDArray[np.bool_], out: NDArray[np.bool_], like: NDArray[np.bool_], *, seed: int = 20
) -> Replacement:
    """Replace some leads by as many more that are accepted as often as others.

    Parameters
    ----------
    accepted : ndarray of bool, shape (n_leads,)
        What sales decided.
    out : ndarray of bool, shape (n_leads,)
        The leads to replace; chosen without a look at `accepted`.
    like : ndarray of bool, shape (n_leads,)
        The leads that the new ones are like, at least one; none of them is out.
    seed : int

    Returns
    -------
    Replacement
        The interval is that of a paired bootstrap: leads are drawn anew, and what is before and
        what is after is taken from the same draw. Only counts matter, so counts are drawn.

    Raises
    ------
    ValueError
        If a lead is both out and a model for others, or nobody is.
    """
    if (out & like).any() or not like.any():
        raise ValueError("new leads must be like some that stay")
    part = np.where(out, 0, np.where(like, 1, 2)) * 2 + accepted
    counts = np.bincount(part, minlength=6)
    before, after = _compare(counts[None, :].astype(float))
    drawn = np.random.default_rng(seed).multinomial(len(part), counts / len(part), size=N_DRAWS)
    gains = np.subtract(*_compare(drawn[drawn[:, 2:4].sum(axis=1) > 0].astype(float))[::-1])
    low, high = np.quantile(gains, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Replacement(
        n=len(part),
        replaced=int(out.sum()),
        before=float(before[0]),
        after=float(after[0]),
        gain=float(after[0] - before[0]),
        low=float(low),
        high=float(high),
    )


def _compare(counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the accepted shares before and after, from counts of shape (n_draws, 6)."""
    total = counts.sum(axis=1)
    out, like = counts[:, 0] + counts[:, 1], counts[:, 2] + counts[:, 3]
    won = counts[:, 1] + counts[:, 3] + counts[:, 5]
    gained = out * counts[:, 3] / like - counts[:, 1]
    return won / total, (won + gained) / total
