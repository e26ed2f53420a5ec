"""Promises of `features.columns.ids`: one record has one id."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.ids import ROUNDED, complete_id, read_id
from tests.features.columns.written_column import Column

SIGNS = st.text(
    st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
    min_size=12,
    max_size=12,
)
SHORT = st.builds("{}{}".format, st.sampled_from(["00Q", "003", "001", "006", "701", "a0X"]), SIGNS)


def test_known_pairs() -> None:
    assert complete_id("00Q5e00000AbCdE") == "00Q5e00000AbCdEEAV"
    assert complete_id("70130000000BLfw") == "70130000000BLfwAAG"
    assert complete_id("0015000000Gv7qJ") == "0015000000Gv7qJAAR"


@given(SHORT)
def test_both_forms_are_one(short: str) -> None:
    long = complete_id(short)
    assert long.startswith(short)
    assert complete_id(long) == long


@settings(max_examples=20, deadline=None)
@given(st.lists(SHORT | st.text(max_size=20), min_size=1))
def test_sql_completes_as_python_does(values: list[str]) -> None:
    column = Column(values)
    written = column.text([])
    expected = [text if text is None else complete_id(text) for text in written]
    assert column.run(read_id('"x"', column.kind, [])) == expected


@pytest.mark.parametrize(
    "text", ["L5", "001234567890123", "912345678901234", "", "a0X12345678901", "00Qab cdefghijk"]
)
def test_other_ids_stay_as_they_are(text: str) -> None:
    assert complete_id(text) == text


def test_ids_differing_in_capitals_only_are_two() -> None:
    assert complete_id("00Q5e00000AbCdE") != complete_id("00Q5e00000AbCde")


def test_how_spreadsheets_round() -> None:
    assert all(re.search(ROUNDED, text) for text in ("9.12346E+18", "9,12E+18", "9e+18"))
    assert not any(re.search(ROUNDED, text) for text in ("9E18", "1E5", "9123", "A9.1E+18"))
