"""The lock of a destination, held by real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serve.runs.locks import LOCK, BusyError, lock_folder, release_folder
from tests.conftest import REPOSITORY

HOLDER = """
import sys
from pathlib import Path
from serve.runs.locks import lock_folder, release_folder
folder = Path(sys.argv[1])
progress = lambda line: print(line, flush=True)
with lock_folder(folder, name="scored.csv", if_busy=sys.argv[2], progress=progress):
    print("held", flush=True)
    sys.stdin.readline()
    release_folder(folder)
print("gone", flush=True)
"""


@contextmanager
def holding(folder: Path, if_busy: str = "refuse") -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder until it is told to let go."""
    command = [sys.executable, "-c", HOLDER, str(folder), if_busy]
    with subprocess.Popen(
        command, cwd=REPOSITORY, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_the_second_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    with holding(tmp_path / "work") as first:
        assert hear(first) == "held"
        with (
            pytest.raises(BusyError, match=rf"scored\.csv.*process {first.pid} \(since 20.*wait"),
            lock_folder(tmp_path / "work", name="scored.csv", if_busy="refuse", progress=print),
        ):
            pass
        let_go(first)
        assert hear(first) == "gone"
    assert list(tmp_path.iterdir()) == []


def test_the_second_waits_if_asked_and_makes_the_folder_anew(tmp_path: Path) -> None:
    with holding(tmp_path / "work") as first:
        assert hear(first) == "held"
        with holding(tmp_path / "work", "wait") as second:
            assert f"Waiting for process {first.pid}" in hear(second)
            let_go(first)
            assert hear(first) == "gone"
            assert hear(second) == "held"
            assert (tmp_path / "work" / LOCK).exists()
            let_go(second)
            assert hear(second) == "gone"
    assert list(tmp_path.iterdir()) == []


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with holding(tmp_path / "work") as first:
        assert hear(first) == "held"
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        with lock_folder(tmp_path / "work", name="scored.csv", if_busy="refuse", progress=print):
            release_folder(tmp_path / "work")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_still_holds_something_stays(tmp_path: Path) -> None:
    with lock_folder(tmp_path / "work", name="scored.csv", if_busy="refuse", progress=print):
        (tmp_path / "work" / "journal.json").write_text("{}")
        release_folder(tmp_path / "work")
    assert (tmp_path / "work" / "journal.json").exists()
