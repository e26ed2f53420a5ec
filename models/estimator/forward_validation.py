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
from models.estimator.calibration import MIN_LEADS, weigh_by_age
from models.estimator.recipe import Recipe, learn

Floats = NDArray[np.float64]
Rows = tuple[NDArray[np.int64], NDArray[np.int64]]
Origin = tuple[Floats, Floats, Floats, Floats]
"""Older leads and their decisions, the next newer ones and theirs."""

ORIGINS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the training leads after which the forward predictions start anew."""

MANY_LEADS = 50_000
ORIGINS_OF_MANY = (0.8, 0.9)
"""With so many, a fifth of them tells as much as is to be known, and is newer."""

SHORTER_HISTORIES = (0.5,)
BEYOND_NOISE = 2.0  # standard errors by which leaving out older leads must be better


@dataclass(frozen=True)
class Forward:
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

    def extend(self, log_odds: Floats, accepted: Floats) -> Forward:
        """Return these with newer ones behind them."""
        return Forward(
            np.r_[self.log_odds, log_odds],
            np.r_[self.accepted, accepted],
            self.ordered,
            (*self.sizes, len(accepted)),
        )


def choose_recipe(
    X: Floats, y: Floats, categories: Sequence[int], recipe: Recipe, *, ordered: bool
) -> tuple[Recipe, Forward]:
    """Choose how much of the past to learn from, by how models did on the next newer leads.

    Parameters
    ----------
    X, y, categories
        As in `models.estimator.recipe.learn`.
    recipe : Recipe
        Its `history` is kept unless a shorter one is better beyond noise.
    ordered : bool
        Whether the rows have an order in time.

    Returns
    -------
    recipe : Recipe
    forward : Forward
        The predictions by the recipe chosen.

    Raises
    ------
    DataRefused
        When there are too few leads of one kind.
    """
    splits, rolling = choose_splits(y, ordered=ordered)
    origins = []
    for known, new in splits:
        older, newer = pool_rare_levels(X[known], X[new], categories)
        origins.append((older, y[known], newer, y[new]))
    accepted = np.concatenate([new for *_, new in origins])
    weights = weigh_by_age(len(accepted))
    log_odds = _predict(origins, categories, recipe)
    for history in SHORTER_HISTORIES if rolling else ():
        short = replace(recipe, history=history)
        if all(_tells_apart(known[short.select(len(known))]) for _, known, *_ in origins):
            late = _predict(origins, categories, short)
            gain = _losses(origins, log_odds) - _losses(origins, late)
            if exceeds_noise(gain, weights, noise=BEYOND_NOISE):
                recipe, log_odds = short, late
    sizes = tuple(len(part) for part in log_odds)
    return recipe, Forward(np.concatenate(log_odds), accepted, rolling, sizes)


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
    """Tell whether the weighted mean of paired gains is over so many standard errors."""
    mean = float(np.average(gain, weights=weights))
    error = float(np.sqrt(weights**2 @ (gain - mean) ** 2) / weights.sum())
    return mean > noise * error


def align_losses(y: Floats, log_odds: Floats) -> Floats:
    """Return each lead's log-loss once the mean probability equals the accepted share.

    The level is calibration's to set; left in, a drifting base rate would drown how well models
    tell leads apart.
    """
    from scipy import optimize

    if not _tells_apart(y):
        return np.zeros(len(y))

    def surplus(shift: float) -> float:
        return float(special.expit(log_odds + shift).mean() - y.mean())

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
    for rolling in (True, False) if ordered else (False,):
        parts = forward_splits(len(y)) if rolling else interleaved_splits(len(y))
        usable = [(known, new) for known, new in parts if _tells_apart(y[known])]
        if sum(len(new) for _, new in usable) >= MIN_LEADS:
            return usable, rolling
    raise DataRefused(
        "too few decided leads to learn from and to calibrate on",
        got=f"{int(y.sum())} accepted and {int(len(y) - y.sum())} rejected",
        expected=f"at least {MIN_LEADS} leads, and several of each kind",
        next_step="Wait for more decisions, or take in older leads",
        code="too_few_leads",
    )


def forward_splits(n_leads: int) -> Iterator[Rows]:
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


def _predict(origins: Sequence[Origin], categories: Sequence[int], recipe: Recipe) -> list[Floats]:
    """Return the log-odds of the newer leads at each origin."""

    def predict(origin: Origin) -> Floats:
        X, y, newer, _ = origin
        return learn(X, y, categories, recipe, threads=1).log_odds(newer, threads=1)

    # Side by side on one core each: small tables do not keep two cores busy together.
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(predict, origins))


def _losses(origins: Sequence[Origin], log_odds: Sequence[Floats]) -> Floats:
    pairs = zip(origins, log_odds, strict=True)
    return np.concatenate([align_losses(origin[3], z) for origin, z in pairs])


def _tells_apart(y: Floats) -> bool:
    return bool(0 < y.sum() < len(y))
