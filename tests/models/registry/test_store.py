"""The store behind tracking: quiet, fast to fail, and gone from the environment afterwards."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from models.registry.champion import load_champion, models_folder, registered_name
from models.registry.store import TrackingError, move_paths, open_mlflow, uses_file
from models.registry.training_runs import log_training
from serve.scoring.mlflow_model import describe_model
from tests.mlflow_server import find_port
from tests.models.conftest import Recorded, copy_project, mlflow_at, record
from tests.trained import make_project, train_once

PLOTS = {"calibration.png", "lift.png", "precision_recall.png", "roc.png"}
REPOSITORY = Path(__file__).resolve().parents[3]

SCRIPT = """
import socket, sys
from pathlib import Path

def tell(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("network:", event, arguments[-1], file=sys.__stderr__)

sys.addaudithook(tell)
from models.artifact.folder import load_bundle
from models.registry.champion import load_champion
from tests.models.conftest import record
from tests.trained import make_project

settings = make_project(Path(sys.argv[1]))
record(settings, load_bundle(Path(sys.argv[2])))
assert load_champion(settings).version == Path(sys.argv[2]).name
"""


def test_the_environment_and_the_working_folder_stay_as_they_were(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    record(copy_project(recorded, tmp_path), recorded.bundle)
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert list(working.iterdir()) == []


def test_a_folder_may_have_signs_that_mean_something_in_a_url(tmp_path: Path) -> None:
    settings = make_project(tmp_path / "100%25 leads #1 é")
    done = record(settings, train_once()[1].bundle)
    assert load_champion(settings).version == done.bundle.version
    assert (settings.home / "tracking.db").stat().st_size > 0
    assert len(list((settings.home / "artifacts").rglob("*.png"))) == len(PLOTS)


@pytest.mark.parametrize(
    "content", [b"no database at all " * 100, b"SQLite format 3\x00" + b"x" * 90]
)
def test_a_damaged_store_is_told(recorded: Recorded, tmp_path: Path, content: bytes) -> None:
    settings = copy_project(recorded, tmp_path)
    (settings.home / "tracking.db").write_bytes(content)
    with pytest.raises(TrackingError, match=r"registry cannot be read.*tracking\.db"):
        load_champion(settings)
    with pytest.raises(TrackingError, match=r"tracking store cannot be used.*tracking\.db"):
        record(settings, recorded.bundle)
    assert (settings.home / "tracking.db").read_bytes() == content


def test_a_home_that_is_a_file_is_told(recorded: Recorded, tmp_path: Path) -> None:
    settings = make_project(tmp_path)
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(TrackingError, match="tracking store cannot be used"):
        log_training(
            settings,
            recorded.bundle,
            describe_model(
                recorded.settings, recorded.bundle, tmp_path / "served", handed_over_at=None
            ),
            parameters={},
            metrics={},
            tags={},
            artifacts=tmp_path,
            put_in_use=True,
        )


@pytest.mark.slow
def test_mlflow_says_nothing_and_calls_nobody(recorded: Recorded, tmp_path: Path) -> None:
    folder = models_folder(recorded.settings) / recorded.bundle.version
    wiped = {"MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "MLFLOW_LOGGING_LEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in wiped}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(folder)],
        cwd=REPOSITORY,
        env={**environment, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_server_that_does_not_answer_is_told(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:hush@127.0.0.1:{find_port()}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(
        TrackingError, match=r"tracking store cannot be used.*can be reached"
    ) as hit:
        load_champion(recorded.settings)
    assert "hush" not in str(hit.value)
    with pytest.raises(TrackingError, match="tracking store cannot be used"):
        record(recorded.settings, recorded.bundle)


def test_a_registry_named_for_other_work_is_left_alone(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", elsewhere)
    settings = copy_project(recorded, tmp_path)
    assert record(settings, recorded.bundle).registered.number == "2"
    assert os.environ["MLFLOW_REGISTRY_URI"] == elsewhere
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_server_is_used_where_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_project(tmp_path)
    assert uses_file()
    with open_mlflow(settings) as mlflow:
        assert mlflow.get_tracking_uri() == f"sqlite:///{settings.home / 'tracking.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert not uses_file()
    with open_mlflow(settings) as mlflow:
        assert mlflow.get_tracking_uri() == "http://127.0.0.1:9"
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:9"


def test_a_home_that_was_moved_takes_its_paths_along(recorded: Recorded, tmp_path: Path) -> None:
    settings = copy_project(recorded, tmp_path)
    file, old = settings.home / "tracking.db", (recorded.settings.home / "artifacts").as_uri()
    move_paths(file, settings.home)
    move_paths(file, settings.home)
    text = "\n".join(dump(file))
    assert old not in text
    new = (settings.home / "artifacts").as_uri()
    assert text.count(new) >= 4
    with mlflow_at(f"sqlite:///{file}") as mlflow:
        name = registered_name(settings)
        local = mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{name}/1")
        assert Path(local).is_relative_to(settings.home)
    # The original's own store says what it said.
    assert old in "\n".join(dump(recorded.settings.home / "tracking.db"))


def test_an_empty_store_has_no_paths_to_move(tmp_path: Path) -> None:
    move_paths(tmp_path / "new.db", tmp_path)


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())
