"""Columns of text by their different values: each is looked at once, whatever the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd


def convert_distinct(
    values: pd.Series, convert: Callable[[Any], object], *, missing: object = None
) -> pd.Series:
    """Convert each different value once.

    Parameters
    ----------
    values : Series
        Of any type; a category is taken by its codes.
    convert : callable
        Called with every different value that is not missing; None gives a missing one.
    missing : object
        What stands for a missing value.

    Returns
    -------
    Series
        Indexed like `values`: a category where they are one, else objects, None where missing.
    """
    codes, distinct = split(values)
    found = combine(codes, [*map(convert, distinct), missing])
    if isinstance(values.dtype, pd.CategoricalDtype):
        return pd.Series(found, index=values.index)
    return pd.Series(to_objects(found), index=values.index, dtype=object)


def to_objects(values: pd.Categorical) -> np.ndarray:
    """Return a category as the values themselves, None where missing."""
    objects: np.ndarray = np.array([*values.categories, None], dtype=object)[values.codes]
    return objects


def without_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Return categories as the text they stand for, None where there is none.

    Parameters
    ----------
    frame : DataFrame
        Other columns stay as they are.
    """
    texts = {
        name: pd.Series(to_objects(frame[name].array), index=frame.index, dtype=object)
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
    }
    return frame.assign(**texts)


def split(values: pd.Series) -> tuple[np.ndarray, Sequence[Any]]:
    """Return a code for each row, -1 for missing ones, and the value of each code."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy(), list(values.cat.categories)
    codes, distinct = pd.factorize(values)
    return codes, list(distinct)


def combine(codes: np.ndarray, values: Sequence[Any]) -> pd.Categorical:
    """Return the category with these values by code, equal ones made one.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Places in `values`; -1 means the last one.
    values : sequence
        None is missing.

    Returns
    -------
    Categorical
    """
    places: dict[Any, int] = {}
    merged = np.array(
        [-1 if value is None else places.setdefault(value, len(places)) for value in values],
        dtype=np.int32,
    )
    dtype = pd.CategoricalDtype(pd.Index(list(places), dtype=object))
    return pd.Categorical.from_codes(merged[codes], dtype=dtype)
