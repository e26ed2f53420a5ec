"""Backtest of retraining: three policies, evaluated month by month.

The first model may be kept for ever, replaced every month, or replaced when the gate says so. Each
month all three have scored the same leads, so that the differences between them are far surer than
the figures themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from features.errors import DataRefused
from features.labels import Labels
from features.language import Phrase, translatable
from features.settings.schema import Measure
from models.evaluation.comparison import (
    LOWER_IS_BETTER,
    MEASURES,
    Paired,
    compare_measures,
)
from models.evaluation.intervals import Z95, Interval, share_interval
from models.evaluation.metrics import calibration_error, chance_calibration_error
from models.promotion.champion_comparison import MIN_OF_EACH

Policy = Literal["kept", "retrained", "gated"]
POLICIES: tuple[Policy, ...] = ("kept", "retrained", "gated")
CANDIDATES: tuple[Policy, ...] = ("retrained", "gated")
"""The ways that are compared with keeping the first model."""

FEW = translatable(
    "Only {accepted} accepted and {rejected} rejected leads have matured; at least {each} of "
    "either are needed."
)


@dataclass(frozen=True)
class Calibration:
    """Predictions for a month's leads, and sales' decisions.

    Attributes
    ----------
    promised : float
        The mean probability.
    ece, by_chance : float
        The calibration error, and the one that probabilities without fault would show.
    """

    promised: float
    ece: float
    by_chance: float


@dataclass(frozen=True)
class MonthMetrics:
    """Metrics of the three policies on one month's leads.

    Attributes
    ----------
    leads, accepted : int
    share : Interval
        Share accepted.
    ways : mapping of str to mapping of str to Interval
        By way and measure, see `models.evaluation.comparison.MEASURES`.
    calibration : mapping of str to Calibration
    gains : mapping of str to mapping of str to Interval
        Of "retrained" and "gated" over "kept", by measure, so that more is better.
    """

    leads: int
    accepted: int
    share: Interval
    ways: Mapping[Policy, Mapping[Measure, Interval]]
    calibration: Mapping[Policy, Calibration]
    gains: Mapping[Policy, Mapping[Measure, Interval]]


@dataclass(frozen=True)
class Month:
    """One month of history, replayed.

    Attributes
    ----------
    start, end : Timestamp
        The models are those of the start; leads handed over from it to before the end are judged.
    models : mapping of str to str or None
        The version in use that month, by way; None as long as there is none.
    decision : str or None
        What the gate said of the month's model; None where nothing was trained.
    reasons : tuple of Phrase
        Why; or why nothing was trained.
    figures : MonthMetrics, Phrase or None
        In words why the month does not count; None where no model was there yet.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    models: Mapping[Policy, str | None]
    decision: str | None
    reasons: tuple[Phrase, ...] = ()
    figures: MonthMetrics | Phrase | None = None


@dataclass(frozen=True)
class Worth:
    """Gain of a policy over keeping the first model, over all later months that count.

    Attributes
    ----------
    months, leads : int
    gains : mapping of str to Interval
        By measure, so that more is better; each month counts by its leads.
    """

    months: int
    leads: int
    gains: Mapping[Measure, Interval] = field(default_factory=dict)

    @property
    def verdict(self) -> Literal["better", "worse", "equal", "unknown"]:
        """Return whether the log-loss improved; it measures both order and probabilities."""
        if not self.months:
            return "unknown"
        gain = self.gains["log_loss"]
        return "better" if gain.low > 0 else "worse" if gain.high < 0 else "equal"


def choose_months(
    newest: pd.Timestamp, matured_after_days: float, count: int
) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Return the newest calendar months whose leads have all had time to be decided.

    Parameters
    ----------
    newest : Timestamp
        The newest moment that the tables speak of.
    matured_after_days : float
    count : int
        How many months, 1 or more.

    Returns
    -------
    list of (start, end)
        The oldest first.
    """
    ripe = newest - pd.Timedelta(days=matured_after_days)
    end = pd.Timestamp(ripe.year, ripe.month, 1)
    starts = [end - pd.DateOffset(months=back) for back in range(count, 0, -1)]
    return list(zip(starts, [*starts[1:], end], strict=True))


def choose_leads(
    episodes: pd.DataFrame, labels: Labels, start: pd.Timestamp, end: pd.Timestamp
) -> pd.Index:
    """Return the matured leads of a month, those sales never answered left out."""
    times = episodes["handed_over_at"]
    return episodes.index[labels.used & (times >= start) & (times < end)]


def evaluate_month(
    y: ArrayLike, scores: Mapping[Policy, ArrayLike], *, top_share: float, seed: int
) -> MonthMetrics | Phrase:
    """Evaluate the three policies on a month's leads.

    Parameters
    ----------
    y : array-like of shape (n_leads,)
        1 accepted, 0 rejected.
    scores : mapping of str to array-like of shape (n_leads,)
        By policy, the probability that its model gave each lead.
    top_share : float
        Share of the leads, best first, that sales can work.
    seed : int
        Of the intervals.

    Returns
    -------
    MonthMetrics or Phrase
        In words, where too few leads of either decision have matured.
    """
    y = np.asarray(y, dtype=np.float64)
    accepted = int(y.sum())
    if min(accepted, len(y) - accepted) < MIN_OF_EACH:
        gaps = {"accepted": accepted, "rejected": len(y) - accepted, "each": MIN_OF_EACH}
        return Phrase(FEW, gaps)
    paired = {
        way: compare_measures(y, scores["kept"], scores[way], top_share=top_share, seed=seed)
        for way in CANDIDATES
    }
    ways: dict[Policy, Mapping[Measure, Interval]] = {
        "kept": {name: found.champion for name, found in paired["retrained"].items()}
    }
    ways |= {
        way: {name: found.challenger for name, found in paired[way].items()} for way in CANDIDATES
    }
    return MonthMetrics(
        leads=len(y),
        accepted=accepted,
        share=share_interval(accepted, len(y)),
        ways=ways,
        calibration={way: _calibrate(y, np.asarray(scores[way])) for way in POLICIES},
        gains={
            way: {name: gain_of(name, found) for name, found in paired[way].items()}
            for way in CANDIDATES
        },
    )


def gain_of(measure: Measure, paired: Paired) -> Interval:
    """Return the difference so that more is better."""
    found = paired.difference
    if measure in LOWER_IS_BETTER:
        # Subtracted rather than negated: no difference at all must not become -0.0.
        return Interval(0.0 - found.value, 0.0 - found.high, 0.0 - found.low)
    return found


def sum_up(months: Sequence[Month], way: Policy) -> Worth:
    """Pool the months in which a policy could differ from keeping the first model.

    The first month counts for nothing: all policies begin with the same model. Months share no
    lead, so the variances of their differences add up.

    Raises
    ------
    DataRefused
        When no month at all can be evaluated.
    """
    known = [month.figures for month in months if isinstance(month.figures, MonthMetrics)]
    if not known:
        raise DataRefused(
            "no month can be evaluated: too few leads were decided after a model could be trained",
            got=f"{len(months)} months looked at",
            expected=f"at least {MIN_OF_EACH} accepted and as many rejected leads in one of them",
            next_step="Look at more months with --months, or wait until more leads have matured",
            code="too_little_history",
        )
    begun = next(month.start for month in months if month.models["kept"] is not None)
    later = [
        month.figures
        for month in months
        if isinstance(month.figures, MonthMetrics) and month.start > begun
    ]
    if not later:
        return Worth(0, 0)
    leads = np.array([found.leads for found in later], dtype=np.float64)
    return Worth(
        months=len(later),
        leads=int(leads.sum()),
        gains={
            name: _pool([found.gains[way][name] for found in later], leads) for name in MEASURES
        },
    )


def _pool(gains: Sequence[Interval], leads: np.ndarray) -> Interval:
    """Return the mean of independent gains, weighted by leads, with its 95 % interval."""
    weights = leads / leads.sum()
    value = float(weights @ [gain.value for gain in gains])
    errors = np.array([(gain.high - gain.low) / (2 * Z95) for gain in gains])
    reach = Z95 * float(np.sqrt(((weights * errors) ** 2).sum()))
    return Interval(value, value - reach, value + reach)


def _calibrate(y: np.ndarray, p: np.ndarray) -> Calibration:
    return Calibration(
        promised=float(p.mean()),
        ece=calibration_error(y, p),
        by_chance=chance_calibration_error(p),
    )
