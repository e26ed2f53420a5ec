"""Plans of features for tests."""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.contract.tables import Tables
from features.matrix.feature_table import FeatureTable
from features.matrix.planning import plan_features

N = 120


def small(n: int = N, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns or {"industry": ["Foods", "Media"] * (n // 2)})


def plan(tables: Tables) -> tuple[FeatureTable, pd.DataFrame]:
    table, values, _ = plan_features(tables, tables.episodes.index, omit={})
    return table, values
