"""Posterior standard deviation of a lead's log-odds: the width of its interval.

A single decision does not show a lead's probability, so the width cannot be read off the data. It
adds up what the data leave open about the linear weights, what more flexible trees find beyond the
model, and a floor for what no data show. How much each counts was set on simulated leads, where
the true probabilities are known (docs/decisions/0039).
"""

from __future__ import annotations

import numpy as np
from scipy import special

from models.arrays import Floats
from models.estimator.linear import LinearModel, build_design

PRIOR_VARIANCE = 0.1
"""Of a weight before any lead was seen, at most."""

PRIOR_SIGNAL = 1.0
"""Variance of the log-odds that all weights together may make before any lead was seen.

Many columns share it: else each column of no worth would widen the interval.
"""

OPEN_FACTOR = 2.5
"""On the variance of what the weights leave open, for what a linear model cannot express."""

MISSED_FACTOR = 1.5
"""On the missed variance, of which trees find only a part."""

FLOOR = 0.35
"""Uncertainty that no number of leads removes, in log-odds."""

MAX_LEADS = 10_000
DIGITS = 6


def estimate_posterior_sd(X: Floats, linear: LinearModel, *, missed_variance: float = 0.0) -> float:
    """Return the standard deviation of the true log-odds around the model's.

    Parameters
    ----------
    X : ndarray of shape (n_leads, n_features)
        The leads that the linear model was fitted on; of many, an even sample is used.
    linear : LinearModel
    missed_variance : float
        As `models.estimator.missed_structure` gives it.

    Returns
    -------
    float
        Rounded, so that the last bits of the linear algebra do not show.

    Notes
    -----
    Under the ridge penalty, which is a normal prior, the weights are normal around the fitted
    ones with the inverse of the penalised Hessian as their covariance (Laplace's approximation).
    A lead's variance is that of its row; it is corrected for the lead's own part in the fit,
    since the leads to be scored had none.

    References
    ----------
    MacKay, D. (1992). The evidence framework applied to classification networks. Neural
    Computation 4, 720-736.
    """
    from scipy import linalg

    rows = np.unique(np.linspace(0, len(X) - 1, min(len(X), MAX_LEADS)).round().astype(np.intp))
    part = X[rows]
    p = special.expit(linear.log_odds(part))
    weights = p * (1 - p)
    design = build_design(part, linear.numbers, linear.categories).toarray()
    design = np.column_stack([design, np.ones(len(part))])
    # Each of the chosen leads stands for several.
    hessian = (design * (weights * len(X) / len(part))[:, None]).T @ design
    signal = float(design.var(axis=0).sum())
    hessian[np.diag_indices(len(hessian))] += max(1 / PRIOR_VARIANCE, signal / PRIOR_SIGNAL)
    root = linalg.cholesky(hessian, lower=True)
    variance = (linalg.solve_triangular(root, design.T, lower=True) ** 2).sum(axis=0)
    unseen = variance / (1 - np.minimum(weights * variance, 0.9))
    total = OPEN_FACTOR * unseen.mean() + MISSED_FACTOR * missed_variance + FLOOR**2
    return round(float(np.sqrt(total)), DIGITS)
