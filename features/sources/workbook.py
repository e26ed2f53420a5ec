"""Excel workbooks: one sheet as a table of text, its cells written as a CSV export would."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import SettingsError, SourceError
from features.findings import Finding
from features.sources.csv_dialect import MAX_COLUMNS
from features.sources.footers import count_footer_rows

if TYPE_CHECKING:
    import pyarrow as pa

_ZIP = b"PK\x03\x04"
_CHUNK = 1 << 20
MAX_BYTES = 2_000_000_000
MAX_CELLS = 10_000_000
"""Unpacked bytes and cells: what a workbook may hold, as all of a sheet is kept in memory."""

_ROWS_AT_ONCE = 20_000
_TOP, _BOTTOM = 30, 60
_EXACT = 1e15
_FAR_COLUMN = re.compile(rb'\br="([A-Z]{2,3})[0-9]')
_FAR_ROW = re.compile(rb'\br="[A-Z]{1,3}([0-9]{4,})"')
_NEAR_ROWS, _LETTERS = 999, 26


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook.

    Attributes
    ----------
    path : Path
    shown : str
        The path and perhaps the sheet, as shown in messages.
    name : str
        Of the sheet.
    header : tuple of str
        The names as found, trimmed; empty where a column has none.
    first, last : int
        The places of its first row and the one after its last, from 0.
    notes : tuple of Finding
    """

    path: Path
    shown: str
    name: str
    header: tuple[str, ...]
    first: int
    last: int
    notes: tuple[Finding, ...]


def is_workbook(path: Path) -> bool:
    """Return whether a file is an Excel workbook of the kind that is read, by its content."""
    with path.open("rb") as stream:
        if stream.read(len(_ZIP)) != _ZIP:
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/workbook.") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RecursionError):
        # Cut or damaged; if it was a workbook, its message says so.
        return path.suffix.lower() in (".xlsx", ".xlsm")


def inspect_workbook(path: Path, *, shown: str, table: str, sheet: str | None) -> Sheet:
    """Find the header and the rows of a sheet.

    Parameters
    ----------
    path : Path
    shown : str
        The path as shown in messages.
    table : str
        The table the notes are about.
    sheet : str or None
        The name of the sheet; the first one that holds anything where None.

    Returns
    -------
    Sheet

    Raises
    ------
    SettingsError
        When there is no sheet of that name.
    SourceError
        When the workbook is damaged, protected or too large, or the sheet is empty.
    """
    _check_size(path, shown)
    names = _open(path, shown, lambda book: list(book.sheet_names))
    if sheet is not None and sheet not in names:
        raise SettingsError(
            f'the workbook has no sheet "{sheet}"',
            where=shown,
            expected="one of " + ", ".join(f'"{name}"' for name in names[:10]),
            next_step=f"Correct the name after # in [tables] {table}",
        )
    for name in names if sheet is None else [sheet]:
        rows = _read_rows(path, shown, name)
        if any(any(row) for row in rows):
            return _describe(path, shown, name, rows, table, several=len(names) > 1)
    raise SourceError(
        "the workbook is empty", where=shown, code="empty_file", next_step="Export it again"
    )


def read_sheet(sheet: Sheet) -> Iterator[pa.RecordBatch]:
    """Read the rows of a sheet, every value as text; blank rows are left out.

    Parameters
    ----------
    sheet : Sheet

    Yields
    ------
    RecordBatch
        Columns named by position: "0", "1", ...

    Raises
    ------
    SourceError
        When the workbook is damaged.
    """
    import pyarrow as pa

    width = len(sheet.header)
    names = [str(position) for position in range(width)]
    rows = _read_rows(sheet.path, sheet.shown, sheet.name)[sheet.first : sheet.last]
    full = (row[:width] + [""] * (width - len(row)) for row in rows if any(row))
    while some := list(itertools.islice(full, _ROWS_AT_ONCE)):
        columns = [pa.array(values, pa.string()) for values in zip(*some, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, names=names)


def _describe(
    path: Path, shown: str, name: str, rows: list[list[str]], table: str, *, several: bool
) -> Sheet:
    top = _find_header(rows)
    header = [" ".join(text.split()) for text in rows[top]]
    filled = max(place for row in rows[top:] for place, text in enumerate(row, 1) if text)
    header = (header + [""] * filled)[:filled]
    if len(header) > MAX_COLUMNS:
        raise SourceError(
            "the sheet has too many columns",
            where=shown,
            got=f"{len(header):,}",
            expected=f"at most {MAX_COLUMNS:,}",
            next_step="Export the columns you need",
            code="too_many_columns",
        )
    footer = rows[len(rows) - count_footer_rows(rows[top + 1 :][-_BOTTOM:], filled) :]
    notes = []
    if several:
        notes.append(_note_sheet(shown, name, table))
    if above := sum(any(row) for row in rows[:top]):
        message = f"{shown} has rows above the column names: left out"
        notes.append(Finding("title_rows", "note", message, table=table, count=above))
    if below := sum(any(row) for row in footer):
        message = f"{shown} ends with rows that belong to a report and not to the table: left out"
        notes.append(Finding("footer_rows", "note", message, table=table, count=below))
    last = len(rows) - len(footer)
    return Sheet(path, shown, name, tuple(header), top + 1, last, tuple(notes))


def _note_sheet(shown: str, name: str, table: str) -> Finding:
    return Finding(
        code="sheet_chosen",
        severity="note",
        message=f'of {shown} the sheet "{name}" is read',
        next_step=f'To read another, write its name after the file in [tables] {table}: "...#Name"',
        table=table,
    )


def _find_header(rows: Sequence[Sequence[str]]) -> int:
    """Return the place of the column names: the first row that is about as full as those below."""
    filled = [sum(map(bool, row)) for row in rows[:_TOP]]
    return next(place for place, count in enumerate(filled) if count and 2 * count >= max(filled))


def _read_rows(path: Path, shown: str, name: str) -> list[list[str]]:
    def read(book: Any) -> list[list[str]]:
        return [[_write(cell) for cell in row] for row in book.get_sheet_by_name(name).iter_rows()]

    found: list[list[str]] = _open(path, shown, read)
    return found


def _write(cell: Any) -> str:
    """Return a cell as a CSV export would have it."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)


def _open(path: Path, shown: str, use: Callable[[Any], Any]) -> Any:
    """Open a workbook and use it; whatever is wrong with it is said in words."""
    import python_calamine

    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            return use(book)
    except python_calamine.PasswordError:
        raise SourceError(
            "the workbook is protected by a password",
            where=shown,
            next_step="Save it without one",
            code="protected",
        ) from None
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError, MemoryError):
        raise _make_damaged(shown) from None
    except BaseException as error:
        # How the library says that it met what it does not expect.
        if type(error).__name__ != "PanicException":
            raise
        raise _make_damaged(shown) from None


def _check_size(path: Path, shown: str) -> None:
    """Refuse what would not fit into memory, before it is unpacked into it."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MAX_BYTES:
                raise _make_too_large(shown, f"{size / 1e9:,.1f} GB when unpacked")
            for entry in archive.infolist():
                if entry.filename.startswith("xl/worksheets/"):
                    cells = _bound_cells(archive, entry)
                    if cells > MAX_CELLS:
                        raise _make_too_large(
                            shown, f"a sheet of {cells:,} cells, blank ones included"
                        )
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError):
        # What the library cannot unpack is a RuntimeError too.
        raise _make_damaged(shown) from None


def _bound_cells(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Return a bound on the cells of a sheet, which are kept in memory though they be blank."""
    columns, rows, rest = 0, 0, b""
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            text = rest + chunk
            columns = max([columns, *map(_number, set(_FAR_COLUMN.findall(text)))])
            rows = max([rows, *map(int, set(_FAR_ROW.findall(text)))])
            rest = text[-40:]
    return (columns or _LETTERS) * (rows or _NEAR_ROWS)


def _number(letters: bytes) -> int:
    value = 0
    for letter in letters:
        value = value * _LETTERS + letter - ord("A") + 1
    return value


def _make_too_large(shown: str, got: str) -> SourceError:
    return SourceError(
        "the workbook is too large",
        where=shown,
        got=got,
        expected=f"at most {MAX_BYTES / 1e9:.0f} GB and {MAX_CELLS:,} cells",
        next_step="Save the sheet as CSV (UTF-8)",
        code="too_large",
    )


def _make_damaged(shown: str) -> SourceError:
    return SourceError(
        "the workbook is damaged",
        where=shown,
        next_step="Open it in Excel and save it again, or save it as CSV (UTF-8)",
        code="damaged_workbook",
    )
