"""Scoring runs in the tracking store: there once, told the same by both ways of writing them."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from features.settings.schema import Settings
from models.registry import scoring_runs as runs_module
from models.registry.scoring_runs import (
    KNOWN_SCHEMAS,
    log_waiting_runs,
    runs_folder,
    waiting_folder,
)
from models.registry.store import STORE, TrackingError
from tests.models.conftest import Recorded, copy_project, mlflow_at

RECORD = {
    "run_id": "20261101T060000-0a1b2c3d",
    "leadaccord": "0.1.0",
    "model_version": "m0123456789ab",
    "scored_at": "2026-11-01T06:00:00",
    "input_digest": "d" * 64,
    "language": "en",
    "out": "scored.csv",
    "batch_rows": 50_000,
    "leads": 12,
    "scored": 10,
    "rejected": 2,
    "rejected_by_code": {"duplicate": 2},
    "unknown_levels": {"Industry": 3, "Señal: «x»": 1},
    "out_of_range": {},
    "seconds": {"reading": 0.5, "scoring": 0.25},
}


def wait(settings: Settings, **changes: Any) -> Path:
    """Let a record wait for the store."""
    record = {**RECORD, **changes}
    path = waiting_folder(settings) / f"{record['run_id']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record), "utf-8")
    return path


def scoring_runs(settings: Settings) -> list[Any]:
    """The scoring runs, as MLflow's own client tells them."""
    with mlflow_at(f"sqlite:///{settings.home / STORE}") as mlflow:
        client = mlflow.MlflowClient()
        experiments = [found.experiment_id for found in client.search_experiments()]
        found = client.search_runs(experiments, "tags.`leadaccord.kind` = 'score'")
        for run in found:
            # What the client cannot read, its pages cannot show.
            assert client.get_run(run.info.run_id).info.status == "FINISHED"
            run.kept = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/run.json")
    return list(found)


def set_schema(settings: Settings, version: str) -> None:
    with closing(sqlite3.connect(settings.home / STORE)) as connection, connection:
        connection.execute("update alembic_version set version_num = ?", (version,))


@pytest.fixture
def settings(recorded: Recorded, tmp_path: Path) -> Settings:
    """A project with a store of its own, whose experiment keeps its files in its home."""
    settings = copy_project(recorded, tmp_path)
    place = (settings.home / "artifacts").as_uri()
    with closing(sqlite3.connect(settings.home / STORE)) as connection, connection:
        connection.execute(
            "update experiments set artifact_location = ? where name = 'spring'", (place,)
        )
    return settings


def test_the_layout_of_the_store_is_one_that_is_known(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.home / STORE)) as connection:
        version = connection.execute("select version_num from alembic_version").fetchone()
    assert version[0] in KNOWN_SCHEMAS, "compare what MLflow writes now with _insert_run"


def test_what_is_written_directly_is_what_mlflow_would_write(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(settings)
    assert log_waiting_runs(settings) == 1
    wait(settings, run_id="20261101T070000-0a1b2c3d", scored_at="2026-11-01T07:00:00")
    monkeypatch.setattr("models.registry.scoring_runs.KNOWN_SCHEMAS", ())
    assert log_waiting_runs(settings) == 1
    one, other = sorted(scoring_runs(settings), key=lambda run: run.data.tags["leadaccord.run_id"])
    assert one.data.params == other.data.params
    assert one.data.metrics == other.data.metrics
    assert one.data.metrics["rejected_by_code.duplicate"] == 2
    assert one.info.experiment_id == other.info.experiment_id
    assert one.info.lifecycle_stage == other.info.lifecycle_stage
    ours = {"leadaccord.run_id", "leadaccord.kind", "mlflow.runName"}
    assert ours <= set(one.data.tags) and ours <= set(other.data.tags)
    assert one.kept == RECORD
    assert one.info.artifact_uri.rpartition("/")[2] == "artifacts"
    assert one.info.end_time - one.info.start_time == 750


def test_mlflow_is_not_loaded_for_the_projects_own_store(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(settings)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert log_waiting_runs(settings) == 1
    assert not list(waiting_folder(settings).iterdir())
    assert [path.stem for path in runs_folder(settings).glob("*.json")] == [RECORD["run_id"]]


@pytest.mark.parametrize("directly", [True, False])
def test_a_run_that_is_told_twice_is_there_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, directly: bool
) -> None:
    if not directly:
        monkeypatch.setattr("models.registry.scoring_runs.KNOWN_SCHEMAS", ())
    for _ in range(2):
        wait(settings)
        log_waiting_runs(settings)
    assert len(scoring_runs(settings)) == 1


def test_what_the_store_does_not_take_waits_and_is_logged_later(settings: Settings) -> None:
    store = settings.home / STORE
    kept = store.read_bytes()
    store.write_bytes(b"no database at all" * 100)
    paths = [wait(settings), wait(settings, run_id="20261101T070000-0a1b2c3d")]
    with pytest.raises(TrackingError):
        log_waiting_runs(settings)
    assert all(path.exists() for path in paths)
    store.write_bytes(kept)
    assert log_waiting_runs(settings) == 2
    assert len(scoring_runs(settings)) == 2
    assert log_waiting_runs(settings) == 0


@pytest.mark.parametrize("read", [False, True])
def test_a_record_that_another_run_logs_meanwhile_is_no_failure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, *, read: bool
) -> None:
    """Two runs of a home see the same record waiting, and one is faster."""
    path, later = wait(settings), wait(settings, run_id="20261101T070000-0a1b2c3d")
    seen = [path, later]
    monkeypatch.setattr(Path, "glob", lambda *_: iter(seen))
    if read:  # the other one has moved it after this one has read it
        told = runs_module._log_in_file

        def overtaken(own: Settings, record: Any) -> bool:
            path.unlink(missing_ok=True)
            return told(own, record)

        monkeypatch.setattr(runs_module, "_log_in_file", overtaken)
    else:
        path.unlink()
    assert log_waiting_runs(settings) == 2
    assert not later.exists()
