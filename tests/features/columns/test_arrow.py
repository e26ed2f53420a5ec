"""Typed columns: text is cleaned value by value as SQL cleans a column of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.arrow import clean_texts, to_frame, to_typed
from features.columns.sql import read_text
from features.sources.duckdb_relation import from_arrow


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
@settings(deadline=None, max_examples=40)
def test_texts_are_cleaned_as_a_column_is_read(texts: list[str]) -> None:
    values = [*texts, " N/A ", "\ufeffnull", "\u00a0x\u00a0", "-", "", " a b "]
    table = from_arrow(pa.table({"x": values}))
    sql = read_text('"x"', "VARCHAR", ["-"])
    query = f"SELECT {sql} FROM {table.place}"
    expected = [row[0] for row in table.connection.execute(query).fetchall()]
    assert clean_texts(pa.array(values), ["-"]).to_pylist() == expected
    typed = to_typed(pa.chunked_array([values]), "text", ["-"])
    assert typed.to_pylist() == expected


def test_columns_are_the_same_in_pandas() -> None:
    days = pa.array([0, None], pa.timestamp("us"))
    columns = {"n": pa.array([1.5, None]), "t": days, "x": pa.array(["a", None])}
    frame = to_frame(pa.table(columns), pd.RangeIndex(5, 7))
    assert frame.index.tolist() == [5, 6]
    np.testing.assert_array_equal(frame["n"], [1.5, np.nan])
    assert frame["t"].tolist()[0] == pd.Timestamp(0) and pd.isna(frame["t"].iloc[1])
    assert isinstance(frame["x"].dtype, pd.CategoricalDtype)
    assert frame["x"].tolist()[0] == "a" and frame["x"].isna().tolist() == [False, True]
