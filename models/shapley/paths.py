"""Paths of a tree's leaves, merged by feature, and the groups they are cut into."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Ints
from models.shapley.compiling import compiled

Bytes = NDArray[np.uint8]

LONGEST_GROUP = 32
"""Leaves of a group at most: it bounds the work of looking for the best cuts."""


@compiled
def sort_states(columns: Ints, left_start: Ints, goes_left: Bytes, own: int, n_bins: int) -> Ints:
    """Return, for one column of a tree, the state of each bin.

    Bins that no split of the tree distinguishes share a state.

    Parameters
    ----------
    columns, left_start : ndarray of int64, shape (n_splits,)
        Of the splits of the tree.
    goes_left : ndarray of uint8
        Decisions of all splits of the model.
    own : int
        The column.
    n_bins : int
        Of that column.
    """
    state = np.zeros(n_bins, dtype=np.int64)
    n_states = 1
    for split in range(len(columns)):
        if columns[split] == own:
            start = left_start[split]
            n_states = refine(state, n_states, goes_left[start : start + n_bins])
    return state


@compiled
def refine(state: Ints, n_states: int, holds: Bytes) -> int:
    """Split the states that a condition distinguishes, in place; return the number of states."""
    # -1: not met yet. The first state met keeps its number, so that numbers stay without gaps.
    number = np.full((n_states, 2), -1, dtype=np.int64)
    found = 0
    for place in range(len(state)):
        old, side = state[place], 1 if holds[place] else 0
        if number[old, side] < 0:
            number[old, side] = found
            found += 1
        state[place] = number[old, side]
    return found


@compiled
def order_leaves(left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the leaves from left to right, and each split's and leaf's parent.

    A parent is written as split number times 2, plus 1 for the right side; the root's is -1.
    """
    order = np.empty(len(left) + 1, dtype=np.int64)
    split_parent = np.full(len(left), -1, dtype=np.int64)
    leaf_parent = np.full(len(left) + 1, -1, dtype=np.int64)
    # A stack instead of recursion: an unbalanced tree is as deep as it has splits.
    waiting = np.empty(len(left) + 1, dtype=np.int64)
    waiting[0], n_waiting, n_found = 0, 1, 0
    while n_waiting:
        n_waiting -= 1
        node = waiting[n_waiting]
        if node < 0:
            order[n_found] = -1 - node
            n_found += 1
            continue
        for side in range(2):
            child = left[node] if side == 0 else right[node]
            if child < 0:
                leaf_parent[-1 - child] = 2 * node + side
            else:
                split_parent[child] = 2 * node + side
        # The left side on top, so that leaves come out from left to right.
        waiting[n_waiting] = right[node]
        waiting[n_waiting + 1] = left[node]
        n_waiting += 2
    return order, split_parent, leaf_parent


@compiled
def merge_paths(
    place: Ints, left: Ints, right: Ints, count: Floats, leaf_count: Floats,
    left_start: Ints, goes_left: Bytes, examples: Ints, n_states: Ints,
) -> tuple[Ints, Floats, Bytes]:  # fmt: skip
    """Return the leaves from left to right and the condition of each on each column.

    Parameters
    ----------
    place : ndarray of int64, shape (n_splits,)
        Which of the tree's columns each split asks.
    left, right, count, leaf_count, left_start
        Of the tree's splits and leaves.
    goes_left : ndarray of uint8
        Decisions of all splits of the model.
    examples : ndarray of int64, shape (n_columns, most states)
        A bin of each state.
    n_states : ndarray of int64, shape (n_columns,)

    Returns
    -------
    order : ndarray of int64, shape (n_leaves,)
    share : ndarray of float64, shape (n_leaves, n_columns)
        Share of the training rows that went on at the splits of this column; below 0 where the
        path does not ask the column.
    holds : ndarray of uint8, shape (n_leaves, n_columns, most states)
        1 where a state meets all that the path asks of the column.
    """
    order, split_parent, leaf_parent = order_leaves(left, right)
    n_leaves = len(order)
    share = np.full((n_leaves, len(n_states)), -1.0)
    holds = np.ones((n_leaves, len(n_states), examples.shape[1]), dtype=np.uint8)
    for i in range(n_leaves):
        came_by = leaf_count[order[i]]
        parent = leaf_parent[order[i]]
        while parent >= 0:
            split, side = parent // 2, parent % 2
            own = place[split]
            # Splits on one column along a path act as one: shares multiply, conditions add up.
            ratio = came_by / count[split]
            share[i, own] = ratio if share[i, own] < 0 else share[i, own] * ratio
            for state in range(n_states[own]):
                decided = goes_left[left_start[split] + examples[own, state]]
                if decided == side:  # sent to the other side
                    holds[i, own, state] = 0
            came_by, parent = count[split], split_parent[split]
    return order, share, holds


@compiled
def cut_groups(
    share: Floats, holds: Bytes, n_states: Ints, largest: int, largest_leaf: int, prices: Floats
) -> tuple[Ints, Ints]:
    """Cut the leaves, from left to right, into groups of the least price.

    Neighbours share most of their path, so one table indexed by the states of a group's columns
    costs little more to look up than that of one leaf.

    Parameters
    ----------
    share, holds
        As `merge_paths` returns them.
    n_states : ndarray of int64, shape (n_columns,)
    largest, largest_leaf : int
        Entries at most of the table of several leaves and of one.
    prices : ndarray of float64, shape (4,)
        Of a group, of each of its columns, of each state beyond a column's first, and of each
        entry of its table: relative times per row.

    Returns
    -------
    starts : ndarray of int64, shape (n_groups + 1,)
    cells : ndarray of int64, shape (n_groups,)
        Of the group's table, its entries times its columns; 0 for a single leaf that would need
        too large a one.
    """
    n_leaves, n_columns = share.shape
    # Dynamic programming: the best cut of the leaves up to `end` is the best one up to some
    # `start`, and one more group.
    best = np.full(n_leaves + 1, np.inf)
    best[0] = 0.0
    back = np.zeros(n_leaves + 1, dtype=np.int64)
    cells = np.zeros(n_leaves + 1, dtype=np.int64)
    state = np.empty((n_columns, holds.shape[2]), dtype=np.int64)
    found = np.empty(n_columns, dtype=np.int64)
    for start in range(n_leaves):
        state[:] = 0
        found[:] = 0
        for end in range(start + 1, min(start + LONGEST_GROUP, n_leaves) + 1):
            most = largest if end > start + 1 else largest_leaf
            size, n_asked, n_more = 1, 0, 0
            for own in range(n_columns):
                if share[end - 1, own] >= 0:
                    known = n_states[own]
                    found[own] = refine(
                        state[own, :known], max(found[own], 1), holds[end - 1, own, :known]
                    )
                # Capped just above the limit, so that the product cannot overflow.
                if found[own]:
                    size = min(size * found[own], most + 1)
                    n_asked += 1
                    n_more += found[own] - 1
            price = prices[0] + prices[1] * n_asked + prices[2] * n_more + prices[3] * size
            if size > most:
                if end > start + 1:
                    break  # a group only grows with more leaves
                # A single leaf without a table is worked out row by row, column against column.
                size, price = 0, prices[0] + prices[1] * n_asked * n_asked
            if best[start] + price < best[end]:
                best[end] = best[start] + price
                back[end], cells[end] = start, size * n_asked
            if size == 0:
                break
    return follow_back(back, cells)


@compiled
def follow_back(back: Ints, cells: Ints) -> tuple[Ints, Ints]:
    """Return the starts and cells of the groups that lead to the end at the least price."""
    n_groups, end = 0, len(back) - 1
    while end:
        n_groups, end = n_groups + 1, back[end]
    starts = np.empty(n_groups + 1, dtype=np.int64)
    own_cells = np.empty(n_groups, dtype=np.int64)
    end = len(back) - 1
    for group in range(n_groups, 0, -1):
        starts[group], own_cells[group - 1] = end, cells[end]
        end = back[end]
    starts[0] = 0
    return starts, own_cells
