"""Candidates: the columns that a setting could name, each with its evidence and a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Candidate:
    """A column that a setting could name.

    Attributes
    ----------
    column : str
    score : float
        The higher the likelier; candidates less than a half apart are equals.
    evidence : tuple of str
        What speaks for it and against it, in words.
    values : mapping of str to tuple of str
        Of a decision: its values by meaning.
    counts : mapping of str to int
        Of a decision: rows with each value.
    closed : str or None
        Of a decision: the column that says which records are closed, where the others count as
        undecided.
    closed_values : tuple of str
        Its values of closed records.
    converted : str or None
        Of a decision: the column that says which records sales took over, whatever `column` says.
    converted_values : tuple of str
        Its values of such records.
    """

    column: str
    score: float
    evidence: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    closed: str | None = None
    closed_values: tuple[str, ...] = ()
    converted: str | None = None
    converted_values: tuple[str, ...] = ()

    @property
    def is_sorted(self) -> bool:
        """Whether values are known that mean yes, and others that mean no."""
        accepted = self.values.get("accepted") or self.converted
        return bool(accepted and self.values.get("rejected"))


@dataclass(frozen=True)
class Choice:
    """The column chosen among candidates, or the question which one it is.

    Attributes
    ----------
    chosen : Candidate or None
    asked : tuple of Candidate
        Those between which nothing decides, likeliest first; empty where one is chosen or there
        is none.
    notes : tuple of str
        Why, for the settings file.
    """

    chosen: Candidate | None = None
    asked: tuple[Candidate, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def column(self) -> str | None:
        """The chosen column, or None."""
        return None if self.chosen is None else self.chosen.column


EQUAL = 0.5


def choose(candidates: Sequence[Candidate]) -> Choice:
    """Return the candidate with the highest score, or the question between equals.

    Parameters
    ----------
    candidates : sequence of Candidate

    Returns
    -------
    Choice
    """
    ranked = sorted(candidates, key=lambda candidate: -candidate.score)
    if not ranked:
        return Choice()
    equals = tuple(c for c in ranked if c.score > ranked[0].score - EQUAL)
    if len(equals) > 1:
        return Choice(asked=equals)
    return Choice(chosen=ranked[0], notes=ranked[0].evidence)
