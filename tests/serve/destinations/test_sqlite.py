"""SQLite: the laws of tables, times as text, and types that would change an id."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import DestinationError
from features.sources.sql import quote
from serve.destinations.address import TableAddress
from serve.destinations.open import read_table
from serve.destinations.sqlite import TYPES, SqliteTable
from serve.scoring.score_table import COLUMNS, TEXT, TIME
from tests.serve.cell_texts import TEXTS
from tests.serve.score_tables import in_batches, make_scores
from tests.serve.table_laws import Case, Row, in_order, laws, rows_of


class Sqlite:
    keeps_nul = True
    needs_key = True
    types = TYPES

    def __init__(self, file: Path) -> None:
        self.file = file

    def place(self, table: str, *, timed: bool = True) -> SqliteTable:
        address = TableAddress("sqlite", str(self.file), None, table, f"sqlite://{self.file}")
        return SqliteTable(address, timed, wait=0.02)

    def run(self, sql: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection:
            connection.executescript(sql)

    def rows(self, table: str) -> list[Row] | None:
        with closing(sqlite3.connect(self.file)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if (table,) not in names.fetchall():
                return None
            columns = ", ".join(COLUMNS)
            found = connection.execute(f"SELECT {columns} FROM {quote(table)}").fetchall()
        kinds = list(COLUMNS.values())
        return in_order([tuple(map(self._value, row, kinds)) for row in found])

    def _value(self, value: object, kind: str) -> object:
        return datetime.fromisoformat(str(value)) if kind == TIME and value else value

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.rollback()


@pytest.fixture
def case(tmp_path: Path) -> Sqlite:
    return Sqlite(tmp_path / "scores.db")


@laws
def test_the_law_holds(law: object, case: Case) -> None:
    assert callable(law)
    law(case)


@given(st.lists(TEXTS, unique=True, min_size=1, max_size=5), st.lists(TEXTS, min_size=1))
def test_any_text_survives(ids: list[str], reasons: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        case = Sqlite(Path(folder) / "scores.db")
        table = make_scores(ids, reasons=reasons)
        case.place("scores").deliver(in_batches(table, 3))
        assert case.rows("scores") == rows_of(table)


def test_checking_makes_no_file(case: Sqlite) -> None:
    case.place("scores").check()
    assert not case.file.exists()


def test_an_attached_name_is_no_schema_of_the_file(case: Sqlite) -> None:
    address = read_table(f"sqlite://{case.file}?table=elsewhere.scores")
    case.run("CREATE TABLE other (a)")
    with pytest.raises(DestinationError, match=r"SQLite refused the scores.*elsewhere"):
        SqliteTable(address, True, wait=0).check()


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "scores.db").write_text("lead_id,score\n" * 100)
    with pytest.raises(DestinationError, match=r"refused the scores.*not a database"):
        Sqlite(tmp_path / "scores.db").place("scores").check()
    with pytest.raises(DestinationError, match="cannot be written"):
        Sqlite(tmp_path / "scores.db" / "scores.db").place("scores").check()
    with pytest.raises(DestinationError, match=r"refused the scores.*unable to open"):
        Sqlite(tmp_path / "no folder" / "scores.db").place("scores").deliver(lambda: iter([]))


def test_ids_that_look_like_numbers_stay_as_they_are(case: Sqlite) -> None:
    table = make_scores(["007", "1e3", "1.50"])
    case.place("scores").deliver(in_batches(table, 3))
    assert case.rows("scores") == rows_of(table)
    columns = ", ".join(
        f"{name} {'NUMERIC' if kind == TEXT else TYPES[kind]}" for name, kind in COLUMNS.items()
    )
    case.run(f"CREATE TABLE numbers ({columns})")
    with pytest.raises(DestinationError, match=r'"lead_id" of a type.*NUMERIC, expected text'):
        case.place("numbers").check()
