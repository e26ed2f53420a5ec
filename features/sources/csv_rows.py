"""CSV rows: read fast, and refused with the line where they are damaged."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from features.errors import SourceError
from features.sources.csv_dialect import CsvFile
from features.sources.encoding import fields_of_any_length, is_gzip, open_part, open_text

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK = 1 << 24
_ROWS_AT_ONCE = 20_000


def read_batches(file: CsvFile) -> Iterator[pa.RecordBatch]:
    """Read the rows, every value as the text it is.

    Arrow's reader is used because it keeps rows that DuckDB's loses without a word where line ends
    inside and outside of quotes differ. Rows of nothing but blanks are left out.

    Parameters
    ----------
    file : CsvFile

    Yields
    ------
    RecordBatch
        Columns named by position: "0", "1", ...

    Raises
    ------
    SourceError
        With the line of the first row that does not fit the header.
    """
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    names = [str(position) for position in range(len(file.header))]
    if not file.separator.isascii():
        yield from _read_slowly(file, names)
        return
    if file.quoted:
        # Arrow joins what follows a closing quote and forgives one that is never closed.
        check_rows(file)
    plain = file.encoding in ("utf-8", "utf-8-sig")
    try:
        with _open_stream(file) as stream:
            yield from arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    column_names=names,
                    skip_rows=file.skipped_lines,
                    block_size=_BLOCK,
                    encoding="utf8" if plain else file.encoding,
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=file.separator,
                    newlines_in_values=True,
                    invalid_row_handler=lambda row: "error" if row.text.strip() else "skip",
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    null_values=[],
                ),
            )
    except pa.ArrowInvalid:
        if check_rows(file) == 0:
            return
        raise SourceError(
            "the file cannot be read as CSV",
            where=file.shown,
            expected=f"rows of {len(file.header)} fields, none longer than 16 MB",
            next_step="Export it again",
        ) from None


def _open_stream(file: CsvFile) -> Any:
    """Open the file for Arrow."""
    import pyarrow as pa

    if file.is_part:
        return pa.PythonFile(open_part(file.path, file.end, zeros=file.zeros), mode="r")
    # A path would have to be UTF-8.
    compression = "gzip" if is_gzip(file.path) else None
    return pa.input_stream(pa.PythonFile(file.path.open("rb"), mode="r"), compression=compression)


def _read_slowly(file: CsvFile, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Read the rows where the separator is one that Arrow does not take."""
    import pyarrow as pa

    check_rows(file)
    with (
        open_text(file.path, file.encoding, end=file.end, zeros=file.zeros) as stream,
        fields_of_any_length(),
    ):
        for _ in range(file.skipped_lines):
            stream.readline()
        reader = csv.reader(stream, delimiter=file.separator)
        full = (row for row in reader if any(field.strip() for field in row))
        while rows := list(itertools.islice(full, _ROWS_AT_ONCE)):
            columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, names=list(names))


def check_rows(file: CsvFile) -> int:
    """Go through the whole file row by row and refuse the first that does not fit.

    Parameters
    ----------
    file : CsvFile

    Returns
    -------
    int
        The rows, without blank lines.

    Raises
    ------
    SourceError
        With the line, for a row of too few or too many fields and for quotes that do not match.
    """
    width = len(file.header)
    with (
        open_text(file.path, file.encoding, end=file.end, zeros=file.zeros) as stream,
        fields_of_any_length(),
    ):
        for _ in range(file.skipped_lines):
            stream.readline()
        reader = csv.reader(stream, delimiter=file.separator, strict=True)
        line = count = 0
        try:
            for row in reader:
                blank = not any(field.strip() for field in row)
                count += not blank
                if len(row) != width and not blank:
                    last = next(reader, None) is None
                    raise _make_misfit(file, file.skipped_lines + line + 1, len(row), last)
                line = reader.line_num
        except csv.Error as error:
            raise _make_unmatched_quote(file, file.skipped_lines + line + 1, str(error)) from None
    return count


def _make_misfit(file: CsvFile, line: int, fields: int, last: bool) -> SourceError:
    width = len(file.header)
    if width == 1:
        step = "Remove what stands above the column names, or set separator under [csv]"
    elif last and fields < width:
        step = "The file ends in the middle of this row; export it again"
    elif fields > width:
        step = "Put quotes around values that hold the separator, or set separator under [csv]"
    else:
        step = "Correct the row, or export the file again"
    return SourceError(
        "a row does not fit the header",
        where=f"{file.shown}, line {line}",
        got=f"{fields} field{'s' if fields != 1 else ''}",
        expected=str(width),
        next_step=step,
        code="ragged_row",
    )


def _make_unmatched_quote(file: CsvFile, line: int, reason: str) -> SourceError:
    if "unexpected end" in reason:
        what, step = (
            "a quote is opened and never closed",
            "The file may be cut off; export it again",
        )
    else:
        what = "a quote inside a quoted value is not doubled, or one is not closed"
        step = 'Write a quote inside quotes as "", or export the file again'
    where = f"{file.shown}, in the row that begins at line {line}"
    return SourceError(what, where=where, next_step=step, code="unmatched_quote")
