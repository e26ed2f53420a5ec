"""Promises of `features.readings`: expressions that read one column."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest

from features.readings import (
    is_compact_time,
    read_native_number,
    read_native_time,
    read_number,
    read_text,
    read_time,
)


@pytest.fixture(scope="module")
def database() -> Any:
    return ibis.duckdb.connect()


@pytest.fixture
def column(database: Any) -> Any:
    def put(values: Any) -> Any:
        return database.create_table("t", pa.table({"x": values}), overwrite=True)["x"]

    return put


def run(expression: Any) -> list[Any]:
    return list(expression.as_table().to_pyarrow().column(0).to_pylist())


def test_text(column: Any) -> None:
    values = [" a\t", "", "n/a", "Select", "select", None, "NULL", "\u00a0b"]
    expected = ["a", None, None, None, "select", None, None, "b"]
    assert run(read_text(column(values), ["Select"])) == expected


def test_other_types_as_text(column: Any) -> None:
    assert run(read_text(column([True, False, None]), [])) == ["true", "false", None]
    assert run(read_text(column([1, None]), ["1"])) == [None, None]
    assert run(read_text(column([1.0, 2.5, None]), [])) == ["1", "2.5", None]


def test_the_same_text_is_another_number_in_the_other_style(column: Any) -> None:
    values = ["1.234", "1,234", "1.5", "1,5", "00", "", "-", None]
    nothing = [None] * 4
    assert run(read_number(column(values), ".")) == [1.234, 1234, 1.5, None, *nothing]
    assert run(read_number(column(values), ",")) == [1234, 1.234, None, 1.5, *nothing]


def test_groups_of_digits_between_blanks_need_decimals_if_many(column: Any) -> None:
    values = ["1 234", "1 234 567,50", "600 123 456", "+34 600 123 456"]
    assert run(read_number(column(values), ",")) == [1234, 1234567.5, None, None]


def test_markers_among_numbers_and_times(column: Any) -> None:
    assert run(read_number(column(["999", "1"]), ".", ["999", "Select"])) == [None, 1]
    times = ["1900-01-01", "2018-12-31"]
    expected = [None, datetime(2018, 12, 31)]
    assert run(read_time(column(times), ["%Y-%m-%d"], ["1900-01-01"])) == expected


def test_formats_are_tried_in_order(column: Any) -> None:
    values = ["01/02/2018", "31/12/2018", "12/31/2018"]
    assert run(read_time(column(values), ["%d/%m/%Y", "%m/%d/%Y"])) == [
        datetime(2018, 2, 1),
        datetime(2018, 12, 31),
        datetime(2018, 12, 31),
    ]


def test_a_year_has_four_digits_where_its_format_says_so(column: Any) -> None:
    values = ["01/02/18", "01/02/18 10:11:12.1234", "01.02.2018", "2018"]
    formats = ["%d/%m/%Y", "%d/%m/%Y %H:%M:%S.%f", "%d.%m.%Y"]
    assert run(read_time(column(values), formats)) == [None, None, datetime(2018, 2, 1), None]


def test_the_sessions_zone_does_not_matter(database: Any, column: Any) -> None:
    zoned = pa.array([datetime(2018, 12, 31, 13, 5)], pa.timestamp("us", tz="UTC"))
    database.con.execute("SET TimeZone = 'America/New_York'")
    values = column(["2018-12-31T15:05:00+02:00"])
    assert run(read_time(values, ["%Y-%m-%dT%H:%M:%S%z"])) == [datetime(2018, 12, 31, 13, 5)]
    assert run(read_native_time(column(zoned))) == [datetime(2018, 12, 31, 13, 5)]
    database.con.execute("RESET TimeZone")


def test_native_numbers(column: Any) -> None:
    values = [1.5, float("nan"), float("-inf"), 999.0, None]
    assert run(read_native_number(column(values), ["999", "x"])) == [1.5, None, None, None, None]


def test_digits_that_are_times(column: Any) -> None:
    values = ["20181231", "201812311305", "20181231130500", "20181301", "18991231", "2018123"]
    assert run(is_compact_time(column(values))) == [True, True, True, False, False, False]
