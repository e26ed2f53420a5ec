"""AUC and average precision: as scikit-learn has them, with ties, weights and many draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from models.evaluation.ranking import area_under_roc, average_precision, ends_of_ties

LEADS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 3)), min_size=2, max_size=40
)


def count(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Accepted and rejected leads at or above each score."""
    order = np.argsort(-p, kind="stable")
    last = ends_of_ties(p[order])
    accepted, rejected = ((weights * side)[..., order] for side in (y, 1 - y))
    return np.cumsum(accepted, axis=-1)[..., last], np.cumsum(rejected, axis=-1)[..., last]


@given(LEADS)
def test_they_are_those_of_scikit_learn(leads: list[tuple[int, int, int]]) -> None:
    y, p, weights = (np.array(part, dtype=float) for part in zip(*leads, strict=True))
    assume(0 < weights @ y < weights.sum())
    counts = count(y, p, weights)
    assert area_under_roc(*counts) == pytest.approx(roc_auc_score(y, p, sample_weight=weights))
    precision = average_precision_score(y, p, sample_weight=weights)
    assert average_precision(*counts) == pytest.approx(precision)


def test_each_draw_is_measured_as_if_it_were_alone() -> None:
    rng = np.random.default_rng(3)
    y, p = rng.integers(0, 2, 60).astype(float), rng.integers(0, 9, 60) / 9
    weights = rng.poisson(1.0, (5, 60)).astype(float)
    together = count(y, p, weights)
    for measure in (area_under_roc, average_precision):
        alone = [float(measure(*count(y, p, each))) for each in weights]
        assert measure(*together).tolist() == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_without_both_answers_there_is_no_area(answer: float) -> None:
    counts = count(np.full(4, answer), np.arange(4.0), np.ones(4))
    assert np.isnan(area_under_roc(*counts))
    precision = float(average_precision(*counts))
    assert precision == 1.0 if answer else np.isnan(precision)


@given(LEADS)
def test_the_order_of_the_rows_does_not_matter(leads: list[tuple[int, int, int]]) -> None:
    y, p, weights = (np.array(part, dtype=float) for part in zip(*leads, strict=True))
    assume(0 < weights @ y < weights.sum())
    turned = count(y[::-1], p[::-1], weights[::-1])
    for measure in (area_under_roc, average_precision):
        assert measure(*turned) == pytest.approx(float(measure(*count(y, p, weights))))


def test_a_run_of_equal_scores_ends_where_the_next_begins() -> None:
    assert ends_of_ties(np.array([3.0, 3.0, 2.0, 1.0, 1.0])).tolist() == [1, 2, 4]
