"""Newest hand-overs, most of them too young to evaluate a model on.

A fault of the data is in hand-overs of today weeks before the first of them has matured. A
retraining in those weeks learns from next to none of the faulty leads, and the leads that judge it
show no fault; the model in use would be exchanged in the middle of one all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.labels import Labels
from features.language import Phrase, translatable
from features.matrix.feature_table import FeatureTable
from features.units import DAY
from models.artifact.response_times import AnswerTimes, time_answers
from models.promotion.broken_inputs import ChangedInput, find_changed_inputs

MONTH = pd.Timedelta(days=30)
PLACED = ("used", "untouched", "not_matured")
"""Rules that say of a hand-over only whether it is decided."""

MIN_DUE = 50
"""Where fewer answers are due, chance alone may hold a third of them back."""
MIN_OF_EACH = 20
"""Where fewer acceptances or rejections are to be expected, chance alone may quarter their odds."""
MISSING_SHARE = 1 / 3
"""Where so large a share of the answers due by now has not come, they are lost on the way."""

AMONG = translatable("of the hand-overs of the last 30 days, decided or not, {change}")
LATE = translatable(
    "decisions: sales answered {answered} hand-overs of the last 30 days, where {expected} answers "
    "were due by their age"
)


@dataclass(frozen=True)
class NewestAnswers:
    """Sales' decisions so far on the newest hand-overs.

    Attributes
    ----------
    accepted : float
        Share accepted of those answered.
    expected : float
        The share, if sales accepts as many as it did when the model in use learned; acceptances
        that come sooner than rejections are allowed for.
    """

    accepted: float
    expected: float


@dataclass(frozen=True)
class Newest:
    """The hand-overs of the newest 30 days, beside the older ones.

    Attributes
    ----------
    changed : tuple of ChangedInput
        What looks broken.
    answers : NewestAnswers or None
        None where too few are answered, or it is not known how fast answers come.
    """

    changed: tuple[ChangedInput, ...] = ()
    answers: NewestAnswers | None = None


def compare_newest(
    tables: Tables,
    labels: Labels,
    values: pd.DataFrame,
    table: FeatureTable,
    *,
    older: pd.Index,
    usual_rate: float,
) -> Newest:
    """Compare the newest hand-overs, matured or not, with those learned from.

    Parameters
    ----------
    tables : Tables
    labels : Labels
        Of the same tables.
    values : DataFrame of shape (n_episodes, n_features)
        Computed features.
    table : FeatureTable
        Planned on the older leads.
    older : Index
        The leads learned from.
    usual_rate : float
        Share accepted among the leads that the model in use learned from.

    Returns
    -------
    Newest
        Empty where leads have no time: there none is too young.
    """
    if not tables.timed or labels.as_of is None:
        return Newest()
    times = tables.episodes["handed_over_at"]
    young = labels.rule.isin(PLACED) & (times > labels.as_of - MONTH)
    changed = [
        replace(change, message=Phrase(AMONG, {"change": change.message}))
        for change in find_changed_inputs(values.loc[older], values[young], table)
    ]
    if tables.settings.decision.present_means is not None:  # silence is an answer there
        return Newest(tuple(changed))
    ripe = labels.rule.isin(["used", "untouched"]) & (times <= times[older].max())
    speed = time_answers(tables.episodes[ripe])
    if speed.known:
        episodes = tables.episodes[young]
        since = labels.as_of - episodes["handed_over_at"]
        age = since.dt.total_seconds().to_numpy(dtype=np.float64) / DAY
        late, answers = _look_at_answers(episodes["decision"], age, speed, usual_rate)
        return Newest((*changed, *late), answers)
    return Newest(tuple(changed))


def _look_at_answers(
    decision: pd.Series, age: np.ndarray, speed: AnswerTimes, rate: float
) -> tuple[tuple[ChangedInput, ...], NewestAnswers | None]:
    answered = decision.notna().to_numpy(dtype=bool)
    due, come = float(speed.share_by(age, np.full(len(age), rate)).sum()), int(answered.sum())
    late: tuple[ChangedInput, ...] = ()
    if due >= MIN_DUE and come < (1 - MISSING_SHARE) * due:
        gaps = {"answered": come, "expected": round(due)}
        late = (ChangedInput("decisions", "empty", Phrase(LATE, gaps)),)
    if not come:
        return late, None
    expected = speed.among_answered(age[answered], np.full(come, rate))
    if min(expected.sum(), (1 - expected).sum()) < MIN_OF_EACH:
        return late, None
    accepted = float((decision[answered] == "accepted").mean())
    return late, NewestAnswers(accepted, float(expected.mean()))
