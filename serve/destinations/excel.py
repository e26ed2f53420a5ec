"""Excel workbooks from Arrow tables, row by row; text is never a formula."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.files import DRAFTS
from features.own_folders import make_own, remove_own
from features.text import fit_text, is_long
from serve.destinations.csv import ROWS_AT_ONCE
from serve.destinations.spreadsheet_safety import neutralise_array

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_OF_A_SHEET = 1_048_575  # beside the header
MAX_CELL = 32_767  # in units of UTF-16
CUT = "texts longer than a cell of Excel holds, cut to 32,767 characters"
CREATED = datetime(1980, 1, 1)
_TIME = "yyyy-mm-dd hh:mm:ss"


class ExcelWriter:
    """Writes tables as a workbook, in sheets of as many rows as one holds.

    Parameters
    ----------
    path : Path
        Replaced when the workbook is closed. The rows wait in a folder beside it.
    columns : sequence of str
        The header of each sheet.
    max_rows : int, optional
        What the workbook may hold; without it further sheets are begun.
    """

    def __init__(self, path: Path, columns: list[str], *, max_rows: int | None = None) -> None:
        import xlsxwriter

        self.warnings: Counter[str] = Counter()
        self._columns, self._max_rows = columns, max_rows
        # Held, so that the next job removes it if this one is killed.
        self._parts, self._lock = make_own(path.parent, DRAFTS)
        self._book = xlsxwriter.Workbook(
            path,
            {
                "constant_memory": True,
                "tmpdir": str(self._parts),
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        self._book.use_zip64()
        # Without a fixed time, the same scores would give other bytes each time.
        self._book.set_properties({"created": CREATED})
        self._time = self._book.add_format({"num_format": _TIME})
        self._rows = 0
        self._begin_sheet()

    def write(self, table: pa.Table) -> int:
        """Write the rows of a table that still fit, and return how many these were."""
        before = self._rows
        if self._max_rows is not None:
            table = table.slice(0, self._max_rows - before)
        for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
            self._write_rows(batch)
        return self._rows - before

    def close(self) -> None:
        """End the workbook."""
        from xlsxwriter.exceptions import FileCreateError

        try:
            self._book.close()
        except FileCreateError as error:
            raise error.args[0] from error
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Remove what waits beside the file."""
        self._lock.release()
        remove_own(self._parts)

    def _begin_sheet(self) -> None:
        number = len(self._book.worksheets()) + 1
        self._sheet: Any = self._book.add_worksheet("Scores" if number == 1 else f"Scores {number}")
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(self._columns):
            self._sheet.write_string(0, place, name)

    def _write_rows(self, batch: pa.RecordBatch) -> None:
        values = [self._to_cells(column) for column in batch.columns]
        for row in zip(*values, strict=True):
            line = self._rows % ROWS_OF_A_SHEET + 1
            if line == 1 and self._rows:
                self._begin_sheet()
            for place, value in enumerate(row):
                if isinstance(value, str):
                    self._sheet.write_string(line, place, value)
                elif isinstance(value, datetime):
                    self._sheet.write_datetime(line, place, value, self._time)
                elif value is not None:
                    self._sheet.write_number(line, place, value)
            self._rows += 1

    def _to_cells(self, column: pa.Array) -> list[Any]:
        """Return the values of a column, text made safe and no longer than a cell holds."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_dictionary(column.type):
            texts, cut = _to_texts(column.dictionary)
            self._warn(pc.sum(pa.array(cut).take(column.indices)).as_py())
            return [None if place is None else texts[place] for place in column.indices.to_pylist()]
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            texts, cut = _to_texts(column)
            self._warn(sum(cut))
            return texts
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_finite(column), column, None)
        return list(column.to_pylist())

    def _warn(self, cells: int | None) -> None:
        if cells:
            self.warnings[CUT] += cells


def _to_texts(texts: pa.Array) -> tuple[list[Any], list[bool]]:
    """Return texts as cells hold them, and which of them were cut."""
    neutral = neutralise_array(texts)
    safe = neutral.to_pylist()
    if not is_long(neutral, MAX_CELL):
        return safe, [False] * len(safe)
    fitting = [text if text is None else fit_text(text, MAX_CELL) for text in safe]
    return fitting, [before != after for before, after in zip(safe, fitting, strict=True)]
