"""Promises of `features.columns.missing`: markers are told from words and values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from features.columns.missing import MISSING, MISSING_AMONG_NUMBERS
from tests.features.columns.written_column import Column, read


def test_no_marker_of_any_column_is_a_word() -> None:
    assert not [marker for marker in MISSING if marker.isalpha() and len(marker) > len("null")]
    assert set(MISSING).isdisjoint(MISSING_AMONG_NUMBERS)
    assert all(marker == marker.lower() for marker in (*MISSING, *MISSING_AMONG_NUMBERS))


@pytest.mark.parametrize("form", [str, str.upper, " {} ".format])
def test_a_marker_never_becomes_a_value(form: Callable[[str], str]) -> None:
    written = [form(marker) for marker in (*MISSING, *MISSING_AMONG_NUMBERS)]
    numbers, values = read([*written, "5", "1.5", "7"])
    times, moments = read([*written, "2023-01-05", "2023-02-06"])
    assert (numbers.kind, numbers.n_missing, times.kind) == ("number", len(written), "time")
    assert values == [None] * len(written) + [5, 1.5, 7]
    assert moments[: len(written)] == [None] * len(written)


def test_words_stay_in_a_column_of_text() -> None:
    assert Column(["No aplica", "n/d", "Unknown", "\\N", "<NA>", "(blank)"]).text([]) == [
        *("No aplica", None, "Unknown", None, None, None)
    ]


def test_markers_are_counted_the_most_frequent_first() -> None:
    values = ["n/d", "476", "S/D", "n/d", "786", "TBD", "--", "n/d", "S/D", "1"]
    profile, _ = read(values)
    assert profile.markers == (("n/d", 3), ("S/D", 2), ("--", 1))
    assert profile.n_missing == 7
    text, _ = read(["n/d", "red", "TBD", "blue"])
    assert text.markers == (("n/d", 1),)


def test_what_the_settings_name_is_not_told() -> None:
    profile, values = read(["Select", "n/d", "5"], missing=["Select", "n/d"])
    assert (profile.markers, values) == ((), [None, None, 5])
