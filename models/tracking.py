"""The tracking store and the model registry: where runs are recorded and a model is put in use.

Both are MLflow's. By default they are a SQLite file in the project's home; a server named by
``MLFLOW_TRACKING_URI`` is used instead where there is one.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.errors import ModelError, UsageError
from features.settings import Settings
from models.bundle import ModelBundle
from models.storage import DRAFT_PREFIX, MANIFEST, find_copy, load_bundle
from models.tracking_store import ARTIFACTS, STORE, TrackingError, open_mlflow, uses_file

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "REPLACES_TAG",
    "VERSION_TAG",
    "Account",
    "Registered",
    "TrackingError",
    "find_champion",
    "find_experiment",
    "load_champion",
    "load_registered",
    "log_refusal",
    "log_training",
    "models_folder",
    "own_artifacts",
    "registered_name",
]

CHAMPION = "champion"
CHALLENGER = "challenger"
VERSION_TAG = "leadaccord.model_version"
REPLACES_TAG = "leadaccord.replaces"
"""On a model that was put in use: the registry's number of the one that it replaced."""

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

    def __str__(self) -> str:
        return f"{self.name} version {self.number}"


@dataclass(frozen=True)
class Account:
    """What is told of a model beside its figures.

    Attributes
    ----------
    description : str
        Of the run and of the registered version, in Markdown.
    tags : mapping of str to str
        Of the run and of the registered version.
    digest : str
        Of the data learned from; empty where none was taken.
    dataset : str
        What the data are called.
    challenger : bool
        Whether the alias "challenger" moves to this model.
    """

    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    dataset: str = "leads"
    challenger: bool = False


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
    account: Account | None = None,
) -> Registered:
    """Record a training run, register its model and, if asked, make it the champion.

    The alias moves last, in one step: until then the model in use is the one it was.

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
    account : Account, optional
        What else is told of the model.

    Returns
    -------
    Registered

    Raises
    ------
    TrackingError
        When the store does not answer.
    """
    account = account or Account()
    # Asked before MLflow is opened: it writes its address into the environment.
    own = own_artifacts(settings)
    with open_mlflow(settings) as mlflow:
        run_tags = {**tags, **account.tags}
        with mlflow.start_run(
            experiment_id=find_experiment(mlflow, settings, own),
            run_name=bundle.version,
            tags=run_tags,
            description=account.description or None,
        ):
            mlflow.log_params(dict(parameters))
            mlflow.log_metrics(dict(metrics))
            mlflow.log_artifacts(str(artifacts))
            if account.digest:
                log_dataset(mlflow, account)
            info = _log_model(mlflow, settings, bundle)
        client = mlflow.MlflowClient()
        name, number = registered_name(settings), str(info.registered_model_version)
        for key, value in {VERSION_TAG: bundle.version, **account.tags}.items():
            client.set_model_version_tag(name, number, key, value)
        if account.description:
            client.update_model_version(name, number, account.description)
        if account.challenger:
            client.set_registered_model_alias(name, CHALLENGER, number)
        if put_in_use:
            put_version_in_use(client, name, number)
    return Registered(name, number, bundle.version)


def log_refusal(settings: Settings, account: Account, texts: Mapping[str, str]) -> None:
    """Record a run that made no model.

    Parameters
    ----------
    settings : Settings
    account : Account
        Why; its tags and description are those of the run.
    texts : mapping of str to str
        Files to keep with the run, by name.

    Raises
    ------
    TrackingError
        When the store does not answer.
    """
    own = own_artifacts(settings)
    with open_mlflow(settings) as mlflow:
        experiment = find_experiment(mlflow, settings, own)
        with mlflow.start_run(
            experiment_id=experiment,
            run_name="refused",
            tags=dict(account.tags),
            description=account.description,
        ):
            for name, text in texts.items():
                mlflow.log_text(text, name)


def put_version_in_use(client: Any, name: str, number: str) -> None:
    """Move the alias to a version, which is told first which one it replaces."""
    champion = _ask_for_champion(client, name)
    before = "" if champion is None else str(champion.version)
    if before == number:
        return
    if before:
        client.set_model_version_tag(name, number, REPLACES_TAG, before)
    client.set_registered_model_alias(name, CHAMPION, number)


def log_dataset(mlflow: Any, account: Account) -> None:
    """Show in the run what was learned from, by name and digest; the data stay where they are."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    source = CodeDatasetSource(tags={"leadaccord.dataset": account.dataset})
    data: Any = MetaDataset(source, name=account.dataset, digest=account.digest)  # type: ignore[abstract]
    mlflow.log_input(data, context="training")


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
    found = find_champion(settings)
    if found is None:
        raise UsageError(
            "no model is in use yet",
            where=str(settings.home),
            next_step="Run leadaccord train; a model without skill is not put in use",
            code="no_model",
        )
    return load_registered(settings, found)


def find_champion(settings: Settings) -> Registered | None:
    """Return the model in use as the registry knows it; None where there is none.

    Raises
    ------
    TrackingError
        When the registry does not answer.
    """
    return _champion_in_file(settings) if uses_file() else _champion_on_server(settings)


def load_registered(settings: Settings, found: Registered) -> ModelBundle:
    """Load a registered model; a folder that is gone is restored from the registry's copy.

    Raises
    ------
    ModelError
        When its folder is damaged, or it is not one of ours.
    TrackingError
        When the registry does not answer.
    """
    if not _VERSION.fullmatch(found.version):
        raise ModelError(
            "the model in use was not registered by leadaccord",
            where=f"{found.name} version {found.number}",
            next_step=f'Move the alias "{CHAMPION}" back, or run leadaccord train',
        )
    folder = models_folder(settings) / found.version
    if not folder.is_dir():
        _restore(settings, found, folder)
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


def _restore(settings: Settings, found: Registered, folder: Path) -> None:
    """Bring a model's folder back from the copy that is kept with its run."""
    if not uses_file():
        _download(settings, found, folder)
        return
    copy = find_copy(settings.home / ARTIFACTS, found.version)
    if copy is not None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=DRAFT_PREFIX) as draft:
            shutil.copytree(copy, Path(draft) / "model").rename(folder)


def own_artifacts(settings: Settings) -> Path | None:
    """Return where the files of runs go; None where a server keeps them."""
    return settings.home / ARTIFACTS if uses_file() else None


def find_experiment(mlflow: Any, settings: Settings, own: Path | None) -> str:
    """Return the id of the project's experiment; `own` is as `own_artifacts` gives it."""
    name = settings.project.name
    found = mlflow.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    folder = None if own is None else own.as_uri()
    return str(mlflow.create_experiment(name, artifact_location=folder))


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
        # Not for reading only: a writer that was killed may have left what must first be undone.
        with closing(
            sqlite3.connect(f"{store.absolute().as_uri()}?mode=rw", uri=True)
        ) as connection:
            row = connection.execute(query, (VERSION_TAG, name, CHAMPION)).fetchone()
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
        found = _ask_for_champion(mlflow.MlflowClient(), name)
    if found is None:
        return None
    return Registered(name, str(found.version), str(found.tags.get(VERSION_TAG, "")))


def _ask_for_champion(client: Any, name: str) -> Any:
    """Return the registry's version behind the alias, or None."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

    missing = (ErrorCode.Name(RESOURCE_DOES_NOT_EXIST), "INVALID_PARAMETER_VALUE")
    try:
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if error.error_code in missing:
            return None
        raise


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
