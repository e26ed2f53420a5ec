"""The logistic regression that every model has to beat."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from features.matrix.feature_table import FeatureTable
from models.estimator.baseline import INVERSE_PENALTY, predict_logistic
from tests.tables import make_table

BOTH = make_table({"industry": ["Foods", "Media"]}, ["visits", "employees"])
ONLY_CATEGORIES = make_table({"industry": ["Foods", "Media"]})
ONLY_NUMBERS = make_table({}, ["visits", "employees"])


def draw(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    matrix = np.column_stack(
        [rng.integers(0, 4, n), rng.poisson(3, n), rng.lognormal(4, 1, n)]
    ).astype(float)
    chance = 0.2 + 0.15 * (matrix[:, 0] == 2) + 0.05 * np.minimum(matrix[:, 1], 8)
    accepted = (rng.random(n) < chance).astype(float)
    matrix[rng.random(n) < 0.2, 2] = np.nan
    return matrix, accepted


@pytest.mark.parametrize(
    ("table", "columns"), [(BOTH, [0, 1, 2]), (ONLY_CATEGORIES, [0]), (ONLY_NUMBERS, [1, 2])]
)
def test_it_is_the_pipeline_anyone_would_write(table: FeatureTable, columns: list[int]) -> None:
    train, accepted = draw(600, 1)
    test, _ = draw(200, 2)
    train, test = train[:, columns], test[:, columns]
    found = predict_logistic(train, accepted, test, table)
    design, design_test = by_hand(train, train, table), by_hand(train, test, table)
    regression = LogisticRegression(C=INVERSE_PENALTY, max_iter=5_000, tol=1e-10).fit(
        design, accepted
    )
    np.testing.assert_allclose(found, regression.predict_proba(design_test)[:, 1], atol=1e-4)


def by_hand(train: np.ndarray, leads: np.ndarray, table: FeatureTable) -> np.ndarray:
    """Impute, flag, scale and spread out, one column after the other."""
    columns = []
    for position, feature in enumerate(table.features):
        known, values = train[:, position], leads[:, position]
        if feature.form == "category":
            columns += [(values == level).astype(float) for level in np.unique(known)]
            continue
        middle = np.nanmedian(known)
        pairs = [
            (np.where(np.isnan(known), middle, known), np.where(np.isnan(values), middle, values))
        ]
        if np.isnan(known).any():
            pairs.append((np.isnan(known).astype(float), np.isnan(values).astype(float)))
        columns += [(value - base.mean()) / base.std() for base, value in pairs]
    return np.column_stack(columns)


def test_levels_and_gaps_unseen_in_training_are_no_trouble() -> None:
    train, accepted = draw(300, 1)
    train = train[(train[:, 0] != 3) & ~np.isnan(train[:, 2])]
    accepted = accepted[: len(train)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = predict_logistic(train, accepted, np.array([[3.0, np.nan, np.nan]]), BOTH)
    assert found.shape == (1,) and 0 < found[0] < 1
