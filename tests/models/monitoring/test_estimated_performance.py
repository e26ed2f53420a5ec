"""Expected figures, against answers drawn from the probabilities and judged by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from models.monitoring.estimated_performance import (
    EstimatedPerformance,
    estimate_performance,
)

Floats = np.ndarray


def draw(p: Floats, scores: Floats, n: int = 300) -> dict[str, Floats]:
    """Figures of drawn answers, by another library."""
    rng = np.random.default_rng(7)
    top = np.argsort(-scores, kind="stable")[: round(0.1 * len(p))]
    answers = [(rng.random(len(p)) < p).astype(int) for _ in range(n)]
    return {
        "base_rate": np.array([y.mean() for y in answers]),
        "auc": np.array([roc_auc_score(y, scores) for y in answers]),
        "average_precision": np.array([average_precision_score(y, scores) for y in answers]),
        "precision_at_top": np.array([y[top].mean() for y in answers]),
    }


@pytest.mark.parametrize("shape", [(2, 3), (0.5, 0.5), (5, 5), (1, 12)])
def test_figures_are_the_mean_over_drawn_answers(shape: tuple[float, float]) -> None:
    p = np.random.default_rng(3).beta(*shape, 400).clip(0.002, 0.998)
    expected = estimate_performance(p, n_draws=600)
    assert expected is not None
    for name, drawn in draw(p, p).items():
        interval = getattr(expected, name)
        error = drawn.std() / np.sqrt(len(drawn))
        assert interval.value == pytest.approx(drawn.mean(), abs=4 * error), name
        reach = (interval.high - interval.low) / 2
        if interval.high < 1 and interval.low > 0:
            assert reach == pytest.approx(1.96 * drawn.std(), rel=0.2), name


def test_the_chance_of_each_lead_may_be_another_than_its_score() -> None:
    rng = np.random.default_rng(5)
    p = rng.beta(2, 3, 500).clip(0.01, 0.99)
    chance = (0.6 * p + 0.4 * rng.random(500)).clip(0.01, 0.99)
    expected = estimate_performance(p, chance=chance)
    assert expected is not None
    for name, drawn in draw(chance, p).items():
        assert getattr(expected, name).value == pytest.approx(drawn.mean(), abs=0.01), name


@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=60), st.integers(0, 9))
@settings(max_examples=20)
def test_the_order_of_the_leads_does_not_matter(values: list[float], seed: int) -> None:
    p = np.array(values)
    other = estimate_performance(np.random.default_rng(seed).permutation(p), n_draws=60)
    assert estimate_performance(p, n_draws=60) == other


def test_leads_scored_alike_cannot_be_told_apart() -> None:
    expected = estimate_performance(np.full(50, 0.3))
    assert isinstance(expected, EstimatedPerformance)
    assert expected.auc.value == pytest.approx(0.5)
    assert expected.base_rate.value == pytest.approx(0.3)


def test_more_leads_narrow_the_limits() -> None:
    few, many = (estimate_performance(np.tile([0.1, 0.4, 0.8], n)) for n in (20, 2_000))
    assert few is not None
    assert many is not None
    assert many.auc.high - many.auc.low < (few.auc.high - few.auc.low) / 5


def test_one_lead_tells_nothing() -> None:
    assert estimate_performance([0.4]) is None
    assert estimate_performance([]) is None


@pytest.mark.parametrize("wrong", [[0.0, 0.5], [0.5, 1.0]])
def test_certainties_are_no_probabilities(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="strictly between"):
        estimate_performance(wrong)
