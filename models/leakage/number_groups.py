"""Groups of a number: its ends, its ranges and its single values, to be tested for the decision.

What sales fills in for some leads seldom covers half of a column. It stands at one end of the
numbers, in a range of its own, or is one and the same value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.language import Phrase
from features.language import translatable as _
from models.arrays import Floats

ENDS = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.125, 0.16, 0.2, 0.25, 0.3, 0.4)
"""Shares of the leads at either end of the numbers that are tested."""
RANGES = (0.05, 0.1)
"""Shares of the leads in the ranges between, which overlap by half."""
MOST_VALUES = 20
"""Single values that are tested, the commonest ones."""

MIN_BESIDE = 30
"""Leads beside a group that it is compared with, at least."""

_DECIMALS = 8


@dataclass(frozen=True)
class NumberGroup:
    """The leads whose number lies between two values of the column, both included.

    Attributes
    ----------
    low, high : float
        Values that leads have.
    below, above : float
        The next values that leads outside have; infinite where there are none.
    leads, accepted : int
    beside, beside_accepted : int
        Of the leads with the next numbers, smaller and larger, as many as the group has.
    """

    low: float
    high: float
    below: float
    above: float
    leads: int
    accepted: int
    beside: int
    beside_accepted: int

    @property
    def label(self) -> Phrase | str:
        """Return the group in words, with short numbers between which the same leads lie."""
        if self.low == self.high:
            return _write(self.low)
        low = _write(_shorten(self.low, until=self.below))
        high = _write(-_shorten(-self.high, until=-self.above))
        if math.isinf(self.above):
            return Phrase(_("at least {low}"), {"low": low})
        if math.isinf(self.below):
            return Phrase(_("at most {high}"), {"high": high})
        return Phrase(_("{low} to {high}"), {"low": low, "high": high})


def _shorten(number: float, *, until: float) -> float:
    """Return the number with the fewest decimals that is not above this one, but above `until`."""
    for digits in range(_DECIMALS):
        scale = 10.0**digits
        short = math.floor(number * scale) / scale
        if until < short <= number:
            return short
    return number


def _write(number: float) -> str:
    """Return the shortest text that stands for this number and no other."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def list_number_groups(numbers: Floats, accepted: Floats, *, least: int) -> list[NumberGroup]:
    """List the groups of a number that may give the decision of their leads away.

    Parameters
    ----------
    numbers : ndarray of shape (n_leads,)
        NaN is missing; such leads are in no group.
    accepted : ndarray of shape (n_leads,)
        1 accepted, 0 rejected.
    least : int
        Leads of a group.

    Returns
    -------
    list of NumberGroup
        Each once: both ends in the sizes of `ENDS`, ranges in the sizes of `RANGES`, and the
        `MOST_VALUES` commonest values. Equal numbers are never parted, so a group may be larger.
    """
    known = ~np.isnan(numbers)
    order = np.argsort(numbers[known], kind="stable")
    values = numbers[known][order]
    if not len(values):
        return []
    won = np.concatenate([[0.0], np.cumsum(accepted[known][order])])
    found = {}
    for start, stop in {*_cut_ranges(values, len(numbers)), *_find_values(values)}:
        if stop - start >= least and stop - start < len(values):
            found[start, stop] = NumberGroup(
                low=float(values[start]),
                high=float(values[stop - 1]),
                below=float(values[start - 1]) if start else -math.inf,
                above=float(values[stop]) if stop < len(values) else math.inf,
                leads=stop - start,
                accepted=round(won[stop] - won[start]),
                **_count_beside(start, stop, won),
            )
    return [found[place] for place in sorted(found)]


def _count_beside(start: int, stop: int, won: Floats) -> dict[str, int]:
    """Count the leads on both sides of a group, as many as it has or `MIN_BESIDE`."""
    known = len(won) - 1
    count = max(stop - start, MIN_BESIDE)
    sides = (start > 0) + (stop < known)
    each = -(-count // max(sides, 1))
    first, last = max(0, start - each), min(known, stop + each)
    accepted = won[start] - won[first] + won[last] - won[stop]
    return {"beside": start - first + last - stop, "beside_accepted": round(accepted)}


def _cut_ranges(values: Floats, leads: int) -> Iterator[tuple[int, int]]:
    """Return first and last place of ends and ranges among the sorted values."""
    size = len(values)
    for share in ENDS:
        count = min(max(1, round(share * leads)), size)
        yield 0, _after(values, count - 1)
        yield _before(values, size - count), size
    for share in RANGES:
        width = max(1, round(share * leads))
        for start in range(0, size - width + 1, max(1, width // 2)):
            yield _before(values, start), _after(values, start + width - 1)


def _find_values(values: Floats) -> Iterator[tuple[int, int]]:
    """Return first and last place of the commonest values."""
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    stops = np.append(starts[1:], len(values))
    for place in np.argsort(starts - stops, kind="stable")[:MOST_VALUES].tolist():
        yield int(starts[place]), int(stops[place])


def _before(values: Floats, place: int) -> int:
    return int(np.searchsorted(values, values[place], side="left"))


def _after(values: Floats, place: int) -> int:
    return int(np.searchsorted(values, values[place], side="right"))
