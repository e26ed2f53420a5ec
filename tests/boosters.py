"""Small LightGBM models of every kind, and the Shapley values of their definition."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import strategies as st

ZERO = float(np.float32(1e-35))
MISSING_OR_HUGE = (np.nan, np.inf, -np.inf, 1e300, -1e300)
ABOUT_ZERO = (0.0, -0.0, 5e-324, 1e-36, -1e-36, 1e-34, -1e-34, ZERO, -ZERO)
CODES = (-1.0, -0.5, 0.5, 0.999, 1.5, 31.9, 32, 63, 64, 1e5, 1e10)
ENDS_OF_INTEGERS = (2.0**31 - 1, 2.0**31, 2.0**32 + 1, -(2.0**31), -(2.0**31) - 1)
ODD = np.array([*MISSING_OR_HUGE, *ABOUT_ZERO, *CODES, *ENDS_OF_INTEGERS])
"""Values at which decisions may turn: missing, next to zero, and codes that nobody knows."""

COMPILED_MODULES = ("bins", "paths", "tables", "groups", "loops")


def train(
    X: np.ndarray, y: np.ndarray, n_trees: int = 5, *, categories: tuple[int, ...] = (), **more: Any
) -> Any:
    """A model that splits wherever it can."""
    parameters = {
        "objective": "regression", "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0,
        "min_data_per_group": 1, "cat_smooth": 0, "cat_l2": 0, "min_data_in_bin": 1,
        "verbosity": -1, "num_threads": 1, "seed": 1, **more,
    }  # fmt: skip
    data = lightgbm.Dataset(
        X, y, categorical_feature=list(categories), params=parameters, free_raw_data=False
    )
    return lightgbm.train(parameters, data, n_trees)


@st.composite
def problems(draw: st.DrawFn, most_features: int = 6) -> tuple[Any, np.ndarray]:
    """A model of any kind and rows to ask it about, odd ones among them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, n_features = draw(st.integers(4, 200)), draw(st.integers(1, most_features))
    categories = [j for j in range(n_features) if draw(st.booleans())]
    X = np.column_stack(
        [
            rng.integers(0, draw(st.sampled_from([2, 5, 40, 300])), n)
            if j in categories
            else draw_numbers(rng, n, draw(st.sampled_from(["normal", "whole", "zeros", "tiny"])))
            for j in range(n_features)
        ]
    ).astype(float)
    X[rng.random(X.shape) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
    y = rng.normal(size=n) + np.nan_to_num(X[:, 0]).clip(-3, 3)
    model = train(
        X,
        y,
        draw(st.integers(1, 6)),
        categories=tuple(categories),
        num_leaves=draw(st.sampled_from([2, 5, 31])),
        min_data_in_leaf=draw(st.sampled_from([1, 20])),
        use_missing=draw(st.booleans()),
        zero_as_missing=draw(st.booleans()),
        max_cat_to_onehot=draw(st.sampled_from([1, 4, 400])),
        boost_from_average=draw(st.booleans()),
        boosting=draw(st.sampled_from(["gbdt", "dart", "rf"])),
        bagging_fraction=0.7,
        bagging_freq=1,
    )
    if draw(st.booleans()):
        model = model.refit(X, y + 1)
    if draw(st.booleans()):
        model = lightgbm.Booster(model_str=model.model_to_string())
    asked = [
        X[rng.integers(0, n, 20)],
        rng.choice(ODD, size=(30, n_features)),
        rng.integers(-2, 320, (10, n_features)),
        rng.normal(size=(10, n_features)),
    ]
    return model, np.concatenate(asked).astype(float)


def draw_numbers(rng: np.random.Generator, n: int, kind: str) -> np.ndarray:
    """Numbers with ties, with zeros, or so small that they count as zero."""
    normal = rng.normal(size=n)
    if kind == "whole":
        return np.round(normal)
    if kind == "zeros":
        return np.where(rng.random(n) < 0.5, 0.0, normal)
    return normal * 1e-35 if kind == "tiny" else normal


@contextmanager
def interpreted() -> Iterator[None]:
    """Within it the compiled functions run as the Python they are written in."""
    import importlib

    with pytest.MonkeyPatch.context() as patch, np.errstate(over="ignore"):
        for name in COMPILED_MODULES:
            module = importlib.import_module(f"models.shapley.{name}")
            for key, value in vars(module).items():
                if hasattr(value, "py_func"):
                    patch.setattr(module, key, value.py_func)
        yield


def enumerate_shapley(model: Any, row: np.ndarray) -> np.ndarray:
    """Shapley values by their definition: every subset of features, every tree, from its JSON."""
    trees = [tree["tree_structure"] for tree in model.dump_model()["tree_info"]]
    n = len(row)

    def worth(known: frozenset[int]) -> float:
        return sum(expect(tree, row, known) for tree in trees)

    values = np.zeros(n + 1)
    for feature in range(n):
        others = [j for j in range(n) if j != feature]
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for chosen in itertools.combinations(others, size):
                gain = worth(frozenset({*chosen, feature})) - worth(frozenset(chosen))
                values[feature] += weight * gain
    values[n] = worth(frozenset())
    return values


def expect(node: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
    """The value of a tree, averaged over the training rows where a feature is not known."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    sides = [node["left_child"], node["right_child"]]
    if node["split_feature"] in known:
        return expect(sides[0 if turns_left(node, row) else 1], row, known)
    counts = [side.get("internal_count", side.get("leaf_count")) for side in sides]
    parts = [count * expect(side, row, known) for count, side in zip(counts, sides, strict=True)]
    return sum(parts) / node["internal_count"]


def turns_left(node: dict[str, Any], row: np.ndarray) -> bool:
    """LightGBM's decision, read from the JSON of a split."""
    value, missing = float(row[node["split_feature"]]), node["missing_type"]
    if node["decision_type"] == "==":
        levels = {int(level) for level in node["threshold"].split("||")}
        return math.isfinite(value) and abs(value) < 2**31 and int(value) in levels
    if abs(value) <= ZERO or (math.isnan(value) and missing != "NaN"):
        value = 0.0  # LightGBM reads rows so
    if math.isnan(value) or (missing == "Zero" and value == 0.0):
        return bool(node["default_left"])
    return value <= read_threshold(node)


def read_threshold(node: dict[str, Any]) -> float:
    """The threshold of a split of numbers, read from its JSON."""
    # JSON knows no infinity, which parts numbers from missing ones; LightGBM writes 1e300.
    told = float(node["threshold"])
    return math.inf if told == 1e300 else told
