"""Source files, CSV, Parquet or Excel: their columns and how to read their rows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import SourceError
from features.findings import Finding
from features.sources.csv_dialect import CsvFile, inspect_csv
from features.sources.csv_rows import read_batches
from features.sources.parquet import inspect_parquet, read_parquet
from features.sources.workbook import Sheet, inspect_workbook, is_workbook, read_sheet

if TYPE_CHECKING:
    import pyarrow as pa

ROW = "_row"
_PARQUET = b"PAR1"


@dataclass(frozen=True)
class FilePart:
    """One file of a table.

    Attributes
    ----------
    shown : str
        The path as shown in messages.
    schema : pyarrow Schema
        The columns, under names of which no two differ in capitals only.
    read : callable
        Returns an iterator over the rows, in batches of that schema.
    unnamed : tuple of str
        Columns that had no name in the file.
    notes : tuple of Finding
    """

    shown: str
    schema: pa.Schema
    read: Callable[[], Iterator[pa.RecordBatch]]
    unnamed: tuple[str, ...] = ()
    notes: tuple[Finding, ...] = ()


def open_file(
    path: Path,
    *,
    shown: str,
    table: str,
    separator: str | None,
    encoding: str | None,
    sheet: str | None = None,
) -> FilePart:
    """Look into a CSV, Parquet or Excel file without keeping its rows; its content says which.

    Parameters
    ----------
    path : Path
    shown : str
        The path as shown in messages.
    table : str
        The table the notes are about.
    separator, encoding : str or None
        Of a CSV file; guessed where None.
    sheet : str or None
        Of a workbook; the first that holds anything where None.

    Returns
    -------
    FilePart

    Raises
    ------
    SettingsError
        When there is no such sheet.
    SourceError
        When the file cannot be opened or is none of them.
    """
    try:
        with path.open("rb") as stream:
            parquet = stream.read(4) == _PARQUET
        if parquet:
            return _describe_parquet(path, shown, table)
        if is_workbook(path):
            found = inspect_workbook(path, shown=shown, table=table, sheet=sheet)
            return _describe_text(found, lambda: read_sheet(found), table)
        file = inspect_csv(path, shown=shown, table=table, separator=separator, encoding=encoding)
    except (OSError, EOFError, zlib.error) as error:
        raise make_unreadable(shown, error) from None
    return _describe_text(file, lambda: read_batches(file), table)


def make_unreadable(shown: str, error: Exception) -> SourceError:
    """Return the error for a file that the system will not open or that does not unpack."""
    reason = getattr(error, "strerror", None) or str(error)
    return SourceError(
        "the file cannot be opened",
        where=shown,
        got=reason[:1].lower() + reason[1:],
        next_step="Check that it is whole and that you may read it",
        code="unreadable",
    )


def _describe_text(
    file: CsvFile | Sheet, read_rows: Callable[[], Iterator[pa.RecordBatch]], table: str
) -> FilePart:
    """Describe a file whose columns are all text, under names that differ."""
    import pyarrow as pa

    given = [name or f"column_{position}" for position, name in enumerate(file.header, start=1)]
    names = _make_unique(given)
    notes = [
        Finding(
            code="duplicate_header",
            severity="note",
            message=f'{file.shown} has a second column "{old}"; it is called "{new}" here',
            next_step="Use that name in the settings",
            table=table,
            column=new,
            count=1,
            total=len(names),
        )
        for old, new in zip(given, names, strict=True)
        if old != new
    ]

    def read() -> Iterator[pa.RecordBatch]:
        for batch in read_rows():
            yield batch.rename_columns(names)

    return FilePart(
        shown=file.shown,
        schema=pa.schema([(name, pa.string()) for name in names]),
        read=read,
        unnamed=tuple(new for new, old in zip(names, file.header, strict=True) if not old),
        notes=(*file.notes, *notes),
    )


def _describe_parquet(path: Path, shown: str, table: str) -> FilePart:
    import pyarrow as pa

    file = inspect_parquet(path, shown=shown, table=table)
    names = _make_unique(file.schema.names)
    renamed = [column.with_name(name) for column, name in zip(file.schema, names, strict=True)]

    def read() -> Iterator[pa.RecordBatch]:
        for batch in read_parquet(file):
            yield batch.rename_columns(names)

    return FilePart(shown=shown, schema=pa.schema(renamed), read=read, notes=file.notes)


def _make_unique(names: Sequence[str]) -> list[str]:
    """Add numbers to names that DuckDB could not tell apart; it does not look at capitals."""
    given = {name.lower() for name in names}
    taken = {ROW}
    unique: list[str] = []
    for name in names:
        new, number = name, 1
        while new.lower() in taken or (number > 1 and new.lower() in given):
            number += 1
            new = f"{name}_{number}"
        taken.add(new.lower())
        unique.append(new)
    return unique
