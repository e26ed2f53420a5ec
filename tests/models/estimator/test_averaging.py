"""Averaged boosters: one booster that predicts the mean, and explains it exactly."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from models.estimator.averaging import average
from models.shapley.kernel import ShapleyKernel


def draw(n: int = 1_500) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    X[:, 0] = rng.integers(0, 30, n)
    X[rng.random(X.shape) < 0.1] = np.nan
    y = np.nan_to_num(X[:, 1] * X[:, 2]) + (X[:, 0] % 3 == 0) + rng.normal(size=n) > 0
    return X, y.astype(float)


def grow(leaves: int, n_trees: int = 15) -> lightgbm.Booster:
    X, y = draw()
    parameters = {
        "objective": "binary",
        "boost_from_average": False,
        "num_leaves": leaves,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(X, y, categorical_feature=[0], params=parameters)
    booster = lightgbm.Booster(parameters, data)
    for _ in range(n_trees):
        booster.update()
    return booster.free_dataset()


@pytest.fixture(scope="module")
def boosters() -> list[lightgbm.Booster]:
    return [grow(4), grow(31), grow(2, n_trees=3)]


@pytest.mark.parametrize("count", [2, 3])
def test_the_average_predicts_the_mean(boosters: list[lightgbm.Booster], count: int) -> None:
    X, _ = draw()
    one = average(boosters[:count])
    means = np.mean([each.predict(X, raw_score=True) for each in boosters[:count]], axis=0)
    assert one.predict(X, raw_score=True) == pytest.approx(means, abs=1e-12)
    assert one.num_trees() == sum(each.num_trees() for each in boosters[:count])
    again = lightgbm.Booster(model_str=one.model_to_string())
    assert again.model_to_string() == one.model_to_string()


@pytest.mark.parametrize("route", ["lightgbm", "compiled"])
def test_its_shapley_values_are_the_means(boosters: list[lightgbm.Booster], route: str) -> None:
    X, _ = draw()
    parts = [each.predict(X, pred_contrib=True) for each in boosters]
    found = ShapleyKernel(average(boosters)).contributions(X, n_threads=1, route=route)
    assert found == pytest.approx(np.mean(parts, axis=0), abs=1e-9)


def test_a_single_booster_stays_as_it_is(boosters: list[lightgbm.Booster]) -> None:
    assert average(boosters[:1]) is boosters[0]
