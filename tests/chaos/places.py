"""Destinations as the tests look at them: what stands there now, read by other means than ours."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from serve.destinations.open import read_table
from serve.runs.spool import place_of_spool
from tests.postgres import Postgres


class Place(Protocol):
    """Where the result of a case goes."""

    name: str
    how: Mapping[str, Any]
    """What else is said to the run."""

    def out(self, folder: Path) -> str:
        """Return what is given as --out."""

    def read(self, folder: Path) -> bytes | None:
        """Return all that stands there; None if nothing does."""

    def files(self) -> set[str]:
        """Return the names of the files it leaves in the folder of the case."""

    def work(self, folder: Path, home: Path) -> Path:
        """Return the work folder."""


@dataclass(frozen=True)
class File:
    """A file."""

    name: str
    how: Mapping[str, Any] = field(default_factory=dict)

    def out(self, folder: Path) -> str:
        return str(folder / self.name)

    def read(self, folder: Path) -> bytes | None:
        path = folder / self.name
        return path.read_bytes() if path.exists() else None

    def files(self) -> set[str]:
        return {self.name, f"{self.name}.run.json"}

    def work(self, folder: Path, home: Path) -> Path:
        return place_of_spool(folder / self.name, name="", home=home)


@dataclass(frozen=True)
class Import(File):
    """The files that the import tool of a CRM takes, as many as one of few rows needs.

    The first one stands for all: where it is not, there is no result.
    """

    parts: int = 2

    def read(self, folder: Path) -> bytes | None:
        if super().read(folder) is None:
            return None
        found = sorted(folder.glob(f"{Path(self.name).stem}*.csv"))
        return b"".join(path.name.encode() + b":" + path.read_bytes() for path in found)

    def files(self) -> set[str]:
        first = Path(self.name)
        further = (f"{first.stem}.{n:03}{first.suffix}" for n in range(2, self.parts + 1))
        return super().files().union(further)


class Table(ABC):
    """What tables have in common."""

    how: Mapping[str, Any] = MappingProxyType({})

    @abstractmethod
    def out(self, folder: Path) -> str:
        """Return what is given as --out."""

    def work(self, folder: Path, home: Path) -> Path:
        return place_of_spool(None, name=read_table(self.out(folder)).shown, home=home)


class Sqlite(Table):
    """A table of an SQLite file."""

    name = "sqlite"

    def out(self, folder: Path) -> str:
        return f"sqlite://{folder}/scores.db?table=scores"

    def read(self, folder: Path) -> bytes | None:
        if not (folder / "scores.db").exists():
            return None
        with closing(sqlite3.connect(folder / "scores.db")) as connection:
            if not connection.execute("select 1 from sqlite_master").fetchall():
                return None
            rows = connection.execute("select * from scores order by 1, 2").fetchall()
        return repr(rows).encode()

    def files(self) -> set[str]:
        return {"scores.db"}


class Duckdb(Table):
    """A table of a DuckDB file."""

    name = "duckdb"

    def out(self, folder: Path) -> str:
        return f"duckdb://{folder}/scores.duckdb?table=scores"

    def read(self, folder: Path) -> bytes | None:
        import duckdb

        if not (folder / "scores.duckdb").exists():
            return None
        with closing(duckdb.connect(str(folder / "scores.duckdb"))) as connection:
            if not connection.execute("select 1 from duckdb_tables()").fetchall():
                return None
            rows = connection.execute("select * from scores order by 1, 2").fetchall()
        return repr(rows).encode()

    def files(self) -> set[str]:
        return {"scores.duckdb"}


@dataclass(frozen=True)
class PostgresTable(Table):
    """A table of its own for each folder, in a server that all share."""

    server: Postgres
    name: str = "postgres"
    how: Mapping[str, Any] = field(default_factory=dict)

    def out(self, folder: Path) -> str:
        return self.server.url(table=self._table(folder))

    def read(self, folder: Path) -> bytes | None:
        table = self._table(folder)
        if self.server.run(f"select to_regclass('{table}')") == [[""]]:
            return None
        rows = self.server.run(f"set timezone to utc; select * from {table} order by 1, 2")
        return repr(rows).encode()

    def files(self) -> set[str]:
        return set()

    def _table(self, folder: Path) -> str:
        return f"scores_{sha256(str(folder).encode()).hexdigest()[:12]}"
