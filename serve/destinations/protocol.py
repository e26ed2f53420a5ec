"""Protocol of destinations: all scores or none, and the same ones again after a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

Scores = Callable[[], "Iterator[pa.Table]"]
"""Gives the scored batches in order, from the first again on each call."""


@dataclass(frozen=True)
class Delivery:
    """What was delivered.

    Attributes
    ----------
    rows : int
        Rows written; of a table, also those that it held already.
    files : tuple of Path
        In the order of their rows; empty for a table.
    warnings : mapping of str to int
        What had to be done for the scores to fit, as a sentence, and in how many cells or rows.
    sent, unchanged : int or None
        Of a CRM: records sent, and those left out as it holds them already.
    refused : mapping of str to str
        What a CRM said of the records it did not take, by lead id.
    shown : tuple of dict
        Of a dry run: the first records that would be sent.
    """

    rows: int
    files: tuple[Path, ...] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)
    sent: int | None = None
    unchanged: int | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[Mapping[str, Any], ...] = ()


class Destination(Protocol):
    """A place for scores."""

    @property
    def name(self) -> str:
        """The place as the user wrote it, without a password, for messages and records."""

    def check(self) -> None:
        """Refuse what cannot work, before anything is scored.

        Raises
        ------
        UsageError
            When the place was named in a way that cannot work.
        DestinationError
            When the place is not there, may not be written, or has other columns.
        """

    def deliver(self, scores: Scores) -> Delivery:
        """Deliver all scores or none; after a crash the same call has the same outcome.

        Parameters
        ----------
        scores : callable
            Iterates the scored batches in order, anew on each call. What it raises is passed on,
            and the place stays as it was.

        Returns
        -------
        Delivery

        Raises
        ------
        DestinationError
            When the place cannot be written; it stays as it was.
        """
