"""Carrying over: what both tables make alike is of today, the rest of then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from features.matrix.carrying import carry_over, is_same
from features.matrix.definitions import activity_summary, attribute, completeness
from features.matrix.feature_table import OTHER_CODE, FeatureTable

SOURCE = attribute("Source", kind="context", form="category")
SIZE = attribute("Size", kind="fit", form="number")


def make(*features: object, levels: tuple[str, ...] = ("Web",), **options: object) -> FeatureTable:
    known = {"Source": ("(not given)", "(other)", *levels)}
    plain = FeatureTable(features, known, (), {}, (), {}, "time")  # type: ignore[arg-type]
    return replace(plain, **options)  # type: ignore[arg-type]


def test_values_of_today_get_the_codes_of_then() -> None:
    old, new = make(SOURCE, SIZE, levels=("Web", "Fair")), make(SIZE, SOURCE, levels=("Fair",))
    today = pd.DataFrame({"Size": [7.0, np.nan], "Source": ["Fair", "Radio"]})
    carried = carry_over(old, np.array([[2.0, 1.0], [2.0, 2.0]]), new, today)
    np.testing.assert_array_equal(carried, [[3.0, 7.0], [OTHER_CODE, np.nan]])


def test_what_the_new_table_lacks_or_makes_otherwise_stays() -> None:
    old = make(SOURCE, SIZE)
    was = np.array([[2.0, 5.0]])
    assert carry_over(old, was, make(), pd.DataFrame(index=[0])).tolist() == was.tolist()
    other = make(attribute("Size", kind="fit", form="category"), levels=("Web",))
    assert not is_same(SIZE, old, other)
    assert not is_same(
        SIZE, make(SIZE, kinds={"Size": "number"}), make(SIZE, kinds={"Size": "text"})
    )


def test_totals_over_other_columns_or_activities_are_not_the_same() -> None:
    whole, total = completeness(), activity_summary()[0]
    old = make(whole, total, complete=("a", "b"))
    assert is_same(whole, old, replace(old, complete=("b", "a")))
    assert not is_same(whole, old, replace(old, complete=("a",)))
    assert is_same(total, old, replace(old, skipped={"Size": "exclude"}))
    assert not is_same(total, old, replace(old, skipped={"activities.type: call": "leak"}))


@given(st.lists(st.sampled_from(["Web", "Fair", None]), min_size=1, max_size=5))
def test_with_the_same_table_it_is_what_encoding_gives(sources: list[str | None]) -> None:
    table = make(SOURCE, SIZE)
    today = pd.DataFrame(
        {"Source": pd.Series(sources, dtype=object), "Size": np.arange(len(sources), dtype=float)}
    )
    was = np.zeros((len(sources), 2))
    np.testing.assert_array_equal(carry_over(table, was, table, today), table.encode(today))
    assert not was.any()
