"""A table in DuckDB as SQL sees it: where it is, and the types of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.sources.sql import quote

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Stored:
    """A table or query of a DuckDB connection.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
    place : str
        What stands after FROM.
    types : mapping of str to str
        DuckDB's name of each column's type.
    """

    connection: Any
    place: str
    types: Mapping[str, str]


def look_at(connection: Any, place: str) -> Stored:
    """Return the table with the types of its columns.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    place : str
        What stands after FROM: a quoted name, or a query in brackets.
    """
    found = connection.execute(f"DESCRIBE SELECT * FROM {place}").fetchall()
    return Stored(connection, place, {row[0]: str(row[1]) for row in found})


def fetch(connection: Any, query: str) -> pa.Table:
    """Return all that a query gives."""
    return connection.sql(query).to_arrow_table()


def ask(connection: Any, query: str) -> list[dict[str, Any]]:
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
        What stands after FROM.
    measures : mapping of str to str
        SQL by name.
    """
    named = ", ".join(f"{sql} AS {quote(name)}" for name, sql in measures.items())
    row = ask(connection, f"SELECT {named} FROM {place}")[0]
    return {name: int(row[name] or 0) for name in measures}
