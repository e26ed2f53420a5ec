"""Compiled code is found again by the next process, and needs no folder to be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import pytest

from models.shapley.compiling import compiled

MODULE = """
from models.shapley.compiling import compiled

@compiled
def double(x: float) -> float:
    return x * 2.0
"""
PROGRAM = """
from doubling import double

assert double(3.0) == 6.0
print(sum(double.stats.cache_hits.values()))
"""
ROOT = Path(__file__).resolve().parents[3]


def run(folder: Path, **environment: str) -> str:
    """What numba says of its cache after a call in a process of its own."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        check=False,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_next_process_loads_what_was_compiled(tmp_path: Path) -> None:
    (tmp_path / "doubling.py").write_text(MODULE, encoding="utf-8")
    first, second = (run(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache")) for _ in range(2))
    assert (first.strip(), second.strip()) == ("0", "1")


def test_without_a_folder_to_write_it_compiles_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    original = numba.njit

    def njit(function: Any, **options: Any) -> Any:
        calls.append(options)
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return original(function, **options)

    monkeypatch.setattr(numba, "njit", njit)
    double = compiled(lambda x: x * 2.0)
    assert double(3.0) == 6.0
    assert calls == [{"nogil": True, "cache": True}, {"nogil": True}]
