"""The width of the interval: what the data leave open about the line, by an independent way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from sklearn.preprocessing import OneHotEncoder
from threadpoolctl import threadpool_limits

from features.matrix.feature_table import OTHER_CODE
from models.estimator.interval_width import (
    FLOOR,
    MISSED_FACTOR,
    OPEN_FACTOR,
    PRIOR_SIGNAL,
    PRIOR_VARIANCE,
    estimate_posterior_sd,
)
from models.estimator.linear import LIMIT, LinearModel, fit_linear

CATEGORIES = (1, 3)


def draw(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two numbers, one with gaps, and two categories."""
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [
            np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            rng.integers(0, 5, n),
            rng.lognormal(size=n),
            rng.integers(0, 3, n),
        ]
    ).astype(float)
    rate = expit(np.nan_to_num(X[:, 0]) + (X[:, 1] == 2) - 0.3 * np.minimum(X[:, 2], 3))
    return X, (rng.random(n) < rate).astype(float)


def fit(X: np.ndarray, y: np.ndarray) -> LinearModel:
    return fit_linear(X, y, CATEGORIES, inverse_penalty=PRIOR_VARIANCE)


def design_by_hand(X: np.ndarray, like: np.ndarray) -> np.ndarray:
    """What the weights multiply, standardised and encoded as the leads of `like` say.

    The levels not known have no weight.
    """
    columns = []
    for position in (0, 2):
        median = np.nanmedian(like[:, position])
        known = np.nan_to_num(like[:, position], nan=median)
        filled = np.nan_to_num(X[:, position], nan=median)
        columns += [np.clip((filled - known.mean()) / known.std(), -LIMIT, LIMIT)]
        columns += [np.isnan(X[:, position])]
    encoder = OneHotEncoder(
        sparse_output=False, handle_unknown="ignore", drop=[OTHER_CODE, OTHER_CODE]
    )
    levels = encoder.fit(like[:, list(CATEGORIES)]).transform(X[:, list(CATEGORIES)])
    return np.column_stack([*columns, levels, np.ones(len(X))])


def choose_prior(design: np.ndarray) -> float:
    """Variance of each weight: all together make no more of a signal than was allowed."""
    return float(min(PRIOR_VARIANCE, PRIOR_SIGNAL / design.var(axis=0).sum()))


def open_variance(design: np.ndarray, p: np.ndarray, rows: np.ndarray, prior: float) -> np.ndarray:
    """Variance of the log-odds of `rows`, by the inverse of the Hessian written out."""
    hessian = np.eye(design.shape[1]) / prior
    for row, rate in zip(design, p, strict=True):
        hessian += rate * (1 - rate) * np.outer(row, row)
    return np.einsum("ij,jk,ik->i", rows, np.linalg.inv(hessian), rows)


def to_spread(variances: list[float]) -> float:
    return float(np.sqrt(OPEN_FACTOR * np.mean(variances) + FLOOR**2))


@pytest.mark.parametrize("n", [30, 120])
def test_each_lead_is_judged_as_if_it_had_had_no_part_in_the_fit(n: int) -> None:
    X, y = draw(n)
    linear = fit(X, y)
    design, p = design_by_hand(X, X), expit(linear.log_odds(X))
    prior = choose_prior(design)
    left_out = [
        open_variance(np.delete(design, i, 0), np.delete(p, i), design[[i]], prior)[0]
        for i in range(n)
    ]
    assert estimate_posterior_sd(X, linear) == pytest.approx(to_spread(left_out), abs=2e-6)


def test_fitting_again_without_each_lead_says_about_the_same() -> None:
    X, y = draw(60, seed=1)
    left_out = []
    for i in range(60):
        rest, decided = np.delete(X, i, 0), np.delete(y, i)
        p = expit(fit(rest, decided).log_odds(rest))
        rows = design_by_hand(X[[i]], like=rest)
        design = design_by_hand(rest, like=rest)
        left_out.append(open_variance(design, p, rows, choose_prior(design))[0])
    assert estimate_posterior_sd(X, fit(X, y)) == pytest.approx(to_spread(left_out), rel=0.05)


def test_the_part_of_the_line_that_is_left_out_does_not_hide_what_is_open() -> None:
    X, y = draw(200)
    linear = fit(X, y)
    # Rates nearer to one half settle the weights a little better, nothing else changes.
    shrunk = linear.shrink(0.7, towards=0.0)
    assert estimate_posterior_sd(X, shrunk) == pytest.approx(
        estimate_posterior_sd(X, linear), rel=0.1
    )
    assert estimate_posterior_sd(X, shrunk) < estimate_posterior_sd(X, linear)


def test_more_leads_narrow_it_down_to_a_floor() -> None:
    spreads = [estimate_posterior_sd(X, fit(X, y)) for X, y in map(draw, (50, 200, 800, 6_000))]
    assert (np.diff(spreads) < 0).all()
    assert min(spreads) > FLOOR
    assert spreads[-1] < FLOOR + 0.06
    X, y = draw(100)
    assert estimate_posterior_sd(np.tile(X, (4, 1)), fit(X, y)) < estimate_posterior_sd(
        X, fit(X, y)
    )


def test_more_to_learn_with_no_more_leads_widens_it() -> None:
    X, y = draw(300)
    noise = np.random.default_rng(9).normal(size=(300, 8))
    wide = np.column_stack([X, noise])
    assert estimate_posterior_sd(wide, fit(wide, y)) > estimate_posterior_sd(X, fit(X, y)) + 0.01


def test_one_lead_leaves_no_more_open_than_the_prior_did() -> None:
    X, y = draw(40)
    alone = estimate_posterior_sd(X[:1], fit(X, y))
    rows = design_by_hand(X[:1], like=X)
    assert FLOOR < alone <= to_spread([PRIOR_VARIANCE * float((rows**2).sum())]) + 1e-6


def test_columns_of_no_worth_widen_it_within_bounds() -> None:
    X, y = draw(300)
    noise = np.random.default_rng(9).normal(size=(300, 150))
    wide = np.column_stack([X, noise])
    assert estimate_posterior_sd(wide, fit(wide, y)) ** 2 < OPEN_FACTOR * PRIOR_SIGNAL * 1.5


def test_what_trees_found_beyond_the_model_widens_it() -> None:
    X, y = draw(300)
    narrow, wide = (
        estimate_posterior_sd(X, fit(X, y), missed_variance=missed) for missed in (0.0, 0.4)
    )
    assert wide**2 - narrow**2 == pytest.approx(MISSED_FACTOR * 0.4, abs=1e-5)


def test_the_order_of_leads_and_of_columns_does_not_matter() -> None:
    X, y = draw(300)
    expected = estimate_posterior_sd(X, fit(X, y))
    mixed = np.random.default_rng(1).permutation(300)
    assert estimate_posterior_sd(X[mixed], fit(X, y)) == pytest.approx(expected, abs=2e-6)
    order = [2, 3, 0, 1]
    permuted = fit_linear(X[:, order], y, [1, 3], inverse_penalty=PRIOR_VARIANCE)
    assert estimate_posterior_sd(X[:, order], permuted) == pytest.approx(expected, abs=1e-3)


def test_codes_that_no_lead_has_do_not_matter() -> None:
    X, y = draw(300)
    linear = fit(X, y)
    first, second = linear.categories
    further = replace(linear, categories=(first, replace(second, weights=(*second.weights, 0, 0))))
    assert estimate_posterior_sd(X, further) == estimate_posterior_sd(X, linear)
    gaps = X.copy()
    gaps[:, 1] = np.where(X[:, 1] > OTHER_CODE, 3 * X[:, 1], X[:, 1])
    assert estimate_posterior_sd(gaps, fit(gaps, y)) == pytest.approx(
        estimate_posterior_sd(X, linear), abs=1e-3
    )


def test_it_is_the_same_with_any_number_of_threads() -> None:
    X, y = draw(2_000)
    wide = np.column_stack([X, np.random.default_rng(2).normal(size=(2_000, 60))])
    linear = fit(wide, y)
    found = set()
    for threads in (1, 2, 3):
        with threadpool_limits(threads, user_api="blas"):
            found.add(estimate_posterior_sd(wide, linear))
    assert len(found) == 1
    # Where threads do show, they show far behind the sixth decimal.
    assert found == {round(one, 6) for one in found}


def test_evenly_spread_leads_stand_for_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = draw(3_000)
    linear = fit(X, y)
    exact = estimate_posterior_sd(X, linear)
    monkeypatch.setattr("models.estimator.interval_width.MAX_LEADS", 600)
    assert estimate_posterior_sd(X, linear) == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("value", [np.nan, 7.0])
def test_a_column_without_news_is_no_trouble(value: float) -> None:
    X, y = draw(100)
    X[:, 2] = value
    assert FLOOR < estimate_posterior_sd(X, fit(X, y)) < 2
