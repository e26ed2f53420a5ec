"""Database sources: a table found by name and copied into DuckDB, its rows numbered.

DuckDB attaches files of its own; every other database gives its rows through SQLAlchemy, a few
at a time.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import uuid4

from features.errors import SettingsError, SourceError
from features.secrets import hide_answer, show_address
from features.sources.duckdb_relation import Relation, describe
from features.sources.file import ROW
from features.sources.sql import literal, quote
from features.sources.workspace import make_room

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 50_000
_IN_MEMORY = ("", ":memory:")
# The driver that an extra of this project brings, where SQLAlchemy would take another.
_DIALECTS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


def copy_table(connection: Any, url: str, reference: str, *, name: str, root: Path) -> Relation:
    """Copy a table of a database.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the copy goes; it may be larger than the memory.
    url : str
        "duckdb://PATH", "sqlite://PATH", "postgres://...", or any URL that SQLAlchemy knows;
        "duckdb://" alone is a database without tables.
    reference : str
        The table's name, perhaps as "schema.table".
    name : str
        What the table is in a project, for messages.
    root : Path
        Where files were looked for first, for messages.

    Returns
    -------
    Relation
        The columns of the table and ``_row``, from 1: of DuckDB's own tables as they are stored,
        of others in the order of their values, since a database promises no other.

    Raises
    ------
    SettingsError
        When the URL is not understood, nothing answers there, or there is no such table.
    SourceError
        When the database gives up while its rows are read.
    """
    scheme, _, place = url.partition("://")
    if scheme == "duckdb":
        return _copy_from_duckdb(
            connection, unquote(place.partition("?")[0]), reference, name, root
        )
    return _copy_from_server(connection, url, reference, name, root)


def check_connection(url: str) -> None:
    """Refuse a URL of no known kind of database, even where no table of it is read.

    Parameters
    ----------
    url : str

    Raises
    ------
    SettingsError
    """
    if url.partition("://")[0] != "duckdb":
        _make_engine(url)[0].dispose()


def _copy_from_duckdb(
    connection: Any, path: str, reference: str, name: str, root: Path
) -> Relation:
    import duckdb

    if path in _IN_MEMORY:
        raise _make_missing_table([], reference, name, root)
    if not Path(path).is_file():
        raise SettingsError(
            "[tables] connection names a database that is not there",
            got=f'"duckdb://{path}"',
            expected='the path of a DuckDB file after "duckdb://"',
            next_step='Correct it, or use "duckdb://" for files',
        )
    alias = f"database_{uuid4().hex}"
    try:
        connection.execute(f"ATTACH {literal(path)} AS {alias} (READ_ONLY)")
    except duckdb.Error as error:
        raise _make_unopened(f"duckdb://{path}", _first_line(error)) from None
    try:
        schema, _, short = reference.rpartition(".")
        found = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            f" WHERE table_catalog = {literal(alias)}"
        ).fetchall()
        if (schema or "main", short) not in found:
            listed = sorted(table if own == "main" else f"{own}.{table}" for own, table in found)
            raise _make_missing_table(listed, reference, name, root)
        source = f"{alias}.{quote(schema or 'main')}.{quote(short)}"
        columns = list(describe(connection, source).types)
        return _number(connection, source, columns, order="")
    finally:
        connection.execute(f"DETACH {alias}")


def _copy_from_server(connection: Any, url: str, reference: str, name: str, root: Path) -> Relation:
    import sqlalchemy as sa

    engine, shown = _make_engine(url)
    try:
        try:
            server = engine.connect()
            schema, columns = _find_columns(server, reference, name, root)
        except sa.exc.SQLAlchemyError as error:
            raise _make_unopened(shown, _first_line(error, url)) from None
        with server:
            stream = _stream(server, schema, reference.rpartition(".")[2], columns, where=reference)
            return _store(connection, stream, [column for column, _ in columns])
    finally:
        engine.dispose()


def _make_engine(url: str) -> tuple[Any, str]:
    """Return the engine of a URL, and the URL as a message may show it."""
    import sqlalchemy as sa

    scheme, parted, place = url.partition("://")
    try:
        if scheme == "sqlite":
            path = Path(unquote(place.partition("?")[0])).absolute()
            # Opened plainly, a file that is not there would be made.
            made = sa.URL.create("sqlite", database=path.as_uri(), query={"mode": "ro", "uri": "1"})
        else:
            made = sa.make_url(f"{_DIALECTS.get(scheme, scheme)}{parted}{place}")
        return sa.create_engine(made), show_address(url)
    except sa.exc.NoSuchModuleError:
        raise _make_unopened(show_address(url), "no such kind of database") from None
    except ImportError as error:
        raise SettingsError(
            f'[tables] connection needs a driver that is not installed: "{scheme}"',
            got=_first_line(error),
            next_step='Install it; for PostgreSQL with: pip install "leadaccord[postgres]"',
        ) from None
    except (sa.exc.ArgumentError, ValueError):
        raise _make_unopened(show_address(url) if parted else "no URL", None) from None


def _find_columns(
    server: Any, reference: str, name: str, root: Path
) -> tuple[str | None, list[tuple[str, Any]]]:
    """Return the schema of a table, and its columns with their types in SQLAlchemy."""
    import sqlalchemy as sa

    inspector = sa.inspect(server)
    schema, _, short = reference.rpartition(".")
    try:
        found = inspector.get_columns(short, schema=schema or None)
    except sa.exc.NoSuchTableError:
        found = []
    if not found:
        listed = sorted([*inspector.get_table_names(), *inspector.get_view_names()])
        raise _make_missing_table(listed, reference, name, root)
    return schema or None, [(column["name"], column["type"]) for column in found]


def _stream(
    server: Any,
    schema: str | None,
    table: str,
    columns: Sequence[tuple[str, Any]],
    *,
    where: str,
) -> pa.RecordBatchReader:
    """Read the rows, a few at a time, in no order."""
    import pyarrow as pa
    import sqlalchemy as sa

    # A name may be a word of SQL's own.
    listed: list[Any] = [sa.column(sa.quoted_name(name, quote=True)) for name, _ in columns]
    place = None if schema is None else sa.quoted_name(schema, quote=True)
    named = sa.table(sa.quoted_name(table, quote=True), *listed, schema=place)
    # Without a type SQLAlchemy gives each value as the driver has it.
    query = sa.select(*named.columns)
    # SQLite keeps any value in any column; as text each is read for what it is.
    typed = server.dialect.name != "sqlite"
    shapes = [_shape(kind) if typed else (pa.string(), _to_text) for _, kind in columns]
    target = pa.schema([(name, shape[0]) for (name, _), shape in zip(columns, shapes, strict=True)])

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            answer = server.execution_options(yield_per=_ROWS_AT_ONCE).execute(query)
            for rows in answer.partitions(_ROWS_AT_ONCE):
                arrays = [
                    pa.array([convert(row[place]) for row in rows], type=kind)
                    for place, (kind, convert) in enumerate(shapes)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=target)
        except (sa.exc.SQLAlchemyError, pa.ArrowException, ValueError, OverflowError) as error:
            raise SourceError(
                "the database gave up while the table was read",
                where=where,
                got=_first_line(error),
                next_step="Check the table and that the database answers, then run it again",
                code="database",
            ) from error

    return pa.RecordBatchReader.from_batches(target, batches())


def _store(connection: Any, stream: pa.RecordBatchReader, columns: Sequence[str]) -> Relation:
    """Keep streamed rows, then number them in the order of their values."""
    import duckdb

    name, given = f"stream_{uuid4().hex}", f"given_{uuid4().hex}"
    make_room(connection, columns=len(columns))
    failed: list[SourceError] = []
    connection.register(given, _keep_error(stream, failed))
    try:
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {given}")
        order = "ORDER BY " + ", ".join(quote(column) for column in columns)
        return _number(connection, name, columns, order=order)
    except duckdb.Error:
        # DuckDB wraps an error inside the reader; the reason itself was kept.
        if not failed:
            raise
        raise failed[0] from None
    finally:
        connection.unregister(given)
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def _keep_error(stream: pa.RecordBatchReader, failed: list[SourceError]) -> pa.RecordBatchReader:
    import pyarrow as pa

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from stream
        except SourceError as error:
            failed.append(error)
            raise

    return pa.RecordBatchReader.from_batches(stream.schema, batches())


def _number(connection: Any, source: str, columns: Sequence[str], *, order: str) -> Relation:
    """Keep the rows of a table under ``_row``; a column of that name steps aside."""
    make_room(connection, columns=len(columns))
    listed = ", ".join(
        f"{quote(column)} AS {quote(f'{ROW}_2' if column == ROW else column)}" for column in columns
    )
    kept = f"source_{uuid4().hex}"
    connection.execute(
        f"CREATE TABLE {kept} AS SELECT {listed}, row_number() OVER ({order}) AS {ROW}"
        f" FROM {source} {order}"
    )
    return describe(connection, kept)


def _shape(kind: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return the type that a column of a database has here, and what makes its values fit."""
    import pyarrow as pa
    import sqlalchemy as sa

    if isinstance(kind, sa.Boolean):
        return pa.bool_(), lambda value: value
    if isinstance(kind, sa.Integer):
        return pa.int64(), lambda value: value
    if isinstance(kind, sa.Float) or (isinstance(kind, sa.Numeric) and kind.scale != 0):
        return pa.float64(), lambda value: None if value is None else float(value)
    if isinstance(kind, sa.DateTime):
        return pa.timestamp("us"), _to_utc
    if isinstance(kind, sa.Date):
        return pa.date32(), lambda value: value
    # Also whole numbers of any length, which are ids: as text they keep their digits.
    return pa.string(), _to_text


def _to_utc(value: dt.datetime | None) -> dt.datetime | None:
    if value is None or value.tzinfo is None:
        return value
    return value.astimezone(dt.UTC).replace(tzinfo=None)


def _to_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict | list):
        return json.dumps(value, default=str)
    return str(value)


def _make_missing_table(
    present: Sequence[str], reference: str, name: str, root: Path
) -> SettingsError:
    near = difflib.get_close_matches(reference, present, n=3, cutoff=0.5) or present[:5]
    return SettingsError(
        f'no file or table "{reference}"',
        where=f"[tables] {name}, looked for in {root} and in the connection",
        expected="a table such as " + ", ".join(near) if near else "a file, as there are no tables",
        next_step=f"Correct [tables] {name}",
    )


def _make_unopened(shown: str, reason: str | None) -> SettingsError:
    return SettingsError(
        "[tables] connection cannot be opened",
        got=f'"{shown}"' + (f" ({reason})" if reason else ""),
        expected='a URL like "duckdb://" or "postgres://user@host/database"',
        next_step="Check the URL and that the database answers",
    )


def _first_line(error: Exception, url: str = "") -> str:
    """Return the first line of a message, unless it repeats a secret of a URL."""
    return hide_answer(str(error), url)[:200]
