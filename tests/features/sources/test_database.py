"""Promises of `features.sources.database`: a table as it is in its database, or the mistake."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from features.errors import SettingsError
from features.sources.database import copy_table
from features.sources.duckdb_relation import Relation
from features.sources.file import ROW
from tests.postgres import Postgres


def copy(url: str, table: str = "leads") -> Relation:
    return copy_table(duckdb.connect(), url, table, name="leads", root=Path("project"))


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "nothing://host",
        "duckdb://not/there.db",
        "sqlite://not/there.db",
        "postgres://ana:secret@127.0.0.1:1/x",
        "postgres://ana:secret@127.0.0.1:port/x",
    ],
)
def test_a_bad_connection_is_a_mistake_and_shows_no_password(url: str) -> None:
    with pytest.raises(SettingsError, match="connection") as caught:
        copy(url)
    assert "secret" not in str(caught.value)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be opened"):
        copy(f"sqlite://{tmp_path / 'crm.sqlite'}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_file_that_is_no_database_is_a_mistake(tmp_path: Path, kind: str) -> None:
    (tmp_path / "crm.db").write_text("a,b\n" * 5_000)
    with pytest.raises(SettingsError, match="cannot be opened"):
        copy(f"{kind}://{tmp_path / 'crm.db'}")


def test_without_a_database_there_are_no_tables() -> None:
    with pytest.raises(SettingsError, match="there are no tables"):
        copy("duckdb://")


def test_sqlite_gives_every_value_as_its_text(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a b.sqlite")) as made:
        made.execute("create table leads (n integer, x real, t text, b blob, _row text)")
        made.execute(
            "insert into leads values (1, 0.5, 'a', x'ff', 'own'), ('one', null, '', 2, 3)"
        )
        made.commit()
    rows = copy(f"sqlite://{tmp_path}/a%20b.sqlite").to_arrow().to_pylist()
    assert rows == [
        {"n": "1", "x": "0.5", "t": "a", "b": "ff", "_row_2": "own", ROW: 1},
        {"n": "one", "x": None, "t": "", "b": "2", "_row_2": "3", ROW: 2},
    ]


def test_postgres_gives_types_and_long_numbers_keep_their_digits(postgres: Postgres) -> None:
    import psycopg

    with psycopg.connect(postgres.url(), autocommit=True) as made:
        made.execute("create schema kinds")
        made.execute(
            "create table kinds.leads (n int, m numeric(30, 0), f numeric(6, 2), b boolean,"
            " at timestamptz, day date, j jsonb)"
        )
        made.execute(
            "insert into kinds.leads values (1, 123456789012345678901234567890, 1.50, true,"
            " '2025-01-02 03:04+02', '2025-01-02', '{\"a\": [1]}')"
        )
    try:
        found = copy(postgres.url(), "kinds.leads")
        assert dict(found.types) == {
            "n": "BIGINT",
            "m": "VARCHAR",
            "f": "DOUBLE",
            "b": "BOOLEAN",
            "at": "TIMESTAMP",
            "day": "DATE",
            "j": "VARCHAR",
            ROW: "BIGINT",
        }
        first = found.to_arrow().to_pylist()[0]
        assert first["m"] == "123456789012345678901234567890" and first["f"] == 1.5
        assert str(first["at"]) == "2025-01-02 01:04:00" and first["j"] == '{"a": [1]}'
    finally:
        with psycopg.connect(postgres.url(), autocommit=True) as made:
            made.execute("drop schema kinds cascade")
