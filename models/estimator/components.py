"""Hyperparameters and learning of the two parts: a linear model, then trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from models.arrays import Floats
from models.estimator.averaging import average
from models.estimator.linear import LinearModel, fit_linear
from models.shapley.kernel import Route, ShapleyKernel

if TYPE_CHECKING:
    import lightgbm


_BLOCK = 4096

_STORED_AS = {"train_window": "history", "linear_shrinkage": "line_share"}
"""What stored models call a field, where the code has found a better name since."""


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of learning; the same ones and the same leads give the same model.

    Shallow, strongly shrunk trees, few where there are few leads: a lead table has many columns
    of little worth, and levels with a handful of leads each. The linear part goes only part of its
    way, so that the trees and it check each other. Chosen on older leads; see decisions 0011
    and 0038.

    Attributes
    ----------
    train_window : float
        Share of the leads, the newest, that is learned from; chosen by
        `models.estimator.rolling_origin`.
    linear_shrinkage : float
        Factor on the linear part's log-odds around the overall acceptance rate; 1 leaves them
        as they are.
    inverse_penalty : float
        Variance of the normal prior on the linear weights, in log-odds.
    number_share : float
        Factor on that variance for the weights of numbers; chosen by
        `models.estimator.number_prior`.
    leads_per_tree, fewest_trees, most_trees
        How many trees a table gets.
    others : tuple of Hyperparameters
        Those of further trees; the model is then the mean of these and its own, all on the same
        line. Chosen by `models.estimator.tree_choice`.

    Examples
    --------
    >>> Hyperparameters(train_window=0.5).select(100)
    slice(50, 100, None)
    """

    train_window: float = 1.0
    linear_shrinkage: float = 0.7
    inverse_penalty: float = 0.1
    number_share: float = 1.0
    leads_per_tree: int = 80
    fewest_trees: int = 12
    most_trees: int = 150
    learning_rate: float = 0.06
    leaves: int = 7
    leads_per_leaf: int = 40
    column_share: float = 0.5
    row_share: float = 0.8
    l2: float = 5.0
    category_smoothing: float = 50.0
    seed: int = 20
    others: tuple[Hyperparameters, ...] = ()

    @property
    def members(self) -> tuple[Hyperparameters, ...]:
        """Return the hyperparameters of each of the models that are averaged."""
        return (replace(self, others=()), *self.others)

    def parameters(self, n_leads: int) -> dict[str, Any]:
        """Return LightGBM's parameters for a table of `n_leads`."""
        return {
            "objective": "binary",
            "boost_from_average": False,  # the linear part has the level
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            # A leaf never asks for more than a twentieth of a small table.
            "min_data_in_leaf": int(np.clip(n_leads // 20, 5, self.leads_per_leaf)),
            "feature_fraction": self.column_share,
            "bagging_fraction": self.row_share,
            "bagging_freq": 1,
            "lambda_l2": self.l2,
            "cat_smooth": self.category_smoothing,
            "cat_l2": self.category_smoothing,
            "min_data_per_group": 20,
            "max_cat_to_onehot": 4,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }

    def count_trees(self, n_leads: int) -> int:
        """Return how many trees `n_leads` bear."""
        return int(np.clip(n_leads // self.leads_per_tree, self.fewest_trees, self.most_trees))

    def select(self, n_leads: int) -> slice:
        """Return the newest of `n_leads`, oldest first, that are learned from."""
        return slice(n_leads - round(self.train_window * n_leads), n_leads)

    def of_line(self) -> Hyperparameters:
        """Return those of them that the linear part, not yet shrunk, depends on."""
        return Hyperparameters(
            train_window=self.train_window,
            inverse_penalty=self.inverse_penalty,
            number_share=self.number_share,
        )

    def fit_line(self, X: Floats, y: Floats, categories: Sequence[int]) -> LinearModel:
        """Fit the linear part, not yet shrunk."""
        return fit_linear(
            X,
            y,
            categories,
            inverse_penalty=self.inverse_penalty,
            number_share=self.number_share,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the hyperparameters under the names that stored models use."""
        stored = {_STORED_AS.get(name, name): value for name, value in asdict(self).items()}
        # Both are left out where they say nothing, as models were stored before there were any.
        del stored["others"]
        if self.number_share == 1.0:
            del stored["number_share"]
        if self.others:
            stored["others"] = [other.to_dict() for other in self.others]
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Hyperparameters:
        """Return what `to_dict` wrote.

        Raises
        ------
        TypeError
            If it is no mapping or has unknown names.
        """
        names = {old: new for new, old in _STORED_AS.items()}
        given = {names.get(name, name): value for name, value in dict(stored).items()}
        return cls(**given | {"others": tuple(map(cls.from_dict, given.get("others", ())))})


@dataclass(frozen=True)
class Components:
    """A linear model and the trees fitted to its residuals.

    Attributes
    ----------
    linear : LinearModel
    booster : lightgbm.Booster
        Its raw scores are added to the log-odds of the linear model.
    """

    linear: LinearModel
    booster: lightgbm.Booster

    def log_odds(self, X: Floats, *, threads: int = 0) -> Floats:
        """Return the log-odds of acceptance before calibration, shape (n_leads,)."""
        trees = self.booster.predict(X, raw_score=True, num_threads=threads)
        return self.linear.log_odds(X) + np.asarray(trees, dtype=np.float64)

    def contributions(self, X: Floats, *, threads: int = 0, route: Route | None = None) -> Floats:
        """Return exact Shapley values in log-odds and the base, shape (n_leads, n_features + 1).

        The same call gives the same bytes with any number of threads; 0 takes all cores. The
        route of the kernel follows from the number of leads if left out.
        """
        values = self.kernel.contributions(X, n_threads=threads, route=route)
        for start in range(0, len(X), _BLOCK):  # what a term works with then stays in the cache
            rows = slice(start, start + _BLOCK)
            values[rows] += self.linear.contributions(X[rows])
        return values

    @cached_property
    def kernel(self) -> ShapleyKernel:
        """The trees' Shapley values; its tables are made once, for many leads."""
        return ShapleyKernel(self.booster)


def learn(
    X: Floats,
    y: Floats,
    categories: Sequence[int],
    hyperparameters: Hyperparameters,
    *,
    line: LinearModel | None = None,
    threads: int = 0,
) -> Components:
    """Learn both parts from decided leads.

    Parameters
    ----------
    X : ndarray of float64, shape (n_leads, n_features)
        Oldest lead first. NaN is missing; categories are codes from 0.
    y : ndarray of float64, shape (n_leads,)
        1 accepted, 0 rejected; both occur.
    categories : sequence of int
        Columns that hold category codes.
    hyperparameters : Hyperparameters
        Its `train_window` says how many of the leads, the newest, are taken.
    line : LinearModel, optional
        The linear part, not yet shrunk, where it has been fitted to these leads already.
    threads : int
        For the trees; 0 takes all cores. The result is the same with any number.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> components = learn(X, (X[:, 0] > 0).astype(float), (), Hyperparameters(), threads=1)
    >>> components.contributions(X, threads=1).shape
    (300, 3)
    """
    rows = hyperparameters.select(len(y))
    X, y = X[rows], y[rows]
    line = line or hyperparameters.fit_line(X, y, categories)
    level = float(special.logit(y.mean()))
    boosters = []
    for member in hyperparameters.members:
        start = line.shrink(member.linear_shrinkage, towards=level)
        booster = start_trees(X, y, categories, member, start, threads=threads)
        grow_trees(booster, member.count_trees(len(y)))
        boosters.append(booster.free_dataset())
    share = float(np.mean([member.linear_shrinkage for member in hyperparameters.members]))
    return Components(line.shrink(share, towards=level), average(boosters))


def start_trees(
    X: Floats,
    y: Floats,
    categories: Sequence[int],
    hyperparameters: Hyperparameters,
    line: LinearModel,
    *,
    threads: int,
) -> lightgbm.Booster:
    """Return a booster without trees that goes on from the log-odds of a line."""
    import lightgbm

    parameters = {**hyperparameters.parameters(len(y)), "num_threads": threads}
    data = lightgbm.Dataset(
        X,
        label=y,
        init_score=line.log_odds(X),
        categorical_feature=list(categories),
        params=parameters,
        free_raw_data=True,
    )
    return lightgbm.Booster(parameters, data)


def grow_trees(booster: lightgbm.Booster, n_trees: int) -> None:
    """Grow trees until there are so many."""
    # Not lightgbm.train: it stops at the first tree whose drawn columns offer no split.
    for _ in range(n_trees - booster.num_trees()):
        booster.update()
