"""How good are the probabilities: figures with intervals, against what sales decided.

Every figure is for leads the model did not learn from, with ``y`` 1 for accepted and 0 for
rejected. But for rounding, no result depends on the order of the rows, not even among leads
tied in score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from features.errors import DataRefused

Floats = NDArray[np.float64]

Z95 = 1.959963984540054
TOP_SHARES = (0.1, 0.2, 0.3)
MIN_OF_CLASS = 5
GOOD_AUC = 0.60
HINT, BORNE_OUT = 0.8416, 2.3263  # standard errors from chance: one-sided 80 and 99 %
MAX_POINTS = 200
# Resamples times leads: bounds the bootstrap to a few seconds however many leads there are.
RESAMPLING_BUDGET = 50_000_000
MIN_RESAMPLES = 50
EDGE = 1e-12


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class TopShare:
    """What sales would have seen working only the best-scored share of the leads.

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
    """Leads of similar probability: what was promised and what sales did."""

    n: int
    mean_predicted: float
    accepted: Interval


@dataclass(frozen=True)
class GroupFigures:
    """The judgement on one group of leads; ``auc`` is None with under 5 of either decision."""

    group: str
    kind: Literal["level", "missing", "other"]
    n: int
    accepted: Interval
    mean_predicted: float
    auc: Interval | None


@dataclass(frozen=True)
class Figures:
    """The judgement on one set of leads.

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


def judge(
    y: ArrayLike, p: ArrayLike, *, reference_rate: float, seed: int = 20, n_resamples: int = 1_000
) -> Figures:
    """Judge probabilities against decisions.

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
    """
    from sklearn.metrics import brier_score_loss, log_loss

    y, p = _check_scores(y, p)
    _refuse_one_class(y)
    y, p = _check_probabilities(y, p)
    if not 0 <= reference_rate <= 1:
        raise ValueError("the reference rate must lie between 0 and 1")
    constant = np.full(len(y), float(reference_rate))
    return Figures(
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


def skill(figures: Figures, *, earlier: Sequence[Interval] = ()) -> Literal["good", "weak", "none"]:
    """Return the plain verdict.

    Parameters
    ----------
    figures : Figures
        The judgement on the newest leads.
    earlier : sequence of Interval
        The AUC of models of still older leads on the leads next to come, one for each time, see
        `auc_by_part`. They help where there are too few newest leads to tell.

    Returns
    -------
    {"good", "weak", "none"}
        "none" if the AUC cannot be told from chance (.5); "good" if the lower limit of its
        interval is at least .60 and the log-loss beats the base rate's; otherwise "weak".

    Notes
    -----
    The AUC is told from chance where its interval clears .5, and 5 leads or more had either
    decision: with fewer, DeLong's interval clears it by luck too often. Otherwise it must point
    that way (80 %, one-sided) and clear .5 together with the earlier ones (99 %, one-sided): a
    signal that was there once and is gone from many newest leads does not count.
    """
    rarer = min(figures.n_accepted, figures.n - figures.n_accepted)
    clear = figures.auc.low > 0.5 and rarer >= MIN_OF_CLASS
    if not clear and not _clear_together(figures.auc, earlier):
        return "none"
    beats = figures.log_loss < figures.log_loss_of_base_rate
    return "good" if clear and figures.auc.low >= GOOD_AUC and beats else "weak"


def auc_by_part(y: ArrayLike, p: ArrayLike, sizes: Sequence[int]) -> tuple[Interval, ...]:
    """Return the AUC within each of successive parts that hold both decisions.

    Parameters
    ----------
    y, p : array-like of shape (n_leads,)
        As in `auc_interval`.
    sizes : sequence of int
        Leads of each part; they add up to `n_leads`.

    Raises
    ------
    ValueError
        As in `auc_interval`, or if the sizes do not add up.
    """
    y, p = _check_scores(y, p)
    if sum(sizes) != len(y):
        raise ValueError("the parts must add up to all leads")
    ends = np.cumsum(sizes)[:-1]
    parts = zip(np.split(y, ends), np.split(p, ends), strict=True)
    return tuple(auc_interval(part, q) for part, q in parts if 0 < part.sum() < len(part))


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
    """
    y, p = _check_scores(y, p)
    _refuse_one_class(y)
    yes, no = p[y == 1], p[y == 0]
    rank = stats.rankdata(p)
    wins = (rank[y == 1] - stats.rankdata(yes)) / len(no)
    losses = (rank[y == 0] - stats.rankdata(no)) / len(yes)
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
    from sklearn.metrics import average_precision_score

    y, p = _check_scores(y, p)
    _refuse_one_class(y)
    value = float(average_precision_score(y, p))
    if y.sum() < 2:
        return Interval(value, 0.0, 1.0)
    order = np.lexsort((y, -p))
    hits, last = y[order], _ends_of_ties(p[order])
    rng = np.random.default_rng(seed)
    draws = np.empty(min(n_resamples, max(RESAMPLING_BUDGET // len(y), MIN_RESAMPLES)))
    for i in range(len(draws)):
        # Poisson(1) counts stand in for drawing with replacement, without sorting again.
        counts = rng.poisson(1.0, len(y))
        seen, found = np.cumsum(counts)[last], np.cumsum(counts * hits)[last]
        gained = np.diff(found, prepend=0.0)
        total = found[-1]
        draws[i] = gained @ (found / np.maximum(seen, 1)) / total if total > 0 else np.nan
    return _on_logit_scale(value, float(np.nanstd(draws)), int(y.sum()))


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
    """Return the calibration error expected of probabilities without fault.

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
    starts = _bin_starts(p, n_bins)
    promised = np.add.reduceat(p, starts)
    rng = np.random.default_rng(seed)
    draws = int(np.clip(RESAMPLING_BUDGET // (10 * len(p)), 10, n_draws))
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
    y, p = _check_probabilities(y, p)
    order = np.lexsort((y, p))
    y, p = y[order], p[order]
    starts = _bin_starts(p, n_bins)
    n = np.diff(np.r_[starts, len(p)])
    accepted, promised = np.add.reduceat(y, starts), np.add.reduceat(p, starts) / n
    return tuple(
        CalibrationBin(int(size), float(mean), _share(k, size))
        for size, mean, k in zip(n, promised, accepted, strict=True)
    )


def _bin_starts(p: Floats, n_bins: int) -> NDArray[np.intp]:
    """Return where each bin of rising probabilities begins; ties share a bin."""
    place = ((stats.rankdata(p) - 0.5) * n_bins / len(p)).astype(np.intp)
    return np.flatnonzero(np.diff(place, prepend=-1))


def judge_by_group(
    y: ArrayLike, p: ArrayLike, groups: pd.Series[Any], *, min_leads: int = 50, max_groups: int = 12
) -> tuple[GroupFigures, ...]:
    """Judge the probabilities within each group, for instance each source.

    Parameters
    ----------
    y, p : array-like of shape (n_leads,)
        As in `judge`.
    groups : Series of shape (n_leads,)
        The group of each lead, by position; missing values form a group of their own.
    min_leads, max_groups : int
        Groups of fewer leads, and those beyond the largest, are pooled as one "other" group,
        which counts among the `max_groups`.

    Returns
    -------
    tuple of GroupFigures
        Every lead in exactly one; largest first, the pooled one last.

    Raises
    ------
    ValueError
        As in `judge`, or if `groups` has another length.
    """
    y, p = _check_probabilities(y, p)
    if len(groups) != len(y):
        raise ValueError("groups and decisions must be of one length")
    codes, levels = pd.factorize(groups, use_na_sentinel=True)
    names = {code: str(level) for code, level in enumerate(levels)} | {-1: "(not entered)"}
    sizes = {code: int(n) for code, n in zip(*np.unique(codes, return_counts=True), strict=True)}
    ranked = sorted(sizes, key=lambda code: (-sizes[code], names[code]))
    kept = [code for code in ranked if sizes[code] >= min_leads]
    if len(kept) < len(ranked) or len(kept) > max_groups:
        kept = kept[: max_groups - 1]
    parts = [
        _judge_group(names[c], "missing" if c == -1 else "level", y[codes == c], p[codes == c])
        for c in kept
    ]
    rest = ~np.isin(codes, kept)
    if rest.any():
        parts.append(_judge_group("(all others)", "other", y[rest], p[rest]))
    return tuple(parts)


def curves(y: ArrayLike, p: ArrayLike) -> dict[str, pd.DataFrame]:
    """Return the curves to plot, each of at most 200 points.

    Returns
    -------
    dict of DataFrame
        "roc" (false_positive_rate, true_positive_rate), "precision_recall" (recall, precision)
        and "lift" (share of leads worked, lift), from the best-scored leads to all.

    Raises
    ------
    DataRefused, ValueError
        As in `auc_interval`.
    """
    y, p = _check_scores(y, p)
    _refuse_one_class(y)
    order = np.argsort(-p)
    last = _ends_of_ties(p[order])
    last = last[np.unique(np.linspace(0, len(last) - 1, MAX_POINTS - 1).round().astype(np.intp))]
    worked, found, total = last + 1.0, np.cumsum(y[order])[last], y.sum()
    roc = {
        "false_positive_rate": np.r_[0.0, (worked - found) / (len(y) - total)],
        "true_positive_rate": np.r_[0.0, found / total],
    }
    recall = {"recall": found / total, "precision": found / worked}
    lift = {"share": worked / len(y), "lift": found / worked / y.mean()}
    named = {"roc": roc, "precision_recall": recall, "lift": lift}
    return {name: pd.DataFrame(columns) for name, columns in named.items()}


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


def _clear_together(newest: Interval, earlier: Sequence[Interval]) -> bool:
    """Tell whether the newest AUC hints at skill that the earlier ones bear out."""
    known = [part for part in (newest, *earlier) if 0 < part.low < part.high < 1]
    if not earlier or newest not in known:
        return False
    ends = special.logit([(part.value, part.low, part.high) for part in known])
    weights = (2 * Z95 / (ends[:, 2] - ends[:, 1])) ** 2
    together = weights @ ends[:, 0] / np.sqrt(weights.sum())
    return bool(ends[0, 0] * np.sqrt(weights[0]) > HINT and together > BORNE_OUT)


def _share(accepted: float, n: float) -> Interval:
    """Return an accepted share with Wilson's limits."""
    low, high = wilson_interval(accepted, n)
    return Interval(float(accepted / n), float(low), float(high))


def _on_logit_scale(value: float, error: float, n: int) -> Interval:
    """Return a symmetric interval on the logit scale; at 0 or 1 the exact limit of n trials."""
    # A sum of rounded steps may miss 1 by a hair; its error of about 0 would then pass for real.
    if not EDGE < value < 1 - EDGE:
        limit = 0.025 ** (1 / n)
        return Interval(1.0, limit, 1.0) if value > 0.5 else Interval(0.0, 0.0, 1 - limit)
    reach = Z95 * error / (value * (1 - value))
    low, high = special.expit(special.logit(value) + np.array([-reach, reach]))
    return Interval(value, min(float(low), value), max(float(high), value))


def _judge_top(y: Floats, p: Floats, share: float) -> TopShare:
    """Judge the best-scored share of the leads, at least one."""
    n = max(1, round(share * len(y)))
    border = np.partition(p, len(p) - n)[len(p) - n]
    above, tied = p > border, p == border
    found = y[above].sum() + (n - above.sum()) * y[tied].mean()
    precision = _share(found, n)
    return TopShare(
        share, n, precision, lift=float(precision.value / y.mean()), recall=float(found / y.sum())
    )


def _judge_group(
    name: str, kind: Literal["level", "missing", "other"], y: Floats, p: Floats
) -> GroupFigures:
    """Judge one group."""
    enough = min(y.sum(), len(y) - y.sum()) >= MIN_OF_CLASS
    auc = auc_interval(y, p) if enough else None
    return GroupFigures(name, kind, len(y), _share(y.sum(), len(y)), float(p.mean()), auc)


def _ends_of_ties(ordered: Floats) -> NDArray[np.intp]:
    """Return the last position of each run of equal scores."""
    return np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])


def _check_scores(y: ArrayLike, p: ArrayLike) -> tuple[Floats, Floats]:
    """Return decisions and scores as finite vectors of one length."""
    decisions, scores = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    if decisions.ndim != 1 or decisions.shape != scores.shape:
        raise ValueError("decisions and scores must be vectors of one length")
    if not np.isin(decisions, (0.0, 1.0)).all():
        raise ValueError("decisions must be 0 or 1")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite; some are missing or infinite")
    return decisions, scores


def _check_probabilities(y: ArrayLike, p: ArrayLike) -> tuple[Floats, Floats]:
    """Return decisions and probabilities, of at least one lead."""
    decisions, scores = _check_scores(y, p)
    if len(scores) == 0:
        raise ValueError("there are no leads to judge")
    if scores.min() < 0 or scores.max() > 1:
        raise ValueError("probabilities must lie between 0 and 1")
    return decisions, scores


def _refuse_one_class(y: Floats) -> None:
    """Refuse leads that all have the same decision: nothing tells a good score from a bad one."""
    n, accepted = len(y), int(y.sum())
    if accepted in (0, n):
        raise DataRefused(
            "The leads to judge on all have the same decision",
            got=f"{accepted} accepted of {n}",
            expected="some accepted and some rejected",
            next_step="check the decision values in the settings, or judge on more leads",
            code="one_class",
        )
