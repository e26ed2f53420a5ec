"""Source tables: files and tables of databases, stored in DuckDB with numbered rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from features.findings import Finding
from features.sources.database import copy_table
from features.sources.duckdb_relation import Relation
from features.sources.file import ROW
from features.sources.paths import find_files, open_parts
from features.sources.sql import quote
from features.sources.union import MAY_BE_EMPTY, make_no_rows, read_files


@dataclass(frozen=True)
class SourceTable:
    """A table as found, its rows numbered.

    Attributes
    ----------
    name : str
        What the table is in a project: "leads", "activities", "decisions", "outcomes".
    relation : Relation
        The columns as found and ``_row``: whole numbers from 1, in the order of the rows over all
        files, these sorted by path. Columns of CSV files are text, an empty field "".
    origin : str
        The path or table name, as the user wrote it.
    files : tuple of Path
        Empty for a table of a database.
    notes : tuple of Finding
        What was guessed, renamed or left out.
    profile : callable or None
        Where these are some rows of a larger table: gives what the columns hold by all its rows,
        asked with a `features.contract.columns.Question`. None where these are all rows.
    """

    name: str
    relation: Relation
    origin: str
    files: tuple[Path, ...]
    notes: tuple[Finding, ...]
    profile: Callable[[Any], Any] | None = None

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns, without ``_row``."""
        return [name for name in self.relation.types if name != ROW]

    def select(self, *names: str) -> SourceTable:
        """Return the table with some of its columns and ``_row``."""
        types = {name: self.relation.types[name] for name in dict.fromkeys([*names, ROW])}
        place = f"(SELECT {', '.join(map(quote, types))} FROM {self.relation.place})"
        return replace(self, relation=Relation(self.relation.connection, place, types))


def open_table(
    connection: Any,
    reference: str,
    *,
    name: str,
    root: Path,
    url: str = "duckdb://",
    separator: str | None = None,
    encoding: str | None = None,
) -> SourceTable:
    """Read a file, the files of a glob, or a table of a database into DuckDB.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the table goes; it may be larger than the memory.
    reference : str
        A path or glob, relative to `root`, or a table's name, perhaps as "schema.table". CSV and
        Parquet are told apart by content.
    name : str
        What the table is in a project.
    root : Path
        The folder of the settings.
    url : str
        The database that a table is looked for in; connected to only where there is no file. Its
        rows are numbered in the order of its columns' values, but for DuckDB's own.
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
    if paths:
        parts = open_parts(
            paths, reference, name=name, root=root, separator=separator, encoding=encoding
        )
        relation, notes = read_files(connection, parts, table=name, origin=reference)
        return SourceTable(name, relation, reference, tuple(paths), tuple(notes))
    relation = copy_table(connection, url, reference, name=name, root=root)
    if name not in MAY_BE_EMPTY and not relation.count():
        raise make_no_rows(reference)
    return SourceTable(name, relation, reference, (), ())
