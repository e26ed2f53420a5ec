"""Trees of a LightGBM model as flat arrays, or the reason it cannot be explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from features.errors import ModelError
from models.arrays import Floats, Ints

if TYPE_CHECKING:
    import lightgbm


@dataclass(frozen=True)
class Trees:
    """The trees of a model, one after the other in flat arrays.

    Splits and leaves of tree `t` are those from `split_start[t]` and `leaf_start[t]` up to the
    next tree's. Children are numbered within their tree; leaf `i` is written as `-1 - i`, as in
    LightGBM's text.

    Attributes
    ----------
    n_features : int
    split_start, leaf_start : ndarray of int64, shape (n_trees + 1,)
    feature : ndarray of int64, shape (n_splits,)
    threshold : ndarray of float64, shape (n_splits,)
    rule : ndarray of int64, shape (n_splits,)
        LightGBM's `decision_type`: bit 0 categorical, bit 1 missing values go left, bits 2 and 3
        what counts as missing (0 nothing, 1 zero, 2 NaN).
    left, right : ndarray of int64, shape (n_splits,)
    count : ndarray of float64, shape (n_splits,)
        Training rows that came by.
    word_start, word_end : ndarray of int64, shape (n_splits,)
        Where the bits of a categorical split are; both 0 for others.
    words : ndarray of int64
        32 levels each; a set bit sends the level left.
    leaf_value, leaf_count : ndarray of float64, shape (n_leaves,)
    """

    n_features: int
    split_start: Ints
    leaf_start: Ints
    feature: Ints
    threshold: Floats
    rule: Ints
    left: Ints
    right: Ints
    count: Floats
    word_start: Ints
    word_end: Ints
    words: Ints
    leaf_value: Floats
    leaf_count: Floats

    @property
    def n_trees(self) -> int:
        """Number of trees, those without a split included."""
        return len(self.split_start) - 1

    def expected_value(self) -> float:
        """Return the mean raw score of the training rows: the base of the contributions."""
        base = 0.0
        for tree in range(self.n_trees):
            leaves = slice(self.leaf_start[tree], self.leaf_start[tree + 1])
            values, counts = self.leaf_value[leaves], self.leaf_count[leaves]
            split = self.split_start[tree]
            total = self.count[split] if len(values) > 1 else 1.0
            base += float((values * counts / total).sum()) if len(values) > 1 else float(values[0])
        return base


def read_trees(booster: lightgbm.Booster) -> Trees:
    """Return the trees that the booster predicts with.

    Raises
    ------
    ModelError
        When the model has several outputs, linear leaves, or no counts of training rows.
    """
    header, *sections = _split_text(booster.model_to_string())
    if int(header.get("num_tree_per_iteration", "1")) != 1:
        _refuse(
            "it has several outputs per row", expected="one output, such as that of two classes"
        )
    parts = [_read_tree(section) for section in sections]
    return _join(parts, n_features=int(header["max_feature_idx"]) + 1)


def _split_text(text: str) -> list[dict[str, str]]:
    """Return the header and each tree of a model's text as a dict of its lines."""
    blocks: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        if line == "end of trees":
            break
        key, _, value = line.partition("=")
        if key == "Tree":
            blocks.append({})
        blocks[-1][key] = value
    return blocks


def _read_tree(section: dict[str, str]) -> dict[str, NDArray[Any]]:
    if section.get("is_linear", "0") != "0":
        _refuse(
            "its leaves are linear models", expected="leaves with one value (linear_tree=false)"
        )
    n_splits = int(section["num_leaves"]) - 1
    if n_splits == 0:  # LightGBM writes little more than the value of such a tree
        section = {"leaf_value": section["leaf_value"], "leaf_count": "1"}

    def floats(key: str) -> Floats:
        return np.array(section.get(key, "").split(), dtype=np.float64)

    def ints(key: str) -> Ints:
        return np.array(section.get(key, "").split(), dtype=np.int64)

    count, leaf_count = floats("internal_count"), floats("leaf_count")
    if len(count) != n_splits or len(leaf_count) != n_splits + 1 or np.any(count <= 0):
        _refuse("it does not say how many training rows came by each split", expected="counts")
    rule, threshold = ints("decision_type"), floats("threshold")
    categorical = (rule & 1) == 1
    # The threshold of a categorical split is the number of its set of levels.
    place = np.where(categorical, threshold, 0).astype(np.int64)
    boundaries = ints("cat_boundaries") if categorical.any() else np.zeros(2, dtype=np.int64)
    return {
        "feature": ints("split_feature"),
        "threshold": threshold,
        "rule": rule,
        "left": ints("left_child"),
        "right": ints("right_child"),
        "count": count,
        "word_start": np.where(categorical, boundaries[place], 0),
        "word_end": np.where(categorical, boundaries[place + 1], 0),
        "words": ints("cat_threshold"),
        "leaf_value": floats("leaf_value"),
        "leaf_count": leaf_count,
    }


def _join(parts: list[dict[str, NDArray[Any]]], *, n_features: int) -> Trees:
    """Return the trees one after the other, each pointing to its own words."""

    def starts(key: str) -> Ints:
        return np.cumsum([0, *(len(part[key]) for part in parts)], dtype=np.int64)

    def joined(key: str, kind: type, shift: Ints | None = None) -> NDArray[Any]:
        offsets = np.zeros(len(parts), dtype=np.int64) if shift is None else shift
        pieces = [part[key] + offset for part, offset in zip(parts, offsets, strict=False)]
        return np.concatenate([np.empty(0, dtype=kind), *pieces]).astype(kind)

    words = starts("words")
    floats = {key: joined(key, np.float64) for key in ("threshold", "count")}
    leaves = {key: joined(key, np.float64) for key in ("leaf_value", "leaf_count")}
    ints = {key: joined(key, np.int64) for key in ("feature", "rule", "left", "right", "words")}
    bits = {key: joined(key, np.int64, words) for key in ("word_start", "word_end")}
    return Trees(
        n_features=n_features,
        split_start=starts("feature"),
        leaf_start=starts("leaf_value"),
        **floats,
        **leaves,
        **ints,
        **bits,
    )


def _refuse(why: str, *, expected: str) -> NoReturn:
    raise ModelError(
        f"the trees of the model cannot be explained: {why}",
        expected=expected,
        next_step="Train again without that option",
    )
