"""Trial reading: the difference so far with its confidence sequence, and the ratio check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models.arrays import Floats
from models.trials.evidence import RATIO_ALPHA, bound_difference, doubt_ratio
from models.trials.groups import draw_groups
from models.trials.plan import TrialPlan

Verdict = Literal["faulty", "changed", "works", "harms", "too small", "open", "not shown"]


@dataclass(frozen=True)
class Reading:
    """What a trial shows on a day.

    Attributes
    ----------
    verdict : str
        "faulty": the groups are not as planned, so nothing may be read. "works" or "harms": the
        difference is over or under 0. "too small": it is under 0.0 plus the one worth finding.
        "changed": the difference itself has changed. "open": not yet shown. "not shown": nor at
        the planned size.
    low, high : float
        The confidence sequence of the difference, at 95 % whatever the number of looks.
    difference : float or None
        The groups' rates, subtracted; None without leads in either.
    leads, outcomes : tuple of int
        Of each group, the leads old enough to count, and those with the outcome.
    arrived : tuple of int
        Of each group, all leads handed over since the start.
    ratio_doubt : float
        The Bayes factor against the planned ratio; from 100 on the trial is faulty.
    shown_on : Timestamp or None
        The first day on whose reading the verdict rests.
    """

    verdict: Verdict
    low: float
    high: float
    difference: float | None
    leads: tuple[int, int]
    outcomes: tuple[int, int]
    arrived: tuple[int, int]
    ratio_doubt: float
    shown_on: pd.Timestamp | None


def read_trial(plan: TrialPlan, arrivals: pd.DataFrame, *, now: pd.Timestamp) -> Reading:
    """Read a trial as it stands.

    Parameters
    ----------
    plan : TrialPlan
    arrivals : DataFrame
        As `models.trials.arrivals.list_arrivals` returns it, since the plan's start.
    now : Timestamp
        The newest moment of the data; leads younger than the plan's days do not count yet.

    Returns
    -------
    Reading
        The same at every machine and after any number of earlier looks: each day up to now is
        looked at again.
    """
    arrivals = arrivals[arrivals["at"] <= now]
    score = draw_groups(arrivals["lead_id"], name=plan.name, share=plan.share)
    days = arrivals["at"].dt.normalize()
    arrived = _count_by_day(days, [score, ~score])
    doubt = doubt_ratio(arrived[:, 0], arrived[:, 1], plan.share)
    ripe = (arrivals["at"] <= now - pd.Timedelta(days=plan.days)).to_numpy()
    came = arrivals["outcome"].to_numpy()
    cells = [score & came, score & ~came, ~score & came, ~score & ~came]
    counts = _count_by_day(days[ripe], [cell[ripe] for cell in cells])
    low, high = bound_difference(counts, plan.evidence)
    return _sum_up(plan, sorted(set(days[ripe])), counts, low, high, arrived, doubt)


def _count_by_day(days: pd.Series, masks: list[np.ndarray]) -> Floats:
    """Return the leads of each mask up to the end of each day; one empty look without leads."""
    frame = pd.DataFrame(dict(enumerate(masks))).astype(float)
    counts = frame.groupby(days.to_numpy()).sum().sort_index().cumsum().to_numpy()
    return counts if len(counts) else np.zeros((1, len(masks)))


def _sum_up(
    plan: TrialPlan,
    days: list[pd.Timestamp],
    counts: Floats,
    low: Floats,
    high: Floats,
    arrived: Floats,
    doubt: Floats,
) -> Reading:
    yes, no, other_yes, other_no = (int(count) for count in counts[-1])
    leads = (yes + no, other_yes + other_no)
    verdict: Verdict = "open" if sum(leads) < plan.size else "not shown"
    shown = np.zeros(len(low), dtype=bool)
    rules: list[tuple[Verdict, np.ndarray]] = [
        ("too small", high < plan.effect),
        ("harms", high < 0),
        ("works", low > 0),
        ("changed", low > high),
        ("faulty", np.full(len(low), doubt[-1] >= 1 / RATIO_ALPHA)),
    ]
    for name, held in rules:
        if held.any():
            verdict, shown = name, held
    dated = verdict not in ("open", "not shown", "faulty") and bool(days)
    return Reading(
        verdict=verdict,
        low=float(low[-1]),
        high=float(high[-1]),
        difference=yes / leads[0] - other_yes / leads[1] if all(leads) else None,
        leads=leads,
        outcomes=(yes, other_yes),
        arrived=(int(arrived[-1, 0]), int(arrived[-1, 1])),
        ratio_doubt=float(doubt[-1]),
        shown_on=days[int(np.argmax(shown))] + pd.Timedelta(days=plan.days) if dated else None,
    )
