"""Paired comparison of two models on the same leads, with confidence intervals.

Both give each lead a probability, and the leads are new to both. A lead that is hard for one is
mostly hard for the other, so the difference is far surer than either figure: it is resampled
lead by lead, both models on the same draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from features.language import translatable as _
from features.settings.schema import Measure
from models.arrays import Floats
from models.evaluation.intervals import (
    MIN_OF_CLASS,
    Z95,
    Interval,
    check_probabilities,
    refuse_one_class,
)
from models.evaluation.metrics import METRICS, Metric
from models.evaluation.ranking import area_under_roc, average_precision, ends_of_ties

MEASURES: tuple[Measure, ...] = get_args(Measure)
TOP_PRECISION = Metric(
    "top_precision", _("Precision among the best {share} %"), "precision, best {share}%"
)
COMPARED: Mapping[Measure, Metric] = {
    name: TOP_PRECISION if name == TOP_PRECISION.name else METRICS[name] for name in MEASURES
}
LOWER_IS_BETTER: frozenset[Measure] = frozenset(name for name in MEASURES if COMPARED[name].lower)

N_RESAMPLES = 1_000
# Resamples times leads: bounds the bootstrap to some seconds however many leads there are.
RESAMPLING_BUDGET = 20_000_000
MIN_RESAMPLES = 200
_DRAWS_AT_ONCE = 2_000_000
_EDGE = 1e-15


@dataclass(frozen=True)
class Paired:
    """One measure of both models on the same leads.

    Attributes
    ----------
    champion, challenger : Interval
    difference : Interval
        Challenger less champion. Of log-loss, less is better.
    """

    champion: Interval
    challenger: Interval
    difference: Interval


@dataclass(frozen=True)
class PairedGroup:
    """Both models on the leads of one segment; ``auc`` is None with under 5 of either decision."""

    group: str
    n: int
    n_accepted: int
    log_loss: Paired
    auc: Paired | None


@dataclass(frozen=True)
class Comparison:
    """Both models on the same leads, which neither has learned from.

    Attributes
    ----------
    n, n_accepted : int
    top_share : float
        The share of the leads, best first, that sales can work.
    measures : mapping of str to Paired
        By the names of `MEASURES`; log-loss in nats.
    segments : mapping of str to tuple of PairedGroup
        By column, then by value.
    """

    n: int
    n_accepted: int
    top_share: float
    measures: Mapping[Measure, Paired]
    segments: Mapping[str, tuple[PairedGroup, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain types."""
        return asdict(self)


def compare(
    y: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    *,
    top_share: float,
    segments: Mapping[str, pd.Series] | None = None,
    seed: int = 20,
) -> Comparison:
    """Compare two models on the same leads.

    Parameters
    ----------
    y : array-like of shape (n_leads,)
        1 accepted, 0 rejected.
    champion, challenger : array-like of shape (n_leads,)
        The probability that each model gave each lead.
    top_share : float
        Share of the leads, best first, whose precision is compared.
    segments : mapping of str to Series of shape (n_leads,), optional
        By column the segment of each lead, by position.
    seed : int
        Makes the intervals repeatable.

    Raises
    ------
    DataRefused
        If all leads have the same decision.
    ValueError
        If a probability is missing or outside [0, 1], or lengths differ.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 400)
    >>> noise = rng.normal(0, 0.1, 400)
    >>> champion, challenger = 0.5 + noise, 0.5 + 0.2 * (y - 0.5) + noise
    >>> found = compare(y, champion, challenger, top_share=0.2).measures["auc"]
    >>> found.difference.low > 0
    True
    """
    y, old = check_probabilities(y, champion)
    y, new = check_probabilities(y, challenger)
    refuse_one_class(y)
    return Comparison(
        n=len(y),
        n_accepted=int(y.sum()),
        top_share=top_share,
        measures=compare_measures(y, old, new, top_share=top_share, seed=seed),
        segments={
            name: compare_groups(y, old, new, groups, seed=seed)
            for name, groups in (segments or {}).items()
        },
    )


def compare_measures(
    y: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    *,
    top_share: float,
    seed: int = 20,
    measures: Sequence[Measure] = MEASURES,
) -> dict[Measure, Paired]:
    """Return the measures of both models with 95 % intervals by a paired bootstrap.

    Parameters
    ----------
    y, champion, challenger, top_share, seed
        As in `compare`.
    measures : sequence of str
        Of `MEASURES`.

    Notes
    -----
    Each interval is the value and 1.96 bootstrap standard errors on either side: for some hundred
    leads or more, percentiles say the same and need many more draws. Two models that give
    all leads the same have a difference of exactly 0 without any width. Leads tied at the border
    of the top share count as their average.

    References
    ----------
    Efron, B. and Tibshirani, R. (1993). An Introduction to the Bootstrap. Chapman and Hall,
    chapters 6 and 12.
    Hanley, J. and MacGibbon, B. (2006). Creating non-parametric bootstrap samples using Poisson
    frequencies. Computer Methods and Programs in Biomedicine 83, 57-62.
    """
    y = np.asarray(y, dtype=np.float64)
    models = [_Ranked(y, np.asarray(p, dtype=np.float64)) for p in (champion, challenger)]
    one = np.ones((1, len(y)))
    values = [model.measure(one, top_share, measures)[0] for model in models]
    old, new = _resample(models, top_share, measures, seed=seed)
    return {
        name: Paired(
            champion=_interval(values[0][i], old[:, i], bounded=name != "log_loss"),
            challenger=_interval(values[1][i], new[:, i], bounded=name != "log_loss"),
            difference=_interval(values[1][i] - values[0][i], new[:, i] - old[:, i]),
        )
        for i, name in enumerate(measures)
    }


def compare_groups(
    y: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    groups: pd.Series[Any],
    *,
    min_leads: int = 50,
    max_groups: int = 12,
    seed: int = 20,
) -> tuple[PairedGroup, ...]:
    """Compare two models within each segment, largest first.

    Parameters
    ----------
    y, champion, challenger, seed
        As in `compare`.
    groups : Series of shape (n_leads,)
        The segment of each lead, by position; missing values form one of their own.
    min_leads, max_groups : int
        Smaller segments, and those beyond the largest, are left out: too few leads to compare.
    """
    y, old, new = (np.asarray(part, dtype=np.float64) for part in (y, champion, challenger))
    labels = groups.astype(object).where(groups.notna(), "(not entered)").map(str).to_numpy()
    names, sizes = np.unique(labels, return_counts=True)
    ranked = sorted(zip(-sizes, names, strict=True))[:max_groups]
    found = []
    for size, name in ranked:
        inside = labels == name
        if -size >= min_leads:
            found.append(_compare_group(str(name), y[inside], old[inside], new[inside], seed))
    return tuple(found)


def _compare_group(name: str, y: Floats, old: Floats, new: Floats, seed: int) -> PairedGroup:
    accepted = int(y.sum())
    both = min(accepted, len(y) - accepted) >= MIN_OF_CLASS
    wanted: tuple[Measure, ...] = ("log_loss", "auc") if both else ("log_loss",)
    found = compare_measures(y, old, new, top_share=1.0, seed=seed, measures=wanted)
    return PairedGroup(name, len(y), accepted, found["log_loss"], found.get("auc"))


class _Ranked:
    """One model's leads, best first, ready to be measured under many weights."""

    def __init__(self, y: Floats, p: Floats) -> None:
        self.order = np.lexsort((y, -p))
        self.accepted = y[self.order]
        self.last = ends_of_ties(p[self.order])
        clipped = np.clip(p, _EDGE, 1 - _EDGE)
        self.loss = -np.where(y == 1, np.log(clipped), np.log1p(-clipped))

    def measure(self, weights: Floats, top_share: float, measures: Sequence[Measure]) -> Floats:
        """Return the measures, shape (n_draws, n_measures), of leads counted by the weights.

        Weights that leave only one decision give NaN for all that rank.
        """
        sorted_ = weights[:, self.order]
        seen = np.cumsum(sorted_, axis=1)[:, self.last]
        found = np.cumsum(sorted_ * self.accepted, axis=1)[:, self.last]
        columns: dict[str, Floats] = {"log_loss": weights @ self.loss / weights.sum(axis=1)}
        if "auc" in measures:
            columns["auc"] = area_under_roc(found, seen - found)
        if "average_precision" in measures:
            columns["average_precision"] = average_precision(found, seen - found)
        if "top_precision" in measures:
            columns["top_precision"] = _top_precision(seen, found, top_share)
        return np.column_stack([columns[name] for name in measures])


def _top_precision(seen: Floats, found: Floats, share: float) -> Floats:
    """Return the accepted share of the best leads; at least one lead counts as the top."""
    wanted = np.maximum(share * seen[:, -1], 1.0)
    # Both curves begin where no lead is seen.
    leads, accepted = (np.pad(counts, ((0, 0), (1, 0))) for counts in (seen, found))
    reached = [np.interp(*row) for row in zip(wanted, leads, accepted, strict=True)]
    return np.asarray(reached) / wanted


def _resample(
    models: Sequence[_Ranked], top_share: float, measures: Sequence[Measure], *, seed: int
) -> tuple[Floats, Floats]:
    """Return the measures of both models on the same draws, shape (n_draws, n_measures) each."""
    n = len(models[0].accepted)
    draws = int(np.clip(RESAMPLING_BUDGET // n, MIN_RESAMPLES, N_RESAMPLES))
    at_once = max(1, _DRAWS_AT_ONCE // n)
    rng = np.random.default_rng(seed)
    parts: list[tuple[Floats, Floats]] = []
    for start in range(0, draws, at_once):
        # Poisson(1) counts stand in for drawing with replacement, without sorting again.
        weights = rng.poisson(1.0, (min(at_once, draws - start), n)).astype(np.float64)
        old, new = (model.measure(weights, top_share, measures) for model in models)
        parts.append((old, new))
    return np.vstack([old for old, _ in parts]), np.vstack([new for _, new in parts])


def _interval(value: float, draws: Floats, *, bounded: bool | None = None) -> Interval:
    """Return a value with 1.96 standard errors; shares and areas end at 0 and 1, losses at 0."""
    known = draws[np.isfinite(draws)]
    reach = Z95 * float(np.std(known)) if len(known) > 1 else 1.0
    low, high = float(value) - reach, float(value) + reach
    if bounded is not None:
        low, high = max(low, 0.0), min(high, 1.0) if bounded else high
    return Interval(float(value), low, high)
