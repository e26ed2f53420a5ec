"""Weekly capacity: the score that fills it, and the accepted leads that it brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.arrays import Floats
from models.evaluation.intervals import Interval

VOLUME_WEEKS = 8
"""The latest weeks, by which the volume of the next one is promised."""

WITHIN = 0.1
"""A week holds its promise within this share."""

RESAMPLES = 2_000
_Z80 = 1.2815515655446004


@dataclass(frozen=True)
class WeeklyLeads:
    """The hand-overs of some whole weeks with scores from before their answers.

    Attributes
    ----------
    week : ndarray of int, shape (n,)
        From 0, the oldest; the newest is ``n_weeks - 1``.
    group : ndarray of int, shape (n,)
        The place of the lead's team or owner; -1 where it is none that has a capacity.
    probability : ndarray of float, shape (n,)
    judged : ndarray of bool, shape (n,)
        Answered, and old enough for slow answers to have come too.
    accepted : ndarray of bool, shape (n,)
        Means nothing where the lead is not judged.
    arrival : ndarray of float, shape (n,)
        Rises with the moment of the hand-over.
    answered : ndarray of float, shape (n,)
        Rises with the moment of the answer; infinite where it is not known.
    n_weeks : int
    """

    week: NDArray[np.int64]
    group: NDArray[np.int64]
    probability: Floats
    judged: NDArray[np.bool_]
    accepted: NDArray[np.bool_]
    arrival: Floats
    answered: Floats
    n_weeks: int

    @property
    def scores(self) -> NDArray[np.int64]:
        """The scores as they are shown, 0 to 100."""
        return np.rint(100 * self.probability).astype(np.int64)

    @property
    def has_practice(self) -> bool:
        """Whether it is known in which order sales answered most of the leads."""
        known = np.isfinite(self.answered[self.judged])
        return len(known) > 0 and float(known.mean()) > 0.5


@dataclass(frozen=True)
class Volume:
    """The leads a week from a score on.

    Attributes
    ----------
    score : int
        101 where no lead is to be taken.
    leads : float
        Mean of the latest weeks: the promise for the next.
    low, high : float
        Between these lie 8 of 10 weeks.
    within : float
        The share of weeks within a tenth of the promise, to be expected.
    """

    score: int
    leads: float
    low: float
    high: float
    within: float


@dataclass(frozen=True)
class Yield:
    """Accepted leads a week, each with its 95 % interval.

    Attributes
    ----------
    by_score, first_come : Interval
        When the capacity is filled with the best scores, and in the order of arrival.
    practice : Interval or None
        In the order in which sales answered; None where that is not known.
    over_first_come, over_practice : Interval or None
        What the score brings more.
    one_more : Interval
        What a capacity of one lead more for each rep adds.
    """

    by_score: Interval
    first_come: Interval
    practice: Interval | None
    over_first_come: Interval
    over_practice: Interval | None
    one_more: Interval


def count_by_score(leads: WeeklyLeads, group: int | None = None) -> NDArray[np.int64]:
    """Return the leads of the latest weeks with each score or a higher one, shape (weeks, 102).

    Parameters
    ----------
    leads : WeeklyLeads
    group : int, optional
        Only those of this team or owner.
    """
    weeks = min(leads.n_weeks, VOLUME_WEEKS)
    week = leads.week - (leads.n_weeks - weeks)
    mine = week >= 0 if group is None else (week >= 0) & (leads.group == group)
    counts = np.zeros((weeks, 102), dtype=np.int64)
    np.add.at(counts, (week[mine], leads.scores[mine]), 1)
    return np.asarray(counts[:, ::-1].cumsum(axis=1)[:, ::-1])


def fill_capacity(counts: NDArray[np.int64], capacity: float) -> Volume:
    """Return the score whose weekly leads come nearest to a capacity.

    Parameters
    ----------
    counts : ndarray of shape (weeks, 102)
        Of `count_by_score`.
    capacity : float
        Leads a week.

    Notes
    -----
    Weekly counts spread as they did, but not less than chance alone spreads them (Poisson).

    Examples
    --------
    >>> counts = np.repeat(np.arange(101, -1, -1)[None], 4, axis=0)
    >>> fill_capacity(counts, 31.0).score
    70
    """
    means = counts.mean(axis=0)
    score = int(np.argmin(np.abs(means - capacity)))
    return describe_volume(counts[:, score], score)


def describe_volume(counts: NDArray[np.int64], score: int) -> Volume:
    """Return the promise for the next week, by the counts of the latest.

    Parameters
    ----------
    counts : ndarray of shape (weeks,)
    score : int
        From which on they were counted.
    """
    mean, weeks = float(counts.mean()), len(counts)
    variance = max(float(counts.var(ddof=1)) if weeks > 1 else 0.0, mean)
    spread = float(np.sqrt(variance * (1 + 1 / weeks)))
    within = float(special.erf(WITHIN * mean / spread / np.sqrt(2))) if spread else 1.0
    low, high = max(mean - _Z80 * spread, 0.0), mean + _Z80 * spread
    return Volume(score, mean, low, high, within)


def measure_yield(
    leads: WeeklyLeads,
    capacity: Mapping[int, float],
    more: Mapping[int, float],
    *,
    seed: int = 20,
) -> Yield:
    """Return the accepted leads a week that a capacity brings, and what else it would.

    Parameters
    ----------
    leads : WeeklyLeads
    capacity : mapping of int to float
        Leads a week of each group.
    more : mapping of int to float
        The same with one lead more for each rep.
    seed : int

    Notes
    -----
    All ways take equally many leads of each week and group: the capacity's share of all that were
    handed over, taken among those that are judged. Their rate of acceptance times the volume is
    the yield. Intervals are percentiles of a bootstrap of whole weeks, the same weeks for all ways,
    so that what the leads of a week have in common counts once.

    References
    ----------
    Davison, A. and Hinkley, D. (1997). Bootstrap Methods and their Application, section 2.4 and
    3.8 (resampling of clusters).
    """
    by_score = -leads.probability
    ways: dict[str, Floats] = {
        "by_score": _sum_weeks(leads, by_score, capacity),
        "first_come": _sum_weeks(leads, leads.arrival, capacity),
        "more": _sum_weeks(leads, by_score, more),
    }
    if leads.has_practice:
        ways["practice"] = _sum_weeks(leads, leads.answered, capacity)
    volume, larger = (_mean_volume(leads, each) for each in (capacity, more))
    draws = np.random.default_rng(seed).multinomial(
        leads.n_weeks, np.full(leads.n_weeks, 1 / leads.n_weeks), RESAMPLES
    )
    draws = np.vstack([np.ones(leads.n_weeks, dtype=draws.dtype), draws])

    def accepted(way: str) -> Floats:
        taken, good = (draws @ ways[way]).T
        rate = np.divide(good, taken, out=np.zeros(len(taken)), where=taken > 0)
        return np.asarray(rate * (larger if way == "more" else volume), dtype=np.float64)

    best, first = accepted("by_score"), accepted("first_come")
    practice = accepted("practice") if "practice" in ways else None
    return Yield(
        by_score=_percentiles(best),
        first_come=_percentiles(first),
        practice=None if practice is None else _percentiles(practice),
        over_first_come=_percentiles(best - first),
        over_practice=None if practice is None else _percentiles(best - practice),
        one_more=_percentiles(accepted("more") - best),
    )


def _mean_volume(leads: WeeklyLeads, capacity: Mapping[int, float]) -> float:
    """Return the leads a week that there are for a capacity, over the latest weeks."""
    total = 0.0
    for group, room in capacity.items():
        total += float(np.minimum(count_by_score(leads, group)[:, 0], room).mean())
    return total


def _sum_weeks(leads: WeeklyLeads, order: Floats, capacity: Mapping[int, float]) -> Floats:
    """Return the leads taken and accepted in each week, shape (n_weeks, 2), lowest order first.

    The lead on which the room ends counts by the part that still fits.
    """
    sums = np.zeros((leads.n_weeks, 2))
    for group, room in capacity.items():
        mine = leads.group == group
        handed = np.bincount(leads.week[mine], minlength=leads.n_weeks)
        rows = np.flatnonzero(mine & leads.judged)
        # Behind the order the arrival decides: it says nothing of how good a lead is.
        rows = rows[np.lexsort((leads.arrival[rows], order[rows], leads.week[rows]))]
        week = leads.week[rows]
        judged = np.bincount(week, minlength=leads.n_weeks)
        share = np.minimum(room / np.maximum(handed, 1), 1.0)
        rank = np.arange(len(rows)) - (np.cumsum(judged) - judged)[week]
        taken = np.clip((share * judged)[week] - rank, 0.0, 1.0)
        sums[:, 0] += np.bincount(week, taken, minlength=leads.n_weeks)
        good = taken * leads.accepted[rows]
        sums[:, 1] += np.bincount(week, good, minlength=leads.n_weeks)
    return sums


def _percentiles(draws: Floats) -> Interval:
    """Return the first draw, which is of the weeks as they were, with the interval of the rest."""
    low, high = np.percentile(draws[1:], (2.5, 97.5))
    return Interval(float(draws[0]), float(low), float(high))


def simulate_queue(arrivals: Sequence[float], capacity: float) -> tuple[Floats, Floats]:
    """Return the leads worked and left over in each week, where those without room wait.

    Parameters
    ----------
    arrivals : sequence of float
        Leads from the chosen score on, by week.
    capacity : float

    Examples
    --------
    >>> worked, waiting = simulate_queue([12, 9, 8], 10)
    >>> worked.tolist(), waiting.tolist()
    ([10.0, 10.0, 9.0], [2.0, 1.0, 0.0])
    """
    worked, waiting, left = [], [], 0.0
    for count in arrivals:
        left += count
        worked.append(min(left, capacity))
        left -= worked[-1]
        waiting.append(left)
    return np.array(worked), np.array(waiting)
