"""Waterfall of a score: from the average lead's probability to this lead's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def compute_waterfall(
    moved: Floats, base: float, *, probability: Callable[[Floats], Floats]
) -> Floats:
    """Turn contributions in log-odds into steps in probability.

    Parameters
    ----------
    moved : ndarray of shape (n_leads, n_topics)
        Contributions in log-odds.
    base : float
        The average lead's log-odds.
    probability : callable
        From log-odds to calibrated probability; rising.

    Returns
    -------
    ndarray of shape (n_leads, n_topics)
        How far each topic moves the probability, the strongest first: in probability a step
        depends on where it starts. Each row adds up to the lead's probability less that of the
        average lead.
    """
    moved = np.asarray(moved, dtype=np.float64)
    order = np.argsort(-np.abs(moved), axis=1, kind="stable")
    reached = base + np.cumsum(np.take_along_axis(moved, order, axis=1), axis=1)
    path = probability(np.column_stack([np.full(len(moved), base), reached]).ravel())
    steps = np.empty_like(moved)
    np.put_along_axis(
        steps, order, np.diff(path.reshape(len(moved), moved.shape[1] + 1), axis=1), axis=1
    )
    return steps
