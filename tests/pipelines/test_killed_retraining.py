"""A retraining killed at any place where it writes leaves the champion, and the next run clean."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
STRIDE = os.environ.get("LEADACCORD_KILL_STRIDE", "0")
"""Every so many writes a kill; 1 is all of them, in an hour; 0 a few, and all of the last."""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_a_kill_leaves_the_champion_and_the_next_run_clean(folder: Path) -> None:
    command = [sys.executable, "-m", "tests.pipelines.killed", str(folder), STRIDE]
    # Threads of the parent would not be there in its forks.
    quiet = {**os.environ, "OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, cwd=REPOSITORY, env=quiet, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2_000:]
    whole, *kills = map(json.loads, run.stdout.splitlines())
    assert whole["writes"] > 100 and len(kills) >= 10
    new = whole["champion"]
    old = kills[0]["killed"]["champion"]
    assert old != new
    for kill in kills:
        assert kill["code"] == -9, kill
        assert kill["killed"]["loads"], kill
        # The alias moves at the end: before it the old model is in use, after it the new one.
        assert kill["killed"]["champion"] in (old, new), kill
        after = kill["after"]
        assert kill["again"] == 0, kill
        assert after["champion"] == new and after["loads"], kill
        assert (after["running"], after["unfinished"], after["drafts"]) == (0, False, 0), kill
        # Only what was in use is told to have been promoted.
        assert after["promised"] == ["1"], kill
    in_use = [kill["killed"]["champion"] for kill in kills]
    assert in_use == sorted(in_use, key=[old, new].index)
    assert in_use[0] == old and in_use[-1] == new
    # The move itself is among the writes that are all tried.
    assert old in in_use[-8:]
