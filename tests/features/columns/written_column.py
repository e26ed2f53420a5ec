"""One column in a database of its own, read by SQL or as its profile says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from features.columns.kinds import Column as Profile
from features.columns.numbers import read_number
from features.columns.profile import profile_columns, read_column
from features.columns.sql import read_text
from features.columns.time_reading import read_time
from features.sources.duckdb_relation import describe


class Column:
    """A column in a database of its own, to read by the SQL that a function gives."""

    def __init__(self, values: Any) -> None:
        self.connection = duckdb.connect()
        table = pa.table({"x": values})
        self.connection.register("given", table)
        self.connection.execute("CREATE TABLE t AS SELECT * FROM given")
        self.kind = str(self.connection.execute("DESCRIBE t").fetchall()[0][1])

    def run(self, sql: str) -> list[Any]:
        return [row[0] for row in self.connection.execute(f"SELECT {sql} FROM t").fetchall()]

    def text(self, missing: list[str]) -> list[Any]:
        return self.run(read_text('"x"', self.kind, missing))

    def number(self, decimal: Any, missing: list[str] | None = None) -> list[Any]:
        return self.run(read_number('"x"', decimal, missing or []))

    def time(self, formats: list[str], missing: list[str] | None = None) -> list[Any]:
        return self.run(read_time('"x"', self.kind, formats, missing or []))


def read(
    values: Sequence[str | None], *, missing: Sequence[str] = (), **options: Any
) -> tuple[Profile, list[Any]]:
    """Return what a column holds and its values as just that."""
    profiles, columns = read_columns({"x": values}, missing=missing, **options)
    return profiles["x"], columns["x"]


def read_columns(
    columns: dict[str, Sequence[str | None]], *, missing: Sequence[str] = (), **options: Any
) -> tuple[dict[str, Profile], dict[str, list[Any]]]:
    connection = duckdb.connect()
    rows = list(range(1, len(next(iter(columns.values()))) + 1))
    text = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    connection.register("given", pa.table({**text, "_row": rows}))
    connection.execute("CREATE TABLE t AS SELECT * FROM given")
    profiles = profile_columns(describe(connection, "t"), missing=missing, **options)
    found = {}
    for name, profile in profiles.items():
        sql = read_column(name, "VARCHAR", profile, missing)
        query = f"SELECT {sql} FROM t ORDER BY _row"
        found[name] = [row[0] for row in connection.execute(query).fetchall()]
    return profiles, found
