"""Exact Shapley values of a LightGBM model, many times faster than its own for many rows."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from features.errors import ModelError
from models.arrays import Floats
from models.shapley.trees import read_trees

if TYPE_CHECKING:
    import lightgbm

    from models.shapley.bins import Bins
    from models.shapley.groups import Layout

Route = Literal["compiled", "lightgbm"]

SMALLEST_WORK = 8_000_000
"""Rows times leaves from which compiled code and tables are worth their making."""

BLOCK_VALUES = 2**17
"""Values of the columns of a block: a megabyte, which a core's own cache holds."""

SHORTEST_BLOCK, LONGEST_BLOCK = 64, 8192
"""Rows of a block."""


class ShapleyKernel:
    """Exact Shapley values of a model's raw scores.

    The values are those of `Booster.predict(pred_contrib=True)`: exact Shapley values of the
    path-dependent value function, in which a feature that is not known sends a row down both
    sides of a split in proportion to the training rows that went there.

    Parameters
    ----------
    booster : lightgbm.Booster
        With one output per row and leaves that hold one value. It must not be trained further.

    Raises
    ------
    ModelError
        When the model is of another kind.

    Notes
    -----
    There are two routes. Few rows are handed to LightGBM. Many rows go through tables that are
    made once for the model, in compiled code. Which one is taken follows from the number of rows
    and the size of the model alone (`choose_route`), so that the same call gives the same bytes,
    whatever was called before. The two routes agree to 1e-5 or better; their last bits differ.

    With the same route, what a row gets depends on that row alone, to the last bit: not on the
    other rows, on how they are split over calls, or on the number of threads.

    Examples
    --------
    >>> import lightgbm, numpy as np
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> data = lightgbm.Dataset(X, X[:, 0] + X[:, 1] ** 2)
    >>> booster = lightgbm.train({"verbosity": -1}, data, 5)
    >>> values = ShapleyKernel(booster).contributions(X, n_threads=1)
    >>> values.shape
    (500, 4)
    >>> bool(np.allclose(values.sum(axis=1), booster.predict(X, raw_score=True)))
    True
    """

    def __init__(self, booster: lightgbm.Booster) -> None:
        self._booster = booster
        self._trees = read_trees(booster)

    @property
    def n_features(self) -> int:
        """Number of columns of `X`."""
        return self._trees.n_features

    def choose_route(self, n_rows: int) -> Route:
        """Return the method for so many rows in one call."""
        work = n_rows * len(self._trees.leaf_value)
        return "compiled" if work >= SMALLEST_WORK else "lightgbm"

    def contributions(
        self, X: ArrayLike, *, n_threads: int = 0, route: Route | None = None
    ) -> Floats:
        """Return exact Shapley values in units of the raw score.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            NaN is missing; categories are codes. Taken by the rules that the model was trained
            with.
        n_threads : int
            0 takes all cores.
        route : {"compiled", "lightgbm"}, optional
            Left out, `choose_route` says.

        Returns
        -------
        ndarray of float64, shape (n, n_features + 1)
            One column per feature, the base last. Each row adds up to the raw score.

        Raises
        ------
        ModelError
            When `X` has another number of columns.

        References
        ----------
        Lundberg, Erion, Lee (2018), "Consistent Individualized Feature Attribution for Tree
        Ensembles".
        """
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self.n_features:
            raise ModelError(
                "the table does not have the columns of the model",
                got=f"shape {X.shape}",
                expected=f"{self.n_features} columns",
                next_step="Give the features in the order in which the model was trained",
            )
        if len(X) == 0:  # LightGBM divides by the number of rows
            return np.empty((0, self.n_features + 1))
        if (route or self.choose_route(len(X))) == "lightgbm":
            found = self._booster.predict(X, pred_contrib=True, num_threads=n_threads)
            return np.asarray(found, dtype=np.float64)
        return self._compute(X, n_threads if n_threads > 0 else count_cores())

    @cached_property
    def _prepared(self) -> tuple[Bins, Layout, float]:
        """Bins, tables and base, made when compiled code is first asked for."""
        from models.shapley.bins import cut_columns
        from models.shapley.groups import lay_out

        bins = cut_columns(self._trees)
        return bins, lay_out(self._trees, bins), self._trees.expected_value()

    def _compute(self, X: Floats, n_threads: int) -> Floats:
        """Work blocks of rows through the compiled loops, side by side."""
        bins, _, _ = self._prepared
        out = np.empty((len(X), self.n_features + 1))
        length = min(LONGEST_BLOCK, BLOCK_VALUES // max(1, len(bins.features)))
        length = max(SHORTEST_BLOCK, min(length, -(-len(X) // n_threads)))

        def work(start: int) -> None:
            self._compute_block(X[start : start + length], out[start : start + length])

        starts = range(0, len(X), length)
        if n_threads == 1 or len(starts) == 1:
            for start in starts:
                work(start)
        else:
            # Plain threads: they sleep while there is nothing to do, leave no pool behind
            # that a fork would break, and what they run holds no lock.
            with ThreadPoolExecutor(min(n_threads, len(starts))) as pool:
                list(pool.map(work, starts))  # raises what a thread raised
        return out

    def _compute_block(self, X: Floats, out: Floats) -> None:
        # Imported here, as all modules with compiled functions: numba is slow to load.
        from models.shapley import loops

        bins, layout, base = self._prepared
        # A copy: code is compiled for an order in memory and for arrays that can be written.
        X = np.array(X, dtype=np.float64, order="C")
        codes = np.empty((len(bins.features), len(X)), dtype=layout.groups.step_cut.dtype)
        totals = np.zeros(codes.shape)
        loops.bin_rows(X, bins.features, bins.cut_start, bins.cuts, codes)
        loops.add_groups(codes, totals, layout.groups)
        loops.add_wide_leaves(codes, totals, layout.nodes, layout.weights, layout.wide)
        loops.write_rows(totals, bins.features, base, out)


def count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
