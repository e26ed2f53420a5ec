"""The prior of numbers: its evidence is the integral it stands for, and it follows the leads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.special import expit, logsumexp
from scipy.stats import norm

from models.estimator.components import Hyperparameters
from models.estimator.lead_quality import LeadQualityModel
from models.estimator.linear import build_design, describe_terms, prior_shares
from models.estimator.number_prior import (
    FEW_LEADS,
    POSITIVE,
    SHARES,
    choose_number_share,
    estimate_log_evidence,
)

DEFAULT = Hyperparameters()
LEVELS = (0,)


def draw(
    n: int, *, noise: int = 0, effect: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A category that counts, a number that counts by `effect`, and numbers of no worth."""
    rng = np.random.default_rng(seed)
    worth = np.r_[0.0, 0.0, rng.normal(0, 0.7, 6)]
    level, number = rng.integers(2, 8, n), rng.normal(size=n)
    y = rng.random(n) < expit(worth[level] + effect * number)
    return np.column_stack([level, number, rng.normal(size=(n, noise))]), y.astype(float)


@pytest.mark.parametrize("share", [1.0, 0.1])
def test_the_evidence_is_the_integral_over_weight_and_base(share: float) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=120)
    y = (rng.random(120) < expit(0.5 * x - 0.3)).astype(float)
    found = estimate_log_evidence(
        sparse.csr_matrix(x[:, None]), y, np.array([share]), inverse_penalty=0.1
    )
    weights, bases = np.linspace(-1.2, 1.8, 121), np.linspace(-1.6, 1, 121)
    log_odds = weights[:, None, None] * x + bases[:, None]
    joint = (y * log_odds - np.logaddexp(0, log_odds)).sum(axis=2)
    joint += norm.logpdf(weights, scale=np.sqrt(0.1 * share))[:, None]
    cell = np.log((weights[1] - weights[0]) * (bases[1] - bases[0]))
    # The flat prior of the base: its constant was left out.
    assert found + np.log(2 * np.pi) / 2 == pytest.approx(logsumexp(joint) + cell, abs=0.02)


def test_numbers_of_no_worth_are_held_and_one_that_counts_is_not() -> None:
    X, y = draw(300, noise=40)
    assert choose_number_share(X, y, LEVELS, DEFAULT).number_share == min(SHARES)
    X, y = draw(300, effect=1.5)
    assert choose_number_share(X, y, LEVELS, DEFAULT).number_share == 1.0


def test_a_smaller_share_needs_positive_evidence() -> None:
    kept = 0
    for seed in range(8):
        X, y = draw(150, noise=6, effect=0.2, seed=seed)
        numbers, levels = describe_terms(X, LEVELS)
        design = build_design(X, numbers, levels)
        whole, *gains = (
            estimate_log_evidence(
                design,
                y,
                prior_shares(numbers, levels, number_share=share),
                inverse_penalty=DEFAULT.inverse_penalty,
            )
            for share in (1.0, *SHARES)
        )
        best = int(np.argmax(gains))
        kept += 0 < gains[best] - whole < POSITIVE
        expected = SHARES[best] if gains[best] >= whole + POSITIVE else 1.0
        assert choose_number_share(X, y, LEVELS, DEFAULT).number_share == expected
    assert 0 < kept < 8, "both cases occur"


def test_categories_alone_and_many_leads_leave_the_default() -> None:
    X, y = draw(300)
    assert choose_number_share(X[:, :1], y, LEVELS, DEFAULT) == DEFAULT
    many, decisions = draw(FEW_LEADS, noise=5)
    assert choose_number_share(many, decisions, LEVELS, DEFAULT) is DEFAULT
    fewer = choose_number_share(many[1:], decisions[1:], LEVELS, DEFAULT)
    assert fewer.number_share < 1.0, "one lead less, and they are few"


def test_a_share_that_somebody_chose_stays() -> None:
    X, y = draw(300, effect=1.5)
    mine = replace(DEFAULT, number_share=0.3)
    assert choose_number_share(X, y, LEVELS, mine) is mine


@settings(max_examples=5)
@given(seed=st.integers(0, 10**6), effect=st.floats(0, 1.5))
def test_neither_the_order_of_leads_nor_of_columns_nor_units_count(
    seed: int, effect: float
) -> None:
    X, y = draw(120, noise=4, effect=effect, seed=seed)
    found = choose_number_share(X, y, LEVELS, DEFAULT)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(y)), rng.permutation(X.shape[1])
    moved = [int(np.flatnonzero(columns == 0)[0])]
    assert choose_number_share(X[rows][:, columns], y[rows], moved, DEFAULT) == found
    units = np.r_[1.0, rng.lognormal(0, 3, X.shape[1] - 1)]
    assert choose_number_share(X * units, y, LEVELS, DEFAULT) == found


def test_a_model_of_few_leads_keeps_the_share_and_stays_exact() -> None:
    X, y = draw(400, noise=30)
    model = LeadQualityModel().fit(X, y, categories=LEVELS)
    share = model.hyperparameters_.number_share
    assert share == choose_number_share(X, y, LEVELS, DEFAULT).number_share < 1.0
    assert np.allclose(model.contributions(X).sum(axis=1), model.log_odds(X), atol=1e-6)
    again = LeadQualityModel.from_stored(*model.to_stored())
    assert again.hyperparameters_ == model.hyperparameters_
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    other, answers = draw(300, noise=30, seed=3)
    refitted = model.refit(other, answers, model.rolling_origin_, categories=LEVELS)
    assert refitted.hyperparameters_.number_share == share
    assert "number_share" not in DEFAULT.to_dict(), "large models are stored as they were"
