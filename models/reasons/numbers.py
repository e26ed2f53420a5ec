"""Numbers as sentences write them, many at once: equal texts are found before writing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.language import Language
from models.arrays import Floats
from models.reasons.sentences import write_number

_PROBES = (10, 999, 1_000, 1_234, 12_345, 1_234_567, 1_000_000_000, 98_765_432_101)
_MANY = 1e11
"""Well below where whole numbers are written by their power of ten."""

_KEPT = 100_000


class NumberWriter:
    """Writes numbers as `models.reasons.sentences.write_number` does.

    Parameters
    ----------
    language : Language
    """

    def __init__(self, language: Language) -> None:
        self._language = language
        self._separator = _find_separator(language)
        self._written: dict[float, str] = {}

    def write(self, numbers: Floats) -> list[str]:
        """Return each number as text; "" where it is missing."""
        return [self._write(number) for number in numbers.tolist()]

    def _write(self, number: float) -> str:
        if number != number:
            return ""
        size = abs(number)
        if self._separator is not None and 10 <= size < _MANY:
            return f"{round(number):,}".replace(",", self._separator)
        if number not in self._written:
            if len(self._written) >= _KEPT:
                self._written.clear()
            self._written[number] = write_number(number, self._language)
        return self._written[number]


def find_alike(numbers: Floats, *, exact: bool = False) -> NDArray[np.int64]:
    """Return a number for each value; those of the same number are written alike.

    Parameters
    ----------
    numbers : ndarray of shape (n,)
        NaN is missing.
    exact : bool
        Whether only equal values count as alike.

    Returns
    -------
    ndarray of int64, shape (n,)
        From 0; all missing ones share a number. Zero, and what lies between zero and one, are
        apart from other numbers.
    """
    rounded = numbers if exact else _round(numbers)
    _, places = np.unique(rounded, return_inverse=True)
    return places.astype(np.int64)


def _round(numbers: Floats) -> Floats:
    """Round as they are written, where that is certain; other values stay as they are."""
    size = np.abs(numbers)
    whole = (size >= 10) & (size < _MANY)
    result = np.where(whole, np.rint(numbers), numbers)
    # Two decimals below one, one above; what lies near the middle between two is left alone.
    for low, high, scale in ((1.0, 9.9, 10.0), (0.1, 0.99, 100.0)):
        some = (size >= low) & (size < high)
        scaled = numbers[some] * scale
        nearest = np.rint(scaled)
        sure = np.abs(scaled - nearest) < 0.499
        result[some] = np.where(sure, nearest / scale, numbers[some])
    return result


def _find_separator(language: Language) -> str | None:
    """Return what stands between thousands; None where that is not all there is to it."""
    separator = language.number(1_234_567, digits=0)[1]
    simple = all(
        language.number(probe, digits=0) == f"{probe:,}".replace(",", separator)
        and language.number(-probe, digits=0) == f"-{probe:,}".replace(",", separator)
        for probe in _PROBES
    )
    return separator if simple else None
