"""Steps from the average lead to one score: exact ends, each in its own direction."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import special

from models.reasons.waterfall import compute_waterfall

MOVED = arrays.arrays(
    np.float64,
    st.tuples(st.integers(0, 12), st.integers(1, 9)),
    elements=st.floats(-4, 4, allow_subnormal=False),
)


def probability(log_odds: np.ndarray) -> np.ndarray:
    """A calibration."""
    return np.asarray(special.expit(0.3 + 0.9 * log_odds), dtype=np.float64)


def step_slowly(moved: np.ndarray, base: float) -> np.ndarray:
    """Lead by lead and topic by topic."""
    steps = np.zeros_like(moved)
    for row in range(len(moved)):
        reached = base
        for topic in sorted(range(moved.shape[1]), key=lambda i: -abs(moved[row, i])):
            before = float(probability(np.array([reached]))[0])
            reached += moved[row, topic]
            steps[row, topic] = float(probability(np.array([reached]))[0]) - before
    return steps


@given(MOVED, st.floats(-3, 3))
def test_steps_lead_to_the_probability(moved: np.ndarray, base: float) -> None:
    steps = compute_waterfall(moved, base, probability=probability)
    assert steps.shape == moved.shape
    average = probability(np.array([base]))[0]
    np.testing.assert_allclose(
        average + steps.sum(axis=1), probability(base + moved.sum(axis=1)), atol=1e-12
    )
    assert (np.sign(steps) * np.sign(moved) >= 0).all()
    np.testing.assert_allclose(steps, step_slowly(moved, base), atol=1e-12)
