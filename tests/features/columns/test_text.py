"""Promises of `features.columns.text`: numbers, text and nothing told apart in text."""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.profile import profile_columns, type_columns
from tests.profiles import look, profile, put, read

NUMBERS: list[tuple[list[str], str, list[float]]] = [
    (["1", "-2", "+3"], ".", [1, -2, 3]),
    (["1.5", ".5", "2.", "-0.25"], ".", [1.5, 0.5, 2, -0.25]),
    (["1,234.5", "12,345", "7"], ".", [1234.5, 12345, 7]),
    (["1.234,5", "7", "0,125"], ",", [1234.5, 7, 0.125]),
    (["1 234,5", "12\u00a0345", "1\u202f000,25"], ",", [1234.5, 12345, 1000.25]),
    (["1e3", "2.5E-2"], ".", [1000, 0.025]),
    (["45%", "7.5 %"], ".", [45, 7.5]),
    (["$1,200", "-$5", "€ 3.50", "4 €"], ".", [1200, -5, 3.5, 4]),
    (["1.200,50 €", "3,5€"], ",", [1200.5, 3.5]),
    (["1.234.567", "1.000"], ",", [1234567, 1000]),
    (["3.141592653589793238", "1"], ".", [3.141592653589793, 1]),
    ([" 1 ", "\t2\u00a0"], ".", [1, 2]),
]


def test_numbers_of_one_style() -> None:
    found = look(values for values, _, _ in NUMBERS)
    for (values, decimal, expected), (column, got) in zip(NUMBERS, found, strict=True):
        assert (column.kind, column.decimal, column.n_unparsed) == ("number", decimal, 0), values
        assert got == pytest.approx(expected, abs=0, rel=1e-15)


TEXTS = [
    ["00123", "4567"],
    ["1234567890123456", "1"],
    ["1,5", "1.5", "1,234.5"],
    ["1,2,3", "4"],
    ["1-2", "3"],
    ["12a", "3"],
    ["0x1f", "1"],
    ["inf", "-inf"],
    ["1_000", "2"],
    ["1,23", "1.5", "2"],
    ["+34 600 123 456", "2"],
    ["10:30", "11:45"],
    ["1.2.3", "1.10.12.4"],
    ["5420aad7fec3549a85876ba1c529bd84", "1e5"],
    ["true", "false"],
    ["na", "none", "-"],
]


def test_infinity_among_numbers_means_nothing() -> None:
    column, got = look([["1", "inf", "-Infinity", "2.5e300"]])[0]
    assert (column.kind, column.n_missing, column.n_unparsed) == ("number", 2, 0)
    assert got == [1, 2.5e300]


def test_what_is_not_all_numbers_or_times_is_text() -> None:
    for values, (column, got) in zip(TEXTS, look(TEXTS), strict=True):
        assert column.kind == "text", values
        assert got == values


MISSING = ["", "  ", "#VALUE!", "#N/A", "#REF!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "NULL"]


@pytest.mark.parametrize("value", ["word", "1.5", "2018-12-31"])
def test_what_always_means_nothing(value: str) -> None:
    markers = [*MISSING, "null", "NaN", "nan", "N/A", "n/a", None]
    found = look([marker, value] for marker in markers)
    for marker, (column, got) in zip(markers, found, strict=True):
        assert (column.n_rows, column.n_missing, column.n_unparsed) == (2, 1, 0), marker
        assert (column.n_distinct, len(got)) == (1, 1)


def test_what_means_nothing_among_numbers_and_times_only() -> None:
    for marker in ["NA", "none", "-", "?"]:
        number, time, text = look([[value, marker] for value in ("1.5", "2018-12-31", "word")])
        assert (number[0].n_missing, number[1]) == (1, [1.5])
        assert (time[0].n_missing, time[1]) == (1, [datetime(2018, 12, 31)])
        assert (text[0].n_missing, text[1]) == (0, ["word", marker])


def test_a_column_of_nothing_is_empty() -> None:
    column = profile(["", None, "#N/A"])
    assert (column.kind, column.n_missing, column.n_distinct) == ("empty", 3, 0)
    assert read(["", None]) == [None, None]


def test_one_in_200_may_be_no_number() -> None:
    values = [str(n) for n in range(1, 400)]
    column = profile([*values, "word"])
    assert (column.kind, column.n_unparsed, column.example_row) == ("number", 1, 400)
    assert read([*values, "word"])[-1] is None
    assert profile([*values, "word", "word", "word"]).kind == "text"
    assert profile([*values[:150], "word"]).kind == "text"


def test_nothing_is_left_in_the_database() -> None:
    source = put(x=["1"], y=["2018-12-31"])
    profile_columns(source.relation, missing=())
    tables = source.relation.connection.sql("select table_name from duckdb_tables()")
    assert tables.fetchall() == [(source.relation.place,)]


def read_style(value: str, point: str) -> float | None:
    thousands = "," if point == "." else "."
    whole = rf"(0|[1-9]\d*|[1-9]\d{{0,2}}({re.escape(thousands)}\d{{3}})+)"
    if not re.fullmatch(rf"-?{whole}({re.escape(point)}\d+)?(e\d+)?%?", value):
        return None
    return float(value.rstrip("%").replace(thousands, "").replace(point, "."))


WRITTEN = st.sampled_from(
    ["", "1", "-2.5", "1,000.5", "1.000,5", "007", "x", "NA", "1e5", "5%", "n/a"]
)


@settings(max_examples=5)
@given(st.lists(st.lists(WRITTEN, min_size=4, max_size=4), min_size=20, max_size=20))
def test_numbers_agree_with_an_oracle(table: list[list[str]]) -> None:
    source = put(**{f"x{place}": values for place, values in enumerate(table)})
    columns = profile_columns(source.relation, missing=())
    typed = type_columns(source.relation, columns, missing=())
    for values, column in zip(table, columns.values(), strict=True):
        present = [value for value in values if value not in ("", "n/a", "NA")]
        styles = [[read_style(value, point) for value in present] for point in ".,"]
        expected = next((style for style in styles if style and None not in style), None)
        if expected is None:
            assert column.kind in ("text", "empty")
        else:
            assert column.kind == "number"
            assert typed[column.name].drop_null().to_pylist() == expected


def test_shuffled_rows_give_the_same_profile() -> None:
    values = [str(n) for n in range(300)] + ["x", "-", ""]
    shuffled = list(np.random.default_rng(3).permutation(values))
    assert profile(values).kind == profile(shuffled).kind == "number"
    assert profile(shuffled).example_row == shuffled.index("x") + 1
