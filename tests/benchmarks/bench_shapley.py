"""How fast exact Shapley values are, beside LightGBM's own and WOODELF's."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.estimator.components import Hyperparameters, learn
from models.shapley.kernel import ShapleyKernel
from tests.benchmarks import woodelf_peer
from tests.benchmarks.bench import Row, Speeds, compare, time_in_turn
from tests.benchmarks.store import Progress

NAME = "shapley"
TITLE = "Exact Shapley values"

ROOT = Path(__file__).resolve().parents[2]
N_ROWS, N_SAMPLE, N_TRAIN = 200_000, 4_000, 40_000
THREADS = 2
ROUNDS, WOODELF_ROUNDS = 5, 3
LEVELS = (5, 8, 12, 20, 40, 80, 150, 300)
N_NUMBERS, N_GAPPY = 24, 10
CATEGORIES = tuple(range(N_NUMBERS, N_NUMBERS + len(LEVELS)))

Floats = NDArray[np.float64]


def measure(progress: Progress) -> Speeds:
    """Compare on the reference model, on a model without categories, and on the default one."""
    model = train_reference(CATEGORIES)
    plain = train_reference((), max_depth=6)
    rows = [
        *_beside_lightgbm("reference model", model, 30.0, progress),
        _tables("reference model: tables made", model, progress),
        *_beside_lightgbm("no categories, depth 6", plain, None, progress),
        *_beside_woodelf("no categories, depth 6", plain, progress),
        _whole_model(progress),
    ]
    return Speeds(rows, [NOTE, NOTE_WOODELF])


NOTE = (
    f"{N_ROWS:,} rows, {THREADS} threads, {ROUNDS} rounds. The reference model has 300 trees of "
    f"31 leaves on {N_NUMBERS} numbers, {N_GAPPY} of them missing in 30 % of the rows, and "
    f"{len(LEVELS)} categories of {LEVELS[0]} to {LEVELS[-1]} levels. LightGBM's "
    f"`predict(pred_contrib=True)` is timed on {N_SAMPLE:,} of the rows and multiplied. The tables "
    "are made once for a model and are not part of the seconds of the other rows; theirs are the "
    "processor time of one core, with code that has been compiled before. The default model is "
    "that of `leadaccord train`, 150 trees of 7 leaves and the line; its row is the time of both "
    "parts together."
)
NOTE_WOODELF = (
    f"WOODELF ([woodelf-explainer](https://pypi.org/project/woodelf-explainer/), "
    f"{WOODELF_ROUNDS} rounds) runs in an environment of its own, which `make bench-peers` makes, "
    "with its model loaded and a few rows explained before. Of its ways to explain by the paths "
    "on a processor (its own choice, the one for deep trees, the sparse one; in one thread, as it "
    "comes, and with the rows split over two), the fastest in the first round is compared."
)


def draw_rows(n: int, seed: int, *, categories: bool) -> tuple[Floats, Floats]:
    """Return rows like those of the reference model's table, and what happened to them."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(n, N_NUMBERS))
    numbers[:, :N_GAPPY][rng.random((n, N_GAPPY)) < 0.3] = np.nan
    codes = np.column_stack([rng.integers(0, levels, n) for levels in LEVELS])
    known = np.nan_to_num(numbers)
    effects = [np.random.default_rng(levels).normal(size=levels) for levels in LEVELS]
    score = known @ (0.5 / (1.0 + 0.2 * np.arange(N_NUMBERS)))
    score += np.sin(2 * known[:, 20]) * known[:, 3] + 0.7 * np.isnan(numbers[:, 0])
    score += 0.5 * sum(effect[codes[:, j]] for j, effect in enumerate(effects))
    accepted = (rng.random(n) < expit(score)).astype(np.float64)
    return np.column_stack([numbers, codes]) if categories else numbers, accepted


def train_reference(categories: Sequence[int], *, max_depth: int = -1) -> Any:
    """Return the reference model."""
    import lightgbm

    X, y = draw_rows(N_TRAIN, 1, categories=bool(categories))
    parameters = {
        "objective": "binary", "num_leaves": 31, "learning_rate": 0.05, "max_depth": max_depth,
        "seed": 1, "deterministic": True, "force_row_wise": True, "num_threads": THREADS,
        "verbosity": -1,
    }  # fmt: skip
    data = lightgbm.Dataset(X, y, categorical_feature=list(categories), params=parameters)
    return lightgbm.train(parameters, data, 300)


def _beside_lightgbm(
    work: str, model: Any, to_reach: float | None, progress: Progress
) -> list[Row]:
    progress(f"{work}, beside LightGBM")
    X, _ = draw_rows(N_ROWS, 2, categories=model.num_feature() > N_NUMBERS)
    kernel = ShapleyKernel(model)
    _agree(kernel.contributions(X, n_threads=THREADS), model, X)
    seconds = time_in_turn(
        lambda: kernel.contributions(X, n_threads=THREADS),
        lambda: model.predict(X[:N_SAMPLE], pred_contrib=True, num_threads=THREADS),
        rounds=ROUNDS,
        progress=progress,
    )
    scaled = [(own, other * N_ROWS / N_SAMPLE) for own, other in seconds]
    return [compare(work, "LightGBM's pred_contrib", scaled, to_reach=to_reach)]


def _agree(found: Floats, model: Any, X: Floats) -> None:
    own = model.predict(X[:200], pred_contrib=True, num_threads=THREADS)
    np.testing.assert_allclose(found[:200], own, atol=1e-5)


def _tables(work: str, model: Any, progress: Progress) -> Row:
    progress(work)
    X, _ = draw_rows(1, 2, categories=True)

    def make() -> float:
        started = time.process_time()
        ShapleyKernel(model).contributions(X, n_threads=1, route="compiled")
        return time.process_time() - started

    make()  # compiles, or loads what was compiled
    taken = median(make() for _ in range(ROUNDS))
    return Row(work, "", f"{taken:.2f} s", "1 s", "")


def _beside_woodelf(work: str, model: Any, progress: Progress) -> list[Row]:
    """Return no row where the peers' environment is not there."""
    python = Path(os.environ.get("LEADACCORD_BENCH") or ROOT / ".venv-bench") / "bin" / "python"
    if not python.exists():
        progress("WOODELF is left out: make bench-peers sets it up")
        return []
    progress(f"{work}, beside WOODELF")
    X, _ = draw_rows(N_ROWS, 2, categories=False)
    kernel = ShapleyKernel(model)
    expected = kernel.contributions(X, n_threads=THREADS)
    seconds = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model.save_model(folder / "model.txt")
        np.save(folder / "rows.npy", X)
        ways = list(woodelf_peer.WAYS)
        for number in range(WOODELF_ROUNDS):
            started = time.perf_counter()
            kernel.contributions(X, n_threads=THREADS)
            own = time.perf_counter() - started
            taken = run_woodelf(python, folder, ways)
            ways = [min(taken, key=lambda way: taken[way])]
            values = np.load(folder / "values.npy")
            np.testing.assert_allclose(values, expected[: len(values), :-1], atol=1e-4)
            seconds.append((own, taken[ways[0]]))
            listed = ", ".join(f"{way} {s:.1f} s" for way, s in taken.items())
            progress(f"round {number + 1} of {WOODELF_ROUNDS}: {own:.2f} s; {listed}")
    return [compare(work, f"WOODELF, {ways[0]}", seconds, to_reach=4.0)]


def run_woodelf(python: Path, folder: Path, ways: Sequence[str]) -> dict[str, float]:
    """Return the seconds that WOODELF takes in each of these ways."""
    import json

    ran = subprocess.run(
        [str(python), woodelf_peer.__file__, str(folder), *ways],
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": str(THREADS)},
        capture_output=True,
        check=False,
        text=True,
    )
    if ran.returncode != 0:
        raise RuntimeError(f"woodelf_peer.py failed:\n{ran.stderr[-2000:]}")
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _whole_model(progress: Progress) -> Row:
    progress("default model, beside LightGBM")
    parts = learn(
        *draw_rows(N_TRAIN, 1, categories=True), CATEGORIES, Hyperparameters(), threads=THREADS
    )
    X, _ = draw_rows(N_ROWS, 2, categories=True)
    parts.contributions(X, threads=THREADS)

    def with_lightgbm() -> None:
        sample = X[:N_SAMPLE]
        trees = parts.booster.predict(sample, pred_contrib=True, num_threads=THREADS)
        parts.linear.contributions(sample) + np.asarray(trees)

    seconds = time_in_turn(
        lambda: parts.contributions(X, threads=THREADS),
        with_lightgbm,
        rounds=ROUNDS,
        progress=progress,
    )
    scaled = [(own, other * N_ROWS / N_SAMPLE) for own, other in seconds]
    return compare("default model, with its line", "LightGBM's and the line", scaled, to_reach=None)
