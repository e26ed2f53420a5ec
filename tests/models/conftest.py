"""A project whose one training run is recorded in a store of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.artifact.folder import save_bundle
from models.evaluation.plots import draw_plots
from models.registry.champion import Registered, models_folder
from models.registry.training_runs import log_training
from serve.scoring.mlflow_model import describe_model
from tests.trained import make_project, train_once


@dataclass(frozen=True)
class Recorded:
    """A recorded training run."""

    settings: Settings
    bundle: ModelBundle
    registered: Registered

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.settings.home / 'tracking.db'}"


def record(settings: Settings, bundle: ModelBundle, *, put_in_use: bool = True) -> Recorded:
    """Store a model and record it, with the plots of the shared training."""
    saved = save_bundle(bundle, models_folder(settings))
    plots = settings.root / "plots"
    plots.mkdir(exist_ok=True, parents=True)
    made = Path(tempfile.mkdtemp(dir=settings.root))
    trained = train_once()[1]
    draw_plots(trained.accepted, trained.probability, trained.bundle.figures, plots)
    registered = log_training(
        settings,
        saved,
        describe_model(settings, saved, made, handed_over_at="Created"),
        parameters={"tables.leads": "leads.csv", "train.seed": "20"},
        metrics={"auc": 0.75, "excluded_untouched": 3.0},
        tags={"skill": "good", "split": "time"},
        artifacts=plots,
        put_in_use=put_in_use,
    )
    return Recorded(settings, saved, registered)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A project with a model in use; not to be changed."""
    return record(make_project(tmp_path_factory.mktemp("recorded")), train_once()[1].bundle)


@contextmanager
def mlflow_at(uri: str) -> Iterator[Any]:
    """MLflow as its users call it, pointed at a store for a while."""
    import mlflow

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)  # so that it is put back
        mlflow.set_tracking_uri(uri)
        try:
            yield mlflow
        finally:
            mlflow.set_tracking_uri("")


def copy_project(recorded: Recorded, root: Path, name: str = "spring") -> Settings:
    """Another project with the same home, to change."""
    shutil.copytree(recorded.settings.home, root / "home")
    return make_project(root, name)
