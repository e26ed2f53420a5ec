"""Drift of scores: their distribution, estimated and realised performance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from features.language import Phrase
from features.language import translatable as _
from models.arrays import Floats
from models.artifact.reference import Reference
from models.evaluation.intervals import (
    Interval,
    auc_interval,
    average_precision_interval,
    share_interval,
)
from models.monitoring.drift import Drift, adjust, measure_drift
from models.monitoring.estimated_performance import EstimatedPerformance, estimate_performance
from models.monitoring.status import (
    ACCEPTED,
    ACCEPTED_OF_SOURCE,
    EXPECTED_AUC,
    MIN_LEADS,
    REALISED_AUC,
    SCORES,
    Colour,
    Limits,
    Status,
    fixed,
    make_status,
    percent,
)

Counts = NDArray[np.int64]

MIN_OF_EACH = 15
"""Accepted and rejected leads each, below which no realised figure is given."""


@dataclass(frozen=True)
class ScoreDrift:
    """How scores and grades moved; counts are leads by score 0 to 100, and by `GRADES`."""

    scores: Counts
    grades: Counts
    by_score: Drift
    by_grade: Drift
    colour_of_scores: Colour
    colour_of_grades: Colour


@dataclass(frozen=True)
class Performance:
    """Estimated performance of the scores, and the realised one so far.

    Attributes
    ----------
    expected : EstimatedPerformance or None
        Of all leads looked at.
    answered : EstimatedPerformance or None
        Of those answered so far, given how old they were: what `realised` is measured against.
    realised : mapping of str to Interval
        ``base_rate``, ``auc``, ``average_precision``, ``precision_at_top``; empty with too few
        answers.
    """

    expected: EstimatedPerformance | None
    answered: EstimatedPerformance | None
    realised: Mapping[str, Interval]


@dataclass(frozen=True)
class Gap:
    """Accepted share of one group of answered leads beside the expected one.

    ``group`` is that of the source, or None for all leads.
    """

    group: int | None
    leads: int
    accepted: Interval
    expected: float
    p: float
    colour: Colour


def compare_scores(reference: Reference, scores: Counts, grades: Counts) -> ScoreDrift:
    """Compare scores and grades with those of the reference."""
    bins = bin_scores(reference.scores)
    by_score = measure_drift(_pool(reference.scores, bins), _pool(scores, bins))
    by_grade = measure_drift(reference.grades, grades)
    p = adjust([by_score.p, by_grade.p])
    colours = [
        SCORES.evaluate(drift.beyond_chance, p=float(chance))
        for drift, chance in zip((by_score, by_grade), p, strict=True)
    ]
    return ScoreDrift(scores, grades, by_score, by_grade, colours[0], colours[1])


def evaluate_scores(moved: ScoreDrift) -> Status:
    """Return the status of the scores."""

    def describe(text: str, drift: Drift) -> Phrase:
        values = {"index": fixed(drift.psi, 2), "distance": percent(drift.distance)}
        return Phrase(text, values)

    scores = _("scores: index {index}, {distance}% of leads in other tenths than before")
    grades = _("grades: index {index}, {distance}% of leads with other grades than before")
    found = [
        (moved.colour_of_scores, describe(scores, moved.by_score)),
        (moved.colour_of_grades, describe(grades, moved.by_grade)),
    ]
    return make_status("scores", found, calm=found[0][1])


def measure_performance(
    p: Floats, *, answered: NDArray[np.bool_], accepted: Floats, chance: Floats
) -> Performance:
    """Estimate how good the scores are, and measure it where sales has answered.

    Parameters
    ----------
    p : ndarray of shape (n_leads,)
        Calibrated probabilities.
    answered : ndarray of bool, shape (n_leads,)
    accepted : ndarray of shape (n_leads,)
        1 accepted, 0 rejected; values of unanswered leads are ignored.
    chance : ndarray of shape (n_leads,)
        Of acceptance, given that the lead is answered by its age.
    """
    y, known = accepted[answered], p[answered]
    enough = len(y) > 0 and min(y.sum(), len(y) - y.sum()) >= MIN_OF_EACH
    return Performance(
        expected=estimate_performance(p),
        # Answers so far are no fair sample: `chance` allows for the decision that comes sooner.
        answered=estimate_performance(known, chance=np.clip(chance[answered], 1e-6, 1 - 1e-6)),
        realised=measure_realised(y, known) if enough else {},
    )


def measure_realised(y: Floats, p: Floats) -> dict[str, Interval]:
    """Return the figures of answered leads, with their 95 % intervals."""
    # Of equal scores the rejected ones count first, which never flatters.
    best = np.lexsort((y, -p))[: max(1, round(len(p) / 10))]
    return {
        "base_rate": share_interval(y.sum(), len(y)),
        "auc": auc_interval(y, p),
        "average_precision": average_precision_interval(y, p, n_resamples=200),
        "precision_at_top": share_interval(y[best].sum(), len(best)),
    }


def evaluate_performance(performance: Performance, figures: Mapping[str, Any]) -> Status:
    """Return the status of the performance, expected and realised.

    Parameters
    ----------
    performance : Performance
    figures : mapping
        Those of training.
    """
    expected = performance.expected
    if expected is None:
        return Status("performance", "grey", (Phrase(_("no leads to evaluate")),))
    trained = float(figures["auc"])
    ahead = Phrase(
        _("AUC expected {auc} ({low} to {high}), {trained} in training"),
        {**_write(expected.auc), "trained": fixed(trained, 3)},
    )
    fall = trained - expected.auc.value
    p = _one_sided(fall, _spread(expected.auc), _training_spread(figures))
    found: list[tuple[Colour, Phrase]] = [(EXPECTED_AUC.evaluate(max(fall, 0.0), p=p), ahead)]
    if performance.realised and performance.answered is not None:
        said, hoped = performance.realised["auc"], performance.answered.auc
        fall = hoped.value - said.value
        p = _one_sided(fall, _spread(hoped), 0.0)
        so_far = Phrase(
            _("AUC so far {auc} ({low} to {high}), {expected} expected of these leads"),
            {**_write(said), "expected": fixed(hoped.value, 3)},
        )
        found.append((REALISED_AUC.evaluate(max(fall, 0.0), p=p), so_far))
    return make_status("performance", found, calm=ahead)


def compare_decisions(
    accepted: Floats, chance: Floats, groups: NDArray[np.int64] | None, *, known: int
) -> tuple[Gap, ...]:
    """Compare accepted shares with the expected ones, over all answered leads and by source.

    Parameters
    ----------
    accepted : ndarray of shape (n_answered,)
        1 accepted, 0 rejected.
    chance : ndarray of shape (n_answered,)
        Of acceptance, given that the lead is answered by its age.
    groups : ndarray of int, shape (n_answered,), or None
        Of the source; None if there is none.
    known : int
        Answered leads on which the probabilities rest.

    Returns
    -------
    tuple of Gap
        All leads first, then sources by number of leads; groups of under 30 are left out.
    """
    masks: list[tuple[int | None, NDArray[np.bool_], Limits]] = []
    if len(accepted) >= MIN_LEADS:
        masks.append((None, np.ones(len(accepted), dtype=bool), ACCEPTED))
    if groups is not None:
        sizes = np.bincount(groups)
        kept = [g for g in np.argsort(-sizes, kind="stable") if sizes[g] >= MIN_LEADS]
        masks += [(int(g), groups == g, ACCEPTED_OF_SOURCE) for g in kept]
    # The probabilities rest on a finite number of leads themselves, which adds to the variance.
    doubt = 1 + len(accepted) / max(known, 1)
    chances = [_test_gap(accepted[mask], chance[mask], doubt) for _, mask, _ in masks]
    return tuple(
        _find_gap(group, accepted[mask], chance[mask], float(p), limits)
        for (group, mask, limits), p in zip(masks, adjust(chances), strict=True)
    )


def evaluate_decisions(gaps: Sequence[Gap], names: Mapping[int, Phrase | str]) -> Status:
    """Return the status of sales' decisions; `names` are those of the source's groups."""
    if not gaps:
        return Status("decisions", "grey", (Phrase(_("too few leads are answered yet")),))
    everyone = Phrase(_("all leads"))
    found = [
        (
            gap.colour,
            Phrase(
                _("{group}: {accepted}% accepted, {expected}% expected ({count} answered)"),
                {
                    "group": everyone if gap.group is None else names[gap.group],
                    "accepted": percent(gap.accepted.value),
                    "expected": percent(gap.expected),
                    "count": gap.leads,
                },
            ),
        )
        for gap in gaps
    ]
    return make_status("decisions", found, calm=found[0][1])


def bin_scores(scores: Counts) -> NDArray[np.intp]:
    """Return the group of each score 0 to 100, in about ten groups of equal numbers of leads."""
    middle = np.cumsum(scores) - scores / 2
    place = np.floor(10 * middle / scores.sum()).astype(np.intp)
    return np.unique(place, return_inverse=True)[1]


def _pool(scores: Counts, bins: NDArray[np.intp]) -> Floats:
    return np.asarray(np.bincount(bins, weights=scores), dtype=np.float64)


def _find_gap(group: int | None, y: Floats, chance: Floats, p: float, limits: Limits) -> Gap:
    accepted, expected = share_interval(y.sum(), len(y)), float(chance.mean())
    colour = limits.evaluate(abs(accepted.value - expected), p=p)
    return Gap(group, len(y), accepted, expected, p, colour)


def _test_gap(y: Floats, chance: Floats, doubt: float) -> float:
    """Return the p-value of a gap; `doubt` is by how much to widen the variance."""
    spread = np.sqrt(max(doubt * float((chance * (1 - chance)).sum()), 1e-9))
    return float(2 * stats.norm.sf(abs(float((y - chance).sum())) / spread))


def _one_sided(fall: float, *spreads: float) -> float:
    spread = float(np.sqrt(np.square(spreads).sum()))
    return float(stats.norm.sf(fall / spread)) if spread else float(fall <= 0)


def _spread(interval: Interval) -> float:
    return (interval.high - interval.low) / (2 * 1.96)


def _training_spread(figures: Mapping[str, Any]) -> float:
    return float(figures["auc_high"] - figures["auc_low"]) / (2 * 1.96)


def _write(interval: Interval) -> dict[str, Any]:
    """Return the gaps of a sentence: three decimals, as everywhere for an AUC."""
    return {
        "auc": fixed(interval.value, 3),
        "low": fixed(interval.low, 3),
        "high": fixed(interval.high, 3),
    }
