"""The layout of a model: every leaf in a table or wide, and tables within their bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.shapley import groups
from models.shapley.bins import cut_columns
from models.shapley.groups import Layout, choose_code, lay_out
from models.shapley.trees import read_trees
from tests.boosters import train


@pytest.fixture(scope="module")
def model() -> Any:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(1_000, 8)), rng.integers(0, 100, 1_000)])
    return train(X, X[:, :8].sum(axis=1) + np.sin(X[:, 8]), 10, categories=(8,))


def make(model: Any) -> Layout:
    trees = read_trees(model)
    return lay_out(trees, cut_columns(trees))


def test_small_trees_share_few_tables(model: Any) -> None:
    layout = make(model)
    assert len(layout.wide.value) == 0
    assert len(layout.groups.column_end) < 10 * 31 / 3
    assert layout.groups.column_end[-1] == len(layout.groups.column)
    assert len(layout.groups.lists) > 0, "a hundred levels are looked up"


def test_tables_get_smaller_where_they_would_take_too_much_memory(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make(model)
    monkeypatch.setattr(groups, "MOST_CELLS", len(whole.groups.tables) // 3)
    layout = make(model)
    assert 0 < len(layout.groups.tables) <= len(whole.groups.tables) // 3
    assert len(layout.groups.column_end) > len(whole.groups.column_end)


def test_a_leaf_without_a_table_keeps_its_path(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "LARGEST", 1)
    monkeypatch.setattr(groups, "LARGEST_LEAF", 1)
    layout = make(model)
    assert len(layout.groups.column_end) == 0
    assert len(layout.wide.value) == len(read_trees(model).leaf_value)
    assert ((layout.wide.share > 0) & (layout.wide.share < 1)).all()


def test_columns_of_very_many_bins_get_wider_numbers(model: Any) -> None:
    assert make(model).groups.step_cut.dtype == np.uint16
    assert choose_code(np.array([3, 2**16])) is np.uint16
    assert choose_code(np.array([2**16 + 1, 3])) is np.uint32
    assert choose_code(np.empty(0, dtype=np.int64)) is np.uint16
