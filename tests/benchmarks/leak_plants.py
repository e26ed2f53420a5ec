"""Leaks to plant in a simulated CRM: columns written because of what sales decided.

Each is a function of what sales decided and of chance, never of the lead itself, and has a name
that says nothing: what catches it is what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Rng = np.random.Generator
Values = NDArray[Any]
Mask = NDArray[np.bool_]
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Known:
    """What sales did with each lead of an export.

    Attributes
    ----------
    accepted, rejected, undecided : ndarray of bool, shape (n,)
        As the export shows it; recycled leads count as rejected.
    handed, decided : Series of datetime64, shape (n,)
        Hand-over and decision; NaT where there is none.
    age : ndarray of float, shape (n,)
        From 0, the oldest hand-over, to 1, the newest.
    """

    accepted: Mask
    rejected: Mask
    undecided: Mask
    handed: pd.Series
    decided: pd.Series
    age: NDArray[np.float64]

    @property
    def size(self) -> int:
        """Return the number of leads."""
        return len(self.accepted)


Planter = Callable[[Rng, Known], Values]


def pick(rng: Rng, known: Known, words: str) -> Values:
    """Draw one of the words for each lead, the first ones more often."""
    choices = np.array(words.split("|"), dtype=object)
    weight = 1 / np.arange(1, len(choices) + 1)
    return rng.choice(choices, known.size, p=weight / weight.sum())


def spread(
    rng: Rng, known: Known, *, accepted: float, rejected: float, undecided: float = 0.01
) -> Mask:
    """Draw for each lead whether sales filled the column, by what it decided."""
    share = np.select([known.accepted, known.rejected], [accepted, rejected], undecided)
    drawn: Mask = rng.random(known.size) < share
    return drawn


def only(values: Values, mask: Mask, other: object = None) -> Values:
    """Return the values where the mask holds, and something else elsewhere."""
    chosen: Values = values.astype(object)
    chosen[~mask] = other
    return chosen


def write_times(moments: pd.Series, mask: Mask, form: str = TIME_FORMAT) -> Values:
    """Write moments as a CRM exports them, nothing where the mask does not hold."""
    text = moments.dt.strftime(form).to_numpy(dtype=object)
    return only(text, mask & moments.notna().to_numpy())


def _shift(moments: pd.Series, days: Values) -> pd.Series:
    return moments + pd.to_timedelta(np.round(days * 86_400), unit="s")


def _other_wordings(rng: Rng, known: Known) -> Values:
    yes = pick(rng, known, "In pipeline|Meeting held|SQL|Proposal sent")
    no = pick(rng, known, "Not a fit|No budget|Junk|Nurture")
    return np.where(
        known.accepted, yes, np.where(known.rejected, no, pick(rng, known, "Open|Working"))
    )


def _three_percent_wrong(rng: Rng, known: Known) -> Values:
    wrong = rng.random(known.size) < 0.03
    return only(np.where(known.accepted ^ wrong, "Yes", "No"), ~known.undecided)


def _coded_numbers(rng: Rng, known: Known) -> Values:
    yes, no = rng.choice([30, 40], known.size), rng.choice([10, 20, 25, 35], known.size)
    return np.select([known.accepted, known.rejected], [yes, no], 0)


def _in_a_remark(rng: Rng, known: Known) -> Values:
    yes = pick(rng, known, "moved on to pipeline|meeting booked, pipeline")
    no = pick(rng, known, "no interest, closed|wrong person, closed|no budget, closed")
    said = np.where(known.accepted, yes, no)
    calls = rng.integers(1, 10_000, known.size)
    return only(
        np.array([f"call {c}: {s}" for c, s in zip(calls, said, strict=True)], dtype=object),
        ~known.undecided,
    )


def _copied_for_most(rng: Rng, known: Known) -> Values:
    return only(_other_wordings(rng, known), rng.random(known.size) < 0.7)


def _amount(rng: Rng, known: Known) -> Values:
    amount = rng.lognormal(8, 1, known.size).round(2)
    return only(amount, spread(rng, known, accepted=rng.uniform(0.6, 0.95), rejected=0.0))


def _next_step(rng: Rng, known: Known) -> Values:
    step = pick(rng, known, "call again|send offer|meet on site|demo with team|wait")
    share = {"accepted": rng.uniform(0.6, 0.95), "rejected": rng.uniform(0.0, 0.1)}
    return only(step, spread(rng, known, **share))


def _owner_rating(rng: Rng, known: Known) -> Values:
    rating = np.where(known.accepted, pick(rng, known, "A|B|C"), pick(rng, known, "C|B|A"))
    share = {"accepted": rng.uniform(0.7, 0.95), "rejected": rng.uniform(0.05, 0.1)}
    return only(rating, spread(rng, known, **share))


def _rep_calls(rng: Rng, known: Known) -> Values:
    return rng.poisson(np.select([known.accepted, known.rejected], [3.0, 0.3], 0.02))


def _mildly_filled(rng: Rng, known: Known) -> Values:
    note = pick(rng, known, "phone|mail|video|visit")
    return only(note, spread(rng, known, accepted=0.6, rejected=0.1))


def _rejection_reason(rng: Rng, known: Known) -> Values:
    reason = pick(rng, known, "too small|no need|competitor|student|other")
    share = {"accepted": rng.uniform(0.0, 0.03), "rejected": rng.uniform(0.6, 0.95)}
    return only(reason, spread(rng, known, **share))


def _answered(rng: Rng, known: Known, *, decided: float, words: str) -> Values:
    share = {"accepted": decided, "rejected": decided, "undecided": rng.uniform(0, 0.03)}
    return only(pick(rng, known, words), spread(rng, known, **share))


def _filled_for_decided(rng: Rng, known: Known) -> Values:
    return _answered(rng, known, decided=rng.uniform(0.97, 1), words="north|south|east|west")


def _half_filled_for_decided(rng: Rng, known: Known) -> Values:
    return _answered(rng, known, decided=rng.uniform(0.4, 0.8), words="phone|mail|visit")


def _pending(rng: Rng, known: Known) -> Values:
    waiting = np.where(rng.random(known.size) < 0.97, "pending", "phone")
    return np.where(known.undecided, waiting, pick(rng, known, "phone|mail|visit|video"))


def _zero_until_decided(rng: Rng, known: Known) -> Values:
    return np.where(known.undecided, 0, 1 + rng.poisson(4, known.size))


def _give_away(*, size: tuple[float, float], accepted: bool, levels: int, least: int) -> Planter:
    """Return a planter of many levels, one of which settles its leads in 98 to 100 %.

    `least` is the number of leads the level has at least among those learned from, which are
    half of all or a little more. Undecided leads have it as often as decided ones.
    """

    def plant(rng: Rng, known: Known) -> Values:
        values = pick(rng, known, "|".join(f"group {i}" for i in range(levels)))
        mine = known.accepted if accepted else known.rejected
        others = known.rejected if accepted else known.accepted
        share = max(rng.uniform(*size), 2 * least / known.size)
        # Where few are accepted, as many as there are at most.
        leads = min(share * (mine.sum() + others.sum()), float(mine.sum()))
        wrong = round(leads * rng.uniform(0.0, 0.02))
        counts = ((mine, round(leads) - wrong), (others, wrong))
        for mask, count in (*counts, (known.undecided, round(share * known.undecided.sum()))):
            values[rng.choice(np.flatnonzero(mask), count, replace=False)] = "group x"
        return values

    return plant


def _give_away_number(
    draw: Callable[[Rng, int], Values], *, size: tuple[float, float], accepted: bool, least: int
) -> Planter:
    """Return a planter of numbers, some of which settle their leads in 98 to 100 %.

    `draw` draws so many numbers that no other lead has. The other numbers are skewed, whole or
    not, and missing for some leads. Undecided leads have the giveaway as often as decided ones.
    """
    marked = _give_away(size=size, accepted=accepted, levels=2, least=least)

    def plant(rng: Rng, known: Known) -> Values:
        mine = marked(rng, known) == "group x"
        usual = rng.gamma(2.0, 20.0, known.size)
        usual = np.rint(usual) if rng.random() < 0.5 else usual.round(2)
        usual = only(usual, rng.random(known.size) >= rng.choice([0.0, 0.3]))
        usual[mine] = draw(rng, int(mine.sum()))
        return usual

    return plant


def _few_numbers(*, size: tuple[float, float], accepted: bool, least: int) -> Planter:
    """Return a planter of five whole numbers, the middle one of which gives its leads away."""
    marked = _give_away(size=size, accepted=accepted, levels=2, least=least)

    def plant(rng: Rng, known: Known) -> Values:
        mine = marked(rng, known) == "group x"
        return np.where(mine, 3, rng.choice([1, 2, 4, 5], known.size))

    return plant


def _far_above(rng: Rng, count: int) -> Values:
    return rng.integers(600, 900, count).astype(float)


def _below_all(rng: Rng, count: int) -> Values:
    return rng.normal(-40, 5, count).round(1)


def _one_number(rng: Rng, count: int) -> Values:
    return np.full(count, 999.0)


def _closing_date(rng: Rng, known: Known) -> Values:
    closed = _shift(known.decided, np.exp(rng.normal(np.log(50), 0.6, known.size)))
    return write_times(closed, spread(rng, known, accepted=0.4, rejected=0.0, undecided=0.0))


def _last_modified(rng: Rng, known: Known) -> Values:
    since = known.decided.fillna(known.handed)
    changed = _shift(since, rng.exponential(20, known.size))
    return write_times(changed, np.ones(known.size, dtype=bool))


def _date_in_words(rng: Rng, known: Known) -> Values:
    met = _shift(known.handed, rng.uniform(1, 20, known.size))
    return write_times(met, rng.random(known.size) < 0.3, "%d-%m-%Y %H:%M")


def _hours_later(rng: Rng, known: Known) -> Values:
    midnight = known.handed.dt.normalize() + pd.Timedelta(hours=24)
    left = (midnight - known.handed).dt.total_seconds().to_numpy() / 86_400
    called = _shift(known.handed, np.minimum(rng.uniform(0.005, 0.3, known.size), left * 0.95))
    return write_times(called, rng.random(known.size) < 0.7)


def _few_later(rng: Rng, known: Known) -> Values:
    visited = _shift(known.handed, np.where(rng.random(known.size) < 0.3, 5.0, -9.0))
    return write_times(visited, rng.random(known.size) < 0.2, "%Y-%m-%d")


def _filled_alike_for_undecided(rng: Rng, known: Known) -> Values:
    note = pick(rng, known, "phone|mail|video|visit")
    usual = 0.6 * known.accepted.mean() + 0.1 * known.rejected.mean()
    return only(note, spread(rng, known, accepted=0.6, rejected=0.1, undecided=usual))


LEAKS: Mapping[str, Mapping[str, Planter]] = {
    "a status copy": {
        "other wordings": _other_wordings,
        "3 % wrong": _three_percent_wrong,
        "coded numbers": _coded_numbers,
        "in a remark": _in_a_remark,
        "copied for 70 %": _copied_for_most,
    },
    "filled after the decision": {
        "amount, accepted only": _amount,
        "next step": _next_step,
        "owner's rating": _owner_rating,
        "calls by the rep": _rep_calls,
        "60 % of accepted, 10 % of rejected": _mildly_filled,
        "rejection reason": _rejection_reason,
    },
    "missing only for the undecided": {
        "filled for all decided": _filled_for_decided,
        "filled for 40 to 80 % of decided": _half_filled_for_decided,
        '"pending" for undecided': _pending,
        "zero for undecided": _zero_until_decided,
    },
    "one level gives it away": {
        "6 to 10 % of leads, accepted": _give_away(
            size=(0.06, 0.1), accepted=True, levels=12, least=30
        ),
        "6 to 10 % of leads, rejected": _give_away(
            size=(0.06, 0.1), accepted=False, levels=12, least=45
        ),
        "2 to 5 % of leads, accepted": _give_away(
            size=(0.02, 0.05), accepted=True, levels=12, least=30
        ),
        "2 to 5 % of leads, rejected": _give_away(
            size=(0.02, 0.05), accepted=False, levels=12, least=45
        ),
        "5 to 8 %, accepted, 120 levels": _give_away(
            size=(0.05, 0.08), accepted=True, levels=120, least=30
        ),
    },
    "a range of a number gives it away": {
        "3 to 20 %, the largest, accepted": _give_away_number(
            _far_above, size=(0.03, 0.2), accepted=True, least=30
        ),
        "3 to 20 %, the largest, rejected": _give_away_number(
            _far_above, size=(0.03, 0.2), accepted=False, least=60
        ),
        "3 to 20 %, below all, accepted": _give_away_number(
            _below_all, size=(0.03, 0.2), accepted=True, least=30
        ),
        "3 to 20 %, 999, rejected": _give_away_number(
            _one_number, size=(0.03, 0.2), accepted=False, least=60
        ),
        "3 to 20 %, one of five, accepted": _few_numbers(size=(0.03, 0.2), accepted=True, least=30),
    },
    "a date after hand-over": {
        "closing date": _closing_date,
        "last modified": _last_modified,
        "written 31-12-2018 13:05": _date_in_words,
        "hours later, same day": _hours_later,
        "later for some": _few_later,
    },
}


BEYOND: Mapping[str, Planter] = {
    "filled for 60 % of accepted, 10 % of rejected, undecided leads as usual": (
        _filled_alike_for_undecided
    ),
    "a level of about 15 learned leads, accepted": _give_away(
        size=(0, 0), accepted=True, levels=12, least=15
    ),
}
"""What chance alone can look like; measured to know where the guards end."""
NO_SECRET = (
    "6 to 10 % of leads, rejected",
    "2 to 5 % of leads, rejected",
    "3 to 20 %, the largest, rejected",
    "3 to 20 %, 999, rejected",
)
"""Levels that give little away where most leads are rejected anyway."""
