"""How long a retraining takes from files to decision, and how large it gets, beside a bare fit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks.store import Progress

if TYPE_CHECKING:
    from tests.benchmarks.bench import Row, Speeds

NAME = "retraining"
TITLE = "Retraining"

N_LEADS, MONTHS, THREADS = 200_000, 24, 2
CHAMPION_DAY = "2026-03-01"
"""Three months before the end of the export, so that there are leads new to the model in use."""

HELD = 4
ROUNDS = int(os.environ.get("LEADACCORD_BENCH_ROUNDS", "3"))

FITS = {
    "reference": (300, 31),
    "same": (150, 7),
}
"""Trees and leaves of the bare fits."""

NOTE = (
    f"`leadaccord retrain` on a simulated company's {N_LEADS:,} hand-overs with some 4,000,000 "
    "activities in CSV: it reads and checks the files, looks for leaks, makes the features, learns "
    "and judges, learns again on all leads, does the same for the comparison with the model in "
    "use, and records the run. The bare fit is LightGBM alone on the finished matrix of the same "
    "leads, read from a NumPy file: 300 trees of 31 leaves, as the reference model has, or 150 of "
    f"7, as this one. Each is a process of its own with {THREADS} threads, timed as a whole, "
    f"{ROUNDS} rounds in turn; memory is its largest resident set. At most 4 times was asked."
)

ACCOUNT = (
    "The account of the seconds, of the processor, of a retraining on 50,000 hand-overs with "
    "some 1,000,000 activities in CSV, by samples of all threads; before is version 56d4154, "
    "after it no line is fitted and no feature computed twice, with the same model and the same "
    "comparison: all 164 before, 125 after; reading and typing the tables 24 and 13; features "
    "planned and computed 17 and 8; linear parts 36 and 23; trees 47 and 44; leak guards, with "
    "their features, 12 and 8; the record of the run, with its plots, 7 and 8; imports 7 and 7. "
    "These overlap and do not add up. Most of what is left are trees of forward validation, for "
    "the model and once more for the challenger."
)


class Used(NamedTuple):
    """What a process took, and what it said on the way."""

    seconds: float
    megabytes: float
    said: str


def measure(progress: Progress) -> Speeds:
    """Retrain as a user does, beside the bare fit."""
    from tests.benchmarks.bench import Speeds

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        progress(f"simulating {N_LEADS:,} leads")
        run_own("simulate", folder)
        progress("putting a first model in use")
        retrain(folder, "--as-of", CHAMPION_DAY)
        progress("keeping the finished matrix")
        run_own("matrix", folder)
        own, bare = [], {name: list[Used]() for name in FITS}
        for number in range(ROUNDS):
            own.append(retrain(folder))
            for name in FITS:
                bare[name].append(run_own(f"fit-{name}", folder))
            told = ", ".join(f"{name} {bare[name][-1][0]:.1f} s" for name in FITS)
            progress(f"round {number + 1} of {ROUNDS}: {own[-1][0]:.0f} s, bare fit {told}")
    rows = [row for name in FITS for row in compare(name, own, bare[name])]
    steps = ", ".join(f"{step} {seconds:.0f} s" for step, seconds in split_time(own[-1]))
    return Speeds(rows, [NOTE, ACCOUNT, f"The last retraining, step by step: {steps}."])


def split_time(used: Used) -> Iterator[tuple[str, float]]:
    """Yield the steps that the command named when they began, and the seconds of each."""
    found = re.findall(r"^ *([0-9.]+) s  (.+)$", used.said, re.MULTILINE)
    begun = [(float(seconds), step) for seconds, step in found]
    ends = [*(seconds for seconds, _ in begun[1:]), used.seconds]
    for (start, step), end in zip(begun, ends, strict=True):
        yield f"{step[0].lower()}{step[1:]}", end - start


def compare(name: str, own: Sequence[Used], bare: Sequence[Used]) -> list[Row]:
    """Return the rows of time and memory, as ratios by the median of the rounds."""
    from tests.benchmarks.bench import Row

    trees, leaves = FITS[name]
    beside = f"bare fit, {trees} trees of {leaves} leaves"
    rows = []
    together = list(zip(own, bare, strict=True))
    measures = {
        ("time", "s"): [(mine.seconds, other.seconds) for mine, other in together],
        ("peak memory", "MB"): [(mine.megabytes, other.megabytes) for mine, other in together],
    }
    for (what, unit), pairs in measures.items():
        ratio = median(mine / other for mine, other in pairs)
        mine, other = (median(side) for side in zip(*pairs, strict=True))
        rows.append(
            Row(
                f"{what}, {N_LEADS:,} leads",
                beside,
                f"{ratio:.1f} times",
                "4 times at most",
                f"{mine:,.0f} {unit} against {other:,.1f} {unit}",
            )
        )
    return rows


def retrain(folder: Path, *more: str) -> Used:
    """Run the command; a model that is held is a result like any other."""
    command = [str(Path(sys.executable).with_name("leadaccord")), "retrain", "--json"]
    config = ["--config", str(folder / "leadaccord.toml")]
    return timed([*command, *config, *more], codes=(0, HELD))


def run_own(step: str, folder: Path) -> Used:
    """Run one of the steps below in a process of its own."""
    return timed([sys.executable, "-m", "tests.benchmarks.bench_retraining", step, str(folder)])


def timed(command: Sequence[str], *, codes: Sequence[int] = (0,)) -> Used:
    """Run a command and return its seconds, its largest resident set, and what it said."""
    settings = {"OMP_NUM_THREADS": str(THREADS), "OMP_WAIT_POLICY": "PASSIVE"}
    started = time.perf_counter()
    with subprocess.Popen(
        list(command),
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        raise RuntimeError(said)
    return Used(time.perf_counter() - started, used.ru_maxrss / 1024, said)


def simulate_company(folder: Path) -> None:
    """Write a project with the export of a large company."""
    from features.simulation.company import simulate
    from features.simulation.export import write_world
    from pipelines.demo import SETTINGS

    write_world(simulate(n_leads=N_LEADS, months=MONTHS, seed=20), folder)
    (folder / "leadaccord.toml").write_text(SETTINGS, "utf-8")


def keep_matrix(folder: Path) -> None:
    """Write the matrix that the model learns from, and the decisions."""
    import numpy as np

    from features.labels import read_labelled
    from features.matrix.planning import plan_features
    from features.settings.load import load_settings

    tables, labels = read_labelled(load_settings(folder / "leadaccord.toml"))
    used = tables.episodes.index[labels.used]
    table, values, _ = plan_features(tables, used, omit={"Rating": "leak", "Status": "leak"})
    np.save(folder / "X.npy", table.encode(values.loc[used]))
    np.save(folder / "y.npy", labels.accepted[used].to_numpy(float))
    np.save(folder / "categories.npy", np.array(table.categories))


def fit_bare(folder: Path, trees: int, leaves: int) -> None:
    """Fit LightGBM on the finished matrix and write the model."""
    import lightgbm
    import numpy as np

    X, y = np.load(folder / "X.npy"), np.load(folder / "y.npy")
    settings = {"objective": "binary", "num_leaves": leaves, "num_threads": THREADS}
    settings |= {"deterministic": True, "force_row_wise": True, "verbosity": -1}
    categories = np.load(folder / "categories.npy").tolist()
    data = lightgbm.Dataset(X, label=y, categorical_feature=categories, free_raw_data=True)
    booster = lightgbm.train(settings, data, num_boost_round=trees)
    booster.save_model(folder / "bare.txt")


def main(step: str, folder: Path) -> None:
    """Do one step, in a process of its own."""
    if step == "simulate":
        simulate_company(folder)
    elif step == "matrix":
        keep_matrix(folder)
    else:
        fit_bare(folder, *FITS[step.removeprefix("fit-")])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
