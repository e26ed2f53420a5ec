"""Thresholds for acting: the status of each monitored figure.

All thresholds of monitoring are here. A status turns only where chance alone would hardly make
the difference (`ALPHA`, for all comparisons of an area together) and the difference is large
enough to matter. `docs/monitoring.md` measures how often that happens where nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from features.language import Phrase

Colour = Literal["red", "amber", "green", "grey"]
COLOURS: tuple[Colour, ...] = ("red", "amber", "green", "grey")
"""Worst first; grey means not yet known."""

ALPHA = 0.003
"""Of each area: seven areas together then stay well below one false alarm in twenty."""


@dataclass(frozen=True)
class Limits:
    """Sizes from which a difference is amber, and red.

    Examples
    --------
    >>> INPUTS.evaluate(0.3)
    'red'
    >>> INPUTS.evaluate(0.3, p=0.2)  # as large, but chance makes it often
    'green'
    """

    amber: float
    red: float

    def evaluate(self, size: float, *, p: float = 0.0) -> Colour:
        """Return the colour of a difference.

        Parameters
        ----------
        size : float
            In the unit of the limits; not negative.
        p : float
            The chance of it where nothing has changed; 0 where chance has no part in it.
        """
        if p >= ALPHA or size < self.amber:
            return "green"
        return "red" if size >= self.red else "amber"


INPUTS = Limits(0.10, 0.25)  # stability index beyond chance and beyond usual change
SCORES = Limits(0.10, 0.25)  # the same
VOLUME = Limits(1.5, 2.0)  # times as many leads a day, or as few
SOURCE_SHARE = Limits(0.05, 0.10)  # share of all leads won or lost by a source
NEW_SOURCE = Limits(0.02, 0.05)  # share of leads from sources never seen
FRESHNESS = Limits(3.0, 7.0)  # days without anything new, beyond the longest usual gap
EXPECTED_AUC = Limits(0.03, 0.05)  # AUC below that of training
REALISED_AUC = Limits(0.04, 0.06)  # AUC below the expected one
ACCEPTED = Limits(0.04, 0.06)  # accepted share beside the expected one
ACCEPTED_OF_SOURCE = Limits(0.08, 0.12)
ANSWERED = Limits(0.06, 0.10)  # answered share beside the expected one
ANSWERED_OF_SOURCE = Limits(0.12, 0.20)

MIN_LEADS = 30
"""Leads below which a group is not looked at by itself."""


@dataclass(frozen=True)
class Status:
    """Status of one area.

    Attributes
    ----------
    area : str
        Such as "inputs".
    colour : {"red", "amber", "green", "grey"}
    because : tuple of Phrase
        The numbers behind it in words, worst first.
    """

    area: str
    colour: Colour
    because: tuple[Phrase, ...]


def make_status(area: str, found: Sequence[tuple[Colour, Phrase]], *, calm: Phrase) -> Status:
    """Return the status of an area from its findings.

    Parameters
    ----------
    area : str
    found : sequence of (colour, Phrase)
        Green findings are left out of the words.
    calm : Phrase
        Words where nothing is amber or red.
    """
    loud = [(colour, words) for colour, words in found if colour in ("red", "amber")]
    loud.sort(key=lambda pair: COLOURS.index(pair[0]))
    if not loud:
        return Status(area, "green", (calm,))
    return Status(area, loud[0][0], tuple(words for _, words in loud))


def fixed(value: float, digits: int) -> Decimal:
    """Return a number that is written with exactly so many decimals."""
    return Decimal(f"{value:.{digits}f}")


def percent(share: float) -> Decimal:
    """Return a share in percent, with one decimal where it is under ten."""
    return fixed(100 * share, 1 if abs(share) < 0.0995 else 0)


def worst(colours: Iterable[Any]) -> Colour:
    """Return the worst of some colours; grey where there are none."""
    ranked = sorted(colours, key=COLOURS.index)
    return ranked[0] if ranked else "grey"
