"""Paths and groups: every state takes one leaf, every leaf is in one group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.shapley.bins import cut_columns
from models.shapley.groups import PRICES, read_paths
from models.shapley.paths import LONGEST_GROUP, cut_groups, order_leaves, refine
from models.shapley.trees import read_trees
from tests.boosters import problems

numbers = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=20)


@given(told=numbers)
def test_refining_tells_apart_what_either_told_apart(told: list[tuple[int, bool]]) -> None:
    _, start = np.unique([old for old, _ in told], return_inverse=True)
    state, holds = start.astype(np.int64), np.array([hold for _, hold in told], dtype=np.uint8)
    n = refine(state, int(start.max()) + 1, holds)
    assert sorted(set(state)) == list(range(n))
    pairs = set(zip(state.tolist(), start.tolist(), holds.tolist(), strict=True))
    assert len(pairs) == n == len({pair[1:] for pair in pairs})
    assert state[0] == 0


def test_leaves_come_from_left_to_right() -> None:
    left, right = np.array([1, -1, -3]), np.array([2, -2, -4])
    order, split_parent, leaf_parent = order_leaves(left, right)
    assert order.tolist() == [0, 1, 2, 3]
    assert split_parent.tolist() == [-1, 0, 1]
    assert leaf_parent.tolist() == [2, 3, 4, 5]


@given(problem=problems(most_features=3))
@settings(max_examples=30)
def test_a_row_meets_all_that_its_leaf_asks_and_no_other_leaf(
    problem: tuple[Any, np.ndarray],
) -> None:
    model, X = problem
    trees = read_trees(model)
    bins = cut_columns(trees)
    leaves = model.predict(X, pred_leaf=True)
    from tests.models.shapley.test_bins import bin_all

    _, codes = bin_all(model, X)
    for tree in np.flatnonzero(np.diff(trees.split_start)):
        path = read_paths(trees, bins, int(tree))
        meets = np.ones((len(path.values), len(X)), dtype=bool)
        for place, column in enumerate(path.columns):
            meets &= path.holds[:, place, path.states[place][codes[column]]] == 1
        assert (meets.sum(axis=0) == 1).all()
        taken = path.values[meets.argmax(axis=0)]
        assert (taken == trees.leaf_value[trees.leaf_start[tree] + leaves[:, tree]]).all()


@given(problem=problems(), largest=st.sampled_from([1, 8, 64, 1024]))
@settings(max_examples=30)
def test_groups_hold_each_leaf_once_and_stay_small(
    problem: tuple[Any, np.ndarray], largest: int
) -> None:
    trees = read_trees(problem[0])
    bins = cut_columns(trees)
    for tree in np.flatnonzero(np.diff(trees.split_start)):
        path = read_paths(trees, bins, int(tree))
        starts, cells = cut_groups(path.share, path.holds, path.n_states, largest, largest, PRICES)
        assert starts[0] == 0 and starts[-1] == len(path.values)
        lengths = np.diff(starts)
        assert (lengths > 0).all() and (lengths <= LONGEST_GROUP).all()
        assert (cells <= largest * len(path.columns)).all()
        assert (lengths[cells == 0] == 1).all()


@given(problem=problems(most_features=3))
@settings(max_examples=20)
def test_shares_multiply_to_that_of_the_leaf(problem: tuple[Any, np.ndarray]) -> None:
    trees = read_trees(problem[0])
    bins = cut_columns(trees)
    for tree in np.flatnonzero(np.diff(trees.split_start)):
        path = read_paths(trees, bins, int(tree))
        reached = np.where(path.share < 0, 1.0, path.share).prod(axis=1)
        leaves = slice(trees.leaf_start[tree], trees.leaf_start[tree + 1])
        expected = trees.leaf_count[leaves] / trees.count[trees.split_start[tree]]
        assert sorted(reached) == pytest.approx(sorted(expected))
