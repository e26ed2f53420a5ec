"""Changes of scores: the seconds they add to scoring, measured on a copy of a trained project.

``python -m tests.benchmarks.score_changes FOLDER`` takes a project with two models or more, such as
``leadaccord-demo`` after a ``retrain --gate off``.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

N_LEADS, N_MANY, ROUNDS = 20_000, 1_000_000, 3
MAIN = "from pipelines.cli import main; main()"


def run(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run a command of the project, and return what it says of itself."""
    command = [sys.executable, "-c", MAIN, *arguments, "--json", "--quiet"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    # DuckDB takes a program given with -c for an interactive one, and shows its progress.
    return dict(json.loads(done.stdout[done.stdout.index("{") :]))


def draw(folder: Path, count: int, out: str) -> None:
    """Write so many leads of the project, under ids of their own where they are repeated."""
    leads = pd.read_csv(folder / "data" / "leads.csv", dtype=str, keep_default_na=False)
    leads = leads[leads["Id"] != ""].drop_duplicates("Id").tail(count)
    parts = []
    for copy in range(-(-count // len(leads))):
        suffix = f"c{copy}" if copy else ""
        parts.append(leads.assign(Id=leads["Id"] + suffix))
    pd.concat(parts).head(count).to_parquet(folder / out, index=False)


def forget(folder: Path) -> None:
    """Begin without a history."""
    shutil.rmtree(folder / ".leadaccord" / "history", ignore_errors=True)


def measure_changes(folder: Path) -> None:
    """Score 20,000 leads after another model came into use, with their changes and without."""
    draw(folder, N_LEADS, "some.parquet")
    models = sorted(path.name for path in (folder / ".leadaccord" / "models").glob("m*"))[-2:]
    seconds: dict[str, list[float]] = {"plain": [], "--changes": []}
    changed = 0
    for _ in range(ROUNDS):
        forget(folder)
        run(folder, "rollback", models[0])
        plain = run(folder, "score", "some.parquet", "--out", "some.csv")
        seconds["plain"].append(plain["seconds"])
        run(folder, "rollback", models[1])
        found = run(folder, "score", "some.parquet", "--out", "some.csv", "--changes")
        seconds["--changes"].append(found["seconds"])
        changed = int(pd.read_csv(folder / "some.csv")["change_reason"].notna().sum())
    for name, each in seconds.items():
        print(f"{N_LEADS:,} leads, {name}: {statistics.median(each):.1f} s of {each}")
    print(f"{changed:,} scores changed")


def measure_keeping(folder: Path) -> None:
    """Score a million leads with a history and without."""
    draw(folder, N_MANY, "many.parquet")
    settings = folder / "leadaccord.toml"
    text = settings.read_text("utf-8")
    seconds: dict[int, list[float]] = {0: [], 100_000: []}
    for _ in range(ROUNDS):
        for limit, each in seconds.items():
            settings.write_text(f"{text}\n[score]\nhistory = {limit}\n", "utf-8")
            forget(folder)
            each.append(run(folder, "score", "many.parquet", "--out", "m.parquet")["seconds"])
    size = sum(path.stat().st_size for path in (folder / ".leadaccord" / "history").iterdir())
    for limit, each in seconds.items():
        print(f"{N_MANY:,} leads, history = {limit:,}: {statistics.median(each):.1f} s of {each}")
    print(f"the history takes {size / 1e6:.1f} MB")


def main() -> None:
    """Measure on a copy, so that the project stays as it is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        shutil.copytree(sys.argv[1], folder)
        measure_changes(folder)
        measure_keeping(folder)


if __name__ == "__main__":
    main()
