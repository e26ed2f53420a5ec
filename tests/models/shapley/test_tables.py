"""Tables: the Shapley values of a single leaf, by their definition."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.shapley.tables import quadrature, tabulate_leaf

NODES, WEIGHTS = quadrature(8)
shares = st.lists(st.floats(0, 1), min_size=1, max_size=5)


def enumerate_leaf(value: float, share: list[float], met: list[int]) -> list[float]:
    n = len(share)

    def worth(known: set[int]) -> float:
        return value * math.prod(met[j] if j in known else share[j] for j in range(n))

    return [
        sum(
            (worth({*chosen, i}) - worth({*chosen}))
            * math.factorial(len(chosen))
            * math.factorial(n - len(chosen) - 1)
            / math.factorial(n)
            for size in range(n)
            for chosen in itertools.combinations(set(range(n)) - {i}, size)
        )
        for i in range(n)
    ]


@given(value=st.floats(-10, 10), share=shares)
def test_a_leafs_table_is_that_of_the_definition(value: float, share: list[float]) -> None:
    half = (len(share) + 1) // 2
    table = tabulate_leaf(value, np.array(share), NODES[half], WEIGHTS[half])
    for pattern in range(2 ** len(share)):
        met = [pattern >> j & 1 for j in range(len(share))]
        assert table[pattern] == pytest.approx(enumerate_leaf(value, share, met), abs=1e-12)


@pytest.mark.parametrize("n", range(1, 9))
def test_the_rule_is_exact_for_polynomials(n: int) -> None:
    for degree in range(2 * n):
        found = (WEIGHTS[n, :n] * NODES[n, :n] ** degree).sum()
        assert found == pytest.approx(1 / (degree + 1), rel=1e-13)


def test_a_single_condition_gives_its_column_all() -> None:
    table = tabulate_leaf(2.0, np.array([0.25]), NODES[1], WEIGHTS[1])
    assert table.tolist() == [[-0.5], [1.5]]
