"""The linear half: the same as scikit-learn's, with each term centred on the training leads."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

from models.linear import INVERSE_PENALTY, LIMIT, LinearModel, fit_linear

N = 600
CATEGORIES = [1, 3]


def make_leads(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [
            np.where(rng.random(N) < 0.2, np.nan, rng.normal(size=N)),
            rng.integers(0, 5, N),
            rng.lognormal(size=N),
            rng.integers(0, 3, N),
        ]
    ).astype(float)
    logit = np.nan_to_num(X[:, 0]) + (X[:, 1] == 2) - 0.3 * np.minimum(X[:, 2], 3)
    return X, (rng.random(N) < 1 / (1 + np.exp(-logit))).astype(float)


def test_it_is_the_regression_that_scikit_learn_fits() -> None:
    X, y = make_leads()
    columns = []
    for position in (0, 2):
        missing = np.isnan(X[:, position])
        filled = np.where(missing, np.nanmedian(X[:, position]), X[:, position])
        scaled = np.clip((filled - filled.mean()) / filled.std(), -LIMIT, LIMIT)
        columns += [scaled, missing.astype(float)]
    levels = OneHotEncoder(sparse_output=False).fit_transform(X[:, CATEGORIES])
    design = np.column_stack([*columns, levels])
    oracle = LogisticRegression(C=INVERSE_PENALTY, max_iter=2_000, tol=1e-8).fit(design, y)
    expected = oracle.decision_function(design)
    assert fit_linear(X, y, CATEGORIES).log_odds(X) == pytest.approx(expected, abs=0.01)


def test_each_term_is_its_shapley_value() -> None:
    X, y = make_leads()
    model = fit_linear(X, y, CATEGORIES)
    contributions = model.contributions(X)
    assert contributions.sum(axis=1) == pytest.approx(model.log_odds(X))
    # Centred: over the training leads a feature moves nobody on average.
    assert contributions[:, :-1].mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-9)
    assert np.ptp(contributions[:, -1]) == 0
    # A feature's value is what changes when all others stand at their mean.
    other = X.copy()
    other[:, 1] = X[::-1, 1]
    moved = model.log_odds(other) - model.log_odds(X)
    assert moved == pytest.approx(contributions[::-1, 1] - contributions[:, 1])


def test_the_order_of_columns_only_permutes_the_terms() -> None:
    X, y = make_leads()
    order = [2, 3, 0, 1]
    permuted = fit_linear(X[:, order], y, [1, 3])
    expected = fit_linear(X, y, CATEGORIES).contributions(X)[:, [*order, 4]]
    assert permuted.contributions(X[:, order]) == pytest.approx(expected, abs=0.01)


@given(st.floats(allow_infinity=False), st.integers(0, 600))
def test_no_value_is_too_odd(number: float, code: int) -> None:
    X, y = make_leads()
    row = np.array([[number, code, np.nan, np.nan]])
    assert np.isfinite(fit_linear(X, y, CATEGORIES).log_odds(row)).all()


def test_a_level_never_seen_adds_nothing() -> None:
    X, y = make_leads()
    row = X[:1].copy()
    row[0, 1] = 99
    assert fit_linear(X, y, CATEGORIES).contributions(row)[0, 1] == 0


@pytest.mark.parametrize("value", [np.nan, 7.0])
def test_a_column_without_news_adds_nothing(value: float) -> None:
    X, y = make_leads()
    X[:, 2] = value
    assert fit_linear(X, y, CATEGORIES).contributions(X)[:, 2] == pytest.approx(np.zeros(N))


@pytest.mark.parametrize("categories", [[], [0, 1]])
def test_only_numbers_and_only_categories(categories: list[int]) -> None:
    X, y = make_leads()
    X = X[:, [1, 3]]
    assert fit_linear(X, y, categories).contributions(X).shape == (N, 3)


def test_round_trip() -> None:
    X, y = make_leads()
    model = fit_linear(X, y, CATEGORIES)
    again = LinearModel.from_dict(json.loads(json.dumps(model.to_dict())))
    assert again == model
    assert (again.log_odds(X) == model.log_odds(X)).all()
