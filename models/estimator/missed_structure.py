"""Missed variance: how much of the true log-odds more flexible trees find beyond the model.

The width of the interval has to grow with what the model misses, such as either-ors and U shapes,
and not with the number of columns. What no column shows cannot be found by any data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.arrays import Floats

FOLDS = 2
TREES = 40
LEADS_PER_LEAF, MOST_LEAVES = 30, 31
MIN_LEADS = 40
MAX_LEADS = 20_000
"""The newest so many leads are looked at; more would make the estimate no better to see."""


def estimate_missed_variance(
    X: Floats,
    y: Floats,
    categories: Sequence[int],
    *,
    rows: NDArray[np.int64],
    log_odds: Floats,
) -> float:
    """Return the variance of the true log-odds around the model's, as far as trees find it.

    Parameters
    ----------
    X : ndarray of float64, shape (n_leads, n_features)
        Oldest lead first. NaN is missing; categories are codes from 0.
    y : ndarray of float64, shape (n_leads,)
        1 accepted, 0 rejected.
    categories : sequence of int
        Columns that hold category codes.
    rows : ndarray of int, shape (n,)
        The leads that were predicted by models which had not seen them.
    log_odds : ndarray of shape (n,)
        What these predicted, calibrated.

    Returns
    -------
    float
        Not negative; 0 where there are too few leads to see anything.

    Notes
    -----
    With p the model's probability, t the true log-odds and q those of trees that had not seen the
    decision, the sum of (y - p)(q - logit p) over that of p(1 - p) estimates the covariance of
    what the model misses, t - logit p, and what the trees find of it. The luck of the decisions
    drops out of the mean, as does whatever the trees make of luck. Trees that find a part of it
    give that part of the variance: a lower limit.
    """
    recent = np.arange(max(0, len(rows) - MAX_LEADS // 2), len(rows))
    rows, z = rows[recent], log_odds[recent]
    if len(rows) < MIN_LEADS:
        return 0.0
    within = np.arange(max(0, len(y) - MAX_LEADS), len(y))
    p = special.expit(z)
    weights, found = p * (1 - p), 0.0
    for fold in range(FOLDS):
        held = np.arange(fold, len(rows), FOLDS)
        known = np.setdiff1d(within, rows[held])
        if not 0 < y[known].sum() < len(known):
            return 0.0
        leaves = int(np.clip(len(rows) // LEADS_PER_LEAF, 4, MOST_LEAVES))
        q = _predict(X[known], y[known], X[rows[held]], categories, leaves=leaves)
        gap = q - z[held]
        gap -= np.average(gap, weights=weights[held])
        found += float((y[rows[held]] - p[held]) @ gap)
    return max(0.0, found / float(weights.sum()))


def _predict(
    X: Floats, y: Floats, newer: Floats, categories: Sequence[int], *, leaves: int
) -> Floats:
    """Return the log-odds by trees that are deeper and less shrunk than the model's."""
    import lightgbm

    parameters: dict[str, Any] = {
        "objective": "binary",
        "num_leaves": leaves,
        "learning_rate": 0.1,
        "min_data_in_leaf": 5,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "cat_smooth": 10,
        "cat_l2": 5,
        "min_data_per_group": 5,
        "max_cat_to_onehot": 4,
        "seed": 1,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        X, label=y, categorical_feature=list(categories), params=parameters, free_raw_data=True
    )
    booster = lightgbm.Booster(parameters, data)
    for _ in range(TREES):
        booster.update()
    found = booster.predict(newer, raw_score=True, num_threads=1)
    return np.asarray(found, dtype=np.float64)
