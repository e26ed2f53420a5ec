"""Spark sources: tables whose rows Spark's workers read, each part of them by itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.batches.digest import digest_file
from features.contract.records import open_named
from features.errors import SourceError
from features.files import expand_home
from features.findings import Finding
from features.settings.schema import Settings
from features.sources.file import ROW, FilePart
from features.sources.parquet import to_plain_type
from features.sources.paths import find_files, open_parts
from features.sources.sql import literal
from features.sources.union import Progress, number_rows, unite
from features.sources.workspace import UNKNOWN, Workspace

if TYPE_CHECKING:
    import pyarrow as pa

PART = "_part"
FORMATS = ("table", "parquet", "delta", "orc")
_NAMED = re.compile(rf"^({'|'.join(FORMATS)}):(?!//)(.+)$")
_URL = re.compile(r"^[a-z0-9]+://")


@dataclass
class OpenPart:
    """Rows that one worker reads in one go.

    Attributes
    ----------
    number : int
        The place of the part among those of its table.
    rows : iterator of pyarrow RecordBatch
        The columns and ``_row``, from 1 in each part.
    progress : Progress
    digest : callable
        The SHA-256 of the part, once its rows are read.
    """

    number: int
    rows: Iterator[pa.RecordBatch]
    progress: Progress
    digest: Callable[[], bytes]


Read = Callable[["Iterator[pa.RecordBatch]"], Iterator[OpenPart]]
"""Turns what Spark hands to a worker into parts; goes to the worker."""


@dataclass(frozen=True)
class SparkTable:
    """A table as Spark's workers read it.

    Attributes
    ----------
    name : str
        What the table is in a project.
    origin : str
        As the user wrote it.
    schema : pyarrow Schema
        Of the plain types; without ``_row``.
    frame : pyspark.sql.DataFrame
        What Spark hands to the workers.
    read : callable
    files : tuple of FilePart
        Empty where Spark reads the rows itself.
    notes : tuple of Finding
    """

    name: str
    origin: str
    schema: pa.Schema
    frame: Any
    read: Read
    files: tuple[FilePart, ...] = ()
    notes: tuple[Finding, ...] = ()


def split_place(reference: str) -> tuple[str | None, str]:
    """Return the format that a reference names, if it does, and the rest of it.

    Parameters
    ----------
    reference : str
        Such as "table:sales.leads", "delta:/lake/leads", or "s3a://bucket/leads", which is
        Parquet. Anything else is what it is without Spark.
    """
    named = _NAMED.match(reference)
    if named:
        return named[1], named[2]
    return ("parquet" if _URL.match(reference) else None), reference


def open_spark_table(
    spark: Any, settings: Settings, name: str, reference: str, *, stage: Path
) -> SparkTable:
    """Open a table: files by the project's own readers, one to a worker, all else by Spark.

    Parameters
    ----------
    spark : pyspark.sql.SparkSession
    settings : Settings
    name : str
        What the table is in a project.
    reference : str
        A file, a glob, a folder of Parquet or Delta, a table of `connection` or of Spark's
        catalogue; see `split_place`.
    stage : Path
        Where a table of a database is put as a file, which the workers can read.

    Raises
    ------
    SettingsError, SourceError
        When there is no such table, or it cannot be read.
    """
    form, place = split_place(reference)
    folder = settings.root / expand_home(place)
    if form is None and folder.is_dir():
        form, place = "delta" if (folder / "_delta_log").is_dir() else "parquet", str(folder)
    elif form not in (None, "table") and not _URL.match(place):
        place = str(folder)
    if form is None:
        if paths := find_files(reference, name=name, root=settings.root):
            return _open_files(spark, settings, name, reference, paths)
        if settings.tables.connection != "duckdb://":
            staged = _stage(settings, name, reference, stage)
            return _open_files(spark, settings, name, str(staged), [staged], origin=reference)
    return _open_frame(spark, name, reference, form or "table", place)


@dataclass(frozen=True)
class FileReader:
    """Reads one file for each number that a worker is given.

    Attributes
    ----------
    paths : sequence of Path
    options : dict
        How `open_parts` opens them.
    schema : pyarrow Schema
        Of all of them together.
    """

    paths: Sequence[Path]
    options: dict[str, Any]
    schema: pa.Schema

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[OpenPart]:
        """Open the files of the numbers."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                path, progress = self.paths[number], Progress()
                parts = open_parts([path], **self.options)
                rows = number_rows(parts, self.schema, progress)
                yield OpenPart(number, rows, progress, partial(digest_file, path))


@dataclass(frozen=True)
class FrameReader:
    """Reads what Spark itself reads, all rows of a task as one part."""

    schema: pa.Schema

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[OpenPart]:
        """Open the rows of a task, if it has any."""
        first = next((batch for batch in batches if batch.num_rows), None)
        if first is None:
            return
        progress, total = Progress(), hashlib.sha256()
        number = first.column(first.schema.get_field_index(PART))[0].as_py()
        rows = self._number(first, batches, progress, total)
        yield OpenPart(number, rows, progress, total.digest)

    def _number(
        self,
        first: pa.RecordBatch,
        others: Iterator[pa.RecordBatch],
        progress: Progress,
        total: Any,
    ) -> Iterator[pa.RecordBatch]:
        import itertools

        import pyarrow as pa

        for batch in itertools.chain([first], others):
            numbers = np.arange(progress.rows + 1, progress.rows + batch.num_rows + 1)
            progress.rows += batch.num_rows
            columns = [batch.column(field.name).cast(field.type) for field in self.schema]
            found = pa.RecordBatch.from_arrays(columns, schema=self.schema)
            total.update(found.serialize())
            yield found.append_column(ROW, pa.array(numbers, pa.int64()))


def _open_files(
    spark: Any,
    settings: Settings,
    name: str,
    reference: str,
    paths: Sequence[Path],
    origin: str | None = None,
) -> SparkTable:
    options: dict[str, Any] = {
        "reference": reference,
        "name": name,
        "root": settings.root,
        "separator": settings.csv.separator,
        "encoding": settings.csv.encoding,
    }
    parts = open_parts(paths, **options)
    schema, notes = unite(parts, name)
    return SparkTable(
        name=name,
        origin=origin or reference,
        schema=schema,
        frame=spark.range(0, len(paths), 1, len(paths)),
        read=FileReader([path.absolute() for path in paths], options, schema),
        files=tuple(parts),
        notes=(*(note for part in parts for note in part.notes), *notes),
    )


def _open_frame(spark: Any, name: str, origin: str, form: str, place: str) -> SparkTable:
    import pyarrow as pa
    from pyspark.errors import PySparkException
    from pyspark.sql import functions
    from pyspark.sql.pandas.types import to_arrow_schema

    try:
        frame = spark.table(place) if form == "table" else spark.read.format(form).load(place)
        found = to_arrow_schema(frame.schema, timezone="UTC")
    except PySparkException as error:
        raise SourceError(
            "Spark cannot read the table",
            where=origin,
            got=str(error).partition("\n")[0][:200],
            next_step=f"Check [tables] {name} and what Spark's catalogue and file systems hold",
            code="unreadable",
        ) from error
    plain = [(column.name, to_plain_type(column.type)) for column in found]
    schema = pa.schema([(column, kind) for column, kind in plain if kind is not None])
    frame = frame.select(*(functions.col(f"`{column}`") for column in schema.names))
    return SparkTable(
        name=name,
        origin=origin,
        schema=schema,
        frame=frame.withColumn(PART, functions.spark_partition_id()),
        read=FrameReader(schema),
        notes=tuple(_note_nested(column, name) for column, kind in plain if kind is None),
    )


def _stage(settings: Settings, name: str, reference: str, folder: Path) -> Path:
    """Put a table of a database into a file."""
    path = folder / f"{name}-{hashlib.sha256(reference.encode()).hexdigest()[:8]}.parquet"
    with Workspace(settings.home, size=UNKNOWN) as workspace:
        table = open_named(workspace.connection, settings, name, reference)
        query = f"SELECT * EXCLUDE ({ROW}) FROM {table.relation.place} ORDER BY {ROW}"
        workspace.connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet)")
    return path


def _note_nested(column: str, table: str) -> Finding:
    return Finding(
        code="nested_column",
        severity="note",
        message=f'"{column}" holds lists or structures and is left out',
        next_step="Export what they hold as columns of their own",
        table=table,
        column=column,
    )
