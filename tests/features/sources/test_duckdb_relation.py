"""Tables as SQL sees them."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from features.sources.duckdb_relation import (
    aggregate,
    describe,
    from_arrow,
    keep,
    query_rows,
    query_table,
)


@pytest.fixture
def connection() -> Any:
    made = duckdb.connect()
    made.execute("CREATE TABLE t AS SELECT * FROM (VALUES (1, 'a'), (2, NULL)) v(n, \"a text\")")
    return made


def test_types_are_those_of_the_columns(connection: Any) -> None:
    assert describe(connection, "t").types == {"n": "INTEGER", "a text": "VARCHAR"}
    assert describe(connection, "(SELECT n + 0.5 AS x FROM t)").types == {"x": "DECIMAL(12,1)"}


def test_rows_come_by_name(connection: Any) -> None:
    expected = [{"n": 1, "a text": "a"}, {"n": 2, "a text": None}]
    assert query_rows(connection, "SELECT * FROM t ORDER BY n") == expected
    assert query_table(connection, "SELECT * FROM t ORDER BY n").to_pylist() == expected


def test_a_sum_over_nothing_is_zero(connection: Any) -> None:
    measures = {"all rows": "count(*)", "none": "sum(n) FILTER (n > 9)"}
    assert aggregate(connection, "t", measures) == {"all rows": 2, "none": 0}


def test_rows_in_memory_and_of_a_query_are_stored(connection: Any) -> None:
    kept = keep(connection, "SELECT n FROM t WHERE n > 1")
    assert (kept.count(), kept.types) == (1, {"n": "INTEGER"})
    given = from_arrow(pa.table({"x": ["a", None]}), connection)
    assert given.to_arrow().to_pylist() == [{"x": "a"}, {"x": None}]
    alone = from_arrow(pa.table({"x": [1]}))
    assert alone.connection is not connection and alone.count() == 1
