"""Logistic regression with a ridge penalty of each weight's own, by Newton's method.

Newton's method ends so near the optimum that other processors, which add in another order, end
there too (docs/decisions/0040). Its cost is the curvature of all pairs of weights: columns that
most leads fill are multiplied as a dense block, and only the rest, levels, as a sparse one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from models.arrays import Floats

SMALLEST_STEP = 1e-9
"""Log-odds below which no weight moves further."""

MOST_STEPS = 100
DENSE_FROM = 0.25
"""Share of leads that fill a column from which on it is multiplied as a dense one."""


def fit_weights(
    design: Any, y: Floats, shares: Floats, *, inverse_penalty: float
) -> tuple[Floats, float]:
    """Return the weights and the base of a ridge-penalised logistic regression.

    Parameters
    ----------
    design : sparse matrix of shape (n_leads, n_weights)
    y : ndarray of shape (n_leads,)
        1 accepted, 0 rejected; both occur.
    shares : ndarray of shape (n_weights,)
        Prior variance of each weight as a part of `inverse_penalty`. The base has a flat prior.
    inverse_penalty : float

    Returns
    -------
    weights : ndarray of shape (n_weights,)
    base : float

    Raises
    ------
    ValueError
        When all leads were decided alike: the base has no optimum then.

    Examples
    --------
    >>> from scipy import sparse
    >>> column = sparse.csr_matrix(np.array([[-1.0], [0.0], [1.0], [2.0]] * 20))
    >>> y = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0] * 10)
    >>> weights, base = fit_weights(column, y, np.ones(1), inverse_penalty=1.0)
    >>> bool(weights[0] > 0)  # more is accepted more
    True
    """
    rate = float(y.mean())
    if not 0 < rate < 1:
        raise ValueError("both decisions must occur")
    blocks = _Blocks.of(design, 1 / (inverse_penalty * shares))
    weights = np.zeros(len(blocks.penalty))
    weights[blocks.base] = special.logit(rate)
    log_odds, cost = blocks.judge(weights, y)
    for _ in range(MOST_STEPS):
        p = special.expit(log_odds)
        step = blocks.find_step(weights, p, y)
        weights, log_odds, cost = _walk(blocks, weights, step, y, cost)
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return blocks.in_order(weights), float(weights[blocks.base])


@dataclass(frozen=True)
class _Blocks:
    """The design in two blocks, and the penalty of each weight: dense ones, base, sparse ones."""

    dense: Floats  # a column of ones last
    rare: Any
    rare_across: Any
    order: np.ndarray
    penalty: Floats

    @classmethod
    def of(cls, design: Any, penalty: Floats) -> _Blocks:
        columns = design.tocsc()
        filled = np.diff(columns.indptr) >= DENSE_FROM * design.shape[0]
        often, seldom = np.flatnonzero(filled), np.flatnonzero(~filled)
        dense = np.column_stack([columns[:, often].toarray(), np.ones(design.shape[0])])
        rare = columns[:, seldom].tocsr()
        own = np.concatenate([penalty[often], [0.0], penalty[seldom]])
        return cls(dense, rare, rare.T.tocsr(), np.concatenate([often, seldom]), own)

    @property
    def base(self) -> int:
        """Place of the base among the weights."""
        return int(self.dense.shape[1]) - 1

    def judge(self, weights: Floats, y: Floats) -> tuple[Floats, float]:
        """Return the log-odds, and the cost: log-loss of all leads and penalty."""
        n = self.dense.shape[1]
        log_odds = self.dense @ weights[:n] + self.rare @ weights[n:]
        loss = np.logaddexp(0.0, log_odds).sum() - y @ log_odds
        return log_odds, float(loss + (self.penalty * weights) @ weights / 2)

    def find_step(self, weights: Floats, p: Floats, y: Floats) -> Floats:
        """Return Newton's step, which is taken off the weights."""
        from scipy import linalg, sparse

        n, curve = self.dense.shape[1], p * (1 - p)
        weighted = self.dense * curve[:, None]
        hessian = np.empty((len(weights), len(weights)))
        hessian[:n, :n] = self.dense.T @ weighted
        hessian[n:, :n] = self.rare_across @ weighted
        hessian[:n, n:] = hessian[n:, :n].T
        hessian[n:, n:] = (self.rare_across @ sparse.diags(curve) @ self.rare).toarray()
        hessian[np.diag_indices(len(weights))] += self.penalty
        off = p - y
        gradient = np.concatenate([self.dense.T @ off, self.rare_across @ off])
        return np.asarray(
            linalg.solve(hessian, gradient + self.penalty * weights, assume_a="pos"),
            dtype=np.float64,
        )

    def in_order(self, weights: Floats) -> Floats:
        """Return the weights in the order of the design's columns, without the base."""
        out = np.empty(len(self.order))
        out[self.order] = np.delete(weights, self.base)
        return out


def _walk(
    blocks: _Blocks, weights: Floats, step: Floats, y: Floats, cost: float
) -> tuple[Floats, Floats, float]:
    """Return weights, log-odds and cost after a step, halved until it does not raise the cost."""
    size, slack = 1.0, 1e-12 * abs(cost)
    while True:
        moved = weights - size * step
        log_odds, after = blocks.judge(moved, y)
        if after <= cost + slack or size < 1e-6:
            return moved, log_odds, after
        size /= 2
