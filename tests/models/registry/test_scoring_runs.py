"""Scoring runs in the tracking store: all there, each once, as of when they were."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from features.settings.schema import Settings
from models.registry.scoring_runs import LOCK, log_waiting_runs, runs_folder, waiting_folder
from models.registry.store import STORE, TrackingError
from tests.mlflow_server import find_port
from tests.models.conftest import Recorded, copy_project, mlflow_at
from tests.trained import make_project

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


@pytest.fixture
def settings(recorded: Recorded, tmp_path: Path) -> Settings:
    """A project with a store of its own."""
    return copy_project(recorded, tmp_path)


def test_a_run_is_logged_whole_and_as_of_when_it_was(settings: Settings) -> None:
    path = wait(settings)
    assert log_waiting_runs(settings) == 1
    assert not path.exists()
    assert json.loads((runs_folder(settings) / path.name).read_bytes()) == RECORD
    (run,) = scoring_runs(settings)
    assert run.data.params == {
        name: str(RECORD[name])
        for name in ("model_version", "input_digest", "language", "out", "batch_rows", "leadaccord")
    }
    assert run.data.metrics["rejected_by_code.duplicate"] == 2
    assert run.data.metrics["unknown_levels.Se\u00f1al_ _x_"] == 1
    assert {"leads": 12, "scored": 10, "rejected": 2}.items() <= run.data.metrics.items()
    assert run.data.tags["leadaccord.run_id"] == RECORD["run_id"]
    assert run.info.run_name == f"score {RECORD['run_id']}"
    assert run.kept == RECORD
    begun = datetime(2026, 11, 1, 6, tzinfo=UTC).timestamp() * 1000
    assert (run.info.start_time, run.info.end_time) == (begun, begun + 750)


def test_more_numbers_than_a_request_takes_are_all_logged(settings: Settings) -> None:
    levels = {f"Column {number}": number for number in range(1_100)}
    wait(settings, unknown_levels=levels)
    assert log_waiting_runs(settings) == 1
    (run,) = scoring_runs(settings)
    assert {name: run.data.metrics[f"unknown_levels.{name}"] for name in levels} == levels


def test_nothing_is_loaded_where_nothing_waits(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert log_waiting_runs(settings) == 0


def test_a_run_that_is_logged_twice_is_there_once(settings: Settings) -> None:
    for _ in range(2):
        wait(settings)
        assert log_waiting_runs(settings) == 1
    assert len(scoring_runs(settings)) == 1


def test_a_run_that_was_killed_while_it_was_logged_is_completed(settings: Settings) -> None:
    """All that is there of it is what the first request made."""
    with mlflow_at(f"sqlite:///{settings.home / STORE}") as mlflow:
        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name(settings.project.name).experiment_id
        tags = {"leadaccord.run_id": RECORD["run_id"], "leadaccord.kind": "score"}
        client.create_run(experiment, tags=tags)
    wait(settings)
    assert log_waiting_runs(settings) == 1
    (run,) = scoring_runs(settings)
    assert run.data.metrics["scored"] == 10
    assert run.kept == RECORD


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


@pytest.mark.parametrize(
    "content", [b"{half", b"[]", b"{}", b"1", b'{"scored_at": "x"}', b"[" * 100_000]
)
def test_a_damaged_record_is_named_and_nothing_is_lost(settings: Settings, content: bytes) -> None:
    first, second = wait(settings), wait(settings, run_id="20261101T070000-0a1b2c3d")
    second.write_bytes(content)
    with pytest.raises(TrackingError, match=second.name):
        log_waiting_runs(settings)
    assert not first.exists() and second.exists()
    assert len(scoring_runs(settings)) == 1


def test_of_two_processes_one_logs_what_waits(settings: Settings) -> None:
    path = wait(settings)
    with FileLock(runs_folder(settings) / LOCK):
        assert log_waiting_runs(settings) == 0
        assert path.exists()
    assert log_waiting_runs(settings) == 1


@pytest.mark.slow
def test_a_server_that_was_away_gets_what_waited(
    tracking_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_project(tmp_path, "away")
    wait(settings)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{find_port()}")
    with pytest.raises(TrackingError, match="can be reached"):
        log_waiting_runs(settings)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_server)
    assert log_waiting_runs(settings) == 1
    with mlflow_at(tracking_server) as mlflow:
        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name("away").experiment_id
        (run,) = client.search_runs([experiment])
    assert run.data.tags["leadaccord.run_id"] == RECORD["run_id"]
