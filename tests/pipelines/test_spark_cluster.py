"""A cluster of Spark with two worker processes: the same scores, also where parts of it are killed.

`make spark` runs it; the master and the workers are started by Spark's own program on loopback.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import MAIN, Project, start

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("LEADACCORD_SPARK_CLUSTER"),
        reason="a cluster is started by `make spark`",
    ),
]

HOST = "127.0.0.1"
DEADLINE = 120.0


@dataclass
class Cluster:
    """A master and its workers."""

    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)


def find_ports(count: int) -> list[int]:
    """Return free ports of loopback."""
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in found]


def launch(folder: Path, kind: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a process of the cluster by Spark's own program."""
    import pyspark

    home = Path(pyspark.__file__).parent
    program = home / "bin" / "spark-class"
    named = f"org.apache.spark.deploy.{kind}.{kind.title()}"
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_WORKER_DIR": str(folder / "work"),
        "PYSPARK_PYTHON": sys.executable,
    }
    with (folder / f"{kind}.log").open("ab") as log:
        return subprocess.Popen(
            [str(program), named, "--host", HOST, *map(str, arguments)],
            env=environment,
            stdout=log,
            stderr=log,
        )


def wait_for(folder: Path, kind: str, text: str, count: int = 1) -> None:
    """Wait until the log of some processes says something so often."""
    until = time.monotonic() + DEADLINE
    while (folder / f"{kind}.log").read_text("utf-8", "replace").count(text) < count:
        assert time.monotonic() < until, f"{kind} does not come up"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    port, page, *pages = find_ports(4)
    address = f"spark://{HOST}:{port}"
    started = [launch(folder, "master", "--port", port, "--webui-port", page)]
    try:
        wait_for(folder, "master", "New state: ALIVE")
        workers = [
            launch(folder, "worker", "--cores", 1, "--memory", "1g", "--webui-port", own, address)
            for own in pages
        ]
        started += workers
        wait_for(folder, "worker", "Successfully registered", count=2)
        yield Cluster(address, workers)
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)


def score(project: Project, out: Path, *more: object) -> subprocess.Popen[str]:
    """Begin to score the project's own leads."""
    command = ["score", "--config", project.config, "--out", out, "--quiet", *more]
    return start(MAIN, *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def read(path: Path) -> list[str]:
    """The scores without the moment that stands last in each row."""
    return [line.rpartition(",")[0] for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def expected(trained: Project, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("expected") / "scored.csv"
    assert score(trained, out).wait(DEADLINE) == 0
    return read(out)


def on(cluster: Cluster) -> tuple[Any, ...]:
    return ("--engine", "spark", "--master", cluster.address)


def test_two_workers_give_the_scores_of_one_machine(
    cluster: Cluster, project: Project, expected: list[str], tmp_path: Path
) -> None:
    run = score(project, tmp_path / "scored.csv", *on(cluster))
    told = run.communicate(timeout=300)
    assert run.returncode == 0, told
    assert read(tmp_path / "scored.csv") == expected


def test_a_killed_job_leaves_nothing_half_and_ends_the_same(
    cluster: Cluster, project: Project, expected: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "scored.csv"
    killed = score(project, out, *on(cluster))
    until = time.monotonic() + DEADLINE
    while not list(tmp_path.glob(".scored.csv.leadaccord/journal.json")):
        assert killed.poll() is None and time.monotonic() < until, killed.communicate()
        time.sleep(0.05)
    killed.kill()
    killed.communicate()
    assert not out.exists()
    again = score(project, out, *on(cluster))
    told = again.communicate(timeout=300)
    assert again.returncode == 0, told
    assert read(out) == expected


def test_a_killed_worker_costs_time_and_no_score(
    cluster: Cluster, project: Project, expected: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "scored.csv"
    run = score(project, out, *on(cluster))
    until = time.monotonic() + DEADLINE
    while not list(tmp_path.glob(".scored.csv.leadaccord/journal.json")):
        assert run.poll() is None and time.monotonic() < until, run.communicate()
        time.sleep(0.05)
    cluster.workers[0].kill()
    told = run.communicate(timeout=300)
    assert run.returncode == 0, told
    assert read(out) == expected
