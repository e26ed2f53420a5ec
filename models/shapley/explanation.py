"""Shapley values as a `shap.Explanation`, which the plots of shap take as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats

if TYPE_CHECKING:
    import shap


def explain_contributions(
    contributions: Floats,
    *,
    names: Sequence[str],
    data: Floats,
    display: NDArray[np.object_],
) -> shap.Explanation:
    """Return exact Shapley values with all that a plot shows beside them.

    Parameters
    ----------
    contributions : ndarray of shape (n_leads, n_features + 1)
        In log-odds, the base last; each row adds up to the model's log-odds.
    names : sequence of str
        What readers call each feature. Where two are called alike, a number is added to the
        later ones, as plots find a feature by its name.
    data : ndarray of float64, shape (n_leads, n_features)
        What the model saw: numbers, and categories by their code.
    display : ndarray of object, shape (n_leads, n_features)
        What a reader sees: numbers, and categories by their level; None or NaN where missing.

    Returns
    -------
    shap.Explanation
        With ``values`` and ``base_values`` in log-odds before calibration, ``data``,
        ``display_data`` and ``feature_names``. One row of it is what `shap.plots.waterfall` and
        `force` draw; beeswarm, bar, scatter and heatmap draw all.

    References
    ----------
    Lundberg, Lee (2017), "A Unified Approach to Interpreting Model Predictions".

    Examples
    --------
    >>> import numpy as np
    >>> found = explain_contributions(
    ...     np.array([[0.5, -0.2, -1.0]]),
    ...     names=["Source", "Visits"],
    ...     data=np.array([[2.0, 7.0]]),
    ...     display=np.array([["Web", 7.0]], dtype=object),
    ... )
    >>> found.shape, found.feature_names, found.display_data[0].tolist()
    ((1, 2), ['Source', 'Visits'], ['Web', 7.0])
    """
    import shap

    return shap.Explanation(
        values=contributions[:, :-1],
        base_values=contributions[:, -1].copy(),
        data=data,
        display_data=display,
        feature_names=number_repeated(names),
    )


def number_repeated(names: Sequence[str]) -> list[str]:
    """Return names that differ: the second "Source" becomes "Source (2)"."""
    seen: Counter[str] = Counter()
    result: list[str] = []
    for name in names:
        unique = name
        while unique in result:
            seen[name] += 1
            unique = f"{name} ({seen[name] + 1})"
        result.append(unique)
    return result
