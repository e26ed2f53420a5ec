"""Rolling-origin validation: models of older leads predict the next newer ones.

From these predictions each table learns whether its older leads still help, and gets its
calibration. The newest leads count most in both. All of them are training leads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from features.errors import DataRefused
from features.matrix.feature_table import MISSING_CODE, OTHER_CODE
from features.matrix.planning import MIN_LEADS_OF_LEVEL
from models.arrays import Floats
from models.estimator.calibration import MIN_LEADS, weigh_by_age
from models.estimator.components import Hyperparameters, learn
from models.estimator.linear import LinearModel

Rows = tuple[NDArray[np.int64], NDArray[np.int64]]

ORIGINS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the training leads at which the rolling origins lie."""

MANY_LEADS = 50_000
ORIGINS_OF_MANY = (0.8, 0.9)
"""The newest fifth is then enough to calibrate on."""

SHORTER_WINDOWS = (0.5,)
BEYOND_NOISE = 2.0  # standard errors by which leaving out older leads must be better


@dataclass(frozen=True, eq=False)
class Fold:
    """Older leads with their decisions, and the next newer ones with theirs.

    Attributes
    ----------
    X, y : ndarray of shape (n_older, n_features), (n_older,)
        Oldest lead first.
    newer, accepted : ndarray of shape (n_newer, n_features), (n_newer,)
    categories : sequence of int
    """

    X: Floats
    y: Floats
    newer: Floats
    accepted: Floats
    categories: Sequence[int]
    _lines: dict[Hyperparameters, LinearModel] = field(default_factory=dict, repr=False)

    def fit_line(self, hyperparameters: Hyperparameters) -> LinearModel:
        """Return the line of the older leads; it is fitted once, whatever trees are tried on it."""
        named = hyperparameters.of_line()
        if named not in self._lines:
            rows = named.select(len(self.y))
            self._lines[named] = named.fit_line(self.X[rows], self.y[rows], self.categories)
        return self._lines[named]

    def thin(self, most: int) -> Fold:
        """Return an even sample of so many leads, or the fold itself where it has no more."""
        step, skip = (-(-len(part) // most) for part in (self.y, self.accepted))
        if step == skip == 1:
            return self
        return Fold(
            self.X[::step],
            self.y[::step],
            self.newer[::skip],
            self.accepted[::skip],
            self.categories,
        )


@dataclass(frozen=True)
class Folds:
    """The folds of a table, and whether they are rolling origins."""

    parts: tuple[Fold, ...]
    rolling: bool

    @property
    def n_leads(self) -> int:
        """Return how many leads the table has: the last fold has all of them."""
        return len(self.parts[-1].y) + len(self.parts[-1].accepted)


@dataclass(frozen=True)
class RollingOriginPredictions:
    """Predictions by models that had seen only other, older leads.

    Attributes
    ----------
    log_odds : ndarray of shape (n,)
        Oldest lead first.
    accepted : ndarray of shape (n,)
        1 accepted, 0 rejected.
    ordered : bool
        False where folds took the place of rolling origins, because there is no order in time
        or the older leads were all decided alike.
    sizes : tuple of int
        Leads predicted by one model, after each other.
    """

    log_odds: Floats
    accepted: Floats
    ordered: bool
    sizes: tuple[int, ...]

    def append_newer(self, log_odds: Floats, accepted: Floats) -> RollingOriginPredictions:
        """Return these predictions followed by newer ones."""
        return RollingOriginPredictions(
            np.r_[self.log_odds, log_odds],
            np.r_[self.accepted, accepted],
            self.ordered,
            (*self.sizes, len(accepted)),
        )


NO_PREDICTIONS = RollingOriginPredictions(np.empty(0), np.empty(0), ordered=False, sizes=())
"""Where there are too few leads to predict some of them from others."""


def choose_train_window(
    folds: Folds, hyperparameters: Hyperparameters
) -> tuple[Hyperparameters, RollingOriginPredictions]:
    """Choose how much of the past to learn from, by how models did on the next newer leads.

    Parameters
    ----------
    folds : Folds
    hyperparameters : Hyperparameters
        Its `train_window` is kept unless a shorter one is better beyond noise.

    Returns
    -------
    hyperparameters : Hyperparameters
    predictions : RollingOriginPredictions
        Those with the hyperparameters chosen.
    """
    parts = folds.parts
    weights = weigh_by_age(sum(len(fold.accepted) for fold in parts))
    log_odds = predict_folds(parts, hyperparameters)
    # Without an order in time no lead is older, so there is no window to shorten.
    for window in SHORTER_WINDOWS if folds.rolling else ():
        short = replace(hyperparameters, train_window=window)
        if all(_has_both_decisions(fold.y[short.select(len(fold.y))]) for fold in parts):
            late = predict_folds(parts, short)
            gain = _losses(parts, log_odds) - _losses(parts, late)
            if exceeds_noise(gain, weights, noise=BEYOND_NOISE):
                hyperparameters, log_odds = short, late
    return hyperparameters, _join(folds, log_odds)


def predict_forward(folds: Folds, hyperparameters: Hyperparameters) -> RollingOriginPredictions:
    """Return the predictions with hyperparameters that are chosen already."""
    return _join(folds, predict_folds(folds.parts, hyperparameters))


def make_folds(X: Floats, y: Floats, categories: Sequence[int], *, ordered: bool) -> Folds:
    """Return what `choose_splits` does, as leads with their decisions, rare levels pooled.

    Parameters
    ----------
    X, y, categories
        As in `models.estimator.components.learn`.
    ordered : bool
        Whether the rows have an order in time.

    Raises
    ------
    DataRefused
        When there are too few leads of one kind.
    """
    splits, rolling = choose_splits(y, ordered=ordered)
    folds = []
    for known, new in splits:
        older, newer = pool_rare_levels(X[known], X[new], categories)
        folds.append(Fold(older, y[known], newer, y[new], categories))
    return Folds(tuple(folds), rolling)


def pool_rare_levels(
    older: Floats, newer: Floats, categories: Sequence[int]
) -> tuple[Floats, Floats]:
    """Return both parts with the levels pooled that the older leads hardly knew.

    The codes were given knowing all training leads. At the time, a campaign that began later
    would have been one of the others, as tomorrow's campaigns are among the leads to be scored.
    """
    older, newer = older.copy(), newer.copy()
    for position in categories:
        codes, counts = np.unique(older[:, position], return_counts=True)
        known = np.r_[MISSING_CODE, OTHER_CODE, codes[counts >= MIN_LEADS_OF_LEVEL]]
        for part in (older, newer):
            column = part[:, position]
            column[~np.isnan(column) & ~np.isin(column, known)] = OTHER_CODE
    return older, newer


def exceeds_noise(gain: Floats, weights: Floats, *, noise: float) -> bool:
    """Return whether the weighted mean of paired gains exceeds so many standard errors."""
    mean = float(np.average(gain, weights=weights))
    error = float(np.sqrt(weights**2 @ (gain - mean) ** 2) / weights.sum())
    return mean > noise * error


def align_losses(y: Floats, log_odds: Floats) -> Floats:
    """Return each lead's log-loss once the mean probability equals the accepted share.

    The level is calibration's to set; left in, a drifting base rate would drown how well models
    separate leads.
    """
    from scipy import optimize

    if not _has_both_decisions(y):
        return np.zeros(len(y))

    def surplus(shift: float) -> float:
        return float(special.expit(log_odds + shift).mean() - y.mean())

    # So far out, all probabilities are nearly 0 or nearly 1: the shift must lie between.
    reach = float(np.abs(log_odds).max()) + 20 + np.log(len(y))
    z = log_odds + optimize.brentq(surplus, -reach, reach)
    return np.asarray(np.logaddexp(0.0, z) - y * z, dtype=np.float64)


def choose_splits(y: Floats, *, ordered: bool) -> tuple[list[Rows], bool]:
    """Return the parts to learn from and to predict.

    Parameters
    ----------
    y : ndarray of shape (n_leads,)
        Oldest lead first.
    ordered : bool
        Whether to use rolling origins. Where the older leads were nearly all decided alike these
        teach nothing, and folds take their place.

    Returns
    -------
    splits : list of (rows, rows)
        Each first part holds both decisions.
    rolling : bool
        Whether they are rolling origins.

    Raises
    ------
    DataRefused
        When there are too few leads of one kind.
    """
    found = find_splits(y, ordered=ordered)
    if found is not None:
        return found
    raise DataRefused(
        "too few decided leads to learn from and to calibrate on",
        got=f"{int(y.sum())} accepted and {int(len(y) - y.sum())} rejected",
        expected=f"at least {MIN_LEADS} leads, and several of each kind",
        next_step="Wait for more decisions, or take in older leads",
        code="too_few_leads",
    )


def find_splits(y: Floats, *, ordered: bool) -> tuple[list[Rows], bool] | None:
    """Return what `choose_splits` does, or None when there are too few leads of one kind."""
    for rolling in (True, False) if ordered else (False,):
        parts = rolling_origin_splits(len(y)) if rolling else interleaved_splits(len(y))
        usable = [(known, new) for known, new in parts if _has_both_decisions(y[known])]
        # Calibration is fitted on these predictions and needs as many.
        if sum(len(new) for _, new in usable) >= MIN_LEADS:
            return usable, rolling
    return None


def rolling_origin_splits(n_leads: int) -> Iterator[Rows]:
    """Yield (older, next newer) rows for each rolling origin."""
    starts = ORIGINS if n_leads < MANY_LEADS else ORIGINS_OF_MANY
    for start, end in zip(starts, [*starts[1:], 1.0], strict=True):
        cut, stop = round(start * n_leads), round(end * n_leads)
        yield np.arange(cut), np.arange(cut, stop)


def interleaved_splits(n_leads: int) -> Iterator[Rows]:
    """Yield (other, held-out) rows of five folds, for leads without any order."""
    fold = np.arange(n_leads) % len(ORIGINS)
    for held_out in range(len(ORIGINS)):
        yield np.flatnonzero(fold != held_out), np.flatnonzero(fold == held_out)


def predict_folds(folds: Sequence[Fold], hyperparameters: Hyperparameters) -> list[Floats]:
    """Return the log-odds of the newer leads at each origin."""

    def predict(fold: Fold) -> Floats:
        line = fold.fit_line(hyperparameters)
        learned = learn(fold.X, fold.y, fold.categories, hyperparameters, line=line, threads=1)
        return learned.log_odds(fold.newer, threads=1)

    # Side by side on one core each: small tables do not keep two cores busy together.
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(predict, folds))


def _join(folds: Folds, log_odds: Sequence[Floats]) -> RollingOriginPredictions:
    accepted = np.concatenate([fold.accepted for fold in folds.parts])
    sizes = tuple(len(part) for part in log_odds)
    return RollingOriginPredictions(np.concatenate(log_odds), accepted, folds.rolling, sizes)


def _losses(folds: Sequence[Fold], log_odds: Sequence[Floats]) -> Floats:
    pairs = zip(folds, log_odds, strict=True)
    return np.concatenate([align_losses(fold.accepted, z) for fold, z in pairs])


def _has_both_decisions(y: Floats) -> bool:
    return bool(0 < y.sum() < len(y))
