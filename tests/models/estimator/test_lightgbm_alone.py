"""LightGBM alone: boosters work, and scikit-learn can still be loaded after it."""

from __future__ import annotations

import subprocess
import sys

ALONE = """
import sys
from models.estimator.lightgbm_alone import load_lightgbm

load_lightgbm()
assert "lightgbm" in sys.modules
assert not [name for name in sys.modules if name.partition(".")[0] == "sklearn"]
import lightgbm, numpy
data = lightgbm.Dataset(numpy.arange(40.0)[:, None], numpy.arange(40) % 2)
booster = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 2)
assert len(booster.predict(numpy.zeros((3, 1)))) == 3
import sklearn.metrics
"""
AFTER = """
import lightgbm
from models.estimator.lightgbm_alone import load_lightgbm

load_lightgbm()
assert lightgbm.LGBMClassifier().fit([[0], [1]], [0, 1])
"""


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_boosters_work_without_scikit_learn_which_may_come_later() -> None:
    run(ALONE)


def test_what_is_loaded_stays_whole() -> None:
    run(AFTER)
