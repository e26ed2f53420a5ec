"""Scores as files, written a batch at a time, that appear when the last row is in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from features.errors import DestinationError, UsageError
from serve.csv_tables import CsvWriter
from serve.delivery import Delivery, Scores
from serve.files import draft_of, put_in_place, telling
from serve.parquet_tables import ParquetWriter
from serve.score_table import empty_scores

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = (".csv", ".parquet")


class Writer(Protocol):
    """Writes one file."""

    def write(self, table: pa.Table) -> int:
        """Write the rows that the file has room for, and return how many these were."""

    def close(self) -> None:
        """End the file."""


@dataclass(frozen=True)
class FileDestination:
    """A file of scores, or several where the reader of the files sets a limit.

    Parameters
    ----------
    path : Path
        Its ending says what is written. Further files are called ``NAME.002.csv`` and so on.
    """

    path: Path

    @property
    def name(self) -> str:
        """The path as the user wrote it."""
        return str(self.path)

    def check(self) -> None:
        """Refuse a path that no file can take; see `Destination`."""
        check_ending(self.path)
        with telling(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = draft_of(self.path)
            draft.touch()
            draft.unlink()
        if self.path.exists() and not self.path.is_file():
            raise DestinationError(
                "the result cannot be written",
                where=str(self.path),
                got="something there that is not a file",
                next_step="Choose another place with --out",
            )

    def deliver(self, scores: Scores) -> Delivery:
        """Write all scores, or nothing; see `Destination`."""
        drafts: dict[Path, Path] = {}
        with telling(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                rows = self._write(with_a_header(scores()), drafts)
                self._put_in_place(drafts)
            finally:
                for draft in drafts.values():
                    draft.unlink(missing_ok=True)
        return Delivery(rows, tuple(drafts))

    def _write(self, tables: Iterator[pa.Table], drafts: dict[Path, Path]) -> int:
        """Write the drafts, and note each before it is made."""
        rows = 0
        writer: Writer | None = None
        try:
            for table in tables:
                rest = table
                while writer is None or rest.num_rows:
                    writer = writer or self._begin(table.schema, drafts)
                    rest = rest.slice(writer.write(rest))
                    if rest.num_rows:
                        writer.close()
                        writer = None
                rows += table.num_rows
        finally:
            if writer:
                writer.close()
        return rows

    def _begin(self, schema: pa.Schema, drafts: dict[Path, Path]) -> Writer:
        path = part_of(self.path, len(drafts) + 1)
        drafts[path] = draft_of(path)
        if path.suffix.lower() == ".parquet":
            return ParquetWriter(drafts[path], schema)
        return CsvWriter(drafts[path], schema.names)

    def _put_in_place(self, drafts: dict[Path, Path]) -> None:
        """Rename the drafts, the one with the name that was asked for last."""
        first, *further = drafts.items()
        put_in_place(dict([*further, first]))


def check_ending(path: Path) -> None:
    """Refuse a path whose ending does not say which kind of table to write.

    Raises
    ------
    UsageError
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            "the kind of file to write is not clear",
            where=str(path),
            got=f'the ending "{path.suffix}"',
            expected=", ".join(FORMATS[:-1]) + " or " + FORMATS[-1],
            next_step="End the name of --out in one of these",
        )


def part_of(path: Path, number: int) -> Path:
    """Return the name of one of several files; the first has the name that was asked for."""
    return path if number == 1 else path.with_name(f"{path.stem}.{number:03}{path.suffix}")


def with_a_header(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Give the tables, and where there is none one without rows, for its columns."""
    none = True
    for table in tables:
        none = False
        yield table
    if none:
        yield empty_scores()
