"""Intervals agree with independent computations, cover the truth, and refuse what they must."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import logit
from sklearn import metrics

from features.errors import DataRefused
from models.evaluation.intervals import (
    Interval,
    auc_interval,
    average_precision_interval,
    check_probabilities,
    check_scores,
    wilson_interval,
)
from tests.samples import FEW, Floats, draw, rows_to_sample


def count_pairs(y: Floats, p: Floats) -> tuple[float, float]:
    """Return AUC and DeLong's standard error by looking at every pair."""
    yes, no = p[y == 1], p[y == 0]
    wins = np.array([[1.0 if a > b else 0.5 if a == b else 0.0 for b in no] for a in yes])
    by_yes, by_no = wins.mean(axis=1), wins.mean(axis=0)
    variance = by_yes.var(ddof=1) / len(yes) + by_no.var(ddof=1) / len(no)
    return float(wins.mean()), float(np.sqrt(variance))


@pytest.mark.parametrize("ties", [False, True])
def test_auc_is_that_of_counting_pairs(ties: bool) -> None:
    y, p = draw(150, ties=ties)
    value, error = count_pairs(y, p)
    got = auc_interval(y, p)
    assert got.value == pytest.approx(value)
    assert got.value == pytest.approx(metrics.roc_auc_score(y, p))
    reach = stats.norm.ppf(0.975) * error / (value * (1 - value))
    assert logit(got.low) == pytest.approx(logit(value) - reach)
    assert logit(got.high) == pytest.approx(logit(value) + reach)


def test_auc_interval_covers_the_true_auc() -> None:
    # Two normals one standard deviation apart have an AUC of Phi(1 / sqrt(2)).
    truth, rng, hits = stats.norm.cdf(np.sqrt(0.5)), np.random.default_rng(3), 0
    y = np.repeat([1.0, 0.0], [30, 70])
    for _ in range(400):
        got = auc_interval(y, rng.normal(size=100) + y)
        hits += got.low <= truth <= got.high
    assert 0.92 <= hits / 400 <= 0.99


def test_average_precision_and_its_interval_match_a_plain_bootstrap() -> None:
    y, p = draw(250, seed=4)
    rng = np.random.default_rng(8)
    draws = []
    for _ in range(600):
        rows = rng.integers(0, len(y), len(y))
        draws.append(metrics.average_precision_score(y[rows], p[rows]))
    got = average_precision_interval(y, p)
    assert got.value == pytest.approx(metrics.average_precision_score(y, p))
    error = np.std(draws) / (got.value * (1 - got.value))
    assert logit(got.high) - logit(got.value) == pytest.approx(1.96 * error, rel=0.15)
    assert logit(got.value) - logit(got.low) == pytest.approx(1.96 * error, rel=0.15)


def test_average_precision_interval_depends_on_the_seed_alone() -> None:
    y, p = draw()
    again = average_precision_interval(y, p, seed=1)
    assert again == average_precision_interval(y, p, seed=1)
    assert again != average_precision_interval(y, p, seed=2)


def test_resamples_are_fewer_for_many_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    y, p = draw(1_000)
    monkeypatch.setattr("models.evaluation.intervals.RESAMPLING_BUDGET", 60_000)
    asked_for_1000 = average_precision_interval(y, p, n_resamples=1_000)
    assert asked_for_1000 == average_precision_interval(y, p, n_resamples=60)
    assert asked_for_1000 != average_precision_interval(y, p, n_resamples=59)


def test_wilson_interval_is_that_of_scipy() -> None:
    pairs = [(0, 1), (1, 1), (0, 7), (7, 7), (3, 10), (499, 1_000)]
    low, high = wilson_interval([k for k, _ in pairs], [n for _, n in pairs])
    for i, (k, n) in enumerate(pairs):
        expected = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert (low[i], high[i]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_only_the_ranking_counts_for_auc_and_average_precision() -> None:
    y, p = draw(ties=True)
    stretched = logit(p) * 3 + 1
    assert auc_interval(y, stretched) == auc_interval(y, p)
    assert average_precision_interval(y, stretched) == average_precision_interval(y, p)


def test_perfect_separation_of_few_leads_is_not_taken_for_certain() -> None:
    y = np.array([0.0] * 6 + [1.0] * 4)
    assert auc_interval(y, y) == Interval(1.0, pytest.approx(0.025 ** (1 / 4)), 1.0)
    precision = average_precision_interval(y, y)
    assert precision.value == 1
    assert precision.low < 0.5
    assert auc_interval(y, -y) == Interval(0.0, 0.0, pytest.approx(1 - 0.025 ** (1 / 4)))


@pytest.mark.parametrize("n_accepted", range(2, 60))
def test_average_precision_of_a_perfect_ranking_is_bounded_by_the_accepted_leads(
    n_accepted: int,
) -> None:
    y = np.r_[np.ones(n_accepted), np.zeros(60)]
    got = average_precision_interval(y, np.linspace(1, 0, len(y)), n_resamples=5)
    assert got == Interval(1.0, pytest.approx(0.025 ** (1 / n_accepted)), 1.0)


def test_one_lead_of_a_class_says_nothing() -> None:
    y, p = np.array([0.0, 0.0, 1.0]), np.array([0.2, 0.7, 0.6])
    assert auc_interval(y, p) == Interval(0.5, 0.0, 1.0)
    assert average_precision_interval(y, p) == Interval(0.5, 0.0, 1.0)


@settings(deadline=None, max_examples=50)
@given(rows=FEW, seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[int, int]], seed: int) -> None:
    y, p = rows_to_sample(rows)
    mixed = np.random.default_rng(seed).permutation(len(y))
    for interval in (auc_interval, lambda y, p: average_precision_interval(y, p, n_resamples=20)):
        before, after = interval(y, p), interval(y[mixed], p[mixed])
        assert (after.value, after.low, after.high) == pytest.approx(
            (before.value, before.low, before.high), abs=1e-12
        )
        assert 0 <= before.low <= before.value <= before.high <= 1


@pytest.mark.parametrize("y", [[], [0, 0, 0], [1, 1, 1]])
@pytest.mark.parametrize("interval", [auc_interval, average_precision_interval])
def test_one_decision_alone_is_refused(interval: Any, y: list[int]) -> None:
    with pytest.raises(DataRefused, match="all have the same decision") as refused:
        interval(y, np.full(len(y), 0.5))
    assert refused.value.code == "one_class"


@pytest.mark.parametrize(
    ("y", "p", "words"),
    [
        ([0, 1], [0.5, np.nan], "missing"),
        ([0, 1], [0.5, np.inf], "infinite"),
        ([0, 2], [0.5, 0.5], "0 or 1"),
        ([0, np.nan], [0.5, 0.5], "0 or 1"),
        ([0, 1, 1], [0.5, 0.5], "one length"),
        ([[0, 1]], [[0.5, 0.5]], "vectors"),
    ],
)
def test_scores_that_cannot_be_judged_are_a_fault_of_the_caller(y: Any, p: Any, words: str) -> None:
    for call in (check_scores, check_probabilities, auc_interval, average_precision_interval):
        with pytest.raises(ValueError, match=words):
            call(y, p)


@pytest.mark.parametrize(
    ("y", "p", "words"), [([0], [1.5], "between"), ([1], [-0.1], "between"), ([], [], "no leads")]
)
def test_only_probabilities_of_leads_pass_for_such(y: Any, p: Any, words: str) -> None:
    check_scores(y, p)
    with pytest.raises(ValueError, match=words):
        check_probabilities(y, p)
