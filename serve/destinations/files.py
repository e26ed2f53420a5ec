"""File destinations, written a batch at a time, that appear when the last row is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import DestinationError
from features.files import raising_destination_error, try_place
from features.settings.schema import BandSettings
from serve.destinations.crm import CRM_FORMATS, CrmFormat, arrange
from serve.destinations.formats import WRITERS, check_ending, check_format
from serve.destinations.latest_scores import keep_latest
from serve.destinations.part_files import PartFiles, Writer
from serve.destinations.protocol import Delivery, Scores
from serve.scoring.score_table import check_unicode, empty_scores

if TYPE_CHECKING:
    import pyarrow as pa

EARLIER = "earlier hand-overs of leads that come again, left out as a CRM keeps one score of each"


@dataclass(frozen=True)
class FileDestination:
    """A file of scores, or several where the import tool of a CRM sets a limit.

    Parameters
    ----------
    path : Path
        Its ending says what is written. Further files are called ``NAME.002.csv`` and so on.
    crm : CrmFormat, optional
        Whose columns, lengths and limits the file has.
    kind : str, optional
        What is written, one of `WRITERS`, in the place of what the ending says.
    """

    path: Path
    crm: CrmFormat | None = None
    kind: str | None = None

    @property
    def name(self) -> str:
        """The path as the user wrote it."""
        return str(self.path)

    def check(self) -> None:
        """Refuse a path that no file can take; see `Destination`."""
        if self.kind is None:
            check_ending(self.path, self.crm)
        try_place(self.path)
        if self.path.exists() and not self.path.is_file():
            raise DestinationError(
                "the result cannot be written",
                where=str(self.path),
                got="something there that is not a file",
                next_step="Choose another place with --out",
            )

    def deliver(self, scores: Scores) -> Delivery:
        """Write all scores, or nothing; see `Destination`."""
        warnings: Counter[str] = Counter()
        if self.crm is not None:
            scores, warnings[EARLIER] = keep_latest(scores)
        with raising_destination_error(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            parts = PartFiles(self.path, self._open)
            try:
                for table in with_a_header(scores()):
                    check_unicode(table)
                    parts.write(self._arrange(table, warnings))
                parts.finish(limited=self.crm is not None)
            finally:
                parts.discard()
        return Delivery(parts.rows, parts.files, dict(+(warnings + parts.warnings)))

    def _arrange(self, table: pa.Table, warnings: Counter[str]) -> pa.Table:
        if self.crm is None:
            return table
        arranged, changed = arrange(table, self.crm)
        warnings += changed
        return arranged

    def _open(self, draft: Path, schema: pa.Schema) -> Writer:
        return WRITERS[self.kind or self.path.suffix.lower()](draft, schema, self.crm)


def open_file(path: Path, format: str | None, bands: BandSettings | None = None) -> FileDestination:
    """Return the file of scores that a path and a format name.

    Parameters
    ----------
    path : Path
    format : str or None
        A kind of file, such as "csv", whatever the path ends in, or a CRM: one of `FORMATS`.
    bands : BandSettings, optional
        The limits of hot, warm and cool leads.

    Raises
    ------
    UsageError
        When there is no such format, or the ending does not say what to write.
    """
    check_format(format)
    if f".{format}" in WRITERS:
        return FileDestination(path, kind=f".{format}")
    crm = None if format is None else replace(CRM_FORMATS[format], bands=bands or BandSettings())
    check_ending(path, crm)
    return FileDestination(path, crm)


def with_a_header(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Give the tables, and where there is none one without rows, for its columns."""
    none = True
    for table in tables:
        none = False
        yield table
    if none:
        yield empty_scores()
