"""The missed variance: large where the model misses much, small where it misses nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from models.estimator.missed_structure import MIN_LEADS, estimate_missed_variance


def draw(n: int, seed: int, *, size: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leads, decisions, and the log-odds of a model that knows all but an either-or of a size."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=(n, 3)), rng.integers(2, 5, n)])
    known = 0.8 * X[:, 0]
    missed = np.where((X[:, 1] > 0) ^ (X[:, 3] == 3), size, -size)
    y = (rng.random(n) < expit(known + missed - missed.mean())).astype(float)
    return X, y, known


def estimate(X: np.ndarray, y: np.ndarray, log_odds: np.ndarray) -> float:
    return estimate_missed_variance(X, y, [3], rows=np.arange(len(y)), log_odds=log_odds)


@pytest.mark.parametrize("size", [0.5, 1.0])
def test_a_good_part_of_what_is_missed_is_found_and_hardly_more(size: float) -> None:
    found = np.mean([estimate(*draw(3_000, seed, size=size)) for seed in range(3)])
    assert 0.5 * size**2 <= found <= 1.15 * size**2


def test_where_nothing_is_missed_little_is_found() -> None:
    found = np.mean([estimate(*draw(2_000, seed, size=0.0)) for seed in range(4)])
    assert found < 0.1


def test_it_is_never_negative_and_the_same_each_time() -> None:
    X, y, known = draw(300, 1, size=0.0)
    found = estimate(X, y, 3.0 * known)
    assert found >= 0.0
    assert estimate(X, y, 3.0 * known) == found


def test_too_few_leads_or_one_decision_show_nothing() -> None:
    X, y, known = draw(MIN_LEADS - 1, 1, size=1.0)
    assert estimate(X, y, known) == 0.0
    X, _, known = draw(200, 1, size=1.0)
    assert estimate(X, np.ones(200), known) == 0.0


def test_only_the_newest_of_very_many_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.estimator.missed_structure.MAX_LEADS", 400)
    X, y, known = draw(900, 2, size=1.0)
    changed = y.copy()
    changed[:500] = 1 - changed[:500]
    assert estimate(X, y, known) == estimate(X, changed, known)
