"""The SQL that all databases share; what tables are refused for stands with the laws of tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from features.errors import DestinationError
from serve.destinations.address import TableAddress
from serve.destinations.sqlite import TYPES
from serve.destinations.table import FoundColumn, check_key, check_shape, create_sql, upsert_sql
from serve.scoring.score_table import COLUMNS

ADDRESS = TableAddress("sqlite", "x.db", None, 'sco"res', "sqlite://x.db?table=...")
KEY = ("lead_id", "model_version")


def test_the_statements_make_and_fill_the_table() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(create_sql(ADDRESS, TYPES, KEY))
        statement = upsert_sql(ADDRESS, f"VALUES ({', '.join('?' * len(COLUMNS))})", KEY)
        for score in (1, 2):
            row = [score if name == "score" else "x" for name in COLUMNS]
            connection.execute(statement, row)
        assert connection.execute('SELECT score FROM "sco""res"').fetchall() == [(2,)]
        with pytest.raises(sqlite3.IntegrityError, match=r"NOT NULL.*lead_id"):
            connection.execute(statement, [None] * len(COLUMNS))


def test_a_table_may_leave_its_key_to_whoever_writes() -> None:
    assert "PRIMARY KEY" not in create_sql(ADDRESS, TYPES, KEY, keyed=False)
    assert '"lead_id" TEXT NOT NULL' in create_sql(ADDRESS, TYPES, KEY, keyed=False)


def test_a_key_in_another_order_will_do() -> None:
    check_key(ADDRESS, [frozenset({"grade"}), frozenset(reversed(KEY))], KEY)
    with pytest.raises(DestinationError, match=r"no unique key.*Got \(lead_id\), expected one"):
        check_key(ADDRESS, [frozenset({"lead_id"})], KEY)


def test_columns_have_to_keep_what_they_are_given() -> None:
    found = {name: FoundColumn("ANY", {kind}) for name, kind in COLUMNS.items()}
    check_shape(ADDRESS, found | {"more": FoundColumn("ANY", ())})
    with pytest.raises(DestinationError, match='wants a value in "more"'):
        check_shape(ADDRESS, found | {"more": FoundColumn("ANY", (), must_be_given=True)})
