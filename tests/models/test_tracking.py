"""Tracking: what was trained is found again, and one model at a time is in use."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pandas as pd
import pytest

from features.errors import ModelError, UsageError
from features.settings import ProjectSettings
from models.storage import save_bundle
from models.tracking import (
    CHAMPION,
    load_champion,
    models_folder,
    registered_name,
)
from models.tracking_store import STORE
from tests.models.conftest import Recorded, copy_project, find_port, mlflow_at, record
from tests.trained import draw_tables, make_project, train, train_once

PLOTS = {"calibration.png", "lift.png", "precision_recall.png", "roc.png"}
REPOSITORY = Path(__file__).resolve().parents[2]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def champion_by_client(recorded: Recorded) -> tuple[str, str]:
    """The model in use as MLflow's own client tells it."""
    with mlflow_at(recorded.uri) as mlflow:
        name = registered_name(recorded.settings)
        found = mlflow.MlflowClient().get_model_version_by_alias(name, CHAMPION)
    return str(found.version), found.tags["leadaccord.model_version"]


def test_a_run_keeps_settings_figures_tags_and_plots(recorded: Recorded) -> None:
    with mlflow_at(recorded.uri) as mlflow:
        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name("spring")
        (run,) = client.search_runs([experiment.experiment_id])
        plots = {entry.path for entry in client.list_artifacts(run.info.run_id)}
    assert run.info.status == "FINISHED"
    assert run.info.run_name == recorded.bundle.version
    assert run.data.params == {"tables.leads": "leads.csv", "train.seed": "20"}
    assert run.data.metrics == {"auc": 0.75, "excluded_untouched": 3.0}
    assert run.data.tags["skill"] == "good" and run.data.tags["split"] == "time"
    assert plots == PLOTS
    home = recorded.settings.home
    assert len(list((home / "artifacts" / run.info.run_id).rglob("*.png"))) == len(PLOTS)


def test_a_model_is_registered_with_its_signature(recorded: Recorded) -> None:
    with mlflow_at(recorded.uri) as mlflow:
        info = mlflow.models.get_model_info(f"models:/{registered_name(recorded.settings)}/1")
    table = recorded.bundle.table
    given = {column.name: column for column in info.signature.inputs.inputs}
    assert list(given) == table.names
    assert not any(column.required for column in given.values())
    types = {name: column.type.name for name, column in given.items()}
    forms = {"number": "double", "category": "string"}
    assert types == {feature.name: forms[feature.form] for feature in table.features}
    outputs = [column.name for column in info.signature.outputs.inputs]
    assert outputs == ["probability", "probability_low", "probability_high"]


def test_the_registry_holds_the_same_folder(recorded: Recorded, tmp_path: Path) -> None:
    with mlflow_at(recorded.uri) as mlflow:
        uri = f"models:/{registered_name(recorded.settings)}/1"
        local = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(tmp_path))
    own = models_folder(recorded.settings) / recorded.bundle.version
    copy = next(Path(local).rglob("manifest.json")).parent
    assert sorted(files(copy).values()) == sorted(files(own).values())
    assert not list(Path(local).rglob("*.pkl"))


def test_the_input_example_is_no_lead(recorded: Recorded) -> None:
    with mlflow_at(recorded.uri) as mlflow:
        uri = f"models:/{registered_name(recorded.settings)}/1"
        example = mlflow.models.get_model_info(uri).saved_input_example_info
        row = mlflow.pyfunc.load_model(uri).input_example.iloc[0].to_dict()
    assert example is not None
    table = recorded.bundle.table
    for feature in table.features:
        expected = 0.0 if feature.form == "number" else table.levels[feature.name][2]
        assert row[feature.name] == expected


def test_the_direct_reading_agrees_with_the_client(recorded: Recorded) -> None:
    number, version = champion_by_client(recorded)
    loaded = load_champion(recorded.settings)
    assert loaded.version == version == recorded.bundle.version
    assert number == recorded.registered.number == "1"


def test_a_model_that_is_not_put_in_use_leaves_the_alias(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    other = record(settings, train(draw_tables(seed=4)).bundle, put_in_use=False)
    assert other.registered.number == "2"
    assert other.bundle.version != recorded.bundle.version
    assert load_champion(settings).version == recorded.bundle.version
    assert champion_by_client(other) == ("1", recorded.bundle.version)

    moved = record(settings, other.bundle)
    assert load_champion(settings).version == other.bundle.version
    assert champion_by_client(moved) == ("3", other.bundle.version)


def test_without_a_model_in_use_the_next_step_is_told(recorded: Recorded, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No model is in use yet.*leadaccord train") as caught:
        load_champion(make_project(tmp_path))
    assert caught.value.code == "no_model"
    assert list(tmp_path.iterdir()) == []
    # Another project's model does not count.
    with pytest.raises(UsageError, match="No model is in use yet"):
        load_champion(copy_project(recorded, tmp_path, name="autumn"))


def test_an_alias_on_a_foreign_model_is_told(recorded: Recorded, tmp_path: Path) -> None:
    settings = copy_project(recorded, tmp_path)
    with closing(sqlite3.connect(settings.home / "tracking.db")) as connection:
        connection.execute("delete from model_version_tags")
        connection.commit()
    with pytest.raises(ModelError, match=r"not registered by leadaccord.*version 1.*champion"):
        load_champion(settings)


KILLED_WRITER = """
import os, signal, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("pragma cache_size = 1")  # so that pages are written before the end
store.execute("begin")
store.execute("create table half as with recursive n(i) as "
              "(select 1 union all select i + 1 from n where i < 9999) select i from n")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_writer_that_was_killed_leaves_the_model_in_use(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    store = settings.home / STORE
    ended = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(store)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert store.with_name(store.name + "-journal").stat().st_size
    assert load_champion(settings).version == recorded.bundle.version


@pytest.mark.parametrize("tag", ["../../elsewhere", "/tmp", "m123", "..", "M0123456789AB"])  # noqa: S108
def test_a_version_never_leads_out_of_the_home(
    recorded: Recorded, tmp_path: Path, tag: str
) -> None:
    settings = copy_project(recorded, tmp_path)
    with closing(sqlite3.connect(settings.home / "tracking.db")) as connection:
        connection.execute("update model_version_tags set value = ?", (tag,))
        connection.commit()
    with pytest.raises(ModelError, match="not registered by leadaccord"):
        load_champion(settings)


def test_a_folder_with_another_model_is_told(recorded: Recorded, tmp_path: Path) -> None:
    settings = copy_project(recorded, tmp_path)
    folder = models_folder(settings)
    shutil.rmtree(folder / recorded.bundle.version)
    other = save_bundle(train(draw_tables(seed=4)).bundle, folder)
    (folder / other.version).rename(folder / recorded.bundle.version)
    with pytest.raises(ModelError, match=f"another model.*Got {other.version}, expected"):
        load_champion(settings)


def test_a_project_that_was_copied_leaves_the_original_alone(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    before = files(recorded.settings.home)
    for _ in range(2):
        record(settings, recorded.bundle)
    assert files(recorded.settings.home) == before
    copies = [path.parent for path in (settings.home / "artifacts").rglob("roc.png")]
    assert len(copies) == 3
    assert load_champion(settings).version == recorded.bundle.version


@pytest.mark.parametrize(
    ("project", "name"),
    [
        ("spring-campaigns", "spring-campaigns-lead-quality"),
        ("Spring / Summer: 50 %", "Spring-Summer-50-lead-quality"),
        ("años", "años-lead-quality"),
        ("v1.2_b", "v1.2_b-lead-quality"),
        ("//", "leadaccord-lead-quality"),
        ("x" * 500, "x" * 200 + "-lead-quality"),
    ],
)
def test_registered_names_are_what_the_registry_takes(project: str, name: str) -> None:
    settings = make_project(Path("/"))
    settings = settings.model_copy(update={"project": ProjectSettings(name=project)})
    assert registered_name(settings) == name


@contextmanager
def serve_mlflow(folder: Path) -> Iterator[str]:
    """A tracking server on the loopback, with files of its own."""
    port = find_port()
    log = (folder / "server.log").open("wb")
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'server.db'}", "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "store")]
    server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    uri = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while not is_healthy(uri):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"no server: {(folder / 'server.log').read_text()[-2000:]}")
            time.sleep(0.2)
        yield uri
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=30)
        log.close()


def is_healthy(uri: str) -> bool:
    try:
        with urlopen(f"{uri}/health", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.mark.slow
def test_a_server_takes_the_run_and_gives_the_model_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_project(tmp_path / "project")
    (tmp_path / "server").mkdir()
    with serve_mlflow(tmp_path / "server") as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        with pytest.raises(UsageError, match="No model is in use yet"):
            load_champion(settings)
        done = record(settings, train_once()[1].bundle)
        assert not (settings.home / "tracking.db").exists()
        assert not (settings.home / "artifacts").exists()
        shutil.rmtree(settings.home)
        for _ in range(2):
            loaded = load_champion(settings)
            assert loaded.version == done.bundle.version
            folder = models_folder(settings)
            assert [path.name for path in folder.iterdir()] == [loaded.version]
        assert os.environ["MLFLOW_TRACKING_URI"] == uri
    pd.testing.assert_frame_equal(loaded.statistics.to_frame(), done.bundle.statistics.to_frame())
