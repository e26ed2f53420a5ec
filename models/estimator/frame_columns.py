"""Data-frame columns as the model's numbers: categories by dtype, missing values as they are."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns.categories import convert_distinct
from features.errors import DataRefused
from features.matrix.definitions import NOT_GIVEN, OTHER
from features.matrix.feature_table import encode_levels
from features.matrix.planning import list_frequent_levels
from features.settings.fields import to_value_text
from models.arrays import Floats


class FrameRefused(DataRefused, ValueError):
    """A data frame, or its labels, cannot be learned from or predicted for."""


@dataclass(frozen=True)
class FrameColumns:
    """What the columns of a data frame hold, learned once and then the same for every frame.

    Attributes
    ----------
    names : tuple of hashable
        Of the columns, in their order.
    levels : tuple of (tuple of str or None)
        For each column, None where it holds numbers; for a category the levels in the order of
        their codes, the first two of which are "(not given)" and "(other)".
    """

    names: tuple[Hashable, ...]
    levels: tuple[tuple[str, ...] | None, ...]

    @classmethod
    def learn(cls, frame: pd.DataFrame) -> FrameColumns:
        """Learn kinds and levels from the rows that the model learns from.

        Parameters
        ----------
        frame : DataFrame of shape (n_samples, n_features)
            Category, object and string columns are categories; numbers and booleans are numbers.

        Raises
        ------
        FrameRefused
            When a column holds something else, such as times.
        """
        columns = [frame.iloc[:, place] for place in range(frame.shape[1])]
        return cls(
            names=tuple(frame.columns),
            levels=tuple(
                (NOT_GIVEN, OTHER, *list_frequent_levels(read_texts(column)))
                if is_category(column)
                else None
                for column in columns
            ),
        )

    @property
    def categories(self) -> tuple[int, ...]:
        """Return the positions of the categories among the columns."""
        return tuple(place for place, levels in enumerate(self.levels) if levels is not None)

    def encode(self, frame: pd.DataFrame) -> Floats:
        """Return the numbers that the model sees.

        Parameters
        ----------
        frame : DataFrame of shape (n_samples, n_features)
            Columns as learned.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features)
            NaN is a missing number; a category is its code, 0 for missing and 1 for levels that
            are not known, or too rare to have been learned.

        Raises
        ------
        FrameRefused
            When a column of numbers holds text or an infinite number.
        """
        matrix = np.empty(frame.shape, dtype=np.float64)
        for place, levels in enumerate(self.levels):
            column = frame.iloc[:, place]
            if levels is None:
                matrix[:, place] = read_numbers(column)
            else:
                matrix[:, place] = encode_levels(read_texts(column), levels)
        return matrix

    def show(self, frame: pd.DataFrame) -> NDArray[np.object_]:
        """Return what a reader sees of each value, None where it is missing; shape as `frame`."""
        shown = np.empty(frame.shape, dtype=object)
        for place, levels in enumerate(self.levels):
            column = frame.iloc[:, place]
            if levels is None:
                shown[:, place] = read_numbers(column)
            else:
                shown[:, place] = read_texts(column).to_numpy()
        return shown


def is_category(column: pd.Series) -> bool:
    """Tell whether a column holds categories; refuse it when it holds neither them nor numbers.

    Raises
    ------
    FrameRefused
    """
    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_object_dtype(column.dtype):
        return True
    if pd.api.types.is_string_dtype(column.dtype):
        return True
    if pd.api.types.is_numeric_dtype(column.dtype) and not _is_complex(column):
        return False
    raise FrameRefused(
        f'the column "{column.name}" holds neither numbers nor categories',
        got=f"dtype {column.dtype}",
        expected="numbers, booleans, strings or categories",
        next_step="Leave it out, or turn times into numbers such as days before hand-over",
        code="column_type",
    )


def read_numbers(column: pd.Series) -> Floats:
    """Return a column as float64, NaN where missing.

    Raises
    ------
    FrameRefused
        When it holds no numbers, or an infinite one.
    """
    if is_category(column):
        # A column without any value is an object column, whatever it held before.
        if not column.isna().all():
            raise FrameRefused(
                f'the column "{column.name}" held numbers when the model was fitted',
                got=f"dtype {column.dtype}",
                expected="numbers",
                next_step="Convert it, for example with pandas.to_numeric",
                code="column_type",
            )
        return np.full(len(column), np.nan)
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(numbers).any():
        raise FrameRefused(
            f'the column "{column.name}" holds an infinite number',
            where=f"row {int(np.isinf(numbers).argmax())}, counted from 0",
            expected="finite or missing values",
            next_step="Replace inf by a missing value",
            code="infinite",
        )
    return numbers


def read_texts(column: pd.Series) -> pd.Series:
    """Return a category's values as objects: "1" for 1.0, None for blanks and missing values."""
    texts = convert_distinct(column, _to_text)
    return texts.astype(object).where(texts.notna(), None)


def _to_text(value: object) -> str | None:
    if isinstance(value, np.generic):
        value = value.item()
    return str(to_value_text(value)).strip() or None


def _is_complex(column: pd.Series) -> bool:
    return pd.api.types.is_complex_dtype(column.dtype)
