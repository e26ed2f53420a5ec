"""Decisions and scores as the figures take them, drawn at random or by hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Sample = tuple[Floats, Floats]

FEW = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=40
).filter(lambda rows: len({y for y, _ in rows}) == 2)  # fmt: skip


def draw(n: int = 400, *, seed: int = 0, ties: bool = False) -> Sample:
    """Return decisions drawn from calibrated probabilities."""
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(-0.5, 1.2, n))
    if ties:
        p = np.round(p, 1).clip(0.1, 0.9)
    return (rng.random(n) < p).astype(float), p


def rows_to_sample(rows: list[tuple[int, int]]) -> Sample:
    """Return drawn rows as decisions and probabilities with many ties."""
    y, tenths = np.array(rows, dtype=float).T
    return y, (tenths + 1) / 10
