"""Data frames as numbers: categories by dtype, missing values as they are, refusals in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.estimator.frame_columns import FrameColumns, FrameRefused, is_category, read_texts

SOURCES = ["Web", "Event", "web", None]


def make_frame(rows: int = 40) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Source": pd.Series(SOURCES * (rows // 4), dtype=object),
            "Visits": np.arange(rows, dtype=np.float64),
            "Opted in": [True, False] * (rows // 2),
        }
    )


def test_kinds_follow_the_dtype() -> None:
    kinds: dict[Any, bool] = {
        "object": True,
        "string": True,
        "str": True,
        "category": True,
        "int64": False,
        "float32": False,
        "bool": False,
        "Int64": False,
        "boolean": False,
        "Float64": False,
    }
    values = pd.Series([1, 0, 1])
    assert {name: is_category(values.astype(name)) for name in kinds} == kinds


@pytest.mark.parametrize("dtype", ["datetime64[ns]", "timedelta64[ns]", "complex128"])
def test_other_dtypes_are_refused_by_the_name_of_their_column(dtype: str) -> None:
    frame = pd.DataFrame({"Created": pd.Series([1, 2]).astype(dtype)})
    with pytest.raises(FrameRefused, match=f'"Created" holds neither.*Got dtype {dtype[:9]}'):
        FrameColumns.learn(frame)


def test_levels_are_compared_without_case_and_rare_ones_pooled() -> None:
    frame = make_frame()
    frame.loc[0, "Source"] = "Fair"
    columns = FrameColumns.learn(frame)
    assert columns.levels == (("(not given)", "(other)", "web", "Event"), None, None)
    assert columns.categories == (0,)
    other = pd.DataFrame({"Source": ["WEB", "event", "Fair", "New", None], "V": 1.0, "O": True})
    assert columns.encode(other)[:, 0].tolist() == [2, 3, 1, 1, 0]


def test_every_dtype_of_a_column_gives_the_same_numbers() -> None:
    frame = make_frame()
    columns = FrameColumns.learn(make_frame())
    expected = columns.encode(make_frame())
    for dtype in ("string", "category", "str"):
        np.testing.assert_array_equal(columns.encode(frame.astype({"Source": dtype})), expected)
    for dtype in ("Int64", "float32", "Float64", "double[pyarrow]"):
        np.testing.assert_array_equal(columns.encode(frame.astype({"Visits": dtype})), expected)


def test_missing_numbers_of_any_dtype_are_nan() -> None:
    columns = FrameColumns.learn(pd.DataFrame({"Visits": [1.0, 2.0], "Opted in": [True, False]}))
    frame = pd.DataFrame(
        {
            "Visits": pd.array([None, 3], dtype="Int64"),
            "Opted in": pd.array([True, None], dtype="boolean"),
        }
    )
    np.testing.assert_array_equal(columns.encode(frame), [[np.nan, 1.0], [3.0, np.nan]])
    empty = pd.DataFrame({"Visits": [None, None], "Opted in": [None, None]}, dtype=object)
    assert np.isnan(columns.encode(empty)).all()


def test_text_where_numbers_were_learned_is_refused() -> None:
    columns = FrameColumns.learn(pd.DataFrame({"Visits": [1.0, 2.0]}))
    with pytest.raises(FrameRefused, match='"Visits" held numbers when the model was fitted'):
        columns.encode(pd.DataFrame({"Visits": ["many", "2"]}))


def test_infinite_numbers_are_refused_with_their_row() -> None:
    columns = FrameColumns.learn(pd.DataFrame({"Visits": [1.0, 2.0]}))
    with pytest.raises(FrameRefused, match=r'"Visits" holds an infinite number \(row 1'):
        columns.encode(pd.DataFrame({"Visits": [1.0, -np.inf]}))


def test_categories_are_read_as_sources_write_them() -> None:
    values = pd.Series([1.0, 1, " Web ", "", "  ", None, np.nan], dtype=object)
    assert read_texts(values).tolist() == ["1", "1", "Web", None, None, None, None]
    assert read_texts(pd.Series([True, None], dtype=object)).tolist() == ["true", None]


@given(st.lists(st.sampled_from(["a", "B", "b", None, 1.0]), min_size=1, max_size=60))
def test_a_row_is_encoded_alone(values: list[Any]) -> None:
    frame = pd.DataFrame({"Source": pd.Series(values, dtype=object)})
    columns = FrameColumns.learn(frame)
    together = columns.encode(frame)
    alone = [columns.encode(frame.iloc[[row]])[0] for row in range(len(frame))]
    np.testing.assert_array_equal(together, alone)
    assert np.isin(together, np.arange(len(columns.levels[0] or ()))).all()


def test_readers_see_levels_and_numbers() -> None:
    frame = make_frame(4)
    shown = FrameColumns.learn(frame).show(frame)
    assert shown[:, 0].tolist() == ["Web", "Event", "web", None]
    assert shown[:, 1].tolist() == [0, 1, 2, 3]
