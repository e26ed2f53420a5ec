"""CSV from Arrow tables, column by column: text safe to open, numbers and times as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from serve.destinations.spreadsheet_safety import neutralise_array, neutralise_text

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 65_536
_QUOTED = '[,"\r\n]'
# An empty text beside a missing one, and the sign by which a copy may end, are in quotes as well.
_QUOTED_EXACTLY = r'[,"\r\n\\]|\A\z'
_SMALL = 1e-4


class CsvWriter:
    """Writes tables as CSV, a bounded part at a time.

    Parameters
    ----------
    path : Path
        Replaced at once.
    columns : sequence of str
        The header.
    max_bytes, max_rows : int, optional
        What the file may hold, the header aside from the rows.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        *,
        max_bytes: int | None = None,
        max_rows: int | None = None,
    ) -> None:
        self._max_bytes, self._max_rows = max_bytes, max_rows
        self.warnings: Counter[str] = Counter()
        self._file = path.open("wb")
        self._bytes = self._file.write(csv_header(columns))
        self._rows = 0

    def write(self, table: pa.Table) -> int:
        """Write the rows of a table that still fit, and return how many these were."""
        before = self._rows
        if self._max_rows is not None:
            table = table.slice(0, self._max_rows - before)
        for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
            if not self._fill(batch):
                break
        return self._rows - before

    def close(self) -> None:
        """End the file."""
        self._file.close()

    abandon = close

    def _fill(self, batch: pa.RecordBatch) -> bool:
        """Write the rows that fit; whether these were all."""
        lines = csv_rows(batch)
        # A single line that is too long by itself could never be written; its reader will tell.
        forced = batch.num_rows == 1 and not self._rows
        if self._max_bytes is None or self._bytes + len(lines) <= self._max_bytes or forced:
            self._bytes += self._file.write(lines)
            self._rows += batch.num_rows
            return True
        half = batch.num_rows // 2
        return bool(half) and self._fill(batch.slice(0, half)) and self._fill(batch.slice(half))


def csv_header(columns: Sequence[str]) -> bytes:
    """Return the first line of a CSV file."""
    import pyarrow as pa

    names = _quote(pa.array([str(neutralise_text(name)) for name in columns], pa.string()))
    return (",".join(names.to_pylist()) + "\n").encode()


def csv_rows(batch: pa.RecordBatch, *, exact: bool = False) -> memoryview:
    """Return the rows of a batch as CSV in UTF-8, each ended by a line feed.

    Parameters
    ----------
    batch : RecordBatch
        Text, also as dictionaries, numbers and times; missing values become empty cells.
    exact : bool
        Leave text as it is, for a database: empty text is then in quotes, what is missing not.

    Returns
    -------
    memoryview
        Text stands in quotes where it holds a comma, a quote or a line break of any kind.
        Numbers are as Python writes them, times as ``2026-01-31 09:30:00``, with microseconds
        where there are any.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not batch.num_rows:
        return memoryview(b"")
    cells = [_cells(column, exact=exact) for column in batch.columns]
    if len(cells) == 1:
        # A line without anything would be no row at all.
        cells = [pc.if_else(pc.equal(pc.fill_null(cells[0], ""), ""), '""', cells[0])]
    lines = pc.binary_join_element_wise(*cells, ",", null_handling="replace")
    lines = pc.binary_join_element_wise(lines, pa.scalar("", lines.type), "\n")
    return _content(lines)


def _content(lines: pa.Array) -> memoryview:
    """Return the text of all lines, which Arrow keeps in one piece."""
    import numpy as np

    _, offsets, data = lines.buffers()
    bounds = np.frombuffer(offsets, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[int(bounds[0]) : int(bounds[-1])]


def _cells(column: pa.Array, *, exact: bool) -> pa.Array:
    """Return a column as the text of its cells."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        # Each sentence is looked at once, not once per lead.
        return _cells(column.dictionary, exact=exact).take(column.indices)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts = pc.cast(column, pa.string())
        return _quote(texts, _QUOTED_EXACTLY) if exact else _quote(neutralise_array(texts))
    if pa.types.is_floating(kind):
        return _decimals(column)
    if pa.types.is_timestamp(kind):
        return to_text(column)
    return pc.cast(column, pa.string())


def _quote(texts: pa.Array, needing: str = _QUOTED) -> pa.Array:
    """Return texts with quotes around those that need them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    needed = pc.match_substring_regex(texts, needing)
    if not pc.any(needed).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    mark = pa.scalar('"', texts.type)
    return pc.if_else(needed, pc.binary_join_element_wise(mark, doubled, mark, ""), texts)


def _decimals(numbers: pa.Array) -> pa.Array:
    """Return numbers as Python writes them: the shortest text that reads back as the same."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = pc.if_else(pc.is_nan(numbers), None, numbers)
    texts = pc.cast(numbers, pa.string())
    values = numbers.to_numpy(zero_copy_only=False)
    # Arrow turns to powers of ten elsewhere than Python does, and writes 1 for 1.0.
    odd = (np.abs(values) < _SMALL) | (np.abs(values) >= 1 / _SMALL) | (values == np.rint(values))
    if not odd.any():
        return texts
    shown = pa.array([repr(value) for value in values[odd].tolist()], pa.string())
    return pc.replace_with_mask(texts, pa.array(odd), shown)


def to_text(times: pa.Array) -> pa.Array:
    """Return times as text, with microseconds where there are any."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.cast(times, pa.timestamp("s"), safe=False)
    exact = pc.cast(times, pa.timestamp("us"), safe=False)
    fraction = pc.not_equal(pc.cast(whole, pa.timestamp("us")), exact)
    texts = pc.cast(whole, pa.string())
    if not pc.any(fraction).as_py():
        return texts
    return pc.if_else(fraction, pc.cast(exact, pa.string()), texts)
