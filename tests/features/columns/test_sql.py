"""Promises of `features.columns.sql`: SQL that reads one column."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from features.columns.sql import (
    is_number,
    is_text,
    is_time,
    is_whole,
    matches,
    read_native_number,
    read_native_time,
)
from features.columns.time_formats import COMPACT
from tests.features.columns.written_column import Column


def test_text() -> None:
    values = [" a\t", "", "n/a", "Select", "select", None, "NULL", "\u00a0b"]
    expected = ["a", None, None, None, "select", None, None, "b"]
    assert Column(values).text(["Select"]) == expected


def test_other_types_as_text() -> None:
    assert Column([True, False, None]).text([]) == ["true", "false", None]
    assert Column([1, None]).text(["1"]) == [None, None]
    assert Column([1.0, 2.5, None]).text([]) == ["1", "2.5", None]


def test_the_sessions_zone_does_not_matter() -> None:
    zoned = Column(pa.array([datetime(2018, 12, 31, 13, 5)], pa.timestamp("us", tz="UTC")))
    written = Column(["2018-12-31T15:05:00+02:00"])
    for column in (zoned, written):
        column.connection.execute("SET TimeZone = 'America/New_York'")
    assert written.time(["%Y-%m-%dT%H:%M:%S%z"]) == [datetime(2018, 12, 31, 13, 5)]
    assert zoned.run(read_native_time('"x"', zoned.kind)) == [datetime(2018, 12, 31, 13, 5)]


def test_native_numbers() -> None:
    column = Column([1.5, float("nan"), float("-inf"), 999.0, None])
    sql = read_native_number('"x"', column.kind, ["999", "x"])
    assert column.run(sql) == [1.5, None, None, None, None]


def test_digits_that_are_times() -> None:
    values = ["20181231", "201812311305", "20181231130500", "20181301", "18991231", "2018123"]
    expected = [True, True, True, False, False, False]
    assert Column(values).run(matches('"x"', COMPACT)) == expected


def test_types_are_known_by_their_names() -> None:
    kinds = (
        "VARCHAR TINYINT USMALLINT INTEGER UBIGINT HUGEINT DOUBLE FLOAT DECIMAL(9,2) BOOLEAN "
        "DATE TIMESTAMP TIMESTAMPTZ TIMESTAMP_NS UUID INTEGER[]"
    ).split()
    connection = duckdb.connect()
    columns = ", ".join(f"c{place} {kind}" for place, kind in enumerate(kinds))
    connection.execute(f"CREATE TABLE t ({columns})")
    found = [str(row[1]) for row in connection.execute("DESCRIBE t").fetchall()]
    told = {
        kind: (is_text(name), is_whole(name), is_number(name), is_time(name))
        for kind, name in zip(kinds, found, strict=True)
    }
    assert [kind for kind, (text, *_) in told.items() if text] == ["VARCHAR"]
    assert [kind for kind, (_, whole, _, _) in told.items() if whole] == kinds[1:6]
    assert [kind for kind, (_, _, number, _) in told.items() if number] == kinds[1:9]
    assert [kind for kind, (*_, time) in told.items() if time] == kinds[10:14]
