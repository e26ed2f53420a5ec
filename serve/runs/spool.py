"""Spool of scored batches: safe from any crash until all are delivered at once.

A work folder beside the result holds a journal and a segment per batch. It is kept when a run
ends before its time, and the same command goes on from it; it is removed when the run is over.
While there is a journal the run is not over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from features.files import draft_of, raising_resumable_error, remove_durably, sync_folders
from serve.runs.journal import JOURNAL, Identity, Journal, read_journal, write_journal
from serve.runs.locks import IfBusy, lock_folder, release_folder
from serve.runs.segments import (
    find_segments,
    list_own_files,
    read_kept,
    read_rejects,
    read_scores,
    read_tally,
    write_segment,
)
from serve.scoring.scorer import ScoredBatch
from serve.scoring.tally import Tally

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[str], None]


class Spool:
    """The work folder of one run, held by this process; made by `open_spool`.

    Attributes
    ----------
    folder : Path
    journal : Journal or None
        Of the run that is on; None before `begin`, unless an earlier attempt left one.
    segments : dict of int to Path
        The batches that are whole on the disk.
    resumed_from : int or None
        How many batches an earlier attempt had scored; None where there was none.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.journal = read_journal(folder)
        self.segments: dict[int, Path] = {}
        self.resumed_from: int | None = None
        self._progress = progress

    def begin(self, identity: Identity, *, scored_at: pd.Timestamp, count: int) -> bool:
        """Begin a run, or go on with it if an earlier attempt was the same run.

        Parameters
        ----------
        identity : Identity
        scored_at : Timestamp
            The moment that `identity` was scored with.
        count : int
            How many batches there are.

        Returns
        -------
        bool
            False where an earlier attempt was of another run: it is discarded, and the leads have
            to be opened again with a moment of their own.
        """
        if self.journal is not None and not self.journal.is_of(identity, count):
            self._discard(self.journal, identity)
            return False
        if self.journal is None:
            if find_segments(self.folder)[0]:
                self._progress("What an earlier run left cannot be used; all leads are scored")
            self._clear()
            self.journal = Journal(identity, scored_at, count)
            with raising_resumable_error(self.folder):
                write_journal(self.folder, self.journal)
        else:
            self._resume(count)
        return True

    def missing(self) -> list[int]:
        """Return the numbers of the batches that are still to be scored."""
        return [number for number in range(self._run.count) if number not in self.segments]

    def keep(self, number: int, batch: ScoredBatch) -> None:
        """Bring a scored batch to the disk.

        Raises
        ------
        DestinationError
            When the disk does not take it; the batches before it stay.
        """
        with raising_resumable_error(self.folder):
            self.segments[number] = write_segment(self.folder, number, batch)

    def scores(self) -> Iterator[pa.Table]:
        """Read the scores of all batches, a table each, in order."""
        return read_scores(self.segments)

    def rejects(self) -> Iterator[pa.Table]:
        """Read the rejected rows of all batches, a table each, in order."""
        return read_rejects(self.segments)

    def kept(self) -> Iterator[pa.Table]:
        """Read what goes into the score history, of each batch that holds some."""
        return read_kept(self.segments)

    def tally(self) -> Tally:
        """Add up what was counted in all batches."""
        return read_tally(self.segments)

    def mark_delivered(self) -> None:
        """Remember that the result is at its destination, so that it is not delivered again."""
        self.journal = self._run.mark_delivered()
        with raising_resumable_error(self.folder):
            write_journal(self.folder, self.journal)

    def finish(self) -> None:
        """End the run: without its journal, what is left of it is only to be swept away."""
        with raising_resumable_error(self.folder):
            remove_durably(self.folder / JOURNAL)
        self.journal = None
        self._clear()

    @property
    def _run(self) -> Journal:
        if self.journal is None:
            raise ValueError("no run was begun")
        return self.journal

    def _resume(self, count: int) -> None:
        whole, damaged = find_segments(self.folder)
        for path in damaged:
            self._progress(f"A damaged part is made again: {path.name[:13]}")
            path.unlink()
        self.segments = {number: path for number, path in whole.items() if number < count}
        self.resumed_from = len(self.segments)
        self._progress(f"Going on after {len(self.segments):,} of {count:,} batches")

    def _discard(self, journal: Journal, identity: Identity) -> None:
        """Give up an earlier attempt at another run, and say why."""
        found, _ = find_segments(self.folder)
        changed = " and ".join(journal.identity.differs_in(identity)) or "the number of batches"
        state = "delivered" if journal.delivered else "not delivered"
        self._progress(
            f"An unfinished run of {journal.scored_at} UTC is discarded, as {changed} changed: "
            f"{len(found):,} of {journal.count:,} batches were scored, {state}"
        )
        self.finish()

    def _clear(self) -> None:
        """Remove the segments and what a killed run half wrote; nothing else is this run's."""
        for path in list_own_files(self.folder):
            path.unlink()
        sync_folders([self.folder])


INPUT = "standard-input"
"""Where standard input is kept while its leads are scored."""


@contextmanager
def open_spool(
    folder: Path, *, name: str, if_busy: IfBusy = "refuse", progress: Progress = lambda _: None
) -> Iterator[Spool]:
    """Hold the work folder of a destination for a run.

    Parameters
    ----------
    folder : Path
        As `place_of_spool` names it; made where there is none.
    name : str
        The destination, for messages; without a password.
    if_busy : {"refuse", "wait"}
        What to do while another process holds it.
    progress : callable
        Is told what is resumed, made again, discarded or waited for.

    Yields
    ------
    Spool

    Raises
    ------
    BusyError
        When another process holds the folder, and `if_busy` is "refuse".
    DestinationError
        When the folder cannot be made or written.
    """
    with lock_folder(folder, name=name, if_busy=if_busy, progress=progress):
        spool = Spool(folder, progress)
        try:
            yield spool
        finally:
            if spool.journal is None:
                with suppress(OSError):
                    for path in (folder / INPUT, draft_of(folder / INPUT)):
                        path.unlink(missing_ok=True)
                release_folder(folder)


def place_of_spool(out: Path | None, *, name: str, home: Path) -> Path:
    """Return the work folder of a destination.

    Parameters
    ----------
    out : Path or None
        The result where it is a file: the folder then lies beside it, on the same disk.
    name : str
        The destination; that of a table names its folder in the project's home.
    home : Path
    """
    if out is not None:
        return out.with_name(f".{out.name}.leadaccord")
    return home / "spool" / hashlib.sha256(name.encode()).hexdigest()[:16]
