"""Answer rates of sales: how fast and how many, by source and by week of hand-over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from features.language import Phrase
from features.language import translatable as _
from models.monitoring.drift import adjust
from models.monitoring.status import (
    ANSWERED,
    ANSWERED_OF_SOURCE,
    MIN_LEADS,
    Colour,
    Limits,
    Status,
    make_status,
    percent,
)

Part = Literal["all", "source", "week"]


@dataclass(frozen=True)
class Answered:
    """How many leads of a part are answered, beside how many should be at their age.

    Attributes
    ----------
    part : {"all", "source", "week"}
    group : int
        Of the source, 0 for all; of weeks their place from the first one on.
    start : Timestamp or None
        The week's first day.
    leads, answered : int
    untouched : int
        Leads without an answer that had time to get one.
    expected : float
        Share that should be answered.
    median_days : float or None
        Of the answers that came; half of them came sooner.
    p : float
    colour : Colour
    """

    part: Part
    group: int
    start: pd.Timestamp | None
    leads: int
    answered: int
    untouched: int
    expected: float
    median_days: float | None
    p: float
    colour: Colour

    @property
    def share(self) -> float:
        """Return the share answered."""
        return self.answered / self.leads


def compare_answers(
    leads: pd.DataFrame, groups: NDArray[np.int64] | None, *, known: int
) -> tuple[Answered, ...]:
    """Compare how many leads are answered with how many should be.

    Parameters
    ----------
    leads : DataFrame
        ``handed_over_at``, ``answered`` (bool), ``delay`` (days, missing where unanswered),
        ``expected`` (chance of an answer by the lead's age), ``mature`` (bool: had time).
    groups : ndarray of int, shape (n_leads,), or None
        Of the source.
    known : int
        Leads from which it is known how fast answers come.

    Returns
    -------
    tuple of Answered
        All leads, then sources by number of leads, then weeks. Weeks have no colour of their
        own, nor have parts of under 30 leads.
    """
    parts: list[tuple[Part, int, pd.DataFrame, Limits]] = []
    if len(leads):
        parts.append(("all", 0, leads, ANSWERED))
    if groups is not None:
        sizes = np.bincount(groups, minlength=1)
        ranked = [int(g) for g in np.argsort(-sizes, kind="stable") if sizes[g]]
        parts += [("source", g, leads[groups == g], ANSWERED_OF_SOURCE) for g in ranked]
    tested = [len(rows) >= MIN_LEADS for _, _, rows, _ in parts]
    # The response times rest on a finite number of leads themselves, which adds to the variance.
    doubt = 1 + len(leads) / max(known, 1)
    chances = [
        _test(rows, doubt) for (_, _, rows, _), told in zip(parts, tested, strict=True) if told
    ]
    adjusted = iter(adjust(chances))
    found = [
        _count(part, group, rows, float(next(adjusted)) if told else 1.0, limits)
        for (part, group, rows, limits), told in zip(parts, tested, strict=True)
    ]
    return (*found, *_count_weeks(leads))


def evaluate_answers(counted: Sequence[Answered], names: Mapping[int, Phrase | str]) -> Status:
    """Return the status of the answers; `names` are those of the source's groups."""
    everyone = Phrase(_("all leads"))
    found = [
        (
            one.colour,
            Phrase(
                _("{group}: {answered}% answered, {expected}% expected at their age"),
                {
                    "group": everyone if one.part == "all" else names[one.group],
                    "answered": percent(one.share),
                    "expected": percent(one.expected),
                },
            ),
        )
        for one in counted
        if one.part != "week"
    ]
    if not found:
        return Status("answers", "grey", (Phrase(_("it is not yet known how fast answers come")),))
    return make_status("answers", found, calm=found[0][1])


def _count_weeks(leads: pd.DataFrame) -> list[Answered]:
    if leads.empty:
        return []
    monday = leads["handed_over_at"].dt.normalize()
    monday -= pd.to_timedelta(monday.dt.day_of_week, unit="D")
    return [
        _count("week", place, rows, 1.0, ANSWERED, start=pd.Timestamp(str(start)))
        for place, (start, rows) in enumerate(leads.groupby(monday, sort=True))
    ]


def _count(
    part: Part,
    group: int,
    rows: pd.DataFrame,
    p: float,
    limits: Limits,
    *,
    start: pd.Timestamp | None = None,
) -> Answered:
    answered, expected = int(rows["answered"].sum()), float(rows["expected"].mean())
    delay = rows["delay"].dropna()
    return Answered(
        part=part,
        group=group,
        start=start,
        leads=len(rows),
        answered=answered,
        untouched=int((rows["mature"] & ~rows["answered"]).sum()),
        expected=expected,
        median_days=float(delay.median()) if len(delay) else None,
        p=p,
        colour=limits.evaluate(abs(answered / len(rows) - expected), p=p),
    )


def _test(rows: pd.DataFrame, doubt: float) -> float:
    """Return the p-value of so many answers; `doubt` is by how much to widen the variance."""
    chance = rows["expected"].to_numpy(dtype=np.float64)
    spread = np.sqrt(max(doubt * float((chance * (1 - chance)).sum()), 1e-9))
    return float(2 * stats.norm.sf(abs(float(rows["answered"].sum() - chance.sum())) / spread))
