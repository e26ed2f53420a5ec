"""Waterfall of a score: from the average lead's probability to this lead's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.arrays import Floats


def compute_waterfall(
    moved: Floats, base: float, *, probability: Callable[[Floats], Floats]
) -> Floats:
    """Return the waterfall of each lead: contributions in log-odds as steps in probability.

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

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.special import expit
    >>> steps = compute_waterfall(np.array([[1.0, -0.2]]), 0.0, probability=expit)
    >>> steps.round(3)
    array([[ 0.231, -0.041]])
    >>> round(float(expit(0.0) + steps.sum()), 3) == round(float(expit(0.8)), 3)
    True
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
