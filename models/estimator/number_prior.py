"""Prior variance of the weights of numbers, chosen by evidence where there are few leads.

Numbers often come in bundles that say nearly the same, such as one activity counted over three
windows. Each with a weight as free as that of a level, they drown the rest of a small table in
noise; on another table a single number says most. How free they are is read off the leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from models.arrays import Floats
from models.estimator.components import Hyperparameters
from models.estimator.linear import build_design, describe_terms, prior_shares
from models.estimator.logistic import fit_weights

FEW_LEADS = 5_000
"""From so many on the leads outweigh the prior."""

SHARES = (0.5, 0.2, 0.1)
"""Of the prior variance of levels, what numbers may get instead of all of it."""

POSITIVE = float(np.log(3))
"""By how much the logarithm of the evidence must be better than with all of it: a Bayes factor of
3 is called positive evidence (Kass and Raftery 1995, "Bayes Factors")."""


def choose_number_share(
    X: Floats, y: Floats, categories: Sequence[int], hyperparameters: Hyperparameters
) -> Hyperparameters:
    """Choose how free the weights of numbers are, by the evidence of few leads.

    Parameters
    ----------
    X, y, categories
        As in `models.estimator.components.learn`.
    hyperparameters : Hyperparameters
        Returned as they are for `FEW_LEADS` or more, where `number_share` is not 1, and
        without positive evidence for a smaller share.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 40))
    >>> y = (X[:, 0] + rng.logistic(size=200) > 0).astype(float)
    >>> alone, among_noise = (
    ...     choose_number_share(columns, y, (), Hyperparameters()).number_share
    ...     for columns in (X[:, :1], X)
    ... )
    >>> alone > among_noise
    True
    """
    if len(y) >= FEW_LEADS or hyperparameters.number_share != 1.0:
        return hyperparameters
    numbers, levels = describe_terms(X, categories)
    design = build_design(X, numbers, levels)

    def judge(number_share: float) -> float:
        shares = prior_shares(numbers, levels, number_share=number_share)
        return estimate_log_evidence(
            design, y, shares, inverse_penalty=hyperparameters.inverse_penalty
        )

    evidence = {share: judge(share) for share in SHARES}
    best = max(SHARES, key=evidence.__getitem__)
    if evidence[best] < judge(1.0) + POSITIVE:
        return hyperparameters
    return replace(hyperparameters, number_share=best)


def estimate_log_evidence(
    design: Any, y: Floats, shares: Floats, *, inverse_penalty: float
) -> float:
    """Return the logarithm of the probability of all decisions under a prior of the weights.

    Parameters
    ----------
    design, y, shares, inverse_penalty
        As in `models.estimator.logistic.fit_weights`.

    Notes
    -----
    Laplace's approximation: around the fitted weights the posterior is taken for a normal one.
    The base has a flat prior, whose constant is left out, so only differences mean anything.

    References
    ----------
    MacKay, D. (1992). The evidence framework applied to classification networks. Neural
    Computation 4, 720-736.
    """
    from scipy import linalg

    weights, base = fit_weights(design, y, shares, inverse_penalty=inverse_penalty)
    variances = inverse_penalty * shares
    log_odds = design @ weights + base
    p = special.expit(log_odds)
    # In units of the prior: the determinant of the prior is then 1.
    columns = np.column_stack([design.toarray() * np.sqrt(variances), np.ones(len(y))])
    hessian = (columns * (p * (1 - p))[:, None]).T @ columns
    hessian[np.diag_indices(len(weights))] += 1.0
    root = linalg.cholesky(hessian, lower=True)
    likelihood = float(y @ log_odds - np.logaddexp(0.0, log_odds).sum())
    prior = float((weights**2 / variances).sum())
    return likelihood - prior / 2 - float(np.log(np.diag(root)).sum())
