"""Edges of a number's ranges: each is the number that readers see.

Leads are counted by the edges as printed, so whoever counts the leads in a printed range finds
the printed count.
"""

from __future__ import annotations

import numpy as np

from features.language import UNREADABLE_FROM
from features.matrix.definitions import Feature
from models.arrays import Floats

MAX_DECIMALS = 6


def count_decimals(feature: Feature, edges: Floats) -> int | None:
    """Return the decimals with which edges are written.

    Parameters
    ----------
    feature : Feature
        Shares of a whole are written as percentages; theirs are the decimals of the percentage.
    edges : ndarray of shape (n_groups - 1,)

    Returns
    -------
    int or None
        As many as `round_edges` left them, up to six. Models of before did not round theirs:
        then as few as keep them apart. None where six do not; they are written by their first
        three digits and a power of ten.
    """
    more = _more_decimals(feature)
    for decimals in range(MAX_DECIMALS + 1):
        if all(round(float(edge), decimals + more) == edge for edge in edges):
            return decimals
    if all(float(f"{edge:.2e}") == edge for edge in edges):
        return None
    for decimals in range(1, MAX_DECIMALS + 1):
        if len(np.unique(np.round(edges, decimals + more))) == len(edges):
            return decimals
    return None


def round_edges(feature: Feature, edges: Floats, known: Floats) -> Floats:
    """Return the edges rounded up to numbers that can be printed in full.

    Parameters
    ----------
    feature : Feature
    edges : ndarray of shape (n_groups - 1,)
        The upper ends of the groups but the last, rising, each a number of its group.
    known : ndarray of shape (n,)
        The numbers that are grouped, none missing.

    Returns
    -------
    ndarray of shape (n_groups - 1,)
        Rising, with as few decimals as keep a number in every group, whole ones with none. Fewer
        edges where the first three digits do not.

    Examples
    --------
    >>> from features.matrix.definitions import attribute
    >>> size = attribute("Size", kind="fit", form="number")
    >>> round_edges(size, np.array([18.51, 54.27]), np.array([3.0, 18.51, 54.27, 54.28, 90.0]))
    array([18.6, 54.3])
    """
    if len(edges) == 0:
        return edges
    largest = known.max()
    if np.abs(edges).max() < UNREADABLE_FROM:
        more = _more_decimals(feature)
        fewest = 0 if np.array_equal(edges, np.round(edges)) else 1
        for decimals in range(fewest, MAX_DECIMALS + 1):
            rounded = np.array([_round_up(float(edge), decimals + more) for edge in edges])
            # Rounded up, each edge still has its own number below it if the next is another.
            if np.all(np.diff(rounded) > 0) and rounded[-1] < largest:
                return rounded
    shortened = np.unique([_shorten_up(float(edge)) for edge in edges])
    return np.asarray(shortened[shortened < largest], dtype=np.float64)


def _more_decimals(feature: Feature) -> int:
    return 2 if feature.recipe == "completeness" else 0


def _round_up(number: float, decimals: int) -> float:
    rounded = round(number, decimals)
    if rounded < number:
        rounded = round(rounded + 10.0**-decimals, decimals)
    return rounded + 0.0  # -0.0 would be written -0


def _shorten_up(number: float) -> float:
    """Return the least number of three digits and a power of ten that is not below `number`."""
    shown = f"{number:.2e}"
    if float(shown) < number:
        digits, power = shown.split("e")
        shown = f"{float(digits) + 0.01:.2f}e{power}"
    return float(shown)
