"""Union of files as one table: columns matched by name, rows numbered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from features.errors import SourceError
from features.findings import Finding
from features.sources.duckdb_relation import Relation, describe
from features.sources.file import ROW, FilePart
from features.sources.sql import quote
from features.sources.workspace import make_room

if TYPE_CHECKING:
    import pyarrow as pa

_FEWEST_NAMES, _MOST_NAMES = 3, 0.8
MAY_BE_EMPTY = ("activities", "outcomes", "corrections")
"""Tables without which leads can be learned from and scored: no rows, nothing happened."""


@dataclass
class Progress:
    """What became of the rows while they were read.

    Attributes
    ----------
    rows, blank, names : int
        Kept, left out as no cell of them holds anything, and as they repeat the column names.
    filled : set of str
        Columns without a name that hold values.
    error : SourceError or None
        What ended the reading.
    """

    rows: int = 0
    blank: int = 0
    names: int = 0
    filled: set[str] = field(default_factory=set)
    error: SourceError | None = None


def read_files(
    connection: Any, parts: Sequence[FilePart], *, table: str, origin: str
) -> tuple[Relation, list[Finding]]:
    """Read the files, one after the other, into a table of DuckDB.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    parts : sequence of FilePart
        In the order in which their rows are numbered.
    table : str
        The table the notes are about.
    origin : str
        What the user named, for messages.

    Returns
    -------
    Relation
        All columns, missing (null) where a file lacks one, and ``_row``.
    list of Finding

    Raises
    ------
    SourceError
        When a file is damaged, files have nothing in common, or there is no row at all in a
        table that must have some.
    """
    import duckdb
    import pyarrow as pa

    notes = [note for part in parts for note in part.notes]
    schema, differences = unite(parts, table)
    progress = Progress()
    reader = pa.RecordBatchReader.from_batches(
        schema.append(pa.field(ROW, pa.int64())), number_rows(parts, schema, progress)
    )
    stream, name = f"stream_{uuid4().hex}", f"source_{uuid4().hex}"
    connection.register(stream, reader)
    make_room(connection, columns=len(schema))
    try:
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {stream}")
    except duckdb.OutOfMemoryException:
        raise _make_too_long(origin) from None
    except duckdb.Error:
        # DuckDB wraps what went wrong inside the reader; the reason itself was kept.
        if progress.error is None:
            raise
        raise progress.error from None
    finally:
        connection.unregister(stream)
    empty, found = look_back(parts, progress, table=table, origin=origin)
    left_out = ", ".join(map(quote, empty))
    place = f"(SELECT * EXCLUDE ({left_out}) FROM {name})" if empty else name
    return describe(connection, place), [*notes, *differences, *found]


def look_back(
    parts: Sequence[FilePart], progress: Progress, *, table: str, origin: str
) -> tuple[list[str], list[Finding]]:
    """Return the columns that are left out, without name and value, and notes on all the rows.

    Parameters
    ----------
    parts : sequence of FilePart
    progress : Progress
        Of all of them.
    table, origin : str
        As for `read_files`.

    Raises
    ------
    SourceError
        When there is no row at all in a table that must have some.
    """
    if progress.rows == 0 and table not in MAY_BE_EMPTY:
        raise make_no_rows(origin)
    notes = [_note_blank_rows(progress, table)] if progress.blank else []
    notes += [_note_repeated_names(progress, table)] if progress.names else []
    unnamed = dict.fromkeys(name for part in parts for name in part.unnamed)
    empty = [name for name in unnamed if name not in progress.filled]
    return empty, [*notes, *(_note_unnamed(name, name in empty, table) for name in unnamed)]


def make_no_rows(origin: str) -> SourceError:
    """Return the error for a table of column names only."""
    return SourceError(
        "there are no rows",
        where=origin,
        got="column names only",
        expected="at least one row",
        next_step="Export it again, with its rows",
        code="no_rows",
    )


def _make_too_long(origin: str) -> SourceError:
    return SourceError(
        "the rows do not fit into memory",
        where=origin,
        got="texts that are too long",
        next_step="Leave out columns of long texts, or export it again",
        code="too_large",
    )


def number_rows(
    parts: Sequence[FilePart], schema: pa.Schema, progress: Progress
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of files under the common columns, with their numbers.

    Parameters
    ----------
    parts : sequence of FilePart
    schema : pyarrow Schema
        From `unite`.
    progress : Progress
        Takes what becomes of the rows.
    """
    import pyarrow as pa

    for part in parts:
        try:
            for batch in part.read():
                full = _without_names(_without_blank_rows(batch, progress), progress)
                _look_for_values(full, part.unnamed, progress)
                numbers = np.arange(progress.rows + 1, progress.rows + full.num_rows + 1)
                progress.rows += full.num_rows
                columns = [_fit(full, column) for column in schema]
                yield pa.RecordBatch.from_arrays(
                    [*columns, pa.array(numbers, pa.int64())], names=[*schema.names, ROW]
                )
        except SourceError as error:
            progress.error = error
            raise
        except pa.ArrowException as error:
            progress.error = SourceError(
                "a column is of types that do not go together",
                where=part.shown,
                got=str(error).partition("\n")[0][:100],
                next_step="Export all files in the same way",
                code="column_types_differ",
            )
            raise


def _fit(batch: pa.RecordBatch, column: pa.Field) -> pa.Array:
    """Return one column of a batch in the common type, missing where the file lacks it."""
    import pyarrow as pa

    key = column.name.lower()
    place = next((i for i, name in enumerate(batch.schema.names) if name.lower() == key), None)
    if place is None:
        return pa.nulls(batch.num_rows, column.type)
    return batch.column(place).cast(column.type)


def _without_blank_rows(batch: pa.RecordBatch, progress: Progress) -> pa.RecordBatch:
    """Leave out rows of separators only, which spreadsheets write below a table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    blank = None
    for column in batch.columns:
        if not pa.types.is_string(column.type):
            return batch
        empty = pc.equal(column, "")
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            return batch
    kept = batch.filter(pc.invert(pc.fill_null(blank, False)))
    progress.blank += batch.num_rows - kept.num_rows
    return kept


def _look_for_values(batch: pa.RecordBatch, unnamed: Sequence[str], progress: Progress) -> None:
    import pyarrow.compute as pc

    for name in unnamed:
        if name not in progress.filled and pc.any(pc.not_equal(batch[name], "")).as_py():
            progress.filled.add(name)


def unite(parts: Sequence[FilePart], table: str) -> tuple[pa.Schema, list[Finding]]:
    """Return the columns of all files, in the order in which they first appear, and notes on them.

    Parameters
    ----------
    parts : sequence of FilePart
    table : str
        The table the notes are about.

    Raises
    ------
    SourceError
        When files have nothing in common.
    """
    import pyarrow as pa

    held = [{column.name.lower(): column for column in part.schema} for part in parts]
    for part, columns in zip(parts, held, strict=True):
        if not columns.keys() & held[0].keys():
            raise _make_strangers(parts[0], part)
    fields, notes = [], []
    for key in dict.fromkeys(key for columns in held for key in columns):
        found = [columns[key] for columns in held if key in columns]
        name = found[0].name
        united = _unite_types([column.type for column in found])
        fields.append(pa.field(name, united))
        if pa.types.is_string(united) and any(column.type != united for column in found):
            notes.append(_note_mixed(name, len(parts), table))
        lacking = [
            part.shown for part, columns in zip(parts, held, strict=True) if key not in columns
        ]
        if lacking:
            notes.append(_note_lacking(name, lacking, len(parts), table))
    return pa.schema(fields), notes


def _unite_types(types: Sequence[pa.DataType]) -> pa.DataType:
    """Return a type that holds all of them: text where nothing else does."""
    import pyarrow as pa

    first = types[0]
    if all(kind == first for kind in types):
        return first
    try:
        united = pa.unify_schemas(
            [pa.schema([("x", kind)]) for kind in types], promote_options="permissive"
        )
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.string()
    return united.field("x").type


def _make_strangers(first: FilePart, other: FilePart) -> SourceError:
    return SourceError(
        "two files of one table have no column in common",
        where=f"{first.shown} and {other.shown}",
        expected="the same columns in all files",
        next_step="Let the pattern match only files of one table",
        code="columns_differ",
    )


def _note_lacking(name: str, lacking: Sequence[str], total: int, table: str) -> Finding:
    return Finding(
        code="columns_differ",
        severity="note",
        message=f'"{name}" is not in every file; it is missing in the rows of those without it',
        next_step="Check that all files are exports of the same table",
        table=table,
        column=name,
        count=len(lacking),
        total=total,
        example=lacking[0],
    )


def _note_mixed(name: str, total: int, table: str) -> Finding:
    return Finding(
        code="column_types_differ",
        severity="note",
        message=f'"{name}" is not of the same type in every file; it is read as text',
        next_step="Export all files in the same way",
        table=table,
        column=name,
        total=total,
    )


def _without_names(batch: pa.RecordBatch, progress: Progress) -> pa.RecordBatch:
    """Leave out rows that repeat the column names, as groups of a board and joined files do."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = batch.schema.names
    first = batch.column(0)
    if len(names) < _FEWEST_NAMES or not pa.types.is_string(first.type):
        return batch
    if not pc.any(pc.equal(pc.utf8_trim_whitespace(first), names[0])).as_py():
        return batch
    same = [
        pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), name), False).cast(pa.int32())
        for column, name in zip(batch.columns, names, strict=True)
        if pa.types.is_string(column.type)
    ]
    # A column without a name, or of one that another has, is called differently here.
    repeated = pc.greater_equal(
        reduce(pc.add, same), max(_FEWEST_NAMES, int(_MOST_NAMES * len(names)))
    )
    kept = batch.filter(pc.invert(repeated))
    progress.names += batch.num_rows - kept.num_rows
    return kept


def _note_repeated_names(progress: Progress, table: str) -> Finding:
    message = "rows repeat the column names, as between groups of a board or joined files: left out"
    return Finding("repeated_names", "note", message, table=table, count=progress.names)


def _note_blank_rows(progress: Progress, table: str) -> Finding:
    return Finding(
        code="blank_rows",
        severity="note",
        message="rows without a single value are left out",
        table=table,
        count=progress.blank,
        total=progress.rows + progress.blank,
    )


def _note_unnamed(name: str, empty: bool, table: str) -> Finding:
    if empty:
        message, step = "a column without name and values is left out", ""
        code = "empty_trailing_column"
    else:
        message, code = (
            f'a column has values but no name; it is called "{name}" here',
            "unnamed_column",
        )
        step = "Give it a name in the header"
    return Finding(
        code=code,
        severity="note",
        message=message,
        next_step=step,
        table=table,
        column=name,
        count=1,
    )
