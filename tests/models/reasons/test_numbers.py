"""Numbers written many at once: as one by one, and equal texts known before they are written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.language import language
from models.reasons.numbers import NumberWriter, find_alike
from models.reasons.sentences import write_number

CODES = ("en", "es")
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e16, max_value=1e16)
DECIMALS = st.decimals(-200, 200, places=3).map(float)


@pytest.mark.parametrize("code", CODES)
@given(st.lists(NUMBERS | DECIMALS | st.integers(-(10**13), 10**13).map(float)))
@settings(deadline=None)
def test_many_are_written_as_one_by_one(code: str, numbers: list[float]) -> None:
    written = NumberWriter(language(code)).write(np.array(numbers))
    assert written == [write_number(number, language(code)) for number in numbers]


def test_what_is_missing_is_not_written() -> None:
    assert NumberWriter(language("en")).write(np.array([np.nan])) == [""]


@given(st.lists(NUMBERS | DECIMALS, min_size=1))
@settings(deadline=None)
def test_what_counts_as_alike_is_written_alike(numbers: list[float]) -> None:
    alike = find_alike(np.array(numbers))
    texts: dict[int, str] = {}
    for group, number in zip(alike.tolist(), numbers, strict=True):
        text = write_number(number, language("en"))
        assert texts.setdefault(group, text) == text


def test_most_numbers_that_are_written_alike_are_found() -> None:
    days = np.random.default_rng(1).exponential(30, 50_000)
    texts = {write_number(day, language("en")) for day in days[days > 0.1].tolist()}
    assert len(np.unique(find_alike(days[days > 0.1]))) < 2 * len(texts)


def test_zero_and_missing_are_numbers_of_their_own() -> None:
    alike = find_alike(np.array([0.0, np.nan, 0.004, np.nan, 1.0, 0.0]))
    assert alike[1] == alike[3] and alike[0] == alike[5]
    assert len(set(alike.tolist())) == 4


def test_exactly_equal_only_where_asked() -> None:
    assert len(set(find_alike(np.array([12.1, 12.2]), exact=True).tolist())) == 2
    assert len(set(find_alike(np.array([12.1, 12.2])).tolist())) == 1
