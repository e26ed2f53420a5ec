"""Runs peers in the environment that `make peers` makes, one process for each prediction."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import peers
from tests.benchmarks.cases import Problem
from tests.benchmarks.store import Result

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(peers.__file__)


def peers_python() -> Path:
    """Return the interpreter of the peers' environment, whether it is there or not."""
    return Path(os.environ.get("LEADACCORD_PEERS") or ROOT / ".venv-peers") / "bin" / "python"


def list_peers(python: Path) -> dict[str, dict[str, Any]]:
    """Return the versions and settings of the peers installed, none without the environment.

    LEADACCORD_PEERS_ONLY="CatBoost,EBM" leaves out the others: a peer that searches for a minute
    by the clock is judged fairly only where nothing else runs.
    """
    if not python.exists():
        return {}
    installed = dict(json.loads(_call(python, "list", n_threads=1)))
    asked = os.environ.get("LEADACCORD_PEERS_ONLY", "").split(",")
    return {name: found for name, found in installed.items() if asked == [""] or name in asked}


def run_peer(python: Path, name: str, problem: Problem, *, n_threads: int) -> Result:
    """Return a peer's probabilities, its seconds, and the processor time of its whole process."""
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place), Path(place) / "result.json"
        write_problem(problem, folder, n_threads=n_threads)
        before = _cpu_seconds_of_children()
        _call(python, "run", name, str(folder), str(out), n_threads=n_threads)
        result = dict(json.loads(out.read_text("utf-8")))
    return {**result, "cpu_seconds": _cpu_seconds_of_children() - before}


def write_problem(problem: Problem, folder: Path, *, n_threads: int) -> None:
    """Write what a peer is given; the answers of the test leads are not part of it."""
    problem.train.to_parquet(folder / "train.parquet", index=False)
    problem.test.to_parquet(folder / "test.parquet", index=False)
    rest = {
        "categories": problem.categories,
        "accepted": problem.accepted.tolist(),
        "seed": problem.seed,
        "threads": n_threads,
    }
    (folder / "problem.json").write_text(json.dumps(rest), "utf-8")


def _call(python: Path, *arguments: str, n_threads: int) -> str:
    """Run peers.py in its environment and return what it prints."""
    # Threads that wait by turning in circles slow each other down when cores are shared.
    threads = {"OMP_NUM_THREADS": str(n_threads), "OMP_WAIT_POLICY": "PASSIVE"}
    ran = subprocess.run(
        [str(python), str(PROGRAM), *arguments],
        env={**os.environ, **threads},
        capture_output=True,
        check=False,
        text=True,
    )
    if ran.returncode != 0:
        raise RuntimeError(f"peers.py {' '.join(arguments[:2])} failed:\n{ran.stderr[-2000:]}")
    return ran.stdout


def _cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
