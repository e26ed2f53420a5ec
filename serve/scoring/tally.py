"""Tally: counts of what was scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Tally:
    """Counts of what was scored; those of two batches add up.

    Attributes
    ----------
    leads, scored : int
        Rows read, and those scored.
    rejected : mapping of str to int
        Rows that each code kept from being scored.
    unknown_levels : mapping of str to int
        Leads per category whose level is too rare to have been learned, or new.
    out_of_range : mapping of str to int
        Leads per number that lies outside what training saw.
    """

    leads: int = 0
    scored: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    unknown_levels: Mapping[str, int] = field(default_factory=dict)
    out_of_range: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        """Return the counts of both."""
        return Tally(
            leads=self.leads + other.leads,
            scored=self.scored + other.scored,
            rejected=_add(self.rejected, other.rejected),
            unknown_levels=_add(self.unknown_levels, other.unknown_levels),
            out_of_range=_add(self.out_of_range, other.out_of_range),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Tally:
        """Return the counts that `to_dict` gave."""
        return cls(**content)


def _add(some: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(some) + Counter(others)).items()))
