"""Tracking: what was trained is recorded with all it shows, and registered whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from features.errors import UsageError
from models.registry.champion import load_champion, models_folder, registered_name
from serve.scoring.mlflow_model import ACTIVITIES, NUMBERS, TEXTS
from tests.models.conftest import Recorded, mlflow_at, record
from tests.models.registry.test_champion import files
from tests.trained import make_project, train_once

PLOTS = {"calibration.png", "lift.png", "precision_recall.png", "roc.png"}


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
    given = {column.name: column for column in info.signature.inputs.inputs}
    assert not any(column.required for column in given.values())
    assert {name: column.type.name for name, column in given.items()} == {
        "Created": "string",
        "LeadSource": "string",
        "NumberOfEmployees": "double",
        ACTIVITIES: "string",
    }
    outputs = {column.name: column.type.name for column in info.signature.outputs.inputs}
    assert outputs == {**dict.fromkeys(NUMBERS, "double"), **dict.fromkeys(TEXTS, "string")}


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
    assert row["LeadSource"] == recorded.bundle.table.levels["LeadSource"][2]
    assert row["NumberOfEmployees"] == 1.0


@pytest.mark.slow
def test_a_server_takes_the_run_and_gives_the_model_back(
    tracking_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_project(tmp_path, "given-back")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_server)
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
    assert os.environ["MLFLOW_TRACKING_URI"] == tracking_server
    pd.testing.assert_frame_equal(loaded.statistics.to_frame(), done.bundle.statistics.to_frame())
