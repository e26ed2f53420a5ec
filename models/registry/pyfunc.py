"""MLflow model: a folder in, probabilities out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.matrix.feature_table import FeatureTable
from features.settings.schema import to_value_text
from models.artifact.bundle import ModelBundle
from models.artifact.folder import load_bundle

OUTPUTS = ("probability", "probability_low", "probability_high")


class LeadQualityPyfunc:
    """Scores rows of the feature matrix.

    Parameters
    ----------
    bundle : ModelBundle
    """

    def __init__(self, bundle: ModelBundle) -> None:
        self._bundle = bundle

    def predict(
        self, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return calibrated probabilities.

        Parameters
        ----------
        model_input : DataFrame
            Columns named like the features; numbers as doubles, categories as text, either may
            be missing. A column that is not there counts as missing throughout.
        params : dict, optional
            Accepted for MLflow's sake; there are none.

        Returns
        -------
        DataFrame
            ``probability``, ``probability_low``, ``probability_high``.
        """
        matrix = self._bundle.table.encode(coerce_values(model_input, self._bundle.table))
        model = self._bundle.model
        low, high = model.predict_interval(matrix)
        columns = (model.predict_proba(matrix)[:, 1], low, high)
        return pd.DataFrame(dict(zip(OUTPUTS, columns, strict=True)), index=model_input.index)


def coerce_values(frame: pd.DataFrame, table: FeatureTable) -> pd.DataFrame:
    """Return the features as doubles and texts, whatever types a server made of them.

    Parameters
    ----------
    frame : DataFrame
        Columns that are not features are ignored, features without a column are missing.
    table : FeatureTable

    Returns
    -------
    DataFrame
        As `FeatureTable.encode` takes them, same index.
    """
    columns = {}
    for feature in table.features:
        if feature.name in frame:
            column = frame[feature.name]
        else:
            column = pd.Series(None, index=frame.index, dtype=object)
        if feature.form == "number":
            columns[feature.name] = pd.to_numeric(column, errors="coerce").astype(np.float64)
        else:
            text = column.astype(object).map(_to_text, na_action="ignore")
            columns[feature.name] = text.where(text.notna(), None)
    return pd.DataFrame(columns, index=frame.index)


def make_signature(table: FeatureTable) -> Any:
    """Return MLflow's description of what goes in and what comes out.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    mlflow.models.ModelSignature
        Optional doubles and texts only: servers turn whole numbers into either.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    types = {"number": DataType.double, "category": DataType.string}
    inputs = [ColSpec(types[f.form], f.name, required=False) for f in table.features]
    outputs = [ColSpec(DataType.double, name) for name in OUTPUTS]
    return ModelSignature(Schema([*inputs]), Schema([*outputs]))


def make_example(table: FeatureTable) -> pd.DataFrame:
    """Return one row to copy from: zeros and the commonest levels, no lead's own values.

    Parameters
    ----------
    table : FeatureTable
    """
    values: dict[str, float | str] = {}
    for feature in table.features:
        if feature.form == "number":
            values[feature.name] = 0.0
        else:
            # Behind the level for "not given" and the one for "other" stand the known ones.
            levels = table.levels[feature.name]
            values[feature.name] = levels[min(2, len(levels) - 1)]
    return pd.DataFrame([values])


def _to_text(value: object) -> str | None:
    """Return a category as the source of leads writes it: 1 for 1.0, nothing for blanks."""
    if isinstance(value, np.generic):
        value = value.item()
    return str(to_value_text(value)).strip() or None


def _load_pyfunc(path: str) -> LeadQualityPyfunc:
    """Load the model from its folder; MLflow calls this by its name."""
    return LeadQualityPyfunc(load_bundle(Path(path)))
