"""The line: the same as scikit-learn's, with each term centred on the training leads."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from features.matrix.feature_table import OTHER_CODE
from models.estimator.linear import LIMIT, LinearModel, build_design, fit_linear

N = 600
NUMBERS = [0, 2]
CATEGORIES = [1, 3]
PENALTY = 0.1


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


def fit(X: np.ndarray, y: np.ndarray, categories: list[int] = CATEGORIES) -> LinearModel:
    return fit_linear(X, y, categories, inverse_penalty=PENALTY)


@cache
def fitted() -> LinearModel:
    return fit(*make_leads())


def odd_leads() -> np.ndarray:
    """Leads with everything missing, extreme numbers and levels never seen."""
    return np.array(
        [[np.nan] * 4, [1e300, 99, -1e300, 7], [0.0, 2, 1.0, np.nan], [-5.0, 0, 9.0, 2]]
    )


def encode(X: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The design as scikit-learn makes it, its columns in the order of the terms.

    The levels not known have an empty one.
    """
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    steps = ColumnTransformer(
        [
            ("numbers", scaled, NUMBERS),
            ("missing", MissingIndicator(features="all"), NUMBERS),
            ("levels", OneHotEncoder(sparse_output=False, handle_unknown="ignore"), CATEGORIES),
        ]
    )
    design = steps.fit(like).transform(X)
    design[:, :2] = np.clip(design[:, :2], -LIMIT, LIMIT)
    design[:, [4 + OTHER_CODE, 9 + OTHER_CODE]] = 0
    return design[:, [0, 2, 1, 3, *range(4, design.shape[1])]]


def test_it_is_the_regression_that_scikit_learn_fits() -> None:
    X, y = make_leads()
    design = encode(X, like=X)
    oracle = LogisticRegression(C=PENALTY, max_iter=2_000, tol=1e-8).fit(design, y)
    assert fitted().log_odds(X) == pytest.approx(oracle.decision_function(design), abs=0.01)


def test_numbers_get_their_share_of_the_prior_variance() -> None:
    X, y = make_leads()
    design = encode(X, like=X)
    sizes = np.r_[0.2, 1.0, 0.2, 1.0, np.ones(design.shape[1] - 4)] ** 0.5
    oracle = LogisticRegression(C=PENALTY, max_iter=2_000, tol=1e-8).fit(design * sizes, y)
    found = fit_linear(X, y, CATEGORIES, inverse_penalty=PENALTY, number_share=0.2)
    assert found.log_odds(X) == pytest.approx(oracle.decision_function(design * sizes), abs=0.01)
    assert [abs(term.weight) for term in found.numbers] < [abs(t.weight) for t in fitted().numbers]
    whole = fit_linear(X, y, CATEGORIES, inverse_penalty=PENALTY, number_share=1.0)
    assert whole == fitted()


def test_a_larger_variance_of_the_prior_lets_the_weights_go_further() -> None:
    X, y = make_leads()
    sizes = [
        np.abs(fit_linear(X, y, CATEGORIES, inverse_penalty=c).contributions(X)[:, :-1]).sum()
        for c in (1e-6, 0.01, 0.1, 10)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < 0.01 * sizes[-1]


def test_the_design_is_that_of_scikit_learns_encoders() -> None:
    X, _ = make_leads()
    X[::9, 1] = np.nan
    model = fitted()
    design = build_design(X, model.numbers, model.categories).toarray()
    expected = encode(X, like=make_leads()[0])
    np.testing.assert_allclose(design, expected, atol=1e-9)
    assert (design[::9, 4:9] == 0).all()


def test_the_design_of_one_kind_of_column_alone() -> None:
    X, _ = make_leads()
    model = fitted()
    whole = build_design(X, model.numbers, model.categories).toarray()
    numbers = build_design(X, model.numbers, ()).toarray()
    levels = build_design(X, (), model.categories).toarray()
    assert (np.column_stack([numbers, levels]) == whole).all()
    assert levels.shape[1] == sum(len(term.weights) for term in model.categories)


def test_each_term_is_its_shapley_value() -> None:
    X, _ = make_leads()
    model = fitted()
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
    permuted = fit(X[:, order], y, [1, 3])
    expected = fitted().contributions(X)[:, [*order, 4]]
    assert permuted.contributions(X[:, order]) == pytest.approx(expected, abs=0.01)


@given(share=st.floats(0, 1), towards=st.floats(-5, 5))
def test_a_shrunk_model_goes_its_share_of_the_way(share: float, towards: float) -> None:
    X = np.vstack([make_leads()[0], odd_leads()])
    model, shrunk = fitted(), fitted().shrink(share, towards=towards)
    expected = towards + share * (model.log_odds(X) - towards)
    assert shrunk.log_odds(X) == pytest.approx(expected, abs=1e-9)
    terms = share * model.contributions(X)[:, :-1]
    assert shrunk.contributions(X)[:, :-1] == pytest.approx(terms, abs=1e-9)


def test_the_whole_way_is_the_same_model_and_none_of_it_a_constant() -> None:
    X = np.vstack([make_leads()[0], odd_leads()])
    model = fitted()
    assert model.shrink(1, towards=0.3).log_odds(X) == pytest.approx(model.log_odds(X))
    assert (model.shrink(0, towards=0.3).log_odds(X) == 0.3).all()
    assert fitted() == model, "the model itself stays as it is"
    twice = model.shrink(0.5, towards=-1).shrink(0.6, towards=-1)
    assert twice.log_odds(X) == pytest.approx(model.shrink(0.3, towards=-1).log_odds(X))


@given(st.floats(allow_infinity=False), st.integers(0, 600))
def test_no_value_is_too_odd(number: float, code: int) -> None:
    row = np.array([[number, code, np.nan, np.nan]])
    assert np.isfinite(fitted().log_odds(row)).all()


def test_a_level_never_seen_adds_nothing() -> None:
    row = make_leads()[0][:1].copy()
    row[0, 1] = 99
    assert fitted().contributions(row)[0, 1] == 0


def test_levels_not_known_teach_little_to_later_ones() -> None:
    X, y = make_leads()
    few = np.arange(N) % 25 == 0

    def weigh(code: int, decision: float) -> float:
        X[:, 1] = np.where(few, code, np.maximum(make_leads()[0][:, 1], 2))
        return fit(X, np.where(few, decision, y)).categories[0].weights[code]

    # How today's rare campaigns went is not handed on to tomorrow's as if it were theirs.
    named, others = (weigh(code, 1.0) - weigh(code, 0.0) for code in (5, OTHER_CODE))
    assert named > 1
    assert abs(others) < 0.5 * named


@pytest.mark.parametrize("value", [np.nan, 7.0])
def test_a_column_without_news_adds_nothing(value: float) -> None:
    X, y = make_leads()
    X[:, 2] = value
    assert fit(X, y).contributions(X)[:, 2] == pytest.approx(np.zeros(N))


@pytest.mark.parametrize("categories", [[], [0, 1]])
def test_only_numbers_and_only_categories(categories: list[int]) -> None:
    X, y = make_leads()
    X = X[:, [1, 3]]
    assert fit(X, y, categories).contributions(X).shape == (N, 3)


def test_round_trip() -> None:
    X = np.vstack([make_leads()[0], odd_leads()])
    model = fitted()
    again = LinearModel.from_dict(json.loads(json.dumps(model.to_dict())))
    assert again == model
    assert (again.log_odds(X) == model.log_odds(X)).all()
