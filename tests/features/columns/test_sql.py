"""Promises of `features.columns.sql`: SQL that reads one column."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    read_number,
    read_text,
    read_time,
)
from features.columns.time_formats import COMPACT


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


def test_text() -> None:
    values = [" a\t", "", "n/a", "Select", "select", None, "NULL", "\u00a0b"]
    expected = ["a", None, None, None, "select", None, None, "b"]
    assert Column(values).text(["Select"]) == expected


def test_other_types_as_text() -> None:
    assert Column([True, False, None]).text([]) == ["true", "false", None]
    assert Column([1, None]).text(["1"]) == [None, None]
    assert Column([1.0, 2.5, None]).text([]) == ["1", "2.5", None]


def test_the_same_text_is_another_number_in_the_other_style() -> None:
    column = Column(["1.234", "1,234", "1.5", "1,5", "00", "", "-", None])
    nothing = [None] * 4
    assert column.number(".") == [1.234, 1234, 1.5, None, *nothing]
    assert column.number(",") == [1234, 1.234, None, 1.5, *nothing]


def test_groups_of_digits_between_blanks_need_decimals_if_many() -> None:
    values = ["1 234", "1 234 567,50", "600 123 456", "+34 600 123 456"]
    assert Column(values).number(",") == [1234, 1234567.5, None, None]


def test_markers_among_numbers_and_times() -> None:
    assert Column(["999", "1"]).number(".", ["999", "Select"]) == [None, 1]
    times = Column(["1900-01-01", "2018-12-31"])
    assert times.time(["%Y-%m-%d"], ["1900-01-01"]) == [None, datetime(2018, 12, 31)]


def test_formats_are_tried_in_order() -> None:
    column = Column(["01/02/2018", "31/12/2018", "12/31/2018"])
    assert column.time(["%d/%m/%Y", "%m/%d/%Y"]) == [
        datetime(2018, 2, 1),
        datetime(2018, 12, 31),
        datetime(2018, 12, 31),
    ]


def test_a_year_has_four_digits_where_its_format_says_so() -> None:
    column = Column(["01/02/18", "01/02/18 10:11:12.1234", "01.02.2018", "2018"])
    formats = ["%d/%m/%Y", "%d/%m/%Y %H:%M:%S.%f", "%d.%m.%Y"]
    assert column.time(formats) == [None, None, datetime(2018, 2, 1), None]


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
