"""Evaluation metrics with intervals: predicted probabilities against sales' decisions.

Every figure is for leads the model did not learn from, with ``y`` 1 for accepted and 0 for
rejected. But for rounding, no result depends on the order of the rows, not even among leads
tied in score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.language import translatable as _
from models.arrays import Floats
from models.evaluation.intervals import (
    Interval,
    auc_interval,
    average_precision_interval,
    check_probabilities,
    check_scores,
    refuse_one_class,
    share_interval,
)

TOP_SHARES = (0.1, 0.2, 0.3)
DRAWN_AT_MOST = 5_000_000  # leads times draws, so that a million leads take seconds


@dataclass(frozen=True)
class TopShare:
    """Precision and lift in the best-scored share of the leads.

    Leads tied at the border count as their average, so ``precision`` may rest on a fraction of
    an accepted lead. ``lift`` is precision over the base rate, ``recall`` the part of all
    accepted leads that lies in this share.
    """

    share: float
    n: int
    precision: Interval
    lift: float
    recall: float


@dataclass(frozen=True)
class CalibrationBin:
    """Leads of similar probability: the mean prediction and the accepted share."""

    n: int
    mean_predicted: float
    accepted: Interval


@dataclass(frozen=True)
class Metric:
    """What the terminal, pages, cards and the gate say of a metric.

    Attributes
    ----------
    name : str
        Its field of `Metrics`, and its key in what is stored.
    label : str
        Its name in tables and at the start of a sentence, translated.
    brief : str or None
        Its name in the terminal; None where the terminal's short list leaves it out.
    lower : bool
        Whether less is better.
    blind : str, float or None
        What the acceptance rate of the training part gets as everybody's probability: a number,
        or the field of `Metrics` that holds it; None where that says nothing.
    chance : str or None
        The field of `Metrics` with what probabilities without fault show.
    """

    name: str
    label: str
    brief: str | None = None
    lower: bool = False
    blind: str | float | None = None
    chance: str | None = None


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("auc", _("AUC"), "AUC", blind=0.5),
        Metric("average_precision", _("Average precision"), "average precision", blind="base_rate"),
        Metric("log_loss", _("Log-loss"), "log-loss", lower=True, blind="log_loss_of_base_rate"),
        Metric("brier", _("Brier score"), lower=True, blind="brier_of_base_rate"),
        Metric(
            "ece",
            _("Calibration error (ECE)"),
            "calibration error",
            lower=True,
            chance="ece_by_chance",
        ),
    )
}
"""In the order in which they are listed: those of the ranking before those of probabilities."""


@dataclass(frozen=True)
class Metrics:
    """Metrics of one set of leads; each metric has its line in `METRICS`.

    ``brier_of_base_rate`` and ``log_loss_of_base_rate`` belong to a rival that gives every lead
    the acceptance rate of the training part. Log-loss is in nats; ``ece`` is the calibration
    error in probability, ``ece_by_chance`` what probabilities without fault would show.
    """

    n: int
    n_accepted: int
    base_rate: float
    auc: Interval
    average_precision: Interval
    brier: float
    log_loss: float
    ece: float
    ece_by_chance: float
    brier_of_base_rate: float
    log_loss_of_base_rate: float
    top: tuple[TopShare, ...]
    calibration: tuple[CalibrationBin, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain types."""
        return asdict(self)

    def flatten(self) -> dict[str, float]:
        """Return the metrics by name, with the ends of their intervals, as a run is logged."""
        flat: dict[str, float] = {}
        for metric in METRICS.values():
            figure = getattr(self, metric.name)
            if isinstance(figure, Interval):
                ends = {"low": figure.low, "high": figure.high}
                flat |= {f"{metric.name}_{end}": value for end, value in ends.items()}
                figure = figure.value
            flat[metric.name] = figure
            if metric.chance is not None:
                flat[metric.chance] = getattr(self, metric.chance)
        return flat


def list_metrics(judged: Mapping[str, Any], baseline: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row per metric for a table of the model beside its baseline.

    Parameters
    ----------
    judged, baseline : mapping
        What `Metrics.to_dict` gives for the model and for logistic regression.

    Returns
    -------
    list of dict
        ``name``, ``label``, ``brief``, ``lower``; ``model`` and ``baseline`` with ``value``,
        ``low`` and ``high``, which are None without an interval; ``blind`` and ``chance``, None
        where there is none.
    """
    return [
        {
            "name": metric.name,
            "label": metric.label,
            "brief": metric.brief,
            "lower": metric.lower,
            "model": _as_interval(judged[metric.name]),
            "baseline": _as_interval(baseline[metric.name]),
            "blind": judged[metric.blind] if isinstance(metric.blind, str) else metric.blind,
            "chance": None if metric.chance is None else judged[metric.chance],
        }
        for metric in METRICS.values()
        # A model of an older version has none of a metric that was added since.
        if metric.name in judged and metric.name in baseline
    ]


def _as_interval(figure: Any) -> dict[str, float | None]:
    if isinstance(figure, Mapping):
        return dict(figure)
    return {"value": float(figure), "low": None, "high": None}


def evaluate(
    y: ArrayLike, p: ArrayLike, *, reference_rate: float, seed: int = 20, n_resamples: int = 1_000
) -> Metrics:
    """Evaluate probabilities against decisions.

    Parameters
    ----------
    y : array-like of shape (n_leads,)
        1 accepted, 0 rejected.
    p : array-like of shape (n_leads,)
        Probability of acceptance.
    reference_rate : float
        Acceptance rate of the training part, the constant to beat.
    seed, n_resamples : int
        For the interval of the average precision; see `average_precision_interval`.

    Raises
    ------
    DataRefused
        If all leads have the same decision, or there are none.
    ValueError
        If a probability is missing or outside [0, 1], or lengths differ: a fault of the caller.

    Examples
    --------
    >>> y, p = [1, 1, 0, 0], [0.9, 0.6, 0.7, 0.2]
    >>> metrics = evaluate(y, p, reference_rate=0.5)
    >>> metrics.auc.value, round(metrics.log_loss, 3)
    (0.75, 0.511)
    """
    from sklearn.metrics import brier_score_loss, log_loss

    y, p = check_scores(y, p)
    refuse_one_class(y)
    y, p = check_probabilities(y, p)
    if not 0 <= reference_rate <= 1:
        raise ValueError("the reference rate must lie between 0 and 1")
    constant = np.full(len(y), float(reference_rate))
    return Metrics(
        n=len(y),
        n_accepted=int(y.sum()),
        base_rate=float(y.mean()),
        auc=auc_interval(y, p),
        average_precision=average_precision_interval(y, p, seed=seed, n_resamples=n_resamples),
        brier=float(brier_score_loss(y, p)),
        log_loss=float(log_loss(y, p)),
        ece=calibration_error(y, p),
        ece_by_chance=chance_calibration_error(p, seed=seed),
        brier_of_base_rate=float(brier_score_loss(y, constant)),
        log_loss_of_base_rate=float(log_loss(y, constant)),
        top=tuple(_judge_top(y, p, share) for share in TOP_SHARES),
        calibration=calibration_table(y, p),
    )


def calibration_error(y: ArrayLike, p: ArrayLike, *, n_bins: int = 10) -> float:
    """Return the expected calibration error (ECE), in probability.

    The mean, weighted by leads, of the distance between the mean probability and the accepted
    share in bins of equal numbers of leads, ties kept together. Chance alone makes it positive:
    a perfect model on n leads shows about sqrt(n_bins / n) * 0.4.
    """
    bins = calibration_table(y, p, n_bins=n_bins)
    gaps = sum(part.n * abs(part.mean_predicted - part.accepted.value) for part in bins)
    return gaps / sum(part.n for part in bins)


def chance_calibration_error(
    p: ArrayLike, *, n_bins: int = 10, seed: int = 20, n_draws: int = 200
) -> float:
    """Return the calibration error expected of perfectly calibrated probabilities.

    Parameters
    ----------
    p : array-like of shape (n_leads,)
        Probability of acceptance, taken as true.
    n_bins : int
        As in `calibration_error`.
    seed, n_draws : int
        Decisions are drawn so many times; fewer times for many leads, where it varies little.

    References
    ----------
    Roelofs, R., Cain, N., Shlens, J. and Mozer, M. (2022). Mitigating bias in calibration error
    estimation. AISTATS, 4036-4054.
    """
    p = np.sort(np.asarray(p, dtype=np.float64))
    starts = calibration_bins(p, n_bins=n_bins)
    promised = np.add.reduceat(p, starts)
    rng = np.random.default_rng(seed)
    draws = int(np.clip(DRAWN_AT_MOST // len(p), 10, n_draws))
    gaps = [
        np.abs(np.add.reduceat((rng.random(len(p)) < p).astype(float), starts) - promised).sum()
        for _ in range(draws)
    ]
    return float(np.mean(gaps) / len(p))


def calibration_table(
    y: ArrayLike, p: ArrayLike, *, n_bins: int = 10
) -> tuple[CalibrationBin, ...]:
    """Return up to `n_bins` bins of about equal numbers of leads, by rising probability.

    Leads tied in probability share a bin, so there may be fewer bins than asked for.
    """
    y, p = check_probabilities(y, p)
    order = np.lexsort((y, p))
    y, p = y[order], p[order]
    starts = calibration_bins(p, n_bins=n_bins)
    n = np.diff(np.r_[starts, len(p)])
    accepted, promised = np.add.reduceat(y, starts), np.add.reduceat(p, starts) / n
    return tuple(
        CalibrationBin(int(size), float(mean), share_interval(k, size))
        for size, mean, k in zip(n, promised, accepted, strict=True)
    )


def calibration_bins(p: Floats, *, n_bins: int = 10) -> NDArray[np.intp]:
    """Return where each bin of about equal numbers of leads begins; ties share a bin.

    Parameters
    ----------
    p : ndarray of shape (n_leads,)
        Rising probabilities.
    """
    from scipy.stats import rankdata

    place = ((rankdata(p) - 0.5) * n_bins / len(p)).astype(np.intp)
    return np.flatnonzero(np.diff(place, prepend=-1))


def _judge_top(y: Floats, p: Floats, share: float) -> TopShare:
    """Evaluate the best-scored share of the leads, at least one."""
    n = max(1, round(share * len(y)))
    border = np.partition(p, len(p) - n)[len(p) - n]
    above, tied = p > border, p == border
    found = y[above].sum() + (n - above.sum()) * y[tied].mean()
    precision = share_interval(found, n)
    return TopShare(
        share, n, precision, lift=float(precision.value / y.mean()), recall=float(found / y.sum())
    )
