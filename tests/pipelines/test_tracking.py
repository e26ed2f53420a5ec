"""Scoring runs that wait: a job logs them, and does not fail where the store takes none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.registry.scoring_runs import runs_folder, waiting_folder
from pipelines.console import Console
from pipelines.tracking import log_runs
from tests.models.conftest import mlflow_at
from tests.trained import make_project

RECORD = {
    "run_id": "20261101T060000-0a1b2c3d",
    "scored_at": "2026-11-01T06:00:00",
    **dict.fromkeys(("leads", "scored", "rejected"), 1),
    "rejected_by_code": {},
    "unknown_levels": {},
    "out_of_range": {},
    "seconds": {"scoring": 1.0},
}


def test_a_store_that_is_away_is_said_and_gets_the_run_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, console = make_project(tmp_path, "waits"), Console(as_json=True)
    assert log_runs(console, settings) == []
    waiting = waiting_folder(settings) / f"{RECORD['run_id']}.json"
    waiting.parent.mkdir(parents=True)
    waiting.write_text(json.dumps(RECORD), "utf-8")
    store = settings.home / "tracking.db"
    store.write_bytes(b"no database at all" * 100)
    (problem,) = log_runs(console, settings)
    assert "wait for it" in problem and "tracking.db" in problem
    assert problem in capsys.readouterr().err
    assert waiting.exists()

    store.unlink()
    assert log_runs(console, settings) == []
    assert not waiting.exists() and (runs_folder(settings) / waiting.name).exists()
    with mlflow_at(f"sqlite:///{store}") as mlflow:
        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name("waits").experiment_id
        assert len(client.search_runs([experiment])) == 1
