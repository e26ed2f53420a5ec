"""Estimated performance before sales has answered.

Calibrated probabilities are enough to estimate how well they will separate accepted
leads from rejected ones: each lead counts as accepted by its probability and as rejected by the
rest of it. This sees that leads have become harder to separate. It does not see that sales
decides in another way: then the probabilities are no longer right, and only answers show it.

References
----------
NannyML (2022). Performance estimation: confidence-based performance estimation (CBPE).
Documentation, "How it works".
Kivimäki, J., Białek, J., Kuberski, W. and Nurminen, J. (2025). Performance estimation in binary
classification using calibrated confidence. arXiv 2505.05295.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.arrays import Floats
from models.evaluation.intervals import Z95, Interval
from models.evaluation.ranking import area_under_roc, average_precision, ends_of_ties

TOP_SHARE = 0.1
N_DRAWS = 400
DRAWING_BUDGET = 20_000_000
MIN_DRAWS = 50


@dataclass(frozen=True)
class EstimatedPerformance:
    """Estimated metrics of a set of leads once all of them are answered.

    Attributes
    ----------
    n : int
    base_rate, auc, average_precision, precision_at_top : Interval
        With the limits between which 95 % of all answers that the probabilities allow would
        put the figure. The top is the best-scored tenth.
    """

    n: int
    base_rate: Interval
    auc: Interval
    average_precision: Interval
    precision_at_top: Interval


def estimate_performance(
    p: ArrayLike, *, chance: ArrayLike | None = None, seed: int = 20, n_draws: int = N_DRAWS
) -> EstimatedPerformance | None:
    """Estimate the metrics that the probabilities of some leads will reach.

    Parameters
    ----------
    p : array-like of shape (n_leads,)
        Calibrated probabilities, strictly between 0 and 1, by which leads are put in order.
    chance : array-like of shape (n_leads,), optional
        How likely each lead is accepted where more is known than its probability, such as that
        it was answered early; the probability itself if left out.
    seed, n_draws : int
        The limits rest on so many draws of all answers, fewer for very many leads.

    Returns
    -------
    EstimatedPerformance or None
        None with fewer than two leads.

    Notes
    -----
    The AUC is the area under the ROC curve made of expected counts, the average precision that
    of expected precision at each accepted lead, given that this one is accepted.

    Examples
    --------
    >>> estimated = estimate_performance([0.9, 0.8, 0.3, 0.1] * 50)
    >>> round(estimated.base_rate.value, 3), round(estimated.auc.value, 2)
    (0.525, 0.86)
    """
    scores = np.asarray(p, dtype=np.float64)
    likely = scores if chance is None else np.asarray(chance, dtype=np.float64)
    if scores.shape != likely.shape or scores.ndim != 1:
        raise ValueError("there must be one probability and one chance per lead")
    if len(scores) < 2:
        return None
    if min(scores.min(), likely.min()) <= 0 or max(scores.max(), likely.max()) >= 1:
        raise ValueError("probabilities must lie strictly between 0 and 1")
    order = np.lexsort((likely, -scores))
    likely, last = likely[order], ends_of_ties(scores[order])
    top = max(1, round(TOP_SHARE * len(likely)))
    figures: dict[str, Callable[[Floats], float]] = {
        "base_rate": lambda y: float(y.mean()),
        "auc": lambda y: float(area_under_roc(*_count(y, last))),
        "average_precision": lambda y: float(average_precision(*_count(y, last))),
        "precision_at_top": lambda y: float(y[:top].mean()),
    }
    # Expected counts take the place of counts, but where a lead's own answer matters.
    values = {name: figure(likely) for name, figure in figures.items()}
    values["auc"] = _expected_area(likely, last)
    values["average_precision"] = _expected_precision(likely)
    drawn = _draw(likely, list(figures.values()), seed=seed, n_draws=n_draws)
    found: dict[str, Any] = {
        name: _around(values[name], spread) for name, spread in zip(figures, drawn, strict=True)
    }
    return EstimatedPerformance(len(likely), **found)


def _count(y: Floats, last: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return the accepted and rejected leads at or above each score; `y` may be fractions."""
    return np.cumsum(y)[last], np.cumsum(1 - y)[last]


def _expected_area(p: Floats, last: NDArray[np.intp]) -> float:
    """Return the area under the ROC curve of expected counts.

    A lead is no pair with itself, though a part of it counts as accepted and a part does not.
    """
    accepted, rejected = _count(p, last)
    pairs, own = accepted[-1] * rejected[-1], p @ (1 - p)
    return float((area_under_roc(accepted, rejected) * pairs - own / 2) / (pairs - own))


def _expected_precision(p: Floats) -> float:
    """Return the average precision expected of leads by falling probability."""
    before = np.cumsum(p) - p
    return float(p @ ((before + 1) / np.arange(1, len(p) + 1)) / p.sum())


def _draw(
    p: Floats, figures: list[Callable[[Floats], float]], *, seed: int, n_draws: int
) -> Floats:
    """Return the figures of answers drawn from the probabilities, shape (n_figures, n_draws)."""
    rng = np.random.default_rng(seed)
    draws = min(n_draws, max(DRAWING_BUDGET // len(p), MIN_DRAWS))
    drawn = np.empty((len(figures), draws))
    for i in range(draws):
        y = (rng.random(len(p)) < p).astype(np.float64)
        drawn[:, i] = [figure(y) for figure in figures]
    return drawn


def _around(value: float, drawn: Floats) -> Interval:
    """Return the figure with its limits; draws without both answers are left out."""
    known = drawn[np.isfinite(drawn)]
    reach = Z95 * float(known.std()) if len(known) > 1 else 1.0
    return Interval(value, max(0.0, value - reach), min(1.0, value + reach))
