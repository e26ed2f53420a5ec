"""Rolling-origin validation: models of older leads predict the next newer ones.

From these predictions each table learns whether its older leads still help, and gets its
calibration. The newest leads count most in both. All of them are training leads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from features.errors import DataRefused
from features.matrix.feature_table import MISSING_CODE, OTHER_CODE
from features.matrix.planning import MIN_LEADS_OF_LEVEL
from models.arrays import Floats
from models.estimator.calibration import MIN_LEADS, weigh_by_age
from models.estimator.components import Hyperparameters, learn

Rows = tuple[NDArray[np.int64], NDArray[np.int64]]
Fold = tuple[Floats, Floats, Floats, Floats]
"""Older leads with their decisions, and the next newer ones with theirs."""

ORIGINS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the training leads at which the rolling origins lie."""

MANY_LEADS = 50_000
ORIGINS_OF_MANY = (0.8, 0.9)
"""The newest fifth is then enough to calibrate on."""

SHORTER_WINDOWS = (0.5,)
BEYOND_NOISE = 2.0  # standard errors by which leaving out older leads must be better


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
    X: Floats,
    y: Floats,
    categories: Sequence[int],
    hyperparameters: Hyperparameters,
    *,
    ordered: bool,
) -> tuple[Hyperparameters, RollingOriginPredictions]:
    """Choose how much of the past to learn from, by how models did on the next newer leads.

    Parameters
    ----------
    X, y, categories
        As in `models.estimator.components.learn`.
    hyperparameters : Hyperparameters
        Its `train_window` is kept unless a shorter one is better beyond noise.
    ordered : bool
        Whether the rows have an order in time.

    Returns
    -------
    hyperparameters : Hyperparameters
    predictions : RollingOriginPredictions
        Those with the hyperparameters chosen.

    Raises
    ------
    DataRefused
        When there are too few leads of one kind.
    """
    folds, rolling = make_folds(X, y, categories, ordered=ordered)
    accepted = np.concatenate([new for *_, new in folds])
    weights = weigh_by_age(len(accepted))
    log_odds = predict_folds(folds, categories, hyperparameters)
    # Without an order in time no lead is older, so there is no window to shorten.
    for window in SHORTER_WINDOWS if rolling else ():
        short = replace(hyperparameters, train_window=window)
        if all(_has_both_decisions(known[short.select(len(known))]) for _, known, *_ in folds):
            late = predict_folds(folds, categories, short)
            gain = _losses(folds, log_odds) - _losses(folds, late)
            if exceeds_noise(gain, weights, noise=BEYOND_NOISE):
                hyperparameters, log_odds = short, late
    return hyperparameters, _join(folds, log_odds, rolling=rolling)


def predict_forward(
    X: Floats,
    y: Floats,
    categories: Sequence[int],
    hyperparameters: Hyperparameters,
    *,
    ordered: bool,
) -> RollingOriginPredictions:
    """Return the predictions with hyperparameters that are chosen already.

    Parameters and errors are those of `choose_train_window`.
    """
    folds, rolling = make_folds(X, y, categories, ordered=ordered)
    return _join(folds, predict_folds(folds, categories, hyperparameters), rolling=rolling)


def make_folds(
    X: Floats, y: Floats, categories: Sequence[int], *, ordered: bool
) -> tuple[list[Fold], bool]:
    """Return what `choose_splits` does, as leads with their decisions, rare levels pooled."""
    splits, rolling = choose_splits(y, ordered=ordered)
    folds = []
    for known, new in splits:
        older, newer = pool_rare_levels(X[known], X[new], categories)
        folds.append((older, y[known], newer, y[new]))
    return folds, rolling


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


def predict_folds(
    folds: Sequence[Fold], categories: Sequence[int], hyperparameters: Hyperparameters
) -> list[Floats]:
    """Return the log-odds of the newer leads at each origin."""

    def predict(fold: Fold) -> Floats:
        X, y, newer, _ = fold
        return learn(X, y, categories, hyperparameters, threads=1).log_odds(newer, threads=1)

    # Side by side on one core each: small tables do not keep two cores busy together.
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(predict, folds))


def _join(
    folds: Sequence[Fold], log_odds: Sequence[Floats], *, rolling: bool
) -> RollingOriginPredictions:
    accepted = np.concatenate([new for *_, new in folds])
    sizes = tuple(len(part) for part in log_odds)
    return RollingOriginPredictions(np.concatenate(log_odds), accepted, rolling, sizes)


def _losses(folds: Sequence[Fold], log_odds: Sequence[Floats]) -> Floats:
    pairs = zip(folds, log_odds, strict=True)
    return np.concatenate([align_losses(fold[3], z) for fold, z in pairs])


def _has_both_decisions(y: Floats) -> bool:
    return bool(0 < y.sum() < len(y))
