"""Databases that leads come from and scores go to, filled and read by other means than ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from tests.postgres import Postgres

NAMES = ("duckdb", "sqlite", "postgres")


@dataclass(frozen=True)
class Database:
    """A database of one test alone.

    Attributes
    ----------
    url : str
        As `[tables] connection` has it.
    schema : str
        What stands before the names of tables; empty where it is the usual place.
    out : str
        The address of its table of scores.
    """

    url: str
    schema: str
    out: str
    fill: Callable[[Mapping[str, pd.DataFrame]], None]
    ask: Callable[[str], list[tuple[Any, ...]]]

    def name(self, table: str) -> str:
        """Return how a table is named in settings and commands."""
        return f"{self.schema}.{table}" if self.schema else table


def make_database(kind: str, folder: Path, server: Callable[[], Postgres]) -> Database:
    """Make a database without tables.

    Parameters
    ----------
    kind : str
        One of `NAMES`.
    folder : Path
        Of the test.
    server : callable
        Gives the PostgreSQL server; not called for the others.
    """
    if kind == "postgres":
        return _in_postgres(server(), f"crm_{sha256(str(folder).encode()).hexdigest()[:12]}")
    return _in_duckdb(folder) if kind == "duckdb" else _in_sqlite(folder)


def _in_duckdb(folder: Path) -> Database:
    import duckdb

    path = folder / "crm.duckdb"

    def fill(frames: Mapping[str, pd.DataFrame]) -> None:
        with closing(duckdb.connect(str(path))) as connection:
            for name, frame in frames.items():
                connection.register("frame", frame)
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")

    def ask(query: str) -> list[tuple[Any, ...]]:
        with closing(duckdb.connect(str(path))) as connection:
            return connection.execute(query).fetchall()

    return Database(f"duckdb://{path}", "", f"duckdb://{path}?table=scores", fill, ask)


def _in_sqlite(folder: Path) -> Database:
    path = folder / "crm.db"

    def fill(frames: Mapping[str, pd.DataFrame]) -> None:
        with closing(sqlite3.connect(path)) as connection:
            for name, frame in frames.items():
                # Truth would become 0 and 1, which no model has learned from files.
                truths = dict.fromkeys(frame.select_dtypes("bool"), str)
                frame.astype(truths).to_sql(name, connection, index=False)

    def ask(query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(query).fetchall()

    return Database(f"sqlite://{path}", "", f"sqlite://{path}?table=scores", fill, ask)


def _in_postgres(server: Postgres, schema: str) -> Database:
    import psycopg

    def connect() -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(server.url().replace("postgres://", "postgresql://"))

    def fill(frames: Mapping[str, pd.DataFrame]) -> None:
        with connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
            for name, frame in frames.items():
                types = ", ".join(f'"{n}" {_type(frame[n])}' for n in frame.columns)
                cursor.execute(f"CREATE TABLE {schema}.{name} ({types})".encode())
                plain = frame.astype(object).where(frame.notna(), None)
                with cursor.copy(f"COPY {schema}.{name} FROM STDIN".encode()) as copy:
                    for row in plain.itertuples(index=False):
                        copy.write_row(row)

    def ask(query: str) -> list[tuple[Any, ...]]:
        with connect() as connection:
            connection.execute(f"SET search_path TO {schema}; SET timezone TO utc".encode())
            return connection.execute(query.encode()).fetchall()

    return Database(server.url(), schema, server.url(table=f"{schema}.scores"), fill, ask)


def _type(values: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(values):
        return "timestamp"
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    return "double precision" if pd.api.types.is_numeric_dtype(values) else "text"
