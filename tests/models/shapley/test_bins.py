"""Bins: no split of the model tells apart what is in one bin."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings

from models.shapley.bins import cut_columns, goes_left
from models.shapley.loops import bin_rows
from models.shapley.trees import read_trees
from tests.boosters import problems, train, turns_left


def bin_all(model: Any, X: np.ndarray) -> tuple[Any, np.ndarray]:
    bins = cut_columns(read_trees(model))
    codes = np.empty((len(bins.features), len(X)), dtype=np.uint16)
    bin_rows(X, bins.features, bins.cut_start, bins.cuts, codes)
    return bins, codes


@given(problem=problems())
@settings(max_examples=40)
def test_splits_decide_by_the_bin_as_by_the_value(problem: tuple[Any, np.ndarray]) -> None:
    model, X = problem
    bins, codes = bin_all(model, X)
    trees = read_trees(model)
    for number, tree in enumerate(model.dump_model()["tree_info"]):
        waiting = [tree["tree_structure"]]
        while waiting:
            node = waiting.pop()
            if "split_index" not in node:
                continue
            waiting += [node["left_child"], node["right_child"]]
            at = trees.split_start[number] + node["split_index"]
            decided = bins.goes_left[bins.left_start[at] + codes[bins.column[at]]]
            for value, got in zip(X, decided, strict=True):
                assert got == turns_left(node, value), (value, node)


def test_an_infinite_number_stays_with_the_numbers() -> None:
    """Numbers are split from missing values at infinity, for which JSON has no word."""
    missing = np.arange(400) % 2 == 0
    numbers = np.where(np.arange(400) % 5 == 0, np.inf, np.arange(400) - 200.0)
    X = np.where(missing, np.nan, numbers)[:, np.newaxis]
    model = train(X, missing.astype(float))
    assert model.dump_model()["tree_info"][0]["tree_structure"]["threshold"] == 1e300
    bins, codes = bin_all(model, X)
    decided = bins.goes_left[bins.left_start[0] + codes[0]]
    assert decided.tolist() == (~missing).tolist()
    raw = model.predict(X, raw_score=True)
    assert len({raw[i] for i in np.flatnonzero(~missing)}) == 1


def test_bins_are_told_apart_by_some_split() -> None:
    X = np.random.default_rng(0).normal(size=(200, 2))
    bins = cut_columns(read_trees(train(X, X[:, 0] + X[:, 1])))
    for place in range(2):
        splits = np.flatnonzero(bins.column == place)
        n = bins.n_bins[place]
        seen = np.array([bins.goes_left[bins.left_start[s] :][:n] for s in splits])
        assert len(np.unique(seen[:, :-1], axis=1).T) == n - 1  # the last one is NaN


def test_the_interpreted_rule_is_the_compiled_one() -> None:
    words = np.array([0b1011, 1 << 31], dtype=np.int64)
    values = [np.nan, np.inf, -np.inf, 0.0, 1e-36, -0.5, -1.0, 1.9, 2.0, 63.0, 64.0, 2.0**31, 5e9]
    for rule in range(12):
        for value in values:
            asked = (value, 0.5, rule, words)
            assert goes_left(*asked) == goes_left.py_func(*asked)  # type: ignore[attr-defined]
