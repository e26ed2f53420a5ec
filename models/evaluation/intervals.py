"""Confidence intervals (95 %) of shares, areas and precisions.

Every figure is for leads the model did not learn from, with ``y`` 1 for accepted and 0 for
rejected. But for rounding, no result depends on the order of the rows, not even among leads
tied in score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from features.errors import DataRefused
from models.arrays import Floats
from models.evaluation.ranking import average_precision, ends_of_ties

Z95 = 1.959963984540054
# Resamples times leads: bounds the bootstrap to a few seconds however many leads there are.
RESAMPLING_BUDGET = 50_000_000
MIN_RESAMPLES = 50
_DRAWN_AT_ONCE = 200_000
MIN_OF_CLASS = 5
"""Fewest accepted and fewest rejected leads of whom an AUC says anything."""

EDGE = 1e-12


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % confidence interval."""

    value: float
    low: float
    high: float


def auc_interval(y: ArrayLike, p: ArrayLike) -> Interval:
    """Return the area under the ROC curve with DeLong's interval on the logit scale.

    Parameters
    ----------
    y : array-like of shape (n_leads,)
        1 accepted, 0 rejected.
    p : array-like of shape (n_leads,)
        Any finite score that rises with the chance of acceptance.

    Raises
    ------
    DataRefused
        If all leads have the same decision.
    ValueError
        If a score is missing or infinite.

    Notes
    -----
    Under perfect separation the variance estimate is 0; the interval is then that of the rarer
    decision's count of successes without a failure. With one lead of a class it is [0, 1]. A
    constant score gives exactly .5.

    References
    ----------
    DeLong, E., DeLong, D. and Clarke-Pearson, D. (1988). Comparing the areas under two or more
    correlated receiver operating characteristic curves. Biometrics 44, 837-845.
    Sun, X. and Xu, W. (2014). Fast implementation of DeLong's algorithm. IEEE Signal
    Processing Letters 21, 1389-1393.

    Examples
    --------
    >>> auc_interval([1, 1, 0, 0, 1, 0], [0.9, 0.6, 0.7, 0.2, 0.8, 0.1]).value
    0.888...
    """
    y, p = check_scores(y, p)
    refuse_one_class(y)
    yes, no = p[y == 1], p[y == 0]
    from scipy.stats import rankdata

    rank = rankdata(p)
    wins = (rank[y == 1] - rankdata(yes)) / len(no)
    losses = (rank[y == 0] - rankdata(no)) / len(yes)
    auc = float(wins.mean())
    rarer = min(len(yes), len(no))
    if rarer < 2:
        return Interval(auc, 0.0, 1.0)
    variance = wins.var(ddof=1) / len(yes) + losses.var(ddof=1) / len(no)
    return _on_logit_scale(auc, float(np.sqrt(variance)), rarer)


def average_precision_interval(
    y: ArrayLike, p: ArrayLike, *, seed: int = 20, n_resamples: int = 1_000
) -> Interval:
    """Return the average precision with a bootstrap interval on the logit scale.

    Parameters
    ----------
    y, p : array-like of shape (n_leads,)
        As in `auc_interval`.
    seed : int
        Makes the interval repeatable.
    n_resamples : int
        Resamples of the leads; at most 50,000,000 / n_leads are drawn, but never under 50, so
        that a million leads take seconds. Their standard error is used, not their percentiles,
        so few suffice.

    Raises
    ------
    DataRefused, ValueError
        As in `auc_interval`.

    Notes
    -----
    If every accepted lead stands above every rejected one, the interval is that of as many
    successes without a failure. With one accepted lead it is [0, 1].

    References
    ----------
    Boyd, K., Eng, K. and Page, C. (2013). Area under the precision-recall curve: point
    estimates and confidence intervals. ECML PKDD, 451-466.
    """
    y, p = check_scores(y, p)
    refuse_one_class(y)
    order = np.lexsort((y, -p))
    hits, last = y[order], ends_of_ties(p[order])

    def measure(counts: Floats) -> Floats:
        sides = (np.cumsum(counts * side, axis=-1)[..., last] for side in (hits, 1 - hits))
        return average_precision(*sides)

    value = float(measure(np.ones(len(y))))
    if y.sum() < 2:
        return Interval(value, 0.0, 1.0)
    rng = np.random.default_rng(seed)
    n_draws = min(n_resamples, max(RESAMPLING_BUDGET // len(y), MIN_RESAMPLES))
    draws, at_once = np.empty(n_draws), max(1, _DRAWN_AT_ONCE // len(y))
    for start in range(0, n_draws, at_once):
        part = draws[start : start + at_once]
        # Poisson(1) counts stand in for drawing with replacement, without sorting again.
        part[:] = measure(rng.poisson(1.0, (len(part), len(y))).astype(np.float64))
    return _on_logit_scale(value, float(np.nanstd(draws)), int(y.sum()))


def wilson_interval(accepted: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Return the 95 % limits of a share by Wilson's score method.

    Parameters
    ----------
    accepted, n : array-like of one shape
        Leads accepted (fractions allowed) out of `n`, each at least 1.

    References
    ----------
    Wilson, E. (1927). Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22, 209-212.
    """
    n = np.asarray(n, dtype=np.float64)
    share = np.asarray(accepted, dtype=np.float64) / n
    centre = share + Z95**2 / (2 * n)
    reach = Z95 * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    shrink = 1 + Z95**2 / n
    # Rounding could leave the limit of an empty or a full share a hair off its end.
    low = np.minimum(np.maximum((centre - reach) / shrink, 0.0), share)
    return low, np.maximum(np.minimum((centre + reach) / shrink, 1.0), share)


def share_interval(accepted: float, n: float) -> Interval:
    """Return an accepted share with Wilson's limits."""
    low, high = wilson_interval(accepted, n)
    return Interval(float(accepted / n), float(low), float(high))


def check_scores(y: ArrayLike, p: ArrayLike) -> tuple[Floats, Floats]:
    """Return decisions and scores as finite vectors of one length."""
    decisions, scores = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    if decisions.ndim != 1 or decisions.shape != scores.shape:
        raise ValueError("decisions and scores must be vectors of one length")
    if not np.isin(decisions, (0.0, 1.0)).all():
        raise ValueError("decisions must be 0 or 1")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite; some are missing or infinite")
    return decisions, scores


def check_probabilities(y: ArrayLike, p: ArrayLike) -> tuple[Floats, Floats]:
    """Return decisions and probabilities, of at least one lead."""
    decisions, scores = check_scores(y, p)
    if len(scores) == 0:
        raise ValueError("there are no leads to evaluate")
    if scores.min() < 0 or scores.max() > 1:
        raise ValueError("probabilities must lie between 0 and 1")
    return decisions, scores


def refuse_one_class(y: Floats) -> None:
    """Refuse leads that all have the same decision: no score can then be better than another."""
    n, accepted = len(y), int(y.sum())
    if accepted in (0, n):
        raise DataRefused(
            "The leads to evaluate on all have the same decision",
            got=f"{accepted} accepted of {n}",
            expected="some accepted and some rejected",
            next_step="check the decision values in the settings, or evaluate on more leads",
            code="one_class",
        )


def _on_logit_scale(value: float, error: float, n: int) -> Interval:
    """Return a symmetric interval on the logit scale; at 0 or 1 the exact limit of n trials."""
    # A sum of rounded steps may miss 1 by a hair; its error of about 0 would then pass for real.
    if not EDGE < value < 1 - EDGE:
        limit = 0.025 ** (1 / n)
        return Interval(1.0, limit, 1.0) if value > 0.5 else Interval(0.0, 0.0, 1 - limit)
    reach = Z95 * error / (value * (1 - value))
    low, high = special.expit(special.logit(value) + np.array([-reach, reach]))
    return Interval(value, min(float(low), value), max(float(high), value))
