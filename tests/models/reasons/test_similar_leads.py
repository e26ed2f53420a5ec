"""Similar past leads: the nearest of those decided before, and never a later one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reasons.similar_leads import NONE, find_similar


def draw(seed: int, n: int, n_topics: int = 6, *, levels: int | None = None) -> np.ndarray:
    """Contributions; with `levels` many leads are exactly alike."""
    rng = np.random.default_rng(seed)
    if levels is None:
        return rng.normal(size=(n, n_topics)).astype(np.float32)
    return rng.integers(0, levels, (n, n_topics)).astype(np.float32)


def find_slowly(
    leads: np.ndarray,
    handed_over: np.ndarray,
    past: np.ndarray,
    known: np.ndarray,
    count: int = 5,
    max_past: int = 10_000,
) -> np.ndarray:
    """Lead by lead, every past lead in turn."""
    rows = []
    in_order = np.argsort(known, kind="stable")
    for lead, moment in zip(leads.astype(float), handed_over, strict=True):
        usable = [place for place in in_order if known[place] < moment][-max_past:]
        far = [float(((lead - past[place].astype(float)) ** 2).sum()) for place in usable]
        nearest = [usable[i] for i in np.argsort(far, kind="stable")[:count]]
        rows.append(nearest + [NONE] * (count - len(nearest)))
    return np.array(rows, dtype=np.int64).reshape(len(leads), count)


@pytest.mark.parametrize("levels", [None, 2])
@pytest.mark.parametrize("max_past", [10_000, 40])
def test_the_nearest_of_all_known_before(levels: int | None, max_past: int) -> None:
    rng = np.random.default_rng(4)
    leads, past = draw(1, 700, levels=levels), draw(2, 300, levels=levels)
    moments, known = rng.integers(0, 200, 700).astype(float), rng.integers(0, 200, 300) + 0.0
    np.testing.assert_array_equal(
        find_similar(leads, moments, past, known, max_past=max_past),
        find_slowly(leads, moments, past, known, max_past=max_past),
    )


@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(0, 60))
def test_later_decisions_change_nothing(seed: int, n_leads: int, n_past: int) -> None:
    rng = np.random.default_rng(seed)
    leads, past = draw(seed, n_leads, levels=3), draw(seed + 1, n_past + 20, levels=3)
    moments = rng.integers(0, 50, n_leads).astype(float)
    known = np.r_[rng.integers(0, 50, n_past), np.full(20, moments.max())].astype(float)
    np.testing.assert_array_equal(
        find_similar(leads, moments, past, known),
        find_similar(leads, moments, past[:n_past], known[:n_past]),
    )


def test_a_lead_does_not_resemble_itself() -> None:
    leads, moments = draw(3, 50), np.arange(50.0)
    found = find_similar(leads, moments, leads, moments + 3)
    assert (found[:4] == NONE).all()
    assert (found < np.maximum(np.arange(50) - 3, 0)[:, None]).all()


def test_where_there_is_no_past_nothing_is_found() -> None:
    leads = draw(1, 3)
    assert (find_similar(leads, np.ones(3), leads[:0], np.empty(0)) == NONE).all()
    assert find_similar(leads[:0], np.empty(0), leads, np.zeros(3)).shape == (0, 5)
