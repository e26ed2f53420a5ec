"""Advice for the month: the change that is worth most, the group to talk about, the light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.language import Language
from features.language import translatable as _
from models.evaluation.intervals import Z95, share_interval
from serve.report.changes import MIN_LEADS
from serve.report.contents import Advice, Change, Grouping
from serve.report.opening.period import drift_of_share
from serve.report.scored_hand_overs import ScoredHandOvers

WEEKS = 13
"""Weeks of hand-overs that a gain a week is taken from."""

_WORTH = 0.5
"""Acceptances a week below which a change is not worth a meeting."""

_TALKED_ABOUT = ("source", "persona")


@dataclass(frozen=True)
class Gain:
    """Acceptances a week that a change is worth, with its 90 % interval, in words."""

    words: str
    value: float


def advise(
    scored: ScoredHandOvers,
    changes: Sequence[Change],
    groupings: Sequence[Grouping],
    language: Language,
    *,
    days: int,
) -> Advice:
    """Find what the teams should decide.

    Parameters
    ----------
    scored : ScoredHandOvers
    changes : sequence of Change
        As `serve.report.changes.list_changes` gives them.
    groupings : sequence of Grouping
        As `serve.report.groupings.list_groupings` gives them.
    language : Language
    days : int
        The period of the report.

    Returns
    -------
    Advice
    """
    gains = [_gain_by_change(change, scored, language) for change in changes]
    best = max(
        (gain for gain in (*gains, _gain_by_order(scored, language)) if gain is not None),
        key=lambda gain: gain.value,
        default=None,
    )
    return Advice(
        do=None if best is None else best.words,
        agree=_find_dispute(groupings, language),
        watch=_watch(scored, language, days=days),
    )


def count_a_week(hand_overs: pd.DataFrame) -> float:
    """Return how many of the newest hand-overs came in a week, of those with times."""
    at = hand_overs["handed_over_at"]
    return float((at > at.max() - pd.Timedelta(weeks=WEEKS)).sum() / WEEKS)


def _gain_by_change(change: Change, scored: ScoredHandOvers, language: Language) -> Gain | None:
    """Return what a change of who is handed over is worth."""
    volume = count_a_week(scored.hand_overs) if scored.timed else 0.0
    value = change.gain * volume
    if value < _WORTH:
        return None
    gap = {
        "leads": language.number(value, digits=0),
        "low": language.number(change.gain_low * volume, digits=0),
        "high": language.number(change.gain_high * volume, digits=0),
    }
    if change.source is None:
        text = _(
            "Hand over no leads that score under {score}, but more like the others: "
            "{leads} more acceptances a week ({low} to {high})."
        )
        return Gain(
            language.text(text, score=language.number(change.below, digits=0), **gap), value
        )
    text = _(
        "Replace the leads from {source} that score under {score} by others: "
        "{leads} more acceptances a week ({low} to {high})."
    )
    score = language.number(change.below, digits=0)
    return Gain(language.text(text, source=change.source, score=score, **gap), value)


def _gain_by_order(scored: ScoredHandOvers, language: Language) -> Gain | None:
    """Return what answering the best-scored first would have been worth.

    Of the hand-overs of the last weeks that are old enough to be answered, as many as sales
    answered are taken by score, and their chances compared with those of the answered.
    """
    hand_overs = scored.hand_overs
    if not scored.timed or hand_overs.empty:
        return None
    old = hand_overs[~hand_overs["young"] & hand_overs["before_answer"].notna()]
    recent = old[old["handed_over_at"] > old["handed_over_at"].max() - pd.Timedelta(weeks=WEEKS)]
    answered = (recent["decision"] != "waiting").to_numpy()
    if len(recent) < MIN_LEADS or answered.all():
        return None
    p = recent["before_answer"].to_numpy()
    best = np.zeros(len(p), dtype=bool)
    best[np.argsort(-p, kind="stable")[: answered.sum()]] = True
    swapped = p[best != answered]
    value = float(p[best].sum() - p[answered].sum()) / WEEKS
    reach = Z95 * float(np.sqrt((swapped * (1 - swapped)).sum())) / WEEKS
    if value < max(_WORTH, reach):
        return None
    text = _(
        "Call the best-scored first: as many calls bring {leads} more acceptances a week "
        "({low} to {high})."
    )
    low, high = (language.number(x, digits=0) for x in (value - reach, value + reach))
    return Gain(
        language.text(text, leads=language.number(value, digits=0), low=low, high=high), value
    )


def _find_dispute(groupings: Sequence[Grouping], language: Language) -> str | None:
    """Return the source or persona that sales answered most otherwise than expected."""
    found = [
        (group.judged.leads * (group.judged.value - group.expected), group)
        for grouping in groupings
        if grouping.key in _TALKED_ABOUT
        for group in grouping.groups
        if group.judged is not None and group.expected is not None and group.side != "near"
    ]
    if not found:
        return None
    _weight, group = max(found, key=lambda one: (abs(one[0]), one[1].name))
    return language.text(
        _("{group}: sales accepted {share} of {count} leads, where {expected} were expected."),
        group=group.name,
        share=language.percent(group.judged.value),  # type: ignore[union-attr]
        expected=language.percent(group.expected),  # type: ignore[arg-type]
        count=language.number(group.judged.leads, digits=0),  # type: ignore[union-attr]
    )


def _watch(scored: ScoredHandOvers, language: Language, *, days: int) -> str | None:
    """Return whether the scores of late were as high as what sales then accepted."""
    fresh = scored.hand_overs[scored.hand_overs["fresh"]]
    if scored.timed and len(fresh):
        at = fresh["handed_over_at"]
        fresh = fresh[at > at.max() - pd.Timedelta(weeks=WEEKS)]
    if len(fresh) < MIN_LEADS:
        return None
    p = fresh["before_answer"].to_numpy()
    accepted = int((fresh["decision"] == "accepted").sum())
    share = share_interval(accepted, len(fresh)).value
    drift = drift_of_share(scored, days=days)
    reach = Z95 * float(np.sqrt((p * (1 - p)).sum() / len(p) ** 2 + drift**2))
    gap = share - float(p.mean())
    if abs(gap) <= reach:
        text = _("The scores hold: {expected} expected, {share} accepted of the last {count}.")
    elif gap < 0:
        text = _("The scores run high: {expected} expected, {share} accepted of the last {count}.")
    else:
        text = _("The scores run low: {expected} expected, {share} accepted of the last {count}.")
    return language.text(
        text,
        expected=language.percent(float(p.mean())),
        share=language.percent(share),
        count=language.number(len(p), digits=0),
    )
