"""Probability verdict: whether the predicted probabilities can be taken at their word.

The order of the leads has a verdict of its own, `models.evaluation.skill`: a model may rank well
and be far off in level, as where sales has become more generous.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from features.language import Phrase
from features.language import translatable as _
from models.arrays import Floats
from models.evaluation.intervals import check_probabilities
from models.evaluation.metrics import DRAWN_AT_MOST, Metrics, calibration_bins

Grade = Literal["good", "unproven", "off", "useless"]
Reason = Literal["base_rate", "logistic_regression", "calibration"]

BY_CHANCE = 0.01
"""Of calibrated probabilities, the share that each of the tests calls worse than chance."""

OFF_BY = 0.02
"""Calibration error beyond chance, in probability, from which on it matters to readers."""

WORSE_BY = 0.005
"""Log-loss, in nats, by which the logistic regression must be better to be worth a word."""

COIN = float(np.log(2))
"""Log-loss of 50 % for every lead."""

EDGE = 1e-6
_AT_ONCE = 200_000  # decisions: they then stay in the cache

HEADS: Mapping[Grade, str] = {
    "good": _(
        "The probabilities can be taken at their word: on newer leads they were off by {error} "
        "points on average; chance alone makes {chance}."
    ),
    "unproven": _(
        "The probabilities are not shown to say more than the acceptance rate alone, by log-loss "
        "{loss} against {rate}."
    ),
    "off": _("The probabilities are off: use them for the order, not as chances."),
    "useless": _(
        "The probabilities are useless as chances: the acceptance rate alone, or 50 % for every "
        "lead, comes closer to what sales decided (log-loss {loss} against {least})."
    ),
}
DETAILS: Mapping[Reason, str] = {
    "calibration": _(
        "On newer leads they were off by {error} points on average; chance alone makes {chance}. "
        "They expected {expected} % accepted; sales accepted {accepted} %."
    ),
    "logistic_regression": _(
        "A logistic regression comes closer: log-loss {baseline} against {loss}, beyond noise."
    ),
}


@dataclass(frozen=True)
class ProbabilityVerdict:
    """Verdict on probabilities.

    Attributes
    ----------
    grade : {"good", "unproven", "off", "useless"}
        "useless" where everybody's probability alike is better beyond chance, be it the
        acceptance rate of the training leads or 50 %; "off" where calibration is worse than
        chance explains, or the logistic regression better beyond noise; "unproven" where the
        log-loss is no better than the acceptance rate's, as chance may explain.
    reasons : tuple of str
        What was found, among "base_rate", "logistic_regression" and "calibration".
    expected : float
        The mean probability.
    """

    grade: Grade
    reasons: tuple[Reason, ...]
    expected: float

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain types."""
        return {"verdict": self.grade, "reasons": list(self.reasons), "expected": self.expected}


def judge_probabilities(
    y: ArrayLike,
    p: ArrayLike,
    figures: Metrics,
    *,
    reference_rate: float,
    baseline: ArrayLike | None = None,
    seed: int,
) -> ProbabilityVerdict:
    """Judge probabilities by decisions that they did not know.

    Parameters
    ----------
    y : array-like of shape (n_leads,)
        1 accepted, 0 rejected.
    p : array-like of shape (n_leads,)
        Probability of acceptance.
    figures : Metrics
        Of the same leads and probabilities.
    reference_rate : float
        Acceptance rate of the training part.
    baseline : array-like of shape (n_leads,), optional
        Probabilities by the logistic regression, on the same leads.
    seed : int
        Of the decisions drawn.

    Returns
    -------
    ProbabilityVerdict

    Raises
    ------
    ValueError
        If a probability is missing or outside [0, 1], or lengths differ: a fault of the caller.

    Notes
    -----
    Each test asks whether decisions drawn from the probabilities themselves do as badly in one of
    a hundred draws at most. Calibration is tested twice: by the calibration error, which sees any
    shape, and by the score test against a shift and a slope of the log-odds, which sees few leads
    better. What is significant and too small to matter, below `OFF_BY` and `WORSE_BY`, counts as
    good. All tests together raise a false alarm on less than 5 % of calibrated probabilities.

    References
    ----------
    Cox, D. (1958). Two further applications of a model for binary regression. Biometrika 45,
    562-565.
    Bröcker, J. and Smith, L. (2007). Increasing the reliability of reliability diagrams. Weather
    and Forecasting 22, 651-661.

    Examples
    --------
    >>> import numpy as np
    >>> from models.evaluation.metrics import evaluate
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.uniform(0.05, 0.95, 400)
    >>> y = (rng.random(400) < truth).astype(float)
    >>> for p in (truth, np.sqrt(truth), 1 - truth):
    ...     figures = evaluate(y, p, reference_rate=0.5)
    ...     judge_probabilities(y, p, figures, reference_rate=0.5, seed=0).grade
    'good'
    'off'
    'useless'
    """
    y, p = check_probabilities(y, p)
    p = np.clip(p, EDGE, 1 - EDGE)
    alike, least = reference_rate, figures.log_loss_of_base_rate
    if least > COIN:
        alike, least = 0.5, COIN
    rival = p if baseline is None else np.asarray(baseline, dtype=np.float64)
    log_odds = special.logit(np.clip([np.full(len(p), alike), rival], EDGE, 1 - EDGE))
    chance = _test_by_draws(y, p, log_odds, seed=seed)
    reasons: list[Reason] = []
    if figures.log_loss > least:
        reasons.append("base_rate")
    if chance["rival"] <= BY_CHANCE and _is_better(y, rival, p):
        reasons.append("logistic_regression")
    off_by = figures.ece - figures.ece_by_chance
    if off_by > OFF_BY and min(chance["error"], chance["curve"]) <= BY_CHANCE:
        reasons.append("calibration")
    grade: Grade = "good"
    if "base_rate" in reasons:
        grade = "useless" if chance["alike"] <= BY_CHANCE else "unproven"
    if grade != "useless" and {"logistic_regression", "calibration"} & set(reasons):
        grade = "off"
    return ProbabilityVerdict(grade, tuple(reasons), float(p.mean()))


def describe_probabilities(figures: Mapping[str, Any]) -> tuple[Phrase, ...]:
    """Return the verdict on the probabilities in words.

    Parameters
    ----------
    figures : mapping
        The training result.

    Returns
    -------
    tuple of Phrase
        The verdict, then what it rests on; nothing for a model of before, which has none.
    """
    found = figures.get("probabilities")
    if found is None:
        return ()
    judged = figures["judged"]
    gaps = {
        "error": 100 * judged["ece"],
        "chance": 100 * judged["ece_by_chance"],
        "expected": 100 * found["expected"],
        "accepted": 100 * judged["base_rate"],
        "loss": _fix(judged["log_loss"]),
        "rate": _fix(judged["log_loss_of_base_rate"]),
        "least": _fix(min(judged["log_loss_of_base_rate"], COIN)),
        "baseline": _fix(figures["logistic_regression"]["log_loss"]),
    }
    texts = [HEADS[found["verdict"]]]
    texts += [text for reason, text in DETAILS.items() if reason in found["reasons"]]
    return tuple(Phrase(text, _pick(text, gaps)) for text in texts)


def doubt_probabilities(figures: Mapping[str, Any]) -> tuple[Phrase, ...]:
    """Return in words why the probabilities are not to be taken at their word, where that is so.

    Parameters
    ----------
    figures : mapping
        The training result.
    """
    found = figures.get("probabilities")
    if found is None or found["verdict"] == "good":
        return ()
    return describe_probabilities(figures)


def _pick(text: str, gaps: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in gaps.items() if f"{{{name}}}" in text}


def _fix(loss: float) -> Any:
    from decimal import Decimal

    return Decimal(f"{loss:.3f}")


def _test_by_draws(y: Floats, p: Floats, others: Floats, *, seed: int) -> dict[str, float]:
    """Return how often decisions drawn from the probabilities do as badly as the real ones.

    Parameters
    ----------
    others : ndarray of shape (2, n_leads)
        Log-odds of everybody alike and of a rival.

    Returns
    -------
    dict
        The shares of draws with as large a calibration error ("error"), a shift and slope as far
        from none ("curve"), and a log-loss as far above that of everybody alike ("alike") and of
        the rival ("rival").
    """
    order = np.lexsort((y, p))
    y, p, others = y[order], p[order], others[:, order]
    starts, rng = calibration_bins(p), np.random.default_rng(seed)
    z = special.logit(p)
    design = np.column_stack([np.ones(len(p)), z - np.average(z, weights=p * (1 - p))])
    precision = 1 / np.maximum((p * (1 - p)) @ design**2, 1e-12)

    def measure(decisions: Floats) -> Floats:
        """Return the four statistics of each row of decisions, shape (4, n_rows)."""
        off = decisions - p
        error = np.abs(np.add.reduceat(off, starts, axis=1)).sum(axis=1)
        # Both losses are sums of a constant and of the decision times the log-odds.
        losses = (others - z) @ off.T
        return np.array([error, (off @ design) ** 2 @ precision, *losses])

    draws = int(np.clip(DRAWN_AT_MOST // len(p), 200, 999))
    least = measure(y[None, :]) - 1e-9
    worse, at_once = np.ones(4), max(1, _AT_ONCE // len(p))
    for start in range(0, draws, at_once):
        rows = min(at_once, draws - start)
        drawn = (rng.random((rows, len(p))) < p).astype(np.float64)
        worse += (measure(drawn) >= least).sum(axis=1)
    names = ("error", "curve", "alike", "rival")
    return dict(zip(names, (worse / (draws + 1)).tolist(), strict=True))


def _is_better(y: Floats, rival: Floats, p: Floats) -> bool:
    """Return whether a rival's log-loss is lower beyond noise."""
    gain = _losses(y, p) - _losses(y, np.clip(rival, EDGE, 1 - EDGE))
    error = gain.std() / np.sqrt(len(gain))
    return bool(gain.mean() > max(WORSE_BY, special.ndtri(1 - BY_CHANCE) * error))


def _losses(y: Floats, p: Floats) -> Floats:
    return np.asarray(-np.log(np.where(y == 1, p, 1 - p)), dtype=np.float64)
