"""What changed since last month, as plain values: scores, groups, and promises with what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from models.artifact.promises import Promise


@dataclass(frozen=True)
class ScoreChanges:
    """Scores clearly other than the last other one that is kept of their lead.

    Attributes
    ----------
    was : Series of int
        What each score was, 0 to 100, by the label of the hand-over.
    was_at : Series of datetime64
        When it was given.
    parts : mapping of str to Series of tuple of str
        By the code of a language, why it is another now, in words. Empty where that may not be
        shown.
    """

    was: pd.Series = field(default_factory=lambda: pd.Series(dtype="int64"))
    was_at: pd.Series = field(default_factory=lambda: pd.Series(dtype="datetime64[us]"))
    parts: Mapping[str, pd.Series] = field(default_factory=dict)


@dataclass(frozen=True)
class Mover:
    """A waiting lead that moved to another band.

    Attributes
    ----------
    lead_id, title : str
        As readers may see them.
    was, now : int
        Places in `models.reasons.bands.BANDS`.
    why : str
        Words.
    """

    lead_id: str
    title: str
    was: int
    now: int
    why: str


@dataclass(frozen=True)
class KeptPromise:
    """What an earlier report promised, and what came of it.

    Attributes
    ----------
    promise : Promise
    answered, accepted : int
        Of the leads that waited then.
    verdict : {"kept", "more", "less", "open"}
        "open" while less than half of them are answered.
    """

    promise: Promise
    answered: int
    accepted: int
    verdict: Literal["kept", "more", "less", "open"]


@dataclass(frozen=True)
class Since:
    """The section on the time since last month; every part may be empty.

    Attributes
    ----------
    shifts : tuple of str
        Words: the groups of which sales now accepts clearly more or fewer, most first.
    up, down : int
        Waiting leads that moved to a higher and to a lower band.
    movers : tuple of Mover
        The largest changes among these.
    promises : tuple of KeptPromise
        Newest first.
    """

    shifts: tuple[str, ...] = ()
    up: int = 0
    down: int = 0
    movers: tuple[Mover, ...] = ()
    promises: tuple[KeptPromise, ...] = ()
