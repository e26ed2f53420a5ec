"""Survey of a Spark table: its rows counted, and how its columns are written, by all rows."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from features.columns.kinds import Column
from features.columns.profile import force_kinds, kind_by_type, list_written
from features.columns.text import list_values, profile_values
from features.contract.columns import Question
from features.errors import LeadaccordError
from features.findings import Finding
from features.sources.duckdb_relation import Relation, describe, from_arrow, keep
from features.sources.file import ROW
from features.sources.tables import SourceTable
from features.sources.union import Progress, look_back
from features.sources.workspace import UNKNOWN, Workspace
from serve.spark.sources import OpenPart, Read, SparkTable

if TYPE_CHECKING:
    import pyarrow as pa

Answers = Sequence[tuple[Question, Mapping[str, Column]]]


@dataclass(frozen=True)
class PartFound:
    """What a worker found in one part.

    Attributes
    ----------
    number : int
    progress : Progress
    digest : bytes
    values : tuple of pyarrow Table
        The different values that each question asks for; see `list_values`.
    """

    number: int
    progress: Progress
    digest: bytes
    values: tuple[pa.Table, ...]


@dataclass(frozen=True)
class Surveyed:
    """What is known of all rows of a table.

    Attributes
    ----------
    offsets : mapping of int to int
        Rows before each part.
    rows : int
    digests : tuple of bytes
        Of the parts.
    answers : sequence of (Question, mapping of str to Column)
    empty : tuple of str
        Columns without name and value, which are left out.
    notes : tuple of Finding
    """

    offsets: Mapping[int, int]
    rows: int
    digests: tuple[bytes, ...]
    answers: Answers
    empty: tuple[str, ...]
    notes: tuple[Finding, ...]


def answer_from(answers: Answers) -> Callable[[Question], Mapping[str, Column]]:
    """Return the function that gives each question the answer found before."""

    def answer(question: Question) -> Mapping[str, Column]:
        return next(found for asked, found in answers if asked == question)

    return answer


def take_notes(table: SourceTable, asked: list[Question]) -> SourceTable:
    """Return a table without rows that notes what is asked of its columns."""

    def note(question: Question) -> Mapping[str, Column]:
        if question not in asked:
            asked.append(question)
        return question.answer(table)

    return replace(table, profile=note)


def survey(table: SparkTable, asked: Sequence[Question], *, missing: Sequence[str]) -> Surveyed:
    """Read a table once, wherever its rows are.

    Parameters
    ----------
    table : SparkTable
    asked : sequence of Question
    missing : sequence of str
        What means "nothing entered".

    Raises
    ------
    SourceError
        When a file is damaged, or there is no row in a table that must have some.
    """
    types = describe_schema(table.schema)
    names = [list_asked(types, question) for question in asked]
    look = _look(table.read, names, tuple(missing))
    rows = table.frame.mapInArrow(look, "found binary").toLocalIterator()
    found = [pickle.loads(bytes(row["found"])) for row in rows]  # noqa: S301  our own workers'
    for part in found:
        if isinstance(part, LeadaccordError):
            raise part
    parts = sorted(found, key=lambda part: part.number)
    offsets, total = {}, Progress()
    for part in parts:
        offsets[part.number] = total.rows
        total.rows += part.progress.rows
        total.blank += part.progress.blank
        total.filled |= part.progress.filled
    empty, notes = look_back(table.files, total, table=table.name, origin=table.origin)
    return Surveyed(
        offsets=offsets,
        rows=total.rows,
        digests=tuple(part.digest for part in parts),
        answers=[
            (question, _answer(question, place, names[place], types, parts, offsets, total.rows))
            for place, question in enumerate(asked)
        ],
        empty=tuple(empty),
        notes=tuple(notes),
    )


def describe_schema(schema: pa.Schema) -> Relation:
    """Return a table without rows of the columns, and ``_row``."""
    import pyarrow as pa

    return from_arrow(schema.append(pa.field(ROW, pa.int64())).empty_table())


def list_asked(types: Relation, question: Question) -> list[str]:
    """Return the columns of a question whose values have to be looked at."""
    asked = Relation(types.connection, types.place, {n: types.types[n] for n in question.names})
    return list_written(asked, force_kinds(question.kinds, question.times))


def _look(
    read: Read, names: Sequence[Sequence[str]], missing: Sequence[str]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def look(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        try:
            found: list[Any] = [_look_at(part, names, missing) for part in read(batches)]
        except LeadaccordError as error:
            found = [error]
        for part in found:
            yield pa.record_batch({"found": pa.array([pickle.dumps(part)], pa.binary())})

    return look


def _look_at(part: OpenPart, names: Sequence[Sequence[str]], missing: Sequence[str]) -> PartFound:
    wanted = list(dict.fromkeys(name for some in names for name in some))
    if not wanted:
        for _ in part.rows:
            pass
        return PartFound(part.number, part.progress, part.digest(), ())
    with Workspace(None, threads=1, size=UNKNOWN) as workspace:
        stored = _store(workspace.connection, part, [*wanted, ROW])
        values = [list_values(stored, some, missing).to_arrow() for some in names if stored]
    return PartFound(part.number, part.progress, part.digest(), tuple(values))


def _store(connection: Any, part: OpenPart, names: Sequence[str]) -> Relation | None:
    """Keep some columns of a part in a database; None of a part without rows."""
    place: str | None = None
    for batch in part.rows:
        given = f"given_{uuid4().hex}"
        connection.register(given, batch.select(list(names)))
        if place is None:
            place = f"rows_{uuid4().hex}"
            connection.execute(f"CREATE TABLE {place} AS SELECT * FROM {given}")
        else:
            connection.execute(f"INSERT INTO {place} SELECT * FROM {given}")
        connection.unregister(given)
    return None if place is None else describe(connection, place)


def _answer(
    question: Question,
    place: int,
    names: Sequence[str],
    types: Relation,
    parts: Sequence[PartFound],
    offsets: Mapping[int, int],
    rows: int,
) -> dict[str, Column]:
    """Say what the columns of a question hold, by the values of all parts."""
    forced = force_kinds(question.kinds, question.times)
    found = {
        name: Column(name, kind_by_type(types.types[name], forced.get(name), 1), n_rows=rows)
        for name in question.names
    }
    filled = [part for part in parts if part.values]
    if not names or not filled:
        return found
    return found | profile_values(
        _put_together(filled, offsets, place),
        names,
        rows,
        forced=forced,
        time_format=question.settings.leads.time_format,
        time_formats=question.time_formats,
    )


def _put_together(parts: Sequence[PartFound], offsets: Mapping[int, int], place: int) -> Relation:
    """Return the different values of all parts, the first row of each counted over all."""
    connection: Any = None
    names: list[str] = []
    for part in parts:
        stored = from_arrow(part.values[place], connection)
        connection = stored.connection
        shift = f"* REPLACE (first + {offsets[part.number]} AS first)"
        names.append(keep(connection, f"SELECT {shift} FROM {stored.place}").place)
        connection.execute(f"DROP TABLE {stored.place}")
    union = " UNION ALL ".join(f"SELECT * FROM {name}" for name in names)
    return keep(connection, union)
