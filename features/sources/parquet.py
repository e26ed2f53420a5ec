"""Parquet files: columns of types that a table of leads can have, within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import SourceError
from features.findings import Finding
from features.sources.csv_dialect import MAX_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

MAX_TEXT = 1 << 24
"""Characters that a single text may have, as in CSV."""

_ROWS_AT_ONCE = 65_536
_MUCH = 2_000_000_000
_TOO_DENSE = 100
_ROWS_A_BYTE = 1_000_000
_DIGITS = 38


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file that can be read.

    Attributes
    ----------
    path : Path
    shown : str
        The path as shown in messages.
    schema : pyarrow Schema
        The columns that are read, and the types they are read as.
    notes : tuple of Finding
        The columns that are left out.
    """

    path: Path
    shown: str
    schema: pa.Schema
    notes: tuple[Finding, ...]


def inspect_parquet(path: Path, *, shown: str, table: str) -> ParquetFile:
    """Find out what a Parquet file holds.

    Parameters
    ----------
    path : Path
    shown : str
        The path as shown in messages.
    table : str
        The table the notes are about.

    Returns
    -------
    ParquetFile

    Raises
    ------
    SourceError
        When the file is damaged, or claims more rows than its bytes can hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as stream, pq.ParquetFile(stream) as file:
            found = file.schema_arrow.remove_metadata()
            names, rows = found.names, file.metadata.num_rows
    except (pa.ArrowException, OSError, UnicodeError, MemoryError, ValueError, OverflowError):
        raise make_damaged(shown) from None
    if len(found) > MAX_COLUMNS:
        raise SourceError(
            "the file has too many columns",
            where=shown,
            got=f"{len(found):,}",
            expected=f"at most {MAX_COLUMNS:,}",
            next_step="Export the columns you need",
            code="too_many_columns",
        )
    if rows > _MUCH // 2 and rows > _ROWS_A_BYTE * path.stat().st_size:
        raise _make_bomb(shown, f"{rows:,} rows")
    kept = {name: to_plain_type(column.type) for name, column in zip(names, found, strict=True)}
    fields = [
        pa.field(name, plain)
        for name, column in zip(names, found, strict=True)
        if (plain := to_plain_type(column.type)) is not None
    ]
    left = [name for name, plain in kept.items() if plain is None]
    return ParquetFile(path, shown, pa.schema(fields), tuple(_note_left(left, shown, table)))


def to_plain_type(kind: pa.DataType) -> pa.DataType | None:
    """Return the type that a column is read as; None for lists, structures and the like."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(kind):
        return to_plain_type(kind.value_type)
    if types.is_run_end_encoded(kind):
        return to_plain_type(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return to_plain_type(kind.storage_type)
    if types.is_float16(kind) or types.is_float32(kind):
        return pa.float32()
    if types.is_decimal(kind):
        fits = kind.precision <= _DIGITS and kind.scale >= 0
        return pa.decimal128(kind.precision, kind.scale) if fits else pa.float64()
    if types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if types.is_date(kind):
        return pa.date32()
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_float64(kind):
        return kind
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    bare = types.is_binary(kind) or types.is_large_binary(kind) or types.is_time(kind)
    if text or bare or types.is_fixed_size_binary(kind) or types.is_null(kind):
        return pa.string()
    return None


def read_parquet(file: ParquetFile) -> Iterator[pa.RecordBatch]:
    """Read the rows in batches of the plain types.

    Parameters
    ----------
    file : ParquetFile

    Yields
    ------
    RecordBatch

    Raises
    ------
    SourceError
        When the file is damaged, a value does not fit its type, or texts unpack to far more than
        the file could mean.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = file.schema.names
    dense = _MUCH + _TOO_DENSE * file.path.stat().st_size
    unpacked = 0
    try:
        with file.path.open("rb") as stream:
            dictionaries = [field.name for field in file.schema if pa.types.is_string(field.type)]
            # Ahead of use Arrow would keep the bytes of all row groups, the whole file in the end.
            with pq.ParquetFile(stream, pre_buffer=False, read_dictionary=dictionaries) as opened:
                for batch in opened.iter_batches(_ROWS_AT_ONCE, columns=names):
                    unpacked += sum(map(_measure, batch.columns))
                    if unpacked > dense:
                        raise _make_bomb(file.shown, "texts of more than 2 GB")
                    yield from _convert(batch, file)
    except (pa.ArrowException, OSError, UnicodeError, MemoryError, ValueError, OverflowError):
        raise make_damaged(file.shown) from None


def _measure(column: pa.Array) -> int:
    """Return the bytes that a column of text unpacks to, without unpacking it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type) or not len(column):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    longest = pc.max(lengths).as_py() or 0
    if longest * len(column) < _MUCH // _TOO_DENSE:
        return int(longest * len(column))
    return pc.sum(pc.take(pc.cast(lengths, pa.int64()), column.indices)).as_py() or 0


def _convert(batch: pa.RecordBatch, file: ParquetFile) -> Iterator[pa.RecordBatch]:
    """Yield a batch in the plain types, in pieces where its texts are long."""
    import pyarrow as pa

    size = sum(map(_measure, batch.columns))
    pieces = max(1, size // (_MUCH // 8))
    step = -(-batch.num_rows // pieces)
    for start in range(0, batch.num_rows, max(step, 1)):
        piece = batch.slice(start, step)
        columns = [
            _cast(piece.column(name), plain, name, file)
            for name, plain in zip(file.schema.names, file.schema.types, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=file.schema)


def _cast(column: pa.Array, plain: pa.DataType, name: str, file: ParquetFile) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        if isinstance(column, pa.ExtensionArray):
            column = column.storage
        # Nanoseconds are more than any time here needs.
        options = pc.CastOptions(target_type=plain, allow_time_truncate=True)
        found = column.cast(options=options)
        if pa.types.is_string(plain):
            found.validate(full=True)
        elif pa.types.is_timestamp(plain) or pa.types.is_date(plain):
            _check_years(found)
    except (pa.ArrowException, ValueError, OverflowError):
        raise SourceError(
            "a column holds values that its type cannot have",
            where=f'{file.shown}, column "{name}"',
            got=f"{column.type}",
            expected="texts in UTF-8, numbers, and times from the years 1 to 9999",
            next_step="Export the column as text, or leave it out",
            code="value_beyond_type",
        ) from None
    if pa.types.is_string(plain) and (pc.max(pc.binary_length(found)).as_py() or 0) > MAX_TEXT:
        raise _make_bomb(file.shown, f'a text of more than 16 million characters in "{name}"')
    return found


def _check_years(times: Any) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    days = pa.types.is_date(times.type)
    numbers = times.cast(pa.int32() if days else pa.int64())
    unit = 1 if days else 86_400_000_000
    ends = pc.min_max(numbers).as_py()
    if ends["min"] is not None and not (
        -719_162 * unit <= ends["min"] and ends["max"] < 2_932_897 * unit
    ):
        raise ValueError


def _note_left(names: list[str], shown: str, table: str) -> Iterator[Finding]:
    for name in names:
        yield Finding(
            code="nested_column",
            severity="note",
            message=f'"{name}" of {shown} holds lists or structures and is left out',
            next_step="Export what they hold as columns of their own",
            table=table,
            column=name,
        )


def make_damaged(shown: str) -> SourceError:
    """Return the error for a file that is not whole."""
    return SourceError(
        "the file is damaged Parquet",
        where=shown,
        next_step="Export or copy it again",
        code="damaged_parquet",
    )


def _make_bomb(shown: str, got: str) -> SourceError:
    return SourceError(
        "the file unpacks to far more than a table of leads",
        where=shown,
        got=got,
        next_step="Leave out columns of long texts, or export it again",
        code="too_large",
    )
