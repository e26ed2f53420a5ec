"""Carrying a record over: today's values in the columns of an earlier feature table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from features.matrix.definitions import Feature
from features.matrix.feature_table import FeatureTable


def carry_over(
    old: FeatureTable, matrix: np.ndarray, new: FeatureTable, values: pd.DataFrame
) -> np.ndarray:
    """Return today's records as an earlier model would have seen them.

    Parameters
    ----------
    old : FeatureTable
        Of the earlier model.
    matrix : ndarray of shape (n_leads, n_old_features)
        The records as that model saw them, encoded.
    new : FeatureTable
        By which `values` were computed.
    values : DataFrame of shape (n_leads, n_new_features)
        The same leads today, before encoding.

    Returns
    -------
    ndarray of shape (n_leads, n_old_features)
        A feature that both tables make in the same way has today's value; any other one keeps the
        value it had.
    """
    shared = [position for position, f in enumerate(old.features) if is_same(f, old, new)]
    carried = matrix.copy()
    if shared:
        part = replace(old, features=tuple(old.features[position] for position in shared))
        carried[:, shared] = part.encode(values)
    return carried


def is_same(feature: Feature, old: FeatureTable, new: FeatureTable) -> bool:
    """Return whether two tables make a feature in the same way.

    Parameters
    ----------
    feature : Feature
        Of `old`.
    old, new : FeatureTable
    """
    other = next((f for f in new.features if f.name == feature.name), None)
    if other is None or _recipe(feature) != _recipe(other):
        return False
    if feature.recipe == "completeness":
        return set(old.complete) == set(new.complete)
    if feature.name.startswith("activities:"):  # over all types but those that are ignored
        return set(old.ignored) == set(new.ignored)
    return old.kinds.get(feature.column) == new.kinds.get(feature.column)


def _recipe(feature: Feature) -> tuple[str, ...]:
    return feature.form, feature.source, feature.recipe, feature.detail
