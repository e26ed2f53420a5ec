"""Promises of `features.columns.time_formats`: which formats a written time may be in."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.columns.time_formats import (
    MILLISECONDS,
    SECONDS,
    count_families,
    find_formats,
    is_day_first,
    is_month_first,
    swap_day_and_month,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2018-12-31", ("%Y-%m-%d",)),
        ("2018/12/31", ("%Y/%m/%d",)),
        ("31.12.2018", ("%d.%m.%Y",)),
        ("31/12/18", ("%d/%m/%y", "%m/%d/%y")),
        ("31-Dec-2018", ("%d-%b-%Y",)),
        ("31 December 2018", ("%d %B %Y",)),
        ("Dec 31, 2018", ("%b %d, %Y",)),
        ("20181231", ("%Y%m%d",)),
        ("20181231 130500", ("%Y%m%d %H%M%S",)),
        ("20181231130500", ("%Y%m%d%H%M%S",)),
        ("20181231T130500Z", ("%Y%m%dT%H%M%SZ",)),
        ("2018-12-31T13:05:00.123+02:00", ("%Y-%m-%dT%H:%M:%S.%f%z",)),
        ("2018-12-31 13:05:00.1234567", ("%Y-%m-%d %H:%M:%S.%n",)),
        ("2018-12-31 13:05:00 UTC", ("%Y-%m-%d %H:%M:%S UTC",)),
        ("12/31/2018, 1:05 PM", ("%d/%m/%Y, %I:%M %p", "%m/%d/%Y, %I:%M %p")),
    ],
)
def test_formats(value: str, expected: tuple[str, ...]) -> None:
    assert find_formats(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *("", "next week", "2018", "12345678", "3.14", "1-2", "192.168.0.1", "2018-12-31 soon"),
        *("10:30", "+34 600 123 456", "2018-12-31T", "5/12", "20181231abc", "1609459200"),
        *("2018-12-3113:05", "20181231 1:05 PM", "2018-12-31 13:05.5"),
    ],
)
def test_what_is_no_time_has_no_format(value: str) -> None:
    assert find_formats(value) == ()


def test_bare_numbers_are_times_only_where_times_are_expected() -> None:
    assert find_formats("1609459200", expected=True) == (SECONDS,)
    assert find_formats("1609459200000", expected=True) == (MILLISECONDS,)
    assert find_formats("17", expected=True) == ()


@given(
    moment=st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)),
    date=st.sampled_from(
        ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%y", "%d-%b-%Y"]
    ),
    time=st.sampled_from(
        ["", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%SZ"]
    ),
)
def test_the_format_in_which_a_time_was_written_is_among_those_found(
    moment: datetime, date: str, time: str
) -> None:
    assert date + time in find_formats(moment.strftime(date + time))


def test_day_and_month() -> None:
    assert is_day_first("%d/%m/%Y %H:%M")
    assert is_month_first("%m/%d/%Y")
    assert not is_month_first("%Y-%m-%d")
    assert not is_day_first("%d-%b-%Y")
    assert swap_day_and_month("%d/%m/%Y %H:%M") == "%m/%d/%Y %H:%M"


def test_a_time_of_day_makes_no_other_way_of_writing_dates() -> None:
    assert count_families(["%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y, %I:%M %p"]) == 1
    assert count_families(["%d %b %Y", "%d %B %Y"]) == 1
    assert count_families(["%d/%m/%Y", "%d/%m/%y"]) == 2
    assert count_families([]) == 0
