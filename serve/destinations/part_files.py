"""Part files: one file, or several where a size limit applies, that appear together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from features.files import draft_of, follow_link, rename_drafts, sync_files, sync_folders

if TYPE_CHECKING:
    import pyarrow as pa


class Writer(Protocol):
    """Writes one file."""

    warnings: Counter[str]

    def write(self, table: pa.Table) -> int:
        """Write the rows that the file has room for, and return how many these were."""

    def close(self) -> None:
        """End the file."""

    def abandon(self) -> None:
        """Let go of a file that will not be ended."""


class PartFiles:
    """Writes tables into a file, and into further ones when it is full.

    Parameters
    ----------
    path : Path
        The first file, or a link to it; the others are called ``NAME.002.csv`` and so on.
    open_writer : callable
        Begins a file, given its path and the schema of the tables.
    """

    def __init__(self, path: Path, open_writer: Callable[[Path, pa.Schema], Writer]) -> None:
        self.rows = 0
        self.warnings: Counter[str] = Counter()
        self._path, self._open = follow_link(path), open_writer
        self._drafts: dict[Path, Path] = {}
        self._writer: Writer | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, in the order of their rows."""
        return tuple(self._drafts)

    def write(self, table: pa.Table) -> None:
        """Write a table."""
        self.rows += table.num_rows
        writer = self._writer or self._begin(table.schema)
        while table.num_rows:
            table = table.slice(writer.write(table))
            if table.num_rows:
                self._end()
                writer = self._begin(table.schema)

    def finish(self, *, limited: bool) -> None:
        """Put all files in their places, the one with the name that was asked for last.

        Several files cannot change in one step. So where there are several, or were, the one with
        the name that was asked for goes first and comes last: while it is there, so are the others
        of its delivery, and none of another.

        Parameters
        ----------
        limited : bool
            Whether there may be several files. Then those that an earlier delivery made beyond
            the last of these are removed.
        """
        self._end()
        first, *further = self._drafts.items()
        stale = list(self._find_stale()) if limited else []
        if further or stale:
            sync_files(self._drafts.values())
            self._path.unlink(missing_ok=True)
            # The last one first: what a crash leaves is found again.
            for path in reversed(stale):
                path.unlink()
            sync_folders([self._path.parent])
        rename_drafts(dict([*further, first]))

    def discard(self) -> None:
        """Remove what is not in its place, also what a killed run left there."""
        if self._writer is not None:
            self._writer.abandon()
        number = 1
        while (draft := draft_of(part_of(self._path, number))).exists() or number == 1:
            draft.unlink(missing_ok=True)
            number += 1

    def _find_stale(self) -> Iterator[Path]:
        """Return the files of an earlier delivery beyond the last of these, in their order."""
        numbers = count(len(self._drafts) + 1)
        return takewhile(Path.exists, (part_of(self._path, number) for number in numbers))

    def _begin(self, schema: pa.Schema) -> Writer:
        path = part_of(self._path, len(self._drafts) + 1)
        self._drafts[path] = draft_of(path)
        self._writer = self._open(self._drafts[path], schema)
        return self._writer

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self.warnings += self._writer.warnings
            self._writer = None


def part_of(path: Path, number: int) -> Path:
    """Return the name of one of several files; the first has the name that was asked for."""
    return path if number == 1 else path.with_name(f"{path.stem}.{number:03}{path.suffix}")
