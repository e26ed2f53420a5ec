"""Opening files and tables: whatever they are written as, one table with numbered rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from features.findings import Finding
from features.sources.database import connect, copy_rows, find_table, number_rows
from features.sources.duckdb_relation import Stored, aggregate
from features.sources.file import ROW
from features.sources.paths import find_files, open_parts
from features.sources.union import MAY_BE_EMPTY, make_no_rows, read_files

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["ROW", "SourceTable", "StoredTable", "open_table", "store_table"]


@dataclass(frozen=True)
class SourceTable:
    """A table as found, its rows numbered.

    Attributes
    ----------
    name : str
        What the table is in a project: "leads", "activities", "decisions", "outcomes".
    data : ibis Table
        The columns as found and ``_row``: whole numbers from 1, in the order of the rows over all
        files, these sorted by path. Columns of CSV files are text, an empty field "".
    origin : str
        The path or table name, as the user wrote it.
    files : tuple of Path
        Empty for a table of a database.
    notes : tuple of Finding
        What was guessed, renamed or left out.
    """

    name: str
    data: ir.Table
    origin: str
    files: tuple[Path, ...]
    notes: tuple[Finding, ...]

    @property
    def in_duckdb(self) -> bool:
        """Tell whether the table is in DuckDB, where text can be read as numbers and times."""
        return bool(self.data.get_backend().name == "duckdb")


def open_table(
    connection: Any,
    reference: str,
    *,
    name: str,
    root: Path,
    separator: str | None = None,
    encoding: str | None = None,
) -> SourceTable:
    """Open a file, the files of a glob, or a table of the connection.

    Files are read once, into a table of DuckDB; so are DuckDB's own tables. Elsewhere a table stays
    where it is and its rows are numbered in the order of its columns' values.

    Parameters
    ----------
    connection : ibis backend
        As `connect` returns it. Files named beside another database are read by a DuckDB of
        their own.
    reference : str
        A path or glob, relative to `root`, or a table's name, perhaps as "schema.table". CSV and
        Parquet are told apart by content.
    name : str
        What the table is in a project.
    root : Path
        The folder of the settings.
    separator, encoding : str, optional
        Of CSV files; guessed where not given.

    Returns
    -------
    SourceTable

    Raises
    ------
    SettingsError
        When there is neither a file nor a table of that name.
    SourceError
        When a file cannot be read: it says which, where and why.
    """
    paths = find_files(reference, name=name, root=root)
    if not paths:
        return _open_in_connection(connection, reference, name, root)
    import ibis

    duck = connection if connection.name == "duckdb" else ibis.duckdb.connect()
    parts = open_parts(
        paths, reference, name=name, root=root, separator=separator, encoding=encoding
    )
    stored, notes = read_files(duck.con, parts, table=name, origin=reference)
    # Ibis 12 asks DuckDB 2.0 for the types of a query in a way that it no longer answers.
    named = stored.place.rpartition(" ")[2].removesuffix(")")
    data = duck.table(named, database="temp.main").select(*stored.types)
    return SourceTable(name, data, reference, tuple(paths), tuple(notes))


def _open_in_connection(connection: Any, reference: str, name: str, root: Path) -> SourceTable:
    """Open a table of the database and number its rows."""
    import ibis

    found = find_table(connection, reference, name, root)
    if connection.name == "sqlite":
        # SQLite has no times of its own and keeps them as text, which only DuckDB can read here.
        connection = ibis.duckdb.connect()
        found = connection.create_table(
            f"copy_{uuid4().hex}", found.order_by(found.columns).to_pyarrow(), temp=True
        )
    data = number_rows(found)
    if connection.name == "duckdb":
        data = connection.create_table(f"source_{uuid4().hex}", data, temp=True)
    if name not in MAY_BE_EMPTY and data.count().execute() == 0:
        raise make_no_rows(reference)
    return SourceTable(name, data, reference, (), ())


@dataclass(frozen=True)
class StoredTable:
    """A table as found, in a DuckDB of our own: see `SourceTable`.

    Attributes
    ----------
    name : str
    stored : Stored
        With ``_row``.
    origin : str
    files : tuple of Path
    notes : tuple of Finding
    """

    name: str
    stored: Stored
    origin: str
    files: tuple[Path, ...]
    notes: tuple[Finding, ...]


def store_table(
    workspace: Any,
    reference: str,
    *,
    name: str,
    root: Path,
    url: str,
    separator: str | None = None,
    encoding: str | None = None,
) -> StoredTable:
    """Read a file, the files of a glob, or a table into a DuckDB of our own.

    Parameters
    ----------
    workspace : duckdb.DuckDBPyConnection
        Where the table goes; it may be larger than the memory.
    reference, name, root, separator, encoding
        As for `open_table`.
    url : str
        The database that a table is looked for in; connected to only where there is no file.

    Returns
    -------
    StoredTable

    Raises
    ------
    SettingsError, SourceError
        As for `open_table`.
    """
    paths = find_files(reference, name=name, root=root)
    if paths:
        parts = open_parts(
            paths, reference, name=name, root=root, separator=separator, encoding=encoding
        )
        stored, notes = read_files(workspace, parts, table=name, origin=reference, keep=True)
        return StoredTable(name, stored, reference, tuple(paths), tuple(notes))
    connection = connect(url)
    try:
        found = number_rows(find_table(connection, reference, name, root))
        stored = copy_rows(found, workspace)
    finally:
        # A DuckDB file that stays open for reading could not take the scores.
        connection.disconnect()
    if name not in MAY_BE_EMPTY and not aggregate(workspace, stored.place, {"n": "count(*)"})["n"]:
        raise make_no_rows(reference)
    return StoredTable(name, stored, reference, (), ())
