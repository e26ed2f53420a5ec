"""Tables of a database: connected to, found by name, their rows numbered and copied."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from features.errors import SettingsError
from features.sources.duckdb_relation import Stored, look_at
from features.sources.file import ROW
from features.sources.workspace import make_room

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

_ROWS_AT_ONCE = 50_000
_UNOPENED = (ValueError, TypeError, OSError)


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


def find_table(connection: Any, reference: str, name: str, root: Path) -> ir.Table:
    """Return a table of the database, without a column of the name that numbers have here."""
    import ibis

    schema, _, short = reference.rpartition(".")
    try:
        found: ir.Table = connection.table(short, database=schema or None)
    except ibis.common.exceptions.TableNotFound:
        raise _make_missing_table(connection, reference, name, root) from None
    return found.rename({f"{ROW}_2": ROW}) if ROW in found.columns else found


def number_rows(found: ir.Table) -> ir.Table:
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


def copy_rows(found: ir.Table, workspace: Any) -> Stored:
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
