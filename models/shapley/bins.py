"""Binning of columns at every split of the model: within a bin, all splits agree."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Ints
from models.shapley.compiling import compiled
from models.shapley.trees import Trees

ZERO = float(np.float32(1e-35))
"""LightGBM takes what is no further than this from zero for zero (`kZeroThreshold`)."""


@dataclass(frozen=True)
class Bins:
    """Where the columns of a model are cut, and how each split decides in each bin.

    Bin `b` of a column holds what is above `b` of its cuts: the interval from one cut, which is
    outside, to the next, which is inside. The last bin holds NaN.

    Attributes
    ----------
    features : ndarray of int64, shape (n_used,)
        The columns that any split asks, ascending.
    column : ndarray of int64, shape (n_splits,)
        Place of the split's feature in `features`.
    cut_start : ndarray of int64, shape (n_used + 1,)
    cuts : ndarray of float64
        Ascending within each column.
    n_bins : ndarray of int64, shape (n_used,)
        Bins of each column: its cuts and two more.
    left_start : ndarray of int64, shape (n_splits,)
    goes_left : ndarray of uint8
        For each split, from `left_start` on, one entry per bin of its column.
    """

    features: Ints
    column: Ints
    cut_start: Ints
    cuts: Floats
    n_bins: Ints
    left_start: Ints
    goes_left: NDArray[np.uint8]


def cut_columns(trees: Trees) -> Bins:
    """Return the bins of a model."""
    features, column = np.unique(trees.feature, return_inverse=True)
    pieces = [_find_cuts(trees, np.flatnonzero(column == place)) for place in range(len(features))]
    n_bins = np.array([len(piece) + 2 for piece in pieces], dtype=np.int64)
    left_start = np.concatenate([[0], np.cumsum(n_bins[column])]).astype(np.int64)
    goes_left = np.empty(left_start[-1], dtype=np.uint8)
    cut_start = np.concatenate([[0], np.cumsum(n_bins - 2)]).astype(np.int64)
    cuts = np.concatenate([np.empty(0), *pieces])
    decide_bins(
        column, cut_start, cuts, left_start,
        trees.threshold, trees.rule, trees.word_start, trees.word_end, trees.words,
        goes_left,
    )  # fmt: skip
    return Bins(
        features=features.astype(np.int64),
        column=column.astype(np.int64),
        cut_start=cut_start,
        cuts=cuts,
        n_bins=n_bins,
        left_start=left_start[:-1],
        goes_left=goes_left,
    )


def _find_cuts(trees: Trees, splits: Ints) -> Floats:
    """Return where the decisions of some splits, all on one column, can change."""
    rule = trees.rule[splits]
    cuts = [trees.threshold[splits[(rule & 1) == 0]]]
    if np.any(rule >> 2 == 1):
        # Such a split takes zero for missing, so what counts as zero gets a bin for itself.
        cuts.append(np.array([np.nextafter(-ZERO, -math.inf), ZERO]))
    for split in splits[(rule & 1) == 1]:
        levels = _read_levels(trees.words[trees.word_start[split] : trees.word_end[split]])
        # A code is cut down to a whole number, so level 3 is [3, 4) and level 0 is (-1, 1).
        below = np.where(levels > 0, np.nextafter(levels, -math.inf), -1.0)
        cuts += [below, np.nextafter(levels + 1.0, -math.inf)]
    return np.unique(np.concatenate(cuts))


def _read_levels(words: Ints) -> Floats:
    """Return the levels whose bits are set."""
    bits = (words[:, np.newaxis] >> np.arange(32)) & 1
    return np.flatnonzero(bits.ravel()).astype(np.float64)


@compiled
def goes_left(value: float, threshold: float, rule: int, words: Ints) -> bool:
    """Return whether a split sends a value left, by LightGBM's rules (`Tree::Decision`)."""
    if rule & 1:
        if math.isnan(value) or value <= -1.0 or value >= 2147483648.0:
            return False
        level = int(value)
        word = level >> 5
        return word < len(words) and (words[word] >> (level & 31)) & 1 == 1
    missing = rule >> 2
    if math.isnan(value) and missing != 2:
        value = 0.0  # trained without missing values: LightGBM takes one for zero
    if math.isnan(value) or (missing == 1 and abs(value) <= ZERO):
        return rule & 2 != 0
    return value <= threshold


@compiled
def decide_bins(
    column: Ints, cut_start: Ints, cuts: Floats, left_start: Ints,
    threshold: Floats, rule: Ints, word_start: Ints, word_end: Ints, words: Ints,
    decisions: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Let each split decide once for each bin of its column, by a value from the bin."""
    for split in range(len(column)):
        own = cuts[cut_start[column[split]] : cut_start[column[split] + 1]]
        bits = words[word_start[split] : word_end[split]]
        for place in range(len(own) + 2):
            # A cut is the largest value of its bin; above the last cut there is infinity, then NaN.
            value = math.nan
            if place <= len(own):
                value = own[place] if place < len(own) else math.inf
            decisions[left_start[split] + place] = goes_left(
                value, threshold[split], rule[split], bits
            )
