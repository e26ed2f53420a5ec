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
class Sending:
    """What a CRM was sent.

    Attributes
    ----------
    sent, unchanged : int
        Records sent, and those left out as the CRM holds them already; of a dry run, records that
        would be sent.
    refused : mapping of str to str
        What was said of the records that the CRM did not take, by lead id.
    shown : tuple of mapping
        Of a dry run: the first records that would be sent.
    """

    sent: int
    unchanged: int
    refused: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[Mapping[str, Any], ...] = ()

    def to_dict(self, refused_file: str) -> dict[str, Any]:
        """Return counts for a record; beside them records only of a dry run, which leaves none."""
        return {
            "sent": self.sent,
            "unchanged": self.unchanged,
            "refused": len(self.refused),
            "refused_file": refused_file if self.refused else None,
            "shown": list(self.shown),
        }


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
    sending : Sending or None
        Of a CRM's API; None of files and tables.
    """

    rows: int
    files: tuple[Path, ...] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)
    sending: Sending | None = None


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
