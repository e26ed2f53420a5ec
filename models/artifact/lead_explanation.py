"""Shapley values of leads as a `shap.Explanation`, by the names that readers know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.language import Language
from models.artifact.bundle import ModelBundle
from models.reasons.sentences import label_of
from models.shapley.explanation import explain_contributions

if TYPE_CHECKING:
    import shap


def explain_leads(
    bundle: ModelBundle, values: pd.DataFrame, language: Language
) -> shap.Explanation:
    """Return the exact Shapley values of leads, ready for `shap.plots`.

    Parameters
    ----------
    bundle : ModelBundle
    values : DataFrame of shape (n_leads, n_features)
        The computed features.
    language : Language
        Of the features' names.

    Returns
    -------
    shap.Explanation
        In log-odds before calibration; see `models.shapley.explanation`.
    """
    matrix = bundle.table.encode(values)
    return explain_contributions(
        bundle.model.contributions(matrix),
        names=[label_of(feature, language) for feature in bundle.table.features],
        data=matrix,
        display=_show(values[bundle.table.names]),
    )


def _show(values: pd.DataFrame) -> np.ndarray:
    """Return numbers and texts as objects, None where a text is missing."""
    shown = np.empty(values.shape, dtype=object)
    for place in range(values.shape[1]):
        column = values.iloc[:, place]
        if pd.api.types.is_numeric_dtype(column.dtype):
            shown[:, place] = column.to_numpy(dtype=np.float64)
        else:
            texts = column.astype(object)
            shown[:, place] = texts.where(texts.notna(), None).to_numpy()
    return shown
