"""The peers: what a user might take instead. Runs in an environment of their own.

Imports nothing of this project, and each peer's packages only where that peer runs.
`python peers.py list` prints the peers installed as JSON; `python peers.py run PEER FOLDER OUT`
reads a problem from the folder and writes the peer's probabilities and its seconds to OUT.

A problem is `train.parquet` and `test.parquet` (numbers as float64, categories as text) and
`problem.json` with the names of the categories, what was decided on the training leads, the seed
and the number of threads. What was decided on the test leads is not there.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

MISSING = "(missing)"


@dataclass(frozen=True)
class Problem:
    """A problem as a peer sees it; `train` and `test` are pandas frames."""

    train: Any
    accepted: Any
    test: Any
    categories: list[str]
    seed: int
    threads: int


@dataclass(frozen=True)
class Peer:
    """A peer: its module, the packages it rests on, its settings beyond the seed, its run.

    `predict` gets the problem and the settings, and returns probabilities of acceptance.
    """

    module: str
    packages: tuple[str, ...]
    settings: dict[str, Any]
    predict: Callable[[Problem, dict[str, Any]], Any]


def predict_catboost(problem: Problem, settings: dict[str, Any]) -> Any:
    from catboost import CatBoostClassifier

    train, test = (
        frame.assign(**{name: frame[name].fillna(MISSING) for name in problem.categories})
        for frame in (problem.train, problem.test)
    )
    model = CatBoostClassifier(
        random_seed=problem.seed,
        thread_count=problem.threads,
        allow_writing_files=False,
        verbose=False,
        **settings,
    )
    model.fit(train, problem.accepted, cat_features=problem.categories)
    return model.predict_proba(test)[:, 1]


def predict_ebm(problem: Problem, settings: dict[str, Any]) -> Any:
    from interpret.glassbox import ExplainableBoostingClassifier

    kinds = [
        "nominal" if name in problem.categories else "continuous" for name in problem.train.columns
    ]
    model = ExplainableBoostingClassifier(
        feature_types=kinds, random_state=problem.seed, n_jobs=problem.threads, **settings
    )
    model.fit(problem.train, problem.accepted)
    return model.predict_proba(problem.test)[:, 1]


def predict_flaml(problem: Problem, settings: dict[str, Any]) -> Any:
    from flaml import AutoML

    # Its learners differ in what they take; categories as such suit all of them.
    train = problem.train.astype(dict.fromkeys(problem.categories, "category"))
    test = problem.test.astype({name: train[name].dtype for name in problem.categories})
    model = AutoML()
    model.fit(
        train,
        problem.accepted,
        task="classification",
        seed=problem.seed,
        n_jobs=problem.threads,
        verbose=0,
        **settings,
    )
    return model.predict_proba(test)[:, 1]


def predict_autogluon(problem: Problem, settings: dict[str, Any]) -> Any:
    from autogluon.tabular import TabularPredictor

    train = problem.train.assign(__accepted__=problem.accepted)
    with tempfile.TemporaryDirectory() as folder:
        model = TabularPredictor(
            label="__accepted__",
            problem_type="binary",
            eval_metric="log_loss",  # its default, accuracy, says little of a probability
            path=folder,
            verbosity=0,
        )
        model.fit(train, num_cpus=problem.threads, num_gpus=0, **settings)
        return model.predict_proba(problem.test, as_multiclass=False).to_numpy()


PEERS = {
    "CatBoost": Peer("catboost", ("catboost",), {}, predict_catboost),
    "EBM": Peer("interpret.glassbox", ("interpret-core",), {}, predict_ebm),
    "FLAML 60 s": Peer(
        "flaml",
        ("flaml", "lightgbm", "xgboost-cpu", "catboost"),
        {"time_budget": 60, "metric": "roc_auc"},
        predict_flaml,
    ),
    "AutoGluon good": Peer(
        "autogluon.tabular",
        ("autogluon.tabular", "lightgbm", "xgboost-cpu", "catboost"),
        # Trying out whether to stack would take several times as long.
        {"presets": "good_quality", "dynamic_stacking": False, "num_stack_levels": 0},
        predict_autogluon,
    ),
}


def list_installed() -> dict[str, dict[str, Any]]:
    """Return the versions and settings of the peers that are installed here."""
    found: dict[str, dict[str, Any]] = {}
    for name, peer in PEERS.items():
        try:
            versions = {package: version(package) for package in peer.packages}
        except PackageNotFoundError:
            continue
        found[name] = {"versions": versions, "settings": peer.settings}
    return found


def read_problem(folder: Path) -> Problem:
    import pandas as pd

    rest = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    frames = []
    for part in ("train", "test"):
        frame = pd.read_parquet(folder / f"{part}.parquet")
        for name in rest["categories"]:
            text = frame[name].astype(object)
            frame[name] = text.where(text.notna(), None)
        frames.append(frame)
    return Problem(
        train=frames[0],
        accepted=pd.Series(rest["accepted"]).astype(int).to_numpy(),
        test=frames[1],
        categories=rest["categories"],
        seed=rest["seed"],
        threads=rest["threads"],
    )


def run(name: str, folder: Path) -> dict[str, Any]:
    """Return a peer's probabilities, and the seconds from the frames to these."""
    peer, problem = PEERS[name], read_problem(folder)
    import_module(peer.module)  # what its import takes is not counted
    started = time.perf_counter()
    probabilities = peer.predict(problem, peer.settings)
    return {
        "seconds": time.perf_counter() - started,
        "probabilities": [float(each) for each in probabilities],
    }


def main(arguments: list[str]) -> int:
    if arguments == ["list"]:
        print(json.dumps(list_installed()))
        return 0
    if len(arguments) == 4 and arguments[0] == "run" and arguments[1] in PEERS:
        out = Path(arguments[3])
        # Some peers write logs to the folder they are started in.
        folder = Path(arguments[2]).resolve()
        out = out.resolve()
        with tempfile.TemporaryDirectory() as place:
            os.chdir(place)
            result = run(arguments[1], folder)
            os.chdir(folder)
        out.write_text(json.dumps(result), encoding="utf-8")
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
