"""The section on three public files: the default model beside its peers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from tests.benchmarks import peers
from tests.benchmarks.cases import (
    FILES,
    SPLIT,
    Case,
    Floats,
    Problem,
    data_folder,
    make_cases,
)
from tests.benchmarks.comparison import RESAMPLES, auc_differences, figures_of
from tests.benchmarks.learners import OURS, list_learners, threads
from tests.benchmarks.peer_runs import list_peers, peers_python, run_peer
from tests.benchmarks.real_files_page import TITLE, TITLES, render
from tests.benchmarks.store import Progress, Result, Store, versions_of

__all__ = ["NAME", "TITLE", "measure", "render"]

NAME = "real_files"
SEED = 20

Runner = Callable[[], Result]


def measure(store: Store, progress: Progress) -> Result:
    """Run every row on every case and return figures, intervals, seconds and ranks."""
    data = data_folder()
    python = peers_python()
    installed = list_peers(python)
    missing = [name for name in peers.PEERS if name not in installed]
    if missing:
        progress(f"Not installed, so left out: {', '.join(missing)}")
    cases = []
    for file in FILES:
        progress(f"Reading {TITLES[file]}")
        for case in make_cases(file, data):
            cases.append(judge_case(case, run_rows(case, installed, store, progress)))
    return {
        "cases": cases,
        "missing": missing,
        "seed": SEED,
        "resamples": RESAMPLES,
        "cores": os.cpu_count(),
        "threads": threads(),
        "versions": dict(versions_of("lightgbm", "scikit-learn")),
        "peer_versions": {k: v for peer in installed.values() for k, v in peer["versions"].items()},
    }


def run_rows(
    case: Case, installed: Mapping[str, Mapping[str, Any]], store: Store, progress: Progress
) -> dict[str, Result]:
    """Return each row's probabilities and seconds, kept ones where nothing changed."""
    kept_only = bool(os.environ.get("LEADACCORD_PEERS_KEPT"))
    results: dict[str, Result] = {}
    for name, rests_on, run in list_runs(case.problem, installed):
        key = f"{case.name} {name}"
        found = store.recall(NAME, key, rests_on=rests_on)
        if found is None and not (kept_only and name in installed):
            progress(f"{case.name}: {name}")
            found = store.keep(NAME, key, rests_on=rests_on, result=run())
        if found is not None:
            results[name] = found
    return results


def list_runs(
    problem: Problem, installed: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, object, Runner]]:
    """Yield each row's name, all that its prediction rests on, and how to get it."""
    for name, learner in list_learners().items():
        yield name, learner.rests_on(problem), partial(learner.run, problem)
    for name, grounds in installed.items():
        rests_on = {"problem": problem.digest, "seed": problem.seed, **grounds}
        yield name, rests_on, partial(run_peer, peers_python(), name, problem, n_threads=threads())


def judge_case(case: Case, results: Mapping[str, Result]) -> Result:
    """Return the figures of each row; here alone the answers of the test leads are looked at."""
    y = case.answers
    predicted: dict[str, Floats] = {
        name: np.asarray(result["probabilities"], dtype=np.float64)
        for name, result in results.items()
    }
    rows: dict[str, dict[str, Any]] = {
        name: {
            **figures_of(y, p),
            "seconds": results[name]["seconds"],
            "cpu_seconds": results[name]["cpu_seconds"],
        }
        for name, p in predicted.items()
    }
    if case.origin == SPLIT:
        others = {name: p for name, p in predicted.items() if name != OURS}
        ends = auc_differences(y, predicted[OURS], others, seed=SEED)
        for name, (low, high) in ends.items():
            rows[name] |= {"low": low, "high": high}
    return {
        "file": case.file,
        "origin": case.origin,
        "n_train": len(case.problem.accepted),
        "n_test": len(y),
        "train_rate": float(case.problem.accepted.mean()),
        "test_rate": float(y.mean()),
        "rows": rows,
    }
