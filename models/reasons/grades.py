"""Grades from contributions: a letter for who the lead is, a digit for what it did."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from features.matrix.definitions import Kind
from features.matrix.feature_table import FeatureTable
from models.arrays import Floats

STRONG = 0.10
"""Probability by which fit or behaviour must move an average lead for the outer grades."""
LETTERS = np.array(["A", "B", "C", "D"])
DIGITS = np.array(["1", "2", "3", "4"])


def grade_leads(
    contributions: Floats,
    table: FeatureTable,
    *,
    probability: Callable[[Floats], Floats],
) -> NDArray[np.str_]:
    """Grade every lead by how far its fit and its behaviour move an average lead.

    Parameters
    ----------
    contributions : ndarray of shape (n_leads, n_features + 1)
        In log-odds, base last.
    table : FeatureTable
    probability : callable
        From log-odds to calibrated probability.

    Returns
    -------
    ndarray of str, shape (n_leads,)
        "A1" to "D4": A or 1 raises the average lead's probability by 10 points or more, B or 2
        by less, C or 3 lowers it by up to 10 points, D or 4 by more.

    Examples
    --------
    >>> from scipy.special import expit
    >>> from features.matrix.definitions import attribute
    >>> from features.matrix.feature_table import FeatureTable
    >>> industry = attribute("Industry", kind="fit", form="category")
    >>> levels = {"Industry": ("(not given)", "(other)", "Retail")}
    >>> table = FeatureTable((industry,), levels, (), {}, (), {}, "time")
    >>> grade_leads(np.array([[0.9, 0.0], [-0.1, 0.0]]), table, probability=expit)
    array(['A2', 'C2'], dtype='<U2')
    """
    base = contributions[:, -1]
    average = probability(base)
    steps = []
    for kind in ("fit", "behaviour"):
        moved = probability(base + _total(contributions, table, kind)) - average
        steps.append(np.select([moved >= STRONG, moved >= 0, moved >= -STRONG], [0, 1, 2], 3))
    return np.char.add(LETTERS[steps[0]], DIGITS[steps[1]])


def _total(contributions: Floats, table: FeatureTable, kind: Kind) -> Floats:
    of_kind = [i for i, feature in enumerate(table.features) if feature.kind == kind]
    return np.asarray(contributions[:, of_kind].sum(axis=1), dtype=np.float64)
