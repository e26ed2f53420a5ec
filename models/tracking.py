"""The tracking store and the model registry: where runs are recorded and a model is put in use.

Both are MLflow's. By default they are a SQLite file in the project's home; a server named by
``MLFLOW_TRACKING_URI`` is used instead where there is one.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import ModelError, UsageError
from features.settings import Settings
from models.bundle import ModelBundle
from models.storage import DRAFT_PREFIX, MANIFEST, load_bundle
from models.tracking_store import STORE, TrackingError, open_mlflow, uses_file

__all__ = [
    "CHAMPION",
    "Registered",
    "TrackingError",
    "find_experiment",
    "load_champion",
    "log_training",
    "models_folder",
    "own_artifacts",
    "registered_name",
]

CHAMPION = "champion"
_VERSION_TAG = "leadaccord.model_version"
_VERSION = re.compile(r"m[0-9a-f]{12}")
_LONGEST_NAME = 200
_LIBRARIES = ("lightgbm", "numpy", "pandas", "pyarrow", "scipy", "leadaccord")


@dataclass(frozen=True)
class Registered:
    """A model as the registry knows it.

    Attributes
    ----------
    name : str
        The registered model's name.
    number : str
        The registry's own version number.
    version : str
        The model's version, made from its content.
    """

    name: str
    number: str
    version: str


def models_folder(settings: Settings) -> Path:
    """Return the folder of a project's models."""
    return settings.home / "models"


def registered_name(settings: Settings) -> str:
    """Return the registered model's name, in characters that the registry takes."""
    name = re.sub(r"[^\w.-]+", "-", settings.project.name)[:_LONGEST_NAME].strip("-")
    return f"{name or 'leadaccord'}-lead-quality"


def log_training(
    settings: Settings,
    bundle: ModelBundle,
    *,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    artifacts: Path,
    put_in_use: bool,
) -> Registered:
    """Record a training run, register its model and, if asked, make it the champion.

    Parameters
    ----------
    settings : Settings
    bundle : ModelBundle
        Already stored under `models_folder`.
    parameters, metrics, tags : mapping
        What the run shows.
    artifacts : Path
        A folder of plots and tables to keep with the run.
    put_in_use : bool
        Whether the alias "champion" moves to this model.

    Returns
    -------
    Registered

    Raises
    ------
    TrackingError
        When the store does not answer.
    """
    own = own_artifacts(settings)
    with open_mlflow(settings) as mlflow:
        experiment = find_experiment(mlflow, settings, own)
        with mlflow.start_run(experiment_id=experiment, run_name=bundle.version, tags=dict(tags)):
            mlflow.log_params(dict(parameters))
            mlflow.log_metrics(dict(metrics))
            mlflow.log_artifacts(str(artifacts))
            info = _log_model(mlflow, settings, bundle)
        client = mlflow.MlflowClient()
        name, number = registered_name(settings), str(info.registered_model_version)
        client.set_model_version_tag(name, number, _VERSION_TAG, bundle.version)
        if put_in_use:
            client.set_registered_model_alias(name, CHAMPION, number)
    return Registered(name, number, bundle.version)


def load_champion(settings: Settings) -> ModelBundle:
    """Load the model in use.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    UsageError
        When no model is in use.
    ModelError
        When its folder is damaged, or it is not one of ours.
    TrackingError
        When the registry does not answer.
    """
    found = _champion_in_file(settings) if uses_file() else _champion_on_server(settings)
    if found is None:
        raise UsageError(
            "no model is in use yet",
            where=str(settings.home),
            next_step="Run leadaccord train; a model without skill is not put in use",
            code="no_model",
        )
    if not _VERSION.fullmatch(found.version):
        raise ModelError(
            "the model in use was not registered by leadaccord",
            where=f"{found.name} version {found.number}",
            next_step=f'Move the alias "{CHAMPION}" back, or run leadaccord train',
        )
    folder = models_folder(settings) / found.version
    if not folder.is_dir() and not uses_file():
        _download(settings, found, folder)
    bundle = load_bundle(folder)
    if bundle.version != found.version:
        raise ModelError(
            "the folder of the model in use holds another model",
            where=str(folder),
            got=bundle.version,
            expected=found.version,
            next_step="Restore the folder from a copy, or train again",
        )
    return bundle


def own_artifacts(settings: Settings) -> Path | None:
    """Return where the files of runs go; None where a server keeps them."""
    return settings.home / "artifacts" if uses_file() else None


def find_experiment(mlflow: Any, settings: Settings, own: Path | None) -> str:
    """Return the id of the project's experiment; `own` is as `own_artifacts` gives it.

    An experiment keeps its first folder for good. A project that was moved or copied needs
    another one, or its plots would go where it once was.
    """
    name = settings.project.name
    folder = None if own is None else own.as_uri()
    for shown in (name, f"{name} in {settings.home}"):
        found = mlflow.get_experiment_by_name(shown)
        if found is None:
            return str(mlflow.create_experiment(shown, artifact_location=folder))
        if folder in (None, found.artifact_location):
            break
    return str(found.experiment_id)


def _log_model(mlflow: Any, settings: Settings, bundle: ModelBundle) -> Any:
    from importlib.metadata import version

    from models.pyfunc import make_example, make_signature

    return mlflow.pyfunc.log_model(
        name="model",
        loader_module="models.pyfunc",
        data_path=str(models_folder(settings) / bundle.version),
        signature=make_signature(bundle.table),
        input_example=make_example(bundle.table),
        pip_requirements=[f"{name}=={version(name)}" for name in _LIBRARIES],
        registered_model_name=registered_name(settings),
    )


def _champion_in_file(settings: Settings) -> Registered | None:
    """Read the alias straight from MLflow's SQLite file: importing MLflow takes over a second."""
    store = settings.home / STORE
    if not store.is_file():
        return None
    name = registered_name(settings)
    query = """
        select alias.version, tag.value
        from registered_model_aliases as alias
        left join model_version_tags as tag
          on tag.name = alias.name and tag.version = alias.version and tag.key = ?
        where alias.name = ? and alias.alias = ?
    """
    try:
        with closing(
            sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            row = connection.execute(query, (_VERSION_TAG, name, CHAMPION)).fetchone()
    except sqlite3.Error as error:
        raise TrackingError(
            "the registry cannot be read",
            where=str(store),
            got=str(error),
            next_step="Restore the project's home from a copy, or remove it and train again",
        ) from error
    return None if row is None else Registered(name, str(row[0]), str(row[1] or ""))


def _champion_on_server(settings: Settings) -> Registered | None:
    name = registered_name(settings)
    with open_mlflow(settings) as mlflow:
        from mlflow.exceptions import MlflowException
        from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

        try:
            found = mlflow.MlflowClient().get_model_version_by_alias(name, CHAMPION)
        except MlflowException as error:
            if error.error_code in (
                ErrorCode.Name(RESOURCE_DOES_NOT_EXIST),
                "INVALID_PARAMETER_VALUE",
            ):
                return None
            raise
    return Registered(name, str(found.version), str(found.tags.get(_VERSION_TAG, "")))


def _download(settings: Settings, found: Registered, folder: Path) -> None:
    """Fetch the model's folder from the registry into the project's home."""
    with open_mlflow(settings) as mlflow:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=DRAFT_PREFIX) as draft:
            local = mlflow.artifacts.download_artifacts(
                artifact_uri=f"models:/{found.name}/{found.number}", dst_path=draft
            )
            manifest = next(Path(local).rglob(MANIFEST), None)
            if manifest is None:
                raise ModelError(
                    "the registry's copy of the model in use is not a model folder",
                    where=f"{found.name} version {found.number}",
                    got=f"no {MANIFEST}",
                    next_step="Run leadaccord train",
                )
            manifest.parent.rename(folder)
