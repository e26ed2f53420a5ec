"""PostgreSQL: the laws of tables on a real server, which is also taken away in the middle."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from features.errors import DestinationError, SettingsError
from features.sources.sql import quote
from serve.destinations.open import read_table
from serve.destinations.postgres import TYPES, PostgresTable
from serve.scoring.score_table import COLUMNS
from tests.postgres import Postgres
from tests.serve.cell_texts import TEXTS
from tests.serve.score_tables import in_batches, make_scores
from tests.serve.table_laws import IDS, Case, Row, in_order, laws, rows_of

EXISTS = "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = %s"


class Server:
    """A schema of its own on the server that all tests share."""

    keeps_nul = False
    needs_key = True
    types = TYPES

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self.schema = f"s{uuid4().hex[:8]}"
        self.run(f"CREATE SCHEMA {self.schema}")

    def connect(self) -> psycopg.Connection[Any]:
        options = f"-c search_path={self.schema} -c timezone=UTC"
        return psycopg.connect(self.server.url(), autocommit=True, options=options)

    def place(self, table: str, *, timed: bool = True, wait: float = 0.02) -> PostgresTable:
        address = read_table(self.server.url(table=f"{self.schema}.x"))
        address = type(address)(
            address.scheme, address.place, self.schema, table, address.shown + table
        )
        return PostgresTable(address, timed, wait)

    def run(self, sql: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.encode())

    def rows(self, table: str) -> list[Row] | None:
        with self.connect() as connection:
            if connection.execute(EXISTS, [self.schema, table]).fetchone() is None:
                return None
            query = f"SELECT {', '.join(COLUMNS)} FROM {quote(table)}"
            found = connection.execute(query.encode()).fetchall()
        return in_order([tuple(map(_without_zone, row)) for row in found])

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        with self.connect() as connection, connection.transaction():
            connection.execute(f"LOCK TABLE {quote(table)}".encode())
            yield


def _without_zone(value: Any) -> object:
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


@pytest.fixture
def case(postgres: Postgres) -> Iterator[Server]:
    server = Server(postgres)
    yield server
    server.run(f"DROP SCHEMA {server.schema} CASCADE")


@laws
def test_the_law_holds(law: object, case: Case) -> None:
    assert callable(law)
    law(case)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    ids=st.lists(TEXTS, unique_by=lambda text: text.replace("\x00", "\ufffd"), min_size=1),
    reasons=st.lists(TEXTS, min_size=1),
)
@example(ids=["\\.", "\\N", "", " "], reasons=["\\.\n", "\n\\.\n", "\\", '"'])
def test_any_text_survives_but_for_nul(case: Server, ids: list[str], reasons: list[str]) -> None:
    case.run("DROP TABLE IF EXISTS scores")
    table = make_scores(ids, reasons=reasons)
    case.place("scores").deliver(in_batches(table, 3))
    assert case.rows("scores") == rows_of(table, keeps_nul=False)


def test_a_server_that_is_killed_in_the_middle_has_nothing_of_it(case: Server) -> None:
    before, after = make_scores(IDS), make_scores(IDS, seed=1)
    case.place("scores").deliver(in_batches(before, 7))

    def killing() -> Iterator[pa.Table]:
        yield after.slice(0, 10)
        case.server.kill()
        yield after.slice(10)

    try:
        with pytest.raises(DestinationError, match=r"cannot be reached.*nothing is half done"):
            case.place("scores").deliver(killing)
    finally:
        case.server.start()
    assert case.rows("scores") == rows_of(before)
    case.place("scores").deliver(in_batches(after, 7))
    assert case.rows("scores") == rows_of(after)


def test_a_session_that_is_ended_in_the_middle_has_nothing_of_it(case: Server) -> None:
    before, after = make_scores(IDS), make_scores(IDS, seed=1)
    case.place("scores").deliver(in_batches(before, 7))

    def ending() -> Iterator[pa.Table]:
        yield after.slice(0, 10)
        case.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^COPY'")
        yield after.slice(10)

    with pytest.raises(DestinationError, match=r"cannot be reached.*nothing is half done"):
        case.place("scores").deliver(ending)
    assert case.rows("scores") == rows_of(before)


def test_of_deliveries_at_once_each_is_whole(case: Server) -> None:
    tables = [make_scores(IDS, seed=seed) for seed in range(4)]

    def deliver(table: pa.Table) -> int:
        return case.place("scores", wait=60).deliver(in_batches(table, 3)).rows

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(deliver, tables)) == [len(IDS)] * 4
    assert case.rows("scores") in [rows_of(table) for table in tables]


def test_a_key_that_comes_twice_in_a_delivery_is_told(case: Server) -> None:
    table = pa.concat_tables([make_scores(IDS), make_scores(IDS[:1], seed=1)])
    with pytest.raises(DestinationError, match=r"refused.*a lead that comes twice.*nothing was"):
        case.place("scores").deliver(in_batches(table, 7))
    assert case.rows("scores") is None


def test_times_are_utc_whatever_the_zone_of_the_server(case: Server) -> None:
    case.run("ALTER ROLE postgres IN DATABASE postgres SET timezone TO 'America/Lima'")
    try:
        for kind in ("timestamptz", "timestamp"):
            columns = ", ".join(
                f"{name} {(TYPES | {'time': kind})[of]}" for name, of in COLUMNS.items()
            )
            case.run(
                f"CREATE TABLE scores ({columns}, UNIQUE (lead_id, handed_over_at, model_version))"
            )
            case.place("scores").deliver(in_batches(make_scores(IDS), 7))
            assert case.rows("scores") == rows_of(make_scores(IDS))
            case.run("DROP TABLE scores")
    finally:
        case.run("ALTER ROLE postgres IN DATABASE postgres RESET timezone")


def test_a_missing_schema_and_missing_rights_are_told(case: Server) -> None:
    place = case.place("scores")
    missing = type(place.address)("postgres", place.address.place, "nowhere", "x", "shown")
    with pytest.raises(DestinationError, match=r'schema "nowhere" does not exist.*Make the schema'):
        PostgresTable(missing, True, 1).check()
    role = f"r{uuid4().hex[:8]}"
    case.run(f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {case.schema} TO {role}")
    try:
        url = place.address.place.replace("postgres@", f"{role}@")
        address = type(place.address)("postgres", url, case.schema, "scores", "shown")
        with pytest.raises(DestinationError, match=r"permission denied.*Grant the rights"):
            PostgresTable(address, True, 1).check()
        place.deliver(in_batches(make_scores(IDS), 7))
        with pytest.raises(DestinationError, match=r"cannot be written.*no rights to select"):
            PostgresTable(address, True, 1).check()
        case.run(f"GRANT SELECT, INSERT, UPDATE ON {case.schema}.scores TO {role}")
        PostgresTable(address, True, 1).check()
        case.run("REVOKE TEMP ON DATABASE postgres FROM PUBLIC")
        try:
            with pytest.raises(DestinationError, match=r"permission denied to create temporary"):
                PostgresTable(address, True, 1).check()
        finally:
            case.run("GRANT TEMP ON DATABASE postgres TO PUBLIC")
        case.run(f"CREATE VIEW seen AS SELECT * FROM {case.schema}.scores")
        with pytest.raises(DestinationError, match="no plain table"):
            case.place("seen").check()
    finally:
        case.run(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_password_is_never_shown() -> None:
    for url in (
        "postgres://me:s3cr%40t@localhost:1/db?table=scores",
        "postgres://me@localhost:1/db?table=scores&password=s3cr%40t",
        "postgres://me:s3cr%40t@localhost/db?table=scores&s3cr%40t=x",
    ):
        place = PostgresTable(read_table(url), True, 1)
        with pytest.raises(DestinationError) as told:
            place.check()
        for shown in (str(told.value), place.name, repr(place), repr(told.value.__cause__)):
            assert "s3cr" not in shown


def test_a_missing_package_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    place = PostgresTable(read_table("postgres://localhost/db?table=scores"), True, 1)
    with pytest.raises(SettingsError, match=r'pip install "psycopg\[binary\]"'):
        place.check()
