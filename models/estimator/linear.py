"""Linear part of the model: one weight per number and per level, learned together.

It needs few leads, and where the mix of leads moves away from the training leads it extrapolates,
where trees stay constant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from features.matrix.feature_table import OTHER_CODE
from models.arrays import Floats
from models.estimator.logistic import fit_weights

LIMIT = 4.0
"""Standard deviations at which a number is clipped, so one typo cannot dominate."""

DIGITS = 5
"""Of a weight. Linear algebra rounds otherwise on other processors, by some 1e-14 where the fit
has converged; the model is to be the same on all of them."""


@dataclass(frozen=True)
class NumberTerm:
    """Linear term of a number, in log-odds.

    Attributes
    ----------
    position : int
        Column of the feature matrix.
    median : float
        Replaces a missing value.
    mean, scale : float
        Of the training leads, the median filled in.
    weight : float
        Log-odds per standard deviation.
    missing_weight : float
        Log-odds that being missing adds.
    centre : float
        Mean of the term over the training leads, which is taken off.
    """

    position: int
    median: float
    mean: float
    scale: float
    weight: float
    missing_weight: float
    centre: float

    def contribution(self, column: Floats) -> Floats:
        """Return the term's part in the log-odds of each lead, shape (n_leads,)."""
        missing = np.isnan(column)
        scaled = standardise(column, self.median, self.mean, self.scale)
        return self.weight * scaled + self.missing_weight * missing - self.centre


@dataclass(frozen=True)
class CategoryTerm:
    """Linear term of a category, in log-odds.

    Attributes
    ----------
    position : int
        Column of the feature matrix.
    weights : tuple of float
        Log-odds per code, the mean over the training leads taken off. A code beyond them was
        never seen and adds nothing.
    """

    position: int
    weights: tuple[float, ...]

    def contribution(self, column: Floats) -> Floats:
        """Return the term's part in the log-odds of each lead, shape (n_leads,)."""
        # One place behind the known codes: missing ones and those never seen add nothing.
        table = np.array([*self.weights, 0.0])
        codes = np.nan_to_num(column, nan=len(self.weights)).astype(np.int64)
        return np.asarray(table[np.minimum(codes, len(self.weights))], dtype=np.float64)


@dataclass(frozen=True)
class LinearModel:
    """A logistic regression whose terms are centred on the training leads.

    Attributes
    ----------
    base : float
        Log-odds of an average lead.
    numbers : tuple of NumberTerm
    categories : tuple of CategoryTerm
    n_features : int
        Columns of the feature matrix.

    Notes
    -----
    A term depends on one feature alone, so its centred value is that feature's exact Shapley
    value: base + sum = log-odds (Lundberg and Lee 2017, "A Unified Approach to Interpreting
    Model Predictions", corollary 1).

    Examples
    --------
    >>> term = NumberTerm(
    ...     0, median=2.0, mean=2.0, scale=1.0, weight=0.5, missing_weight=-0.3, centre=0.0
    ... )
    >>> model = LinearModel(base=-0.2, numbers=(term,), categories=(), n_features=1)
    >>> model.contributions(np.array([[4.0], [np.nan]]))
    array([[ 1. , -0.2],
           [-0.3, -0.2]])
    """

    base: float
    numbers: tuple[NumberTerm, ...]
    categories: tuple[CategoryTerm, ...]
    n_features: int

    def contributions(self, X: Floats) -> Floats:
        """Return each feature's part in the log-odds, and the base last.

        Parameters
        ----------
        X : ndarray of shape (n_leads, n_features)

        Returns
        -------
        ndarray of shape (n_leads, n_features + 1)
        """
        result = np.zeros((len(X), self.n_features + 1))
        terms: list[NumberTerm | CategoryTerm] = [*self.numbers, *self.categories]
        for term in terms:
            result[:, term.position] = term.contribution(X[:, term.position])
        result[:, -1] = self.base
        return result

    def log_odds(self, X: Floats) -> Floats:
        """Return the log-odds of acceptance, shape (n_leads,)."""
        return np.asarray(self.contributions(X).sum(axis=1), dtype=np.float64)

    def shrink(self, share: float, *, towards: float) -> LinearModel:
        """Return the model with its log-odds shrunk towards one value, by the factor `share`."""
        return replace(
            self,
            base=towards + share * (self.base - towards),
            numbers=tuple(
                replace(
                    term,
                    weight=share * term.weight,
                    missing_weight=share * term.missing_weight,
                    centre=share * term.centre,
                )
                for term in self.numbers
            ),
            categories=tuple(
                replace(term, weights=tuple(share * weight for weight in term.weights))
                for term in self.categories
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the model as plain types."""
        return {
            "base": self.base,
            "numbers": [vars(term) for term in self.numbers],
            "categories": [
                {"position": term.position, "weights": list(term.weights)}
                for term in self.categories
            ],
            "n_features": self.n_features,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LinearModel:
        """Return the model that `to_dict` wrote."""
        return cls(
            base=data["base"],
            numbers=tuple(NumberTerm(**term) for term in data["numbers"]),
            categories=tuple(
                CategoryTerm(term["position"], tuple(term["weights"]))
                for term in data["categories"]
            ),
            n_features=data["n_features"],
        )


def fit_linear(
    X: Floats,
    y: Floats,
    categories: Sequence[int],
    *,
    inverse_penalty: float,
    number_share: float = 1.0,
) -> LinearModel:
    """Fit a logistic regression with a ridge penalty.

    Parameters
    ----------
    X : ndarray of float64, shape (n_leads, n_features)
        NaN is missing; categories are codes from 0.
    y : ndarray of shape (n_leads,)
        1 accepted, 0 rejected; both occur.
    categories : sequence of int
        Columns that hold category codes.
    inverse_penalty : float
        Variance of the normal prior on the weights, in log-odds.
    number_share : float
        Factor on that variance for the weights of numbers, in (0, 1].

    Returns
    -------
    LinearModel

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1.0], [2.0], [np.nan], [3.0]] * 50)
    >>> model = fit_linear(X, np.array([0.0, 0.0, 1.0, 1.0] * 50), (), inverse_penalty=1.0)
    >>> contributions = model.contributions(X[:4])
    >>> bool(contributions[2, 0] > 0)  # where the number is missing, leads were accepted
    True
    """
    numbers, levels = describe_terms(X, categories)
    shares = prior_shares(numbers, levels, number_share=number_share)
    design = build_design(X, numbers, levels)
    fitted, intercept = fit_weights(design, y, shares, inverse_penalty=inverse_penalty)
    # In the order of the design's columns: a number and its indicator in turn, then the levels.
    weights = iter(np.round(fitted, DIGITS).tolist())
    number_terms = [
        _centre_number(X, replace(term, weight=next(weights), missing_weight=next(weights)))
        for term in numbers
    ]
    level_terms = [
        _centre_levels(X, replace(term, weights=tuple(next(weights) for _ in term.weights)))
        for term in levels
    ]
    centres = [centre for _, centre in (*number_terms, *level_terms)]
    # The base takes up what centring takes off the terms, so predictions stay the same.
    return LinearModel(
        base=round(intercept, DIGITS) + sum(centres),
        numbers=tuple(term for term, _ in number_terms),
        categories=tuple(term for term, _ in level_terms),
        n_features=X.shape[1],
    )


def build_design(
    X: Floats, numbers: Sequence[NumberTerm], categories: Sequence[CategoryTerm]
) -> Any:
    """Return the design matrix, sparse, of shape (n_leads, n_weights).

    Two columns per number, its standardised value and whether it is missing, then one per code of
    each category, in the order of the terms. Codes must be known to the terms.
    """
    from scipy import sparse

    columns = []
    for term in numbers:
        column = X[:, term.position]
        columns += [standardise(column, term.median, term.mean, term.scale), np.isnan(column)]
    number_block = sparse.csr_matrix(np.column_stack(columns)) if columns else None
    level_block = _level_block(X, categories) if categories else None
    return sparse.hstack([b for b in (number_block, level_block) if b is not None], format="csr")


def describe_terms(
    X: Floats, categories: Sequence[int]
) -> tuple[list[NumberTerm], list[CategoryTerm]]:
    """Return the terms of a feature matrix, their weights still 0."""
    numbers = [
        NumberTerm(i, *_measure(X[:, i]), weight=0.0, missing_weight=0.0, centre=0.0)
        for i in range(X.shape[1])
        if i not in set(categories)
    ]
    return numbers, [CategoryTerm(i, (0.0,) * _count_codes(X[:, i])) for i in categories]


def prior_shares(
    numbers: Sequence[NumberTerm], categories: Sequence[CategoryTerm], *, number_share: float
) -> Floats:
    """Return the factor on the prior variance of each weight, in the order of `build_design`."""
    n_levels = sum(len(term.weights) for term in categories)
    return np.concatenate([np.tile([number_share, 1.0], len(numbers)), np.ones(n_levels)])


def standardise(column: Floats, median: float, mean: float, scale: float) -> Floats:
    """Return a number in standard deviations from its mean, within `LIMIT`."""
    filled = np.where(np.isnan(column), median, column)
    return np.clip((filled - mean) / scale, -LIMIT, LIMIT)


def _measure(column: Floats) -> tuple[float, float, float]:
    """Return median, mean and standard deviation; of a constant, a scale that changes nothing."""
    known = column[~np.isnan(column)]
    median = float(np.median(known)) if len(known) else 0.0
    filled = np.where(np.isnan(column), median, column)
    return median, float(filled.mean()), float(filled.std()) or 1.0


def _count_codes(column: Floats) -> int:
    return int(np.nanmax(column, initial=0)) + 1


def _level_block(X: Floats, categories: Sequence[CategoryTerm]) -> Any:
    """Return one column per code of each category; a missing code or level has none.

    The weight of levels not known would be that of a few rare ones, and be given to every new
    campaign. Without a column they count nearly as average.
    """
    from scipy import sparse

    starts = np.cumsum([0, *(len(term.weights) for term in categories)])
    codes = X[:, [term.position for term in categories]]
    rows, places = np.nonzero(~np.isnan(codes) & (codes != OTHER_CODE))
    columns = codes[rows, places].astype(np.int64) + starts[places]
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(X), starts[-1]))


def _centre_number(X: Floats, term: NumberTerm) -> tuple[NumberTerm, float]:
    centre = float(term.contribution(X[:, term.position]).mean())
    return replace(term, centre=centre), centre


def _centre_levels(X: Floats, term: CategoryTerm) -> tuple[CategoryTerm, float]:
    centre = float(term.contribution(X[:, term.position]).mean())
    return replace(term, weights=tuple(weight - centre for weight in term.weights)), centre
