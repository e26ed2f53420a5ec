"""Groups of leaves, each with its own table: the model laid out for the loops over rows.

What a leaf contributes depends only on which of its path's conditions a row meets, so it can be
tabulated, as WOODELF does. Here neighbouring leaves share a table, whose entries are the
combinations of the states that their columns can be in.

References
----------
Nadel, Wettenstein (2025), "From Decision Trees to Boolean Logic: A Fast and Unified SHAP
Algorithm".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Ints
from models.shapley.bins import Bins
from models.shapley.paths import Bytes, cut_groups, merge_paths, sort_states
from models.shapley.tables import quadrature, sort_group, tabulate_group
from models.shapley.trees import Trees

LARGEST = 1024
"""Entries of a group's table at most: its columns then stay in the fastest cache."""

LARGEST_LEAF = 4096
"""The same for a leaf that is alone: twelve columns, beyond which there is no table."""

MOST_CELLS = 2**26
"""Cells of all tables together: half a gigabyte. Beyond it tables are made smaller."""

SMALLEST = 16
"""Tables are not made smaller than this."""

MOST_STEPS = 12
"""Changes of state from bin to bin up to which comparing is faster than looking up."""

PRICES = np.array([2.0, 1.0, 0.1, 0.0005])
"""What `cut_groups` weighs, in passes over a column."""


@dataclass(frozen=True)
class Paths:
    """The leaves of one tree from left to right, their paths merged by column.

    Attributes
    ----------
    columns : ndarray of int64, shape (n_columns,)
        Of the model's bins; those that the tree asks.
    states : list of ndarray of int64, shape (n_bins of the column,)
        The state of each bin.
    n_states : ndarray of int64, shape (n_columns,)
    values : ndarray of float64, shape (n_leaves,)
    share, holds
        As `paths.merge_paths` returns them.
    """

    columns: Ints
    states: list[Ints]
    n_states: Ints
    values: Floats
    share: Floats
    holds: Bytes


class Groups(NamedTuple):
    """Groups of leaves with a table, for `loops.add_groups`; compiled code takes named tuples.

    The entry of a row in a group's table is the sum of what its columns say. A column says so in
    steps, each adding a change (modulo 2 ** 16) to rows above a cut, or by a list of its bins.
    `step_end`, `list_end` and `column_end` say, for each group, where its steps, lists and
    columns end. `step_cut` is of the type of bin numbers: uint16, or uint32 where a column has
    more bins than that.
    """

    step_end: Ints
    step_column: Ints
    step_cut: NDArray[Any]
    step_change: NDArray[np.uint16]
    list_end: Ints
    list_column: Ints
    list_start: Ints
    lists: NDArray[np.uint16]
    column_end: Ints
    column: Ints
    table_start: Ints
    tables: Floats


class WideLeaves(NamedTuple):
    """Leaves whose path asks too many columns for a table, for `loops.add_wide_leaves`.

    `column_end` says for each leaf where its columns end; `met` holds, from `met_start` of a
    column on, whether each of its bins meets the path's condition.
    """

    value: Floats
    column_end: Ints
    column: Ints
    share: Floats
    met_start: Ints
    met: Bytes


@dataclass(frozen=True)
class Layout:
    """Layout of a model for the loops over rows, besides its bins."""

    groups: Groups
    wide: WideLeaves
    nodes: Floats
    weights: Floats


def lay_out(trees: Trees, bins: Bins) -> Layout:
    """Return the layout of a model; its tables are made here."""
    # A tree without a split gives every row the same value, which is in the base already.
    with_splits = np.flatnonzero(np.diff(trees.split_start))
    paths = [read_paths(trees, bins, int(tree)) for tree in with_splits]
    longest = max((int((path.share >= 0).sum(axis=1).max()) for path in paths), default=0)
    # A path of k columns has a polynomial of degree k - 1, and n nodes are exact up to 2 n - 1.
    nodes, weights = quadrature((longest + 1) // 2)
    builder = _Builder(nodes, weights)
    for path, (starts, cells) in zip(paths, _cut_all(paths), strict=True):
        for start, end, has_table in zip(starts[:-1], starts[1:], cells > 0, strict=True):
            leaves = slice(start, end)
            if has_table:
                builder.add_group(path, leaves)
            else:
                builder.add_wide(path, leaves)
    return Layout(builder.groups(choose_code(bins.n_bins)), builder.wide(), nodes, weights)


def choose_code(n_bins: Ints) -> type[Any]:
    """Return the smallest type that numbers the bins of every column."""
    return np.uint16 if n_bins.max(initial=0) <= 2**16 else np.uint32


def read_paths(trees: Trees, bins: Bins, tree: int) -> Paths:
    """Return the paths of one tree, which must have a split."""
    splits = slice(trees.split_start[tree], trees.split_start[tree + 1])
    leaves = slice(trees.leaf_start[tree], trees.leaf_start[tree + 1])
    asked, left_start = bins.column[splits], bins.left_start[splits]
    columns, place = np.unique(asked, return_inverse=True)
    states = [
        sort_states(asked, left_start, bins.goes_left, column, bins.n_bins[column])
        for column in columns
    ]
    firsts = [np.unique(state, return_index=True)[1] for state in states]
    n_states = np.array([len(first) for first in firsts], dtype=np.int64)
    # One bin stands for its state: all bins of a state are decided alike by the whole tree.
    examples = np.zeros((len(columns), n_states.max()), dtype=np.int64)
    for column, first in enumerate(firsts):
        examples[column, : len(first)] = first
    order, share, holds = merge_paths(
        place, trees.left[splits], trees.right[splits], trees.count[splits],
        trees.leaf_count[leaves], left_start, bins.goes_left, examples, n_states,
    )  # fmt: skip
    return Paths(columns, states, n_states, trees.leaf_value[leaves][order], share, holds)


def _cut_all(paths: list[Paths]) -> list[tuple[Ints, Ints]]:
    """Cut the leaves of all trees into groups whose tables together are not too large."""
    largest, largest_leaf = LARGEST, LARGEST_LEAF
    while True:
        cut = [
            cut_groups(path.share, path.holds, path.n_states, largest, largest_leaf, PRICES)
            for path in paths
        ]
        total = sum(int(cells.sum()) for _, cells in cut)
        if total <= MOST_CELLS or largest <= SMALLEST:
            return cut
        # The size of all tables is known only once the leaves are cut, so it is tried.
        largest //= 2
        largest_leaf = largest


@dataclass
class _Builder:
    """Collects groups and wide leaves, one after the other."""

    nodes: Floats
    weights: Floats
    step_end: list[int] = field(default_factory=list)
    steps: list[tuple[int, int, int]] = field(default_factory=list)
    list_end: list[int] = field(default_factory=list)
    list_column: list[int] = field(default_factory=list)
    lists: list[Ints] = field(default_factory=list)
    column_end: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    tables: list[Floats] = field(default_factory=list)
    wide_value: list[float] = field(default_factory=list)
    wide_end: list[int] = field(default_factory=list)
    wide_column: list[int] = field(default_factory=list)
    wide_share: list[float] = field(default_factory=list)
    wide_met: list[Bytes] = field(default_factory=list)

    def add_group(self, path: Paths, leaves: slice) -> None:
        """Make the table of some neighbouring leaves, and say how its entry is found."""
        share, holds = path.share[leaves], path.holds[leaves]
        asked, state, found = sort_group(share, holds, path.n_states)
        table = tabulate_group(
            path.values[leaves], share, holds, path.n_states, asked, state, found,
            self.nodes, self.weights,
        )  # fmt: skip
        # The number of an entry has one digit per column, in the base of that column's states.
        strides = np.concatenate([[1], np.cumprod(found)[:-1]])
        for own, to_group, stride in zip(asked, state, strides, strict=True):
            column = int(path.columns[own])
            self._say(column, to_group[path.states[own]] * stride)
            self.column.append(column)
        self.tables += list(table)
        self.step_end.append(len(self.steps))
        self.list_end.append(len(self.list_column))
        self.column_end.append(len(self.column))

    def _say(self, column: int, entry: Ints) -> None:
        """Keep what each bin of a column adds to the number of the entry; the first adds 0."""
        changes = np.flatnonzero(np.diff(entry))
        if len(changes) <= MOST_STEPS:
            # Falls wrap around modulo 2 ** 16, as the sums of the loops do.
            self.steps += [
                (column, int(cut), int(entry[cut + 1] - entry[cut]) % 2**16) for cut in changes
            ]
        else:
            self.list_column.append(column)
            self.lists.append(entry)

    def add_wide(self, path: Paths, leaves: slice) -> None:
        """Keep what is needed to work out a leaf's contributions row by row."""
        (share,), (holds,) = path.share[leaves], path.holds[leaves]
        for own in np.flatnonzero(share >= 0):
            self.wide_column.append(int(path.columns[own]))
            self.wide_share.append(float(share[own]))
            self.wide_met.append(holds[own][path.states[own]])
        self.wide_value.append(float(path.values[leaves][0]))
        self.wide_end.append(len(self.wide_column))

    def groups(self, code: type[Any]) -> Groups:
        """Return what was collected of groups as flat arrays."""
        steps = np.array(self.steps, dtype=np.int64).reshape(-1, 3)
        return Groups(
            step_end=_ints(self.step_end),
            step_column=steps[:, 0].copy(),
            step_cut=steps[:, 1].astype(code),
            step_change=steps[:, 2].astype(np.uint16),
            list_end=_ints(self.list_end),
            list_column=_ints(self.list_column),
            list_start=_starts(self.lists),
            # Something has to be there to concatenate where a model has no lists, or no tables.
            lists=np.concatenate([np.empty(0), *self.lists]).astype(np.uint16),
            column_end=_ints(self.column_end),
            column=_ints(self.column),
            table_start=_starts(self.tables),
            tables=np.concatenate([np.empty(0), *self.tables]),
        )

    def wide(self) -> WideLeaves:
        """Return what was collected of wide leaves as flat arrays."""
        return WideLeaves(
            value=np.array(self.wide_value, dtype=np.float64),
            column_end=_ints(self.wide_end),
            column=_ints(self.wide_column),
            share=np.array(self.wide_share, dtype=np.float64),
            met_start=_starts(self.wide_met),
            met=np.concatenate([np.empty(0, dtype=np.uint8), *self.wide_met]),
        )


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def _starts(pieces: list[Ints] | list[Floats] | list[Bytes]) -> Ints:
    """Return where each piece starts once they are put one after the other."""
    return np.cumsum([0, *(len(piece) for piece in pieces)], dtype=np.int64)[:-1]
