"""The loops over rows: bins by comparison with numpy, totals into their columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.shapley.loops import bin_rows, write_rows

numbers = st.floats(allow_nan=False)


@given(cuts=st.lists(numbers, max_size=20, unique=True), values=st.lists(st.floats(), max_size=40))
def test_a_bin_counts_the_cuts_below(cuts: list[float], values: list[float]) -> None:
    ordered = np.unique(np.array(cuts, dtype=np.float64))
    X = np.array(values, dtype=np.float64)[:, np.newaxis]
    codes = np.empty((1, len(X)), dtype=np.uint16)
    bin_rows(X, np.array([0]), np.array([0, len(ordered)]), ordered, codes)
    known = np.where(np.abs(X[:, 0]) <= np.float32(1e-35), 0.0, X[:, 0])
    expected = np.searchsorted(ordered, known, side="left")
    expected[np.isnan(known)] = len(ordered) + 1
    assert codes[0].tolist() == expected.tolist()


@pytest.mark.parametrize("kind", [np.uint16, np.uint32])
def test_bins_are_written_in_either_width(kind: type) -> None:
    X = np.array([[5.0, 1.0], [np.nan, 3.0]])
    codes = np.empty((1, 2), dtype=kind)
    bin_rows(X, np.array([0]), np.array([0, 2]), np.array([1.0, 7.0]), codes)
    assert codes.tolist() == [[1, 3]]


def test_totals_go_to_their_columns_and_the_base_is_last() -> None:
    out = np.full((2, 4), np.nan)
    write_rows(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 2]), 9.0, out)
    assert out.tolist() == [[1, 0, 3, 9], [2, 0, 4, 9]]
