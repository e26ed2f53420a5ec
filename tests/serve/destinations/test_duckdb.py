"""DuckDB: the laws of tables, and a file that another process has open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from features.errors import DestinationError
from features.sources.sql import quote
from features.sources.tables import open_table
from serve.destinations.address import TableAddress
from serve.destinations.duckdb import TYPES, DuckdbTable
from serve.destinations.open import read_table
from serve.scoring.score_table import COLUMNS
from tests.serve.score_tables import in_batches, make_scores
from tests.serve.table_laws import IDS, Case, Row, in_order, laws, rows_of

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"


class Duckdb:
    keeps_nul = True
    needs_key = False
    types = TYPES

    def __init__(self, file: Path) -> None:
        self.file = file

    def place(self, table: str, *, timed: bool = True) -> DuckdbTable:
        address = TableAddress("duckdb", str(self.file), None, table, f"duckdb://{self.file}")
        return DuckdbTable(address, timed, wait=0)

    def run(self, sql: str) -> None:
        with closing(duckdb.connect(str(self.file))) as connection:
            connection.execute(sql)

    def rows(self, table: str) -> list[Row] | None:
        with closing(duckdb.connect(str(self.file))) as connection:
            names = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            if (table,) not in names:
                return None
            columns = ", ".join(COLUMNS)
            found = connection.execute(f"SELECT {columns} FROM {quote(table)}").fetchall()
        return in_order(found)

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Open the file in another process; in the same one it is shared."""
        command = [sys.executable, "-c", HOLD, str(self.file)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None and other.stdin is not None
            other.stdout.readline()
            yield
            other.stdin.close()


@pytest.fixture
def case(tmp_path: Path) -> Duckdb:
    return Duckdb(tmp_path / "scores.duckdb")


@laws
def test_the_law_holds(law: object, case: Case) -> None:
    assert callable(law)
    law(case)


def test_checking_makes_no_file(case: Duckdb) -> None:
    case.place("scores").check()
    assert list(case.file.parent.iterdir()) == []


def test_a_schema_may_be_named(case: Duckdb) -> None:
    case.run("CREATE SCHEMA sales")
    address = read_table(f"duckdb://{case.file}?table=sales.scores")
    for _ in range(2):
        DuckdbTable(address, True, wait=0).deliver(in_batches(make_scores(IDS), 7))
    case.run("CREATE VIEW scores AS FROM sales.scores")
    with closing(duckdb.connect(str(case.file))) as connection:
        assert in_order(connection.execute("FROM scores").fetchall()) == rows_of(make_scores(IDS))


def test_a_view_and_a_strange_file_are_refused(case: Duckdb) -> None:
    case.run("CREATE TABLE kept AS SELECT 1 AS lead_id; CREATE VIEW scores AS FROM kept")
    with pytest.raises(DestinationError, match="lacks columns"):
        case.place("scores").check()
    case.file.write_text("no database")
    with pytest.raises(DestinationError, match="DuckDB refused the scores"):
        case.place("scores").check()


def test_a_key_that_comes_twice_in_a_delivery_is_told(case: Duckdb) -> None:
    table = pa.concat_tables([make_scores(IDS), make_scores(IDS[:1], seed=1)])
    with pytest.raises(DestinationError, match=r"same key.*Look for a lead that comes twice"):
        case.place("scores").deliver(in_batches(table, 7))
    assert case.rows("scores") is None


def test_leads_may_have_been_read_from_the_same_file(case: Duckdb) -> None:
    case.run("CREATE TABLE leads AS SELECT range AS id FROM range(9)")
    place = case.place("scores")
    place.check()
    url, root = f"duckdb://{case.file}", case.file.parent
    with closing(duckdb.connect()) as connection:
        leads = open_table(connection, "leads", name="leads", root=root, url=url)
        assert leads.relation.count() == 9
    place.deliver(in_batches(make_scores(IDS), 7))
    assert case.rows("scores") == rows_of(make_scores(IDS))
