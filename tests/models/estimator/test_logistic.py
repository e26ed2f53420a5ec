"""The weights are those of scikit-learn's regression, and truly the optimum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, special
from sklearn.linear_model import LogisticRegression

from models.estimator.logistic import fit_weights

PENALTY = 0.1


def draw(
    n: int = 400, *, filled: int = 5, levels: int = 12, seed: int = 0
) -> tuple[sparse.csr_matrix, np.ndarray]:
    """A design of numbers, which all leads have, and of levels, which few have."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(n, filled))
    level = rng.integers(0, max(levels, 1), n)
    codes = np.eye(max(levels, 1))[level][:, :levels]
    weights = rng.normal(size=filled + levels)
    design = np.column_stack([numbers, codes])
    y = (rng.random(n) < special.expit(design @ weights)).astype(float)
    y[:2] = 0.0, 1.0
    return sparse.csr_matrix(design), y


@given(
    filled=st.integers(0, 8),
    levels=st.integers(0, 20),
    penalty=st.sampled_from([1e-4, 0.1, 10.0]),
    seed=st.integers(0, 10_000),
)
def test_it_is_the_regression_of_scikit_learn(
    filled: int, levels: int, penalty: float, seed: int
) -> None:
    if filled + levels == 0:
        filled = 1
    design, y = draw(120, filled=filled, levels=levels, seed=seed)
    weights, base = fit_weights(design, y, np.ones(design.shape[1]), inverse_penalty=penalty)
    oracle = LogisticRegression(C=penalty, solver="newton-cholesky", tol=1e-10).fit(
        design.toarray(), y
    )
    np.testing.assert_allclose(weights, oracle.coef_[0], atol=1e-6)
    assert base == pytest.approx(oracle.intercept_[0], abs=1e-6)


def test_nothing_pulls_at_the_weights_any_more() -> None:
    design, y = draw()
    shares = np.linspace(0.1, 1.0, design.shape[1])
    weights, base = fit_weights(design, y, shares, inverse_penalty=PENALTY)
    off = special.expit(design @ weights + base) - y
    np.testing.assert_allclose(design.T @ off + weights / (PENALTY * shares), 0, atol=1e-9)
    assert off.sum() == pytest.approx(0, abs=1e-9)


def test_the_order_of_columns_and_of_leads_does_not_matter() -> None:
    design, y = draw()
    rng = np.random.default_rng(1)
    across, down = rng.permutation(design.shape[1]), rng.permutation(design.shape[0])
    ones = np.ones(design.shape[1])
    weights, base = fit_weights(design, y, ones, inverse_penalty=PENALTY)
    mixed, same = fit_weights(design[down][:, across], y[down], ones, inverse_penalty=PENALTY)
    np.testing.assert_allclose(mixed, weights[across], atol=1e-10)
    assert same == pytest.approx(base, abs=1e-10)


def test_what_a_column_settles_alone_stays_finite() -> None:
    y = np.repeat([0.0, 1.0], 50)
    design = sparse.csr_matrix(np.column_stack([1e3 * (y - 0.5), np.zeros(100)]))
    weights, base = fit_weights(design, y, np.ones(2), inverse_penalty=1e6)
    assert np.isfinite([*weights, base]).all() and weights[1] == 0
    assert ((design @ weights + base > 0) == (y > 0)).all()


@pytest.mark.parametrize("rare", [1, 3])
def test_hardly_any_of_one_decision_is_no_fault(rare: int) -> None:
    design, y = draw(2_000)
    y = np.zeros_like(y)
    y[:rare] = 1
    weights, base = fit_weights(design, y, np.ones(design.shape[1]), inverse_penalty=PENALTY)
    assert np.isfinite(weights).all()
    assert special.expit(design @ weights + base).sum() == pytest.approx(rare)


def test_leads_decided_alike_are_a_fault() -> None:
    design, y = draw()
    with pytest.raises(ValueError, match="both decisions"):
        fit_weights(design, np.ones_like(y), np.ones(design.shape[1]), inverse_penalty=PENALTY)
