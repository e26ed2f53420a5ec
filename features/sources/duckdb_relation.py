"""DuckDB relations: where a table is, the types of its columns, and queries of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from features.sources.sql import quote

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Relation:
    """A table or query of a DuckDB connection.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
    place : str
        SQL to stand after FROM: a quoted name, or a query in brackets.
    types : mapping of str to str
        DuckDB's name of each column's type.
    """

    connection: Any
    place: str
    types: Mapping[str, str]

    def to_arrow(self) -> pa.Table:
        """Return all rows."""
        return query_table(self.connection, f"SELECT * FROM {self.place}")

    def count(self) -> int:
        """Return the number of rows."""
        return aggregate(self.connection, self.place, {"n": "count(*)"})["n"]


def describe(connection: Any, place: str) -> Relation:
    """Return the relation with the types of its columns.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    place : str
        As in `Relation`.
    """
    found = connection.execute(f"DESCRIBE SELECT * FROM {place}").fetchall()
    return Relation(connection, place, {row[0]: str(row[1]) for row in found})


def keep(connection: Any, query: str) -> Relation:
    """Store the rows of a query under a name nobody else has.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    query : str
    """
    name = f"kept_{uuid4().hex}"
    connection.execute(f"CREATE TABLE {name} AS {query}")
    return describe(connection, name)


def from_arrow(table: pa.Table, connection: Any = None) -> Relation:
    """Store rows that are in memory.

    Parameters
    ----------
    table : pyarrow Table
    connection : duckdb.DuckDBPyConnection, optional
        A database in memory if left out.
    """
    if connection is None:
        import duckdb

        connection = duckdb.connect(config={"python_enable_replacements": False})
    stream = f"given_{uuid4().hex}"
    connection.register(stream, table)
    try:
        return keep(connection, f"SELECT * FROM {stream}")
    finally:
        connection.unregister(stream)


def query_table(connection: Any, query: str) -> pa.Table:
    """Return all that a query gives."""
    return connection.sql(query).to_arrow_table()


def query_rows(connection: Any, query: str) -> list[dict[str, Any]]:
    """Return the rows that a query gives, each by the names of its columns."""
    answer = connection.execute(query)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def aggregate(connection: Any, place: str, measures: Mapping[str, str]) -> dict[str, int]:
    """Return whole-number measures of a table, zero where a sum is over nothing.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    place : str
        As in `Relation`.
    measures : mapping of str to str
        SQL by name.
    """
    named = ", ".join(f"{sql} AS {quote(name)}" for name, sql in measures.items())
    row = query_rows(connection, f"SELECT {named} FROM {place}")[0]
    return {name: int(row[name] or 0) for name in measures}
