"""Posterior standard deviation of a lead's log-odds: the width of its interval.

A single decision does not show a lead's probability, so the width cannot be read off the data. It
is derived from how well the data determine the linear weights, then widened by what was found
on simulated companies, where the true probabilities are known (docs/decisions/0010).
"""

from __future__ import annotations

import numpy as np
from scipy import special

from models.arrays import Floats
from models.estimator.linear import LinearModel, build_design

PRIOR_VARIANCE = 0.1
"""Of a weight before any lead was seen, whatever the penalty of the fit."""

WIDENING = 1.3
"""Factor for effects that a linear model cannot express."""

FLOOR = 0.35
"""Uncertainty that no number of leads removes, in log-odds."""

MAX_LEADS = 10_000
DIGITS = 6


def estimate_posterior_sd(X: Floats, linear: LinearModel) -> float:
    """Return the standard deviation of the true log-odds around the model's.

    Parameters
    ----------
    X : ndarray of shape (n_leads, n_features)
        The leads that the linear model was fitted on; of many, an even sample is used.
    linear : LinearModel

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
    hessian[np.diag_indices(len(hessian))] += 1 / PRIOR_VARIANCE
    root = linalg.cholesky(hessian, lower=True)
    variance = (linalg.solve_triangular(root, design.T, lower=True) ** 2).sum(axis=0)
    unseen = variance / (1 - np.minimum(weights * variance, 0.9))
    return round(float(np.sqrt(WIDENING**2 * unseen.mean() + FLOOR**2)), DIGITS)
