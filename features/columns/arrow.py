"""Typed columns in Arrow: numbers, times, and text by its different values."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.columns.kinds import Kind
from features.columns.sql import BLANKS, MISSING

if TYPE_CHECKING:
    import pyarrow as pa


def to_typed(values: pa.ChunkedArray, kind: Kind, missing: Collection[str]) -> pa.Array:
    """Return a column as what it holds; of text each different value is cleaned once.

    Parameters
    ----------
    values : pyarrow ChunkedArray
        Numbers and times as DuckDB read them; text as it was typed.
    kind : {"number", "time", "text", "empty"}
    missing : collection of str
        Text that means "nothing entered".

    Returns
    -------
    pyarrow Array
        double, timestamp in microseconds, or a dictionary of text; null where nothing was
        entered.
    """
    import pyarrow as pa

    whole = values.combine_chunks()
    if kind == "number":
        return whole.cast(pa.float64())
    if kind == "time":
        return whole.cast(pa.timestamp("us"))
    encoded = whole.cast(pa.string()).dictionary_encode()
    texts = clean_texts(encoded.dictionary, missing).dictionary_encode()
    return pa.DictionaryArray.from_arrays(texts.indices.take(encoded.indices), texts.dictionary)


def to_frame(columns: pa.Table, index: pd.Index) -> pd.DataFrame:
    """Return columns of leads in pandas.

    Parameters
    ----------
    columns : pyarrow Table
        As `Leads.read_columns` gives them.
    index : Index

    Returns
    -------
    DataFrame
        float64, datetime64 in microseconds, and text as categories.
    """
    import pyarrow as pa

    made: dict[str, Any] = {}
    for name in columns.column_names:
        values = columns[name]
        if pa.types.is_floating(values.type):
            made[name] = pd.Series(values.to_numpy(), index=index, dtype=np.float64)
        elif pa.types.is_timestamp(values.type):
            times = values.to_pandas().astype("datetime64[us]")
            made[name] = pd.Series(times.to_numpy(), index=index)
        else:
            made[name] = pd.Series(_to_category(values), index=index)
    return pd.DataFrame(made, index=index)


def _to_category(values: pa.ChunkedArray) -> pd.Categorical:
    import pyarrow as pa

    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if not pa.types.is_dictionary(whole.type):
        whole = whole.cast(pa.string()).dictionary_encode()
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    dtype = pd.CategoricalDtype(pd.Index(whole.dictionary.to_pylist(), dtype=object))
    return pd.Categorical.from_codes(codes, dtype=dtype)


def clean_texts(texts: pa.Array, missing: Collection[str]) -> pa.Array:
    """Return the values of a column of text as `features.columns.sql.read_text` does."""
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim(texts, BLANKS)
    marked = pc.is_in(trimmed, pa.array(["", *missing], pa.string()))
    nothing = pc.or_(marked, pc.is_in(pc.utf8_lower(trimmed), pa.array(MISSING, pa.string())))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), trimmed)
