"""Categories: each different value is looked at once, and the rows keep their values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.columns.categories import combine, convert_distinct, split, to_objects

TEXTS = st.lists(st.sampled_from(["a", "A", "b", "", None]), min_size=1)


def to_category(texts: list[str | None]) -> pd.Series:
    return pd.Series(texts, dtype=object).astype("category")


@given(TEXTS)
def test_a_category_is_converted_as_its_texts_are(texts: list[str | None]) -> None:
    def convert(text: str) -> str | None:
        return text.upper() or None

    expected = [None if text is None else convert(text) for text in texts]
    plain = convert_distinct(pd.Series(texts, dtype=object), convert)
    assert plain.tolist() == expected and plain.dtype == object
    found = convert_distinct(to_category(texts), convert)
    assert isinstance(found.dtype, pd.CategoricalDtype)
    assert to_objects(found.array).tolist() == expected
    assert found.cat.categories.is_unique


def test_each_value_is_converted_once() -> None:
    seen: list[str] = []
    convert_distinct(to_category(["a", "b", "a", None]), lambda text: seen.append(text))
    assert sorted(seen) == ["a", "b"]


def test_missing_may_stand_for_something() -> None:
    for values in (pd.Series(["x", None], dtype=object), to_category(["x", None])):
        assert convert_distinct(values, lambda _: "yes", missing="no").tolist() == ["yes", "no"]


@given(TEXTS)
def test_splitting_and_combining_gives_the_same_values(texts: list[str | None]) -> None:
    for values in (pd.Series(texts, dtype=object), to_category(texts)):
        codes, distinct = split(values)
        assert to_objects(combine(codes, [*distinct, None])).tolist() == texts


@pytest.mark.parametrize("values", [["a", "a", None], ["a", "b", "a"]])
def test_equal_values_become_one(values: list[str | None]) -> None:
    found = combine(np.arange(len(values)), values)
    assert found.categories.is_unique
    assert to_objects(found).tolist() == values
