"""Loops over rows: bin them, find each group's entry, add its contributions.

A block of rows is taken at a time, column by column, and each loop over its rows does one simple
thing, so that the compiler can take many rows at once. Nothing is added up across rows: what a
row gets does not depend on the block it is in, to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Ints
from models.shapley.bins import ZERO
from models.shapley.compiling import compiled

if TYPE_CHECKING:
    from models.shapley.groups import Groups, WideLeaves

Codes = NDArray[Any]
"""Of uint16 or, where a column has more bins than that, uint32."""

STRIP = 64
"""Rows for which `add_wide_leaves` keeps all that it needs in the fastest cache."""


@compiled
def bin_rows(X: Floats, features: Ints, cut_start: Ints, cuts: Floats, codes: Codes) -> None:
    """Write the bin of each value, column by column.

    Parameters
    ----------
    X : ndarray of float64, shape (n, n_features)
    features, cut_start, cuts
        Of the model's bins.
    codes : ndarray of uint16 or uint32, shape (n_used, n)
        Written to.
    """
    for column in range(len(features)):
        feature = features[column]
        start, n_cuts = cut_start[column], cut_start[column + 1] - cut_start[column]
        for row in range(X.shape[0]):
            value = X[row, feature]
            if value != value:  # NaN, whose bin is the last
                codes[column, row] = n_cuts + 1
                continue
            if abs(value) <= ZERO:
                value = 0.0
            # How many cuts lie below; without a branch that the processor would have to guess.
            base, length = start, n_cuts
            while length > 1:
                half = length >> 1
                base += half if cuts[base + half - 1] < value else 0
                length -= half
            base += 1 if length == 1 and cuts[base] < value else 0
            codes[column, row] = base - start


@compiled
def add_groups(codes: Codes, totals: Floats, groups: Groups) -> None:
    """Add the contributions of the groups of leaves.

    Parameters
    ----------
    codes : ndarray of uint16 or uint32, shape (n_used, n)
        The bin of each value.
    totals : ndarray of float64, shape (n_used, n)
        Added to.
    groups : Groups
        Its `step_cut` is of the same type as `codes`.
    """
    step_end, list_end, column_end = groups.step_end, groups.list_end, groups.column_end
    step_column, step_cut, step_change = groups.step_column, groups.step_cut, groups.step_change
    list_column, list_start, lists = groups.list_column, groups.list_start, groups.lists
    column, table_start, tables = groups.column, groups.table_start, groups.tables
    n = codes.shape[1]
    entry = np.empty(n, dtype=np.uint16)
    step, listed, place = 0, 0, 0
    for group in range(len(step_end)):
        entry[:] = 0
        while step < step_end[group]:
            own, cut, change = codes[step_column[step]], step_cut[step], step_change[step]
            # Sums may pass 2 ** 16 on the way; they wrap around, and the last one is right again.
            for row in range(n):
                entry[row] += change if own[row] > cut else np.uint16(0)
            step += 1
        while listed < list_end[group]:
            own = codes[list_column[listed]]
            start = list_start[listed]
            for row in range(n):
                entry[row] += lists[start + own[row]]
            listed += 1
        while place < column_end[group]:
            total = totals[column[place]]
            start = table_start[place]
            for row in range(n):
                total[row] += tables[start + entry[row]]
            place += 1


@compiled
def add_wide_leaves(
    codes: Codes, totals: Floats, nodes: Floats, weights: Floats, wide: WideLeaves
) -> None:
    """Add the contributions of single leaves, computed for each row as `tabulate_leaf` does.

    Parameters
    ----------
    codes, totals
        As in `add_groups`.
    nodes, weights
        As `tables.quadrature` returns them.
    wide : WideLeaves
    """
    value, column_end, column = wide.value, wide.column_end, wide.column
    share, met_start, met = wide.share, wide.met_start, wide.met
    begin = 0
    for leaf in range(len(value)):
        end = column_end[leaf]
        n = end - begin
        half = (n + 1) // 2
        holds = np.empty((n, STRIP))
        factor = np.empty((n, STRIP))
        before = np.empty((n + 1, STRIP))
        after = np.empty(STRIP)
        for first in range(0, codes.shape[1], STRIP):
            rows = min(STRIP, codes.shape[1] - first)
            for j in range(n):
                own, start = codes[column[begin + j]], met_start[begin + j]
                for row in range(rows):
                    holds[j, row] = met[start + own[first + row]]
            for node in range(half):
                u = nodes[half, node]
                before[0] = weights[half, node] * value[leaf]
                for j in range(n):
                    out = share[begin + j] * (1.0 - u)
                    for row in range(rows):
                        factor[j, row] = out + holds[j, row] * u
                        before[j + 1, row] = before[j, row] * factor[j, row]
                after[:] = 1.0
                for j in range(n - 1, -1, -1):
                    total, part = totals[column[begin + j]], share[begin + j]
                    for row in range(rows):
                        gain = (holds[j, row] - part) * before[j, row] * after[row]
                        total[first + row] += gain
                        after[row] *= factor[j, row]
        begin = end


@compiled
def write_rows(totals: Floats, features: Ints, base: float, out: Floats) -> None:
    """Write totals, which are column by column, and the base into rows.

    Parameters
    ----------
    totals : ndarray of float64, shape (n_used, n)
    features : ndarray of int64, shape (n_used,)
    base : float
    out : ndarray of float64, shape (n, n_features + 1)
    """
    last = out.shape[1] - 1
    for row in range(out.shape[0]):
        out[row] = 0.0
        for column in range(len(features)):
            out[row, features[column]] = totals[column, row]
        out[row, last] = base
