"""The rows that need no environment of their own: the model itself, and its plain peers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.cases import Floats, Problem
from tests.benchmarks.store import Result, digest_of_code, versions_of

ROOT = Path(__file__).resolve().parents[2]
OURS = "Leadaccord"
MISSING = "(missing)"

RECIPE: Mapping[str, Any] = {
    "n_estimators": 300,
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_child_samples": 40,
    "colsample_bytree": 0.5,
    "subsample": 0.8,
    "subsample_freq": 1,
    "reg_lambda": 5.0,
    "cat_smooth": 50.0,
    "cat_l2": 50.0,
}
TREES = (50, 100, 200, 400)
"""What the trees on a linear start choose from, by log-loss on the newest training leads."""
NEWEST = 0.2


@dataclass(frozen=True)
class Learner:
    """A row of the table.

    Attributes
    ----------
    predict : callable
        From a problem to the probabilities of its test leads.
    settings : mapping of str to object
        As JSON types; a kept result holds as long as these and the versions stay.
    packages : tuple of str
        Whose versions count.
    """

    predict: Callable[[Problem], Floats]
    settings: Mapping[str, Any] = field(default_factory=dict)
    packages: tuple[str, ...] = ("lightgbm", "scikit-learn")

    def rests_on(self, problem: Problem) -> dict[str, Any]:
        """Return all that the prediction depends on."""
        return {
            "problem": problem.digest,
            "seed": problem.seed,
            "settings": dict(self.settings),
            "versions": dict(versions_of(*self.packages)),
        }

    def run(self, problem: Problem) -> Result:
        """Return the probabilities, and the seconds from the frames to these."""
        import lightgbm  # noqa: F401  # what its import takes is not counted
        import sklearn.linear_model  # noqa: F401

        wall, cpu = time.perf_counter(), time.process_time()
        probabilities = self.predict(problem)
        return {
            "seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - cpu,
            "probabilities": [float(each) for each in probabilities],
        }


def threads() -> int:
    """Return how many threads every row may use."""
    return int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


def predict_ours(problem: Problem) -> Floats:
    """Fit the default model as training does, and return its probabilities."""
    from models.estimator.components import Hyperparameters
    from models.estimator.lead_quality import LeadQualityModel

    table = problem.table
    model = LeadQualityModel(Hyperparameters(seed=problem.seed)).fit(
        table.encode(problem.train),
        problem.accepted,
        categories=table.categories,
        ordered=problem.ordered,
    )
    return np.asarray(model.predict_proba(table.encode(problem.test))[:, 1], dtype=np.float64)


def predict_logistic(problem: Problem, *, inverse_penalty: float = 0.3) -> Floats:
    """Fit a logistic regression on one column per level, rare levels pooled."""
    regression = make_logistic(problem, inverse_penalty=inverse_penalty)
    regression.fit(_fill(problem, problem.train), problem.accepted)
    probabilities = regression.predict_proba(_fill(problem, problem.test))
    return np.asarray(probabilities[:, 1], dtype=np.float64)


def predict_lightgbm(problem: Problem, **settings: Any) -> Floats:
    """Fit LightGBM with categories as such."""
    import lightgbm

    train, test = _code_levels(problem)
    model = lightgbm.LGBMClassifier(
        random_state=problem.seed, n_jobs=threads(), verbosity=-1, **settings
    )
    model.fit(train, problem.accepted)
    return np.asarray(model.predict_proba(test), dtype=np.float64)[:, 1]


def predict_stacked(problem: Problem) -> Floats:
    """Grow trees on what a cross-fitted logistic regression leaves over."""
    from scipy.special import expit
    from sklearn.model_selection import KFold, cross_val_predict

    regression = make_logistic(problem, inverse_penalty=0.1)
    known, y = _fill(problem, problem.train), problem.accepted
    folds = KFold(5, shuffle=True, random_state=problem.seed)
    # Each lead's start comes from leads other than itself, as it will for new leads.
    start = cross_val_predict(regression, known, y, cv=folds, method="decision_function")
    train, test = _code_levels(problem)
    n_trees = _choose_trees(problem, train, start)
    rest = _grow(problem, train, y, start, n_trees)
    linear = regression.fit(known, y).decision_function(_fill(problem, problem.test))
    return np.asarray(expit(linear + rest.predict(test, raw_score=True)), dtype=np.float64)


def make_logistic(problem: Problem, *, inverse_penalty: float) -> Any:
    """Return the untrained pipeline: scaled numbers, medians for gaps, levels under 10 pooled."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in problem.train.columns if name not in problem.categories]
    levels = OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist")
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    columns = ColumnTransformer(
        [("numbers", scaled, numbers), ("levels", levels, problem.categories)]
    )
    return make_pipeline(columns, LogisticRegression(C=inverse_penalty, max_iter=2_000))


def _choose_trees(problem: Problem, train: pd.DataFrame, start: Floats) -> int:
    """Choose the number of trees on the newest training leads."""
    from scipy.special import expit
    from sklearn.metrics import log_loss

    y = problem.accepted
    cut = round((1 - NEWEST) * len(y))
    trees = _grow(problem, train[:cut], y[:cut], start[:cut], max(TREES))

    def loss(n_trees: int) -> float:
        rest = trees.predict(train[cut:], raw_score=True, num_iteration=n_trees)
        return float(log_loss(y[cut:], expit(start[cut:] + rest), labels=[0, 1]))

    return min(TREES, key=loss)


def _grow(problem: Problem, train: pd.DataFrame, y: Floats, start: Floats, n_trees: int) -> Any:
    import lightgbm

    settings = {name: value for name, value in RECIPE.items() if name != "n_estimators"}
    settings |= {"objective": "binary", "seed": problem.seed, "num_threads": threads()}
    data = lightgbm.Dataset(train, label=y, init_score=start)
    return lightgbm.train({**settings, "verbosity": -1}, data, num_boost_round=n_trees)


def _fill(problem: Problem, frame: pd.DataFrame) -> pd.DataFrame:
    """Give missing categories a level of their own."""
    return frame.assign(**{name: frame[name].fillna(MISSING) for name in problem.categories})


def _code_levels(problem: Problem) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both parts with the training part's levels; any other level counts as missing."""
    train, test = problem.train.copy(), problem.test.copy()
    for name in problem.categories:
        levels = sorted(train[name].dropna().unique())
        for part in (train, test):
            part[name] = pd.Categorical(part[name].where(part[name].isin(levels)), levels)
    # LightGBM refuses names with the signs that JSON uses.
    train.columns = test.columns = pd.Index([f"c{i}" for i in range(train.shape[1])])
    return train, test


@cache
def list_learners() -> dict[str, Learner]:
    """Return the rows by name, the model itself first."""
    return {
        OURS: Learner(
            predict_ours,
            {"code": digest_of_code(ROOT)},
            ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy"),
        ),
        "logistic": Learner(predict_logistic, {"C": 0.3}),
        "LightGBM defaults": Learner(predict_lightgbm),
        "LightGBM recipe": Learner(lambda problem: predict_lightgbm(problem, **RECIPE), RECIPE),
        "logistic + trees": Learner(
            predict_stacked, {"C": 0.1, "trees": list(TREES), "newest": NEWEST, **RECIPE}
        ),
    }
