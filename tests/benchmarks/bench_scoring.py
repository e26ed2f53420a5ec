"""How fast a million leads are scored, beside the bare model and a plain script; and how large."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks.store import Progress

if TYPE_CHECKING:
    import pyarrow as pa

    from models.artifact.bundle import ModelBundle
    from tests.benchmarks.bench import Row, Speeds

NAME = "scoring"
TITLE = "Scoring"

ROOT = Path(__file__).resolve().parents[2]
N_LEADS, N_LARGE, N_SCRIPT, N_FEW = 1_000_000, 10_000_000, 20_000, 100
ROUNDS, FEW_ROUNDS = 3, 5
_CHUNK = 100_000

NOTE = (
    f"{N_LEADS:,} leads from Parquet to Parquet with all reasons, {ROUNDS} rounds; each side is a "
    "process of its own, timed as a whole except for the bare model, whose matrix is already in "
    "memory. The model is the reference model of the section before, of 300 trees and 31 leaves, "
    "with its line. The plain script predicts with LightGBM, explains with `shap.TreeExplainer` "
    f"and writes reasons lead by lead, for {N_SCRIPT:,} leads; its time is multiplied. Memory is "
    "the largest resident set of the process."
)


def measure(progress: Progress) -> Speeds:
    """Score as a user does, beside those who only predict or only script."""
    from tests.benchmarks.bench import Speeds

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        progress("making the model and the leads")
        prepare(folder, N_LEADS)
        rows, peak = compare_speed(folder, progress)
        rows += [*measure_memory(folder, peak, progress), start_cold(folder, progress)]
    return Speeds(rows, [NOTE])


def prepare(folder: Path, n: int) -> None:
    """Make a project with the reference model in use, and leads to score."""
    from features.settings.load import load_settings
    from models.artifact.folder import save_bundle
    from models.registry.champion import models_folder
    from models.registry.training_runs import log_training
    from serve.scoring.mlflow_model import describe_model

    write_leads(folder / "leads.parquet", n)
    draw_leads(0, N_FEW).to_pandas().to_csv(folder / "few.csv", index=False)
    (folder / "leadaccord.toml").write_text(
        '[project]\nname = "bench"\n[tables]\nleads = "few.csv"\n[leads]\nid = "Id"\n'
        'handed_over_at = "At"\n[decision]\ncolumn = "Status"\naccepted = ["yes"]\n'
        'rejected = ["no"]\n',
        "utf-8",
    )
    settings = load_settings(folder / "leadaccord.toml")
    bundle = save_bundle(make_bundle(), models_folder(settings))
    (folder / "plots").mkdir()
    log_training(
        settings,
        bundle,
        describe_model(settings, bundle, folder / "served", handed_over_at="At"),
        parameters={},
        metrics={},
        tags={},
        artifacts=folder / "plots",
        put_in_use=True,
    )


def make_bundle() -> ModelBundle:
    """Return the reference model as `leadaccord train` would keep it."""
    from dataclasses import replace

    from features.matrix.definitions import NOT_GIVEN, OTHER, attribute
    from features.matrix.feature_table import FeatureTable
    from models.artifact.bundle import ModelBundle
    from models.estimator.calibration import Calibration
    from models.estimator.components import Hyperparameters, learn
    from models.estimator.lead_quality import LeadQualityModel
    from models.reasons.acceptance_by_value import tabulate
    from tests.benchmarks.bench_shapley import LEVELS, N_NUMBERS, N_TRAIN, draw_rows

    numbers = [attribute(f"n{i}", kind="behaviour", form="number") for i in range(N_NUMBERS)]
    words = [attribute(f"c{i}", kind="fit", form="category") for i in range(len(LEVELS))]
    levels = {
        feature.name: (NOT_GIVEN, OTHER, *(f"level {code}" for code in range(size)))
        for feature, size in zip(words, LEVELS, strict=True)
    }
    table = FeatureTable(
        features=(*numbers, *words),
        levels=levels,
        types=(),
        kinds={f.name: "number" if f.form == "number" else "text" for f in (*numbers, *words)},
        complete=(),
        skipped={},
        order="time",
    )
    X, y = draw_rows(N_TRAIN, 1, categories=True)
    X[:, N_NUMBERS:] += 2  # the first two codes are what is missing and what is not known
    hyperparameters = replace(
        Hyperparameters(),
        leads_per_tree=1,
        most_trees=300,
        leaves=31,
        learning_rate=0.05,
        column_share=1.0,
        row_share=1.0,
    )
    model = LeadQualityModel(hyperparameters)
    model.components_ = learn(X, y, table.categories, hyperparameters)
    model.calibration_ = Calibration(1.0, 0.0, 0.4, N_TRAIN)
    return ModelBundle(model, table, tabulate(X, table, y), {}, {"base_log_odds": 0.0})


def write_leads(path: Path, n: int) -> None:
    """Write leads like those the reference model learned from, each with an id of its own."""
    import pyarrow.parquet as pq

    writer = None
    for start in range(0, n, _CHUNK):
        table = draw_leads(start, min(_CHUNK, n - start))
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def draw_leads(start: int, size: int) -> pa.Table:
    """Return some leads; the numbers have the decimals that people enter."""
    import pyarrow as pa

    from tests.benchmarks.bench_shapley import N_NUMBERS, draw_rows

    X, _ = draw_rows(size, 1_000 + start, categories=True)
    columns: dict[str, Any] = {
        "Id": [f"00Q{start + i:012d}" for i in range(size)],
        "At": (np.datetime64("2025-01-01", "us") + np.arange(start, start + size) * 1_000_000),
    }
    for i in range(X.shape[1]):
        if i < N_NUMBERS:
            columns[f"n{i}"] = pa.array(X[:, i].round(3), from_pandas=True)
        else:
            columns[f"c{i - N_NUMBERS}"] = [f"level {int(code)}" for code in X[:, i]]
    return pa.table(columns)


def compare_speed(folder: Path, progress: Progress) -> tuple[list[Row], float]:
    """Score a million leads, beside the bare model and the plain script; and return the peak."""
    from tests.benchmarks.bench import Row

    whole, bare, script, peaks = [], [], [], []
    run("matrix", folder)
    for number in range(ROUNDS):
        seconds, peak = score(folder, "leads.parquet", "scored.parquet")
        whole.append(seconds)
        peaks.append(peak)
        bare.append(float(run("bare", folder)))
        script.append(float(run("script", folder)) * N_LEADS / N_SCRIPT)
        progress(
            f"round {number + 1} of {ROUNDS}: {whole[-1]:.1f} s; bare model {bare[-1]:.1f} s; "
            f"plain script {script[-1]:.0f} s"
        )
    over_bare = median(own / other for own, other in zip(whole, bare, strict=True))
    faster = median(other / own for own, other in zip(whole, script, strict=True))
    work = f"leadaccord score, {N_LEADS:,} leads"
    times = f"{median(whole):.3g} against "
    rows = [
        Row(
            work,
            "the time of predict and contributions alone",
            f"{over_bare:.2f} times",
            "1.6 times at most",
            f"{times}{median(bare):.3g}",
        ),
        Row(
            work,
            "a plain script with shap",
            f"{faster:.0f} times faster",
            "15 times",
            f"{times}{median(script):.3g}",
        ),
    ]
    return rows, median(peaks)


def measure_memory(folder: Path, small: float, progress: Progress) -> list[Row]:
    """Return the peak for ten times as many leads, and how much more it is than `small`."""
    from tests.benchmarks.bench import Row

    (folder / "scored.parquet").unlink()
    progress(f"{small:,.0f} MB for {N_LEADS:,} leads; writing {N_LARGE:,}")
    write_leads(folder / "large.parquet", N_LARGE)
    seconds, large = score(folder, "large.parquet", "scored.parquet")
    progress(f"{large:,.0f} MB for {N_LARGE:,} leads, {seconds:.0f} s")
    return [
        Row(
            f"peak memory, {N_LARGE:,} leads", "", f"{large:,.0f} MB", "1,500 MB", f"{seconds:.0f}"
        ),
        Row(
            f"peak memory, {N_LARGE:,} leads",
            f"that of {N_LEADS:,}",
            f"{large / small - 1:+.0%}",
            "within 10 %",
            "",
        ),
    ]


def start_cold(folder: Path, progress: Progress) -> Row:
    """Score a hundred leads of a CSV from a cold start, in processor time."""
    from tests.benchmarks.bench import Row

    command = score_command(folder, "few.csv", "few_scored.csv")
    own = median(processor_seconds(command) for _ in range(FEW_ROUNDS))
    progress(f"{N_FEW} leads {own:.2f} s of processor time")
    return Row(
        f"{N_FEW} leads from CSV, cold start to file",
        "",
        f"{own:.1f} s of processor time",
        "3 s at most",
        "",
    )


def processor_seconds(command: Sequence[str]) -> float:
    """Run a command and return the seconds that all its threads worked."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} failed")
    return used.ru_utime + used.ru_stime


def score(folder: Path, leads: str, out: str) -> tuple[float, float]:
    """Return the seconds and the megabytes that the command takes."""
    return timed(score_command(folder, leads, out))


def score_command(folder: Path, leads: str, out: str) -> list[str]:
    where = ["--config", str(folder / "leadaccord.toml"), "--out", str(folder / out)]
    command = "from pipelines.cli import main; main()"
    return [sys.executable, "-c", command, "score", str(folder / leads), *where]


def timed(command: Sequence[str]) -> tuple[float, float]:
    """Run a command and return its seconds and its largest resident set in megabytes."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[-1]} failed:\n{said[-2000:]}")
    return seconds, used.ru_maxrss / 1024


def run(side: str, folder: Path) -> str:
    """Run a side in a process of its own, and return what it printed."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_scoring", side, str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if ran.returncode:
        raise RuntimeError(f"{side} failed:\n{ran.stderr[-2000:]}")
    return ran.stdout.strip()


def open_project(folder: Path) -> tuple[Any, ModelBundle]:
    from features.settings.load import load_settings
    from models.registry.champion import load_champion

    settings = load_settings(folder / "leadaccord.toml")
    return settings, load_champion(settings)


def keep_matrix(folder: Path) -> None:
    """Keep the leads as the model sees them."""
    import pyarrow.parquet as pq

    _, bundle = open_project(folder)
    parts = [
        bundle.table.encode(batch.to_pandas())
        for batch in pq.ParquetFile(folder / "leads.parquet").iter_batches(_CHUNK)
    ]
    np.save(folder / "matrix.npy", np.concatenate(parts))


def time_bare(folder: Path) -> float:
    """Return the seconds of prediction and contributions of a matrix in memory."""
    _, bundle = open_project(folder)
    matrix = np.load(folder / "matrix.npy")
    started = time.perf_counter()
    bundle.model.predict_proba(matrix)
    bundle.model.contributions(matrix)
    return time.perf_counter() - started


def time_script(folder: Path) -> float:
    """Return the seconds of what one writes without this project, for some of the leads."""
    import shap

    _, bundle = open_project(folder)
    matrix = np.load(folder / "matrix.npy", mmap_mode="r")[:N_SCRIPT]
    names, booster = bundle.table.names, bundle.model.components_.booster
    started = time.perf_counter()
    probabilities = booster.predict(matrix)
    values = np.asarray(shap.TreeExplainer(booster).shap_values(matrix))
    reasons = []
    for row, probability in zip(values, probabilities, strict=True):
        order = np.argsort(-row)
        said = [f"{names[i]} raises the score by {row[i]:.2f}" for i in order[:5] if row[i] > 0]
        said += [f"{names[i]} lowers the score by {-row[i]:.2f}" for i in order[-5:] if row[i] < 0]
        reasons.append((round(probability * 100), *said))
    assert len(reasons) == len(matrix)
    return time.perf_counter() - started


def main(arguments: Sequence[str]) -> None:
    """Run one side, as the measurement does; without arguments, measure and print."""
    if not arguments:
        found = measure(lambda text: print(text, file=sys.stderr, flush=True))
        print(json.dumps([vars(row) for row in found.rows], indent=1))
        return
    side, folder = arguments[0], Path(arguments[1])
    sides = {"matrix": keep_matrix, "bare": time_bare, "script": time_script}
    print(sides[side](folder))


if __name__ == "__main__":
    main(sys.argv[1:])
