"""Promises of `features.columns.number_style`: what a sign between digits means, by all values."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.number_style import describe_style
from tests.features.columns.written_column import read, read_columns


def test_money_has_no_three_decimals() -> None:
    profile, values = read(["$120.500", "950", "$900.000", "$7.250"])
    assert values == [120_500, 950, 900_000, 7_250]
    assert describe_style(profile) == ","


def test_groups_beside_short_numbers_are_thousands() -> None:
    assert read(["120.500", "950", "900.000", "7.250"])[1] == [120_500, 950, 900_000, 7_250]
    assert read(["1.234.567", "7.250"])[1] == [1_234_567, 7_250]


@pytest.mark.parametrize("other", ["0.5", "0.125", "12.5", "1234.500", "1,200.50"])
def test_any_other_number_of_decimals_shows_what_the_point_is(other: str) -> None:
    profile, values = read(["7.250", "3.125", other])
    assert (values[:2], profile.ambiguous) == ([7.25, 3.125], False)


def test_what_the_values_leave_open_is_said() -> None:
    profile, values = read(["7.250", "8.123", "9.111"])
    assert (values, profile.ambiguous) == ([7.25, 8.123, 9.111], True)


def test_other_columns_of_the_table_settle_it() -> None:
    profiles, columns = read_columns(
        {
            "open": ["7.250", "8.123", "9.111"],
            "shown": ["1,5", "2,25", "3"],
            "whole": ["1", "2", "3"],
        }
    )
    assert columns["open"] == [7250, 8123, 9111]
    assert not profiles["open"].ambiguous
    assert columns["whole"] == [1, 2, 3]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 999_999), min_size=1, max_size=20).filter(lambda n: max(n) > 999),
    st.sampled_from([".", ","]),
)
def test_a_part_of_a_file_is_read_as_the_whole_was(numbers: list[int], separator: str) -> None:
    written = [f"{number:,}".replace(",", separator) for number in numbers]
    earlier = "," if separator == "." else "."
    _, values = read(written, kinds={"x": "number"}, time_formats={"x": earlier})
    assert values == numbers


def test_shares_beside_percent_signs() -> None:
    profile, values = read(["45%", "0.45", "0.5", "100 %", "1"])
    assert values == pytest.approx([45, 45, 50, 100, 100])
    assert describe_style(profile) == ".%"
    again, one = read(["0.3"], kinds={"x": "number"}, time_formats={"x": ".%"})
    assert (one, again.shares) == ([30], True)


def test_percentages_with_and_without_their_sign() -> None:
    assert read(["45%", "45", "1"])[1] == [45, 45, 1]
    assert read(["0.5%", "1"])[1] == [0.5, 1]


def test_numbers_without_a_sign_between_digits_say_nothing() -> None:
    assert describe_style(read(["1", "25"])[0]) is None
    assert describe_style(read(["a", "b"])[0]) is None
