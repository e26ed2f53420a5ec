"""Opening files and tables: whatever they are written as, one table with numbered rows."""

from __future__ import annotations

import difflib
import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from features.errors import SettingsError, SourceError
from features.file_parts import ROW, FilePart, make_unreadable, open_file
from features.file_sets import MAY_BE_EMPTY, make_no_rows, read_files
from features.findings import Finding
from features.stored import Stored, aggregate, look_at
from features.workspace import make_room

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

__all__ = [
    "ROW",
    "SourceTable",
    "StoredTable",
    "connect",
    "find_files",
    "is_empty_pattern",
    "looks_like_file",
    "open_table",
    "store_table",
]

_ROWS_AT_ONCE = 50_000
_UNOPENED = (ValueError, TypeError, OSError)
_FILE_ENDING = re.compile(r"\.(csv|tsv|txt|tab|dat|parquet|pq|gz|xlsx?|json|zip|ods)$", re.I)


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


def connect(url: str) -> Any:
    """Connect to where the tables are.

    Parameters
    ----------
    url : str
        Any URL that Ibis knows; "duckdb://" is a database in memory. A DuckDB file is opened for
        reading only.

    Returns
    -------
    ibis backend

    Raises
    ------
    SettingsError
        When the URL is not understood or nothing answers there.
    """
    import ibis

    shown = re.sub(r"//[^@/]*@", "//...@", url.partition("?")[0])
    scheme, _, place = url.partition("://")
    path = place.partition("?")[0]
    options: dict[str, Any] = {}
    if scheme == "duckdb" and path and path != ":memory:" and not path.startswith("md:"):
        if not Path(path).is_file():
            raise SettingsError(
                "[tables] connection names a database that is not there",
                got=f'"{shown}"',
                expected='the path of a DuckDB file after "duckdb://"',
                next_step='Correct it, or use "duckdb://" for files',
            )
        options["read_only"] = True
    try:
        return ibis.connect(url, **options)
    except ImportError:
        raise SettingsError(
            f'[tables] connection needs a part of Ibis that is not installed: "{scheme}"',
            next_step=f'Install it with: pip install "ibis-framework[{scheme}]"',
        ) from None
    except Exception as error:
        if not isinstance(error, _UNOPENED) and not _is_drivers(error):
            raise
        raise SettingsError(
            "[tables] connection cannot be opened",
            got=f'"{shown}"',
            expected='a URL like "duckdb://" or "postgres://user@host/database"',
            next_step="Check the URL and that the database answers",
        ) from None


def _is_drivers(error: Exception) -> bool:
    """Tell whether an error is one of a database's driver; they all derive from an `Error`."""
    return any(kind.__name__ in ("Error", "IbisError") for kind in type(error).__mro__)


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
    parts = _open_parts(paths, reference, name, root, separator, encoding)
    stored, notes = read_files(duck.con, parts, table=name, origin=reference)
    # Ibis 12 asks DuckDB 2.0 for the types of a query in a way that it no longer answers.
    named = stored.place.rpartition(" ")[2].removesuffix(")")
    data = duck.table(named, database="temp.main").select(*stored.types)
    return SourceTable(name, data, reference, tuple(paths), tuple(notes))


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
        parts = _open_parts(paths, reference, name, root, separator, encoding)
        stored, notes = read_files(workspace, parts, table=name, origin=reference, keep=True)
        return StoredTable(name, stored, reference, tuple(paths), tuple(notes))
    connection = connect(url)
    try:
        found = _number_rows(_find_table(connection, reference, name, root))
        stored = _copy_rows(found, workspace)
    finally:
        # A DuckDB file that stays open for reading could not take the scores.
        connection.disconnect()
    if name not in MAY_BE_EMPTY and not aggregate(workspace, stored.place, {"n": "count(*)"})["n"]:
        raise make_no_rows(reference)
    return StoredTable(name, stored, reference, (), ())


def _copy_rows(found: ir.Table, workspace: Any) -> Stored:
    """Copy a table of another database, a few rows at a time, in the order of its rows."""
    copy, stream = f"source_{uuid4().hex}", f"stream_{uuid4().hex}"
    make_room(workspace, columns=len(found.columns))
    workspace.register(stream, _stream_rows(found))
    try:
        workspace.execute(f"CREATE TABLE {copy} AS SELECT * FROM {stream}")
    finally:
        workspace.unregister(stream)
    return look_at(workspace, copy)


def _stream_rows(found: ir.Table) -> pa.RecordBatchReader:
    backend = found.get_backend()
    if backend.name != "duckdb":
        return found.order_by(ROW).to_pyarrow_batches(chunk_size=_ROWS_AT_ONCE)
    # Ibis 12 asks DuckDB 2.0 for batches in a way that it no longer answers.
    query: Any = backend.con.sql(backend.compile(found))
    reader: pa.RecordBatchReader = query.to_arrow_reader(_ROWS_AT_ONCE)
    return reader


def _open_parts(
    paths: Sequence[Path],
    reference: str,
    name: str,
    root: Path,
    separator: str | None,
    encoding: str | None,
) -> list[FilePart]:
    return [
        open_file(
            path,
            shown=_show(path, reference, root),
            table=name,
            separator=separator,
            encoding=encoding,
        )
        for path in paths
    ]


def find_files(reference: str, *, name: str, root: Path) -> list[Path]:
    """Return the files that a reference means, sorted; none where it must be a table.

    Parameters
    ----------
    reference : str
        A path or glob, relative to `root`, or a table's name.
    name : str
        What the table is in a project.
    root : Path

    Raises
    ------
    SettingsError
        When it looks like a file and none is there.
    SourceError
        When it is a folder, or nothing that can be read.
    """
    paths = _find_files(reference, root)
    if not paths and looks_like_file(reference):
        raise _make_missing_file(reference, name, root)
    return paths


def is_empty_pattern(reference: str, *, root: Path) -> bool:
    """Tell whether a reference is a pattern that no file matches."""
    return glob.has_magic(reference) and not _find_files(reference, root)


def _find_files(reference: str, root: Path) -> list[Path]:
    path = root / Path(reference).expanduser()
    try:
        if path.is_file():
            return [path]
        if path.is_dir():
            raise SourceError(
                f'"{reference}" is a folder',
                expected="a file",
                next_step=f'Name the files in it, for example "{reference.rstrip("/")}/*.csv"',
                code="directory",
            )
        if path.exists():
            raise SourceError(f'"{reference}" is not a regular file', expected="a file on disk")
    except (OSError, ValueError) as error:
        raise make_unreadable(reference, error) from None
    if not glob.has_magic(reference):
        return []
    found = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207
    return [match for match in found if match.is_file()]


def _show(path: Path, reference: str, root: Path) -> str:
    if not glob.has_magic(reference):
        return reference
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def looks_like_file(reference: str) -> bool:
    """Tell whether a reference that no file has can only mean one; "sales.leads" is a table."""
    return (
        "/" in reference or glob.has_magic(reference) or _FILE_ENDING.search(reference) is not None
    )


def _make_missing_file(reference: str, name: str, root: Path) -> SettingsError:
    path = root / Path(reference).expanduser()
    folder = path.parent
    while glob.has_magic(str(folder)) or not folder.is_dir():
        folder = folder.parent
    present = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    near = difflib.get_close_matches(path.name, present, n=3, cutoff=0.5) or present[:5]
    return SettingsError(
        f'no file matches "{reference}"' if glob.has_magic(reference) else f'no file "{reference}"',
        where=f"[tables] {name}, looked for in {path.parent}",
        expected=f"a file; {folder} holds " + (", ".join(near) if near else "none"),
        next_step=f"Correct [tables] {name}",
    )


def _open_in_connection(connection: Any, reference: str, name: str, root: Path) -> SourceTable:
    """Open a table of the database and number its rows."""
    import ibis

    found = _find_table(connection, reference, name, root)
    if connection.name == "sqlite":
        # SQLite has no times of its own and keeps them as text, which only DuckDB can read here.
        connection = ibis.duckdb.connect()
        found = connection.create_table(
            f"copy_{uuid4().hex}", found.order_by(found.columns).to_pyarrow(), temp=True
        )
    data = _number_rows(found)
    if connection.name == "duckdb":
        data = connection.create_table(f"source_{uuid4().hex}", data, temp=True)
    if name not in MAY_BE_EMPTY and data.count().execute() == 0:
        raise make_no_rows(reference)
    return SourceTable(name, data, reference, (), ())


def _find_table(connection: Any, reference: str, name: str, root: Path) -> ir.Table:
    """Return a table of the database, without a column of the name that numbers have here."""
    import ibis

    schema, _, short = reference.rpartition(".")
    try:
        found: ir.Table = connection.table(short, database=schema or None)
    except ibis.common.exceptions.TableNotFound:
        raise _make_missing_table(connection, reference, name, root) from None
    return found.rename({f"{ROW}_2": ROW}) if ROW in found.columns else found


def _number_rows(found: ir.Table) -> ir.Table:
    """Give each row its number: in DuckDB as they are stored, elsewhere by their values."""
    import ibis

    number = ibis.row_number()
    if found.get_backend().name != "duckdb":
        number = number.over(ibis.window(order_by=[found[name] for name in found.columns]))
    return found.mutate(**{ROW: number + 1})


def _make_missing_table(connection: Any, reference: str, name: str, root: Path) -> SettingsError:
    present = _list_tables(connection)
    near = difflib.get_close_matches(reference, present, n=3, cutoff=0.5) or present[:5]
    return SettingsError(
        f'no file or table "{reference}"',
        where=f"[tables] {name}, looked for in {root} and in the connection",
        expected="a table such as " + ", ".join(near) if near else "a file, as there are no tables",
        next_step=f"Correct [tables] {name}",
    )


def _list_tables(connection: Any) -> list[str]:
    """Return the names of the database's tables and views, without those made here."""
    if connection.name != "duckdb":
        return sorted(connection.list_tables())
    # Ibis 12 asks DuckDB 2.0 in a way that it no longer answers.
    found = connection.con.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_type <> 'LOCAL TEMPORARY'"
    )
    return sorted(name for (name,) in found.fetchall())
