"""Tables of exact Shapley values of leaves, for every state their columns can be in."""

from __future__ import annotations

import numpy as np

from models.arrays import Floats, Ints
from models.shapley.compiling import compiled
from models.shapley.paths import Bytes, refine


def quadrature(most: int) -> tuple[Floats, Floats]:
    """Return nodes and weights on [0, 1] that integrate polynomials exactly.

    Row `n` is that of the Gauss-Legendre rule with `n` nodes, exact up to degree `2 n - 1`.

    Returns
    -------
    nodes, weights : ndarray of float64, shape (most + 1, most)
    """
    nodes, weights = np.zeros((2, most + 1, most))
    for n in range(1, most + 1):
        at, weight = np.polynomial.legendre.leggauss(n)
        nodes[n, :n], weights[n, :n] = (at + 1.0) / 2.0, weight / 2.0
    return nodes, weights


@compiled
def tabulate_leaf(value: float, share: Floats, nodes: Floats, weights: Floats) -> Floats:
    """Return the contribution of each column of a path, for each pattern of conditions met.

    A coalition that holds each column with probability `u`, independently, reaches the leaf with
    the product over the columns of `share (1 - u) + u` where the row meets the column's condition
    and `share (1 - u)` where it does not. The Shapley value of a column is the integral over `u`
    of what it adds to the product of the others (Owen's multilinear extension). That is a
    polynomial of degree below the number of columns, so the quadrature is exact; all its terms
    are of one sign, so nothing cancels.

    Parameters
    ----------
    value : float
        Of the leaf.
    share : ndarray of float64, shape (n,)
        Of the training rows that meet the condition of each column on the path.
    nodes, weights : ndarray of float64, shape (at least n / 2,)

    Returns
    -------
    ndarray of float64, shape (2 ** n, n)
        Bit `j` of the row's number says that the condition of column `j` is met.

    References
    ----------
    Owen (1972), "Multilinear Extensions of Games".
    Lundberg, Erion, Lee (2018), "Consistent Individualized Feature Attribution for Tree
    Ensembles".
    """
    n = len(share)
    table = np.zeros((1 << n, n))
    factor = np.empty((2, n))
    # Products from the left are kept and those from the right carried along. Dividing the whole
    # product by one factor would fail where a factor is 0.
    before = np.empty(n + 1)
    for node in range((n + 1) // 2):
        u = nodes[node]
        for column in range(n):
            factor[0, column] = share[column] * (1.0 - u)
            factor[1, column] = factor[0, column] + u
        for pattern in range(1 << n):
            before[0] = weights[node] * value
            for column in range(n):
                before[column + 1] = before[column] * factor[(pattern >> column) & 1, column]
            after = 1.0
            for column in range(n - 1, -1, -1):
                met = (pattern >> column) & 1
                table[pattern, column] += (met - share[column]) * before[column] * after
                after *= factor[met, column]
    return table


@compiled
def sort_group(share: Floats, holds: Bytes, n_states: Ints) -> tuple[Ints, Ints, Ints]:
    """Return which columns a group of leaves asks, their states there, and how many.

    Returns
    -------
    asked : ndarray of int64, shape (n_asked,)
    state : ndarray of int64, shape (n_asked, most states)
        From the states of the tree to those of the group.
    found : ndarray of int64, shape (n_asked,)
    """
    n_leaves, n_columns = share.shape
    asked = np.empty(n_columns, dtype=np.int64)
    state = np.zeros((n_columns, holds.shape[2]), dtype=np.int64)
    found = np.ones(n_columns, dtype=np.int64)
    n_asked = 0
    for own in range(n_columns):
        is_asked = False
        for leaf in range(n_leaves):
            if share[leaf, own] >= 0:
                is_asked = True
                known = n_states[own]
                found[n_asked] = refine(
                    state[n_asked, :known], found[n_asked], holds[leaf, own, :known]
                )
        if is_asked:
            asked[n_asked] = own
            n_asked += 1
    return asked[:n_asked], state[:n_asked], found[:n_asked]


@compiled
def tabulate_group(
    values: Floats, share: Floats, holds: Bytes, n_states: Ints,
    asked: Ints, state: Ints, found: Ints, nodes: Floats, weights: Floats,
) -> Floats:  # fmt: skip
    """Return the contributions of a group of leaves together, for each combination of states.

    Parameters
    ----------
    values : ndarray of float64, shape (n_leaves,)
    share, holds, n_states
        Of these leaves, as `merge_paths` returns them.
    asked, state, found
        As `sort_group` returns them.
    nodes, weights
        As `quadrature` returns them.

    Returns
    -------
    ndarray of float64, shape (n_asked, product of found)
        The states of the first column change fastest.
    """
    n_asked = len(asked)
    size = 1
    for column in range(n_asked):
        size *= found[column]
    table = np.zeros((n_asked, size))
    pattern = np.empty(size, dtype=np.int64)
    on_path = np.empty(n_asked, dtype=np.int64)
    for leaf in range(len(values)):
        n = 0
        pattern[0] = 0
        filled = 1
        for column in range(n_asked):
            own = asked[column]
            # A column that this leaf does not ask changes nothing: no bit, whatever its state.
            bit = 0
            if share[leaf, own] >= 0:
                bit = 1 << n
                on_path[n] = column
                n += 1
            # Backwards, so that the first state's patterns are still there to go on from.
            for part in range(found[column] - 1, -1, -1):
                met = False
                for old in range(n_states[own]):
                    if state[column, old] == part:
                        met = holds[leaf, own, old] == 1
                for entry in range(filled):
                    pattern[part * filled + entry] = pattern[entry] | (bit if met else 0)
            filled *= found[column]
        shares = np.empty(n)
        for j in range(n):
            shares[j] = share[leaf, asked[on_path[j]]]
        half = (n + 1) // 2  # enough nodes to be exact for a path of n columns
        single = tabulate_leaf(values[leaf], shares, nodes[half], weights[half])
        for j in range(n):
            row = table[on_path[j]]
            for entry in range(size):
                row[entry] += single[pattern[entry], j]
    return table
