"""Champion, the model in use: found in the registry and loaded.

The registry is MLflow's. By default it is a SQLite file in the project's home; a server named by
``MLFLOW_TRACKING_URI`` is used instead where there is one.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import ModelError, UsageError
from features.own_folders import own_folder
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle, ModelOutline
from models.artifact.folder import DRAFT_PREFIX, MANIFEST, find_copy, load_bundle, load_outline
from models.registry.store import ARTIFACTS, STORE, TrackingError, open_mlflow, uses_file

CHAMPION = "champion"
VERSION_TAG = "leadaccord.model_version"

_VERSION = re.compile(r"m[0-9a-f]{12}")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Registered:
    """A registered model.

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


def models_folder(settings: Settings) -> Path:
    """Return the folder of a project's models."""
    return settings.home / "models"


def registered_name(settings: Settings) -> str:
    """Return the registered model's name, in characters that the registry takes."""
    name = re.sub(r"[^\w.-]+", "-", settings.project.name)[:_LONGEST_NAME].strip("-")
    return f"{name or 'leadaccord'}-lead-quality"


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
        When its folder is damaged, or it is no Leadaccord model.
    TrackingError
        When the registry does not answer.
    """
    return load_registered(settings, require_champion(settings))


def require_champion(settings: Settings) -> Registered:
    """Return the model in use as the registry knows it.

    Raises
    ------
    UsageError
        When no model is in use.
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
    return found


def find_champion(settings: Settings) -> Registered | None:
    """Return the model in use as the registry knows it; None where there is none.

    Raises
    ------
    TrackingError
        When the registry does not answer.
    """
    return find_own_champion(settings) if uses_file() else _champion_on_server(settings)


def load_registered(settings: Settings, found: Registered) -> ModelBundle:
    """Load a registered model; a folder that is gone is restored from the registry's copy.

    Raises
    ------
    ModelError
        When its folder is damaged, or it is no Leadaccord model.
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


def outline_registered(settings: Settings, found: Registered) -> ModelOutline | None:
    """Read what a registered model is about; None where it cannot be loaded as it stands."""
    if not _VERSION.fullmatch(found.version):
        return None
    return load_outline(models_folder(settings) / found.version)


def load_version(settings: Settings, version: str) -> ModelBundle | None:
    """Load a model of the past by its version; None where it can no longer be read.

    Parameters
    ----------
    settings : Settings
    version : str
        Its folder is looked for in the project's home, and then the copy kept with its run.
    """
    folder: Path | None = models_folder(settings) / version
    if folder is None or not folder.is_dir():
        folder = find_copy(settings.home / ARTIFACTS, version)
    try:
        return None if folder is None else load_bundle(folder)
    except ModelError:
        return None


def _restore(settings: Settings, found: Registered, folder: Path) -> None:
    """Bring a model's folder back from the copy that is kept with its run."""
    if not uses_file():
        _download(settings, found, folder)
        return
    copy = find_copy(settings.home / ARTIFACTS, found.version)
    if copy is not None:
        with _restoring(folder) as draft:
            shutil.copytree(copy, draft / "model").rename(folder)


def ask_for_champion(client: Any, name: str) -> Any:
    """Return the registry's version behind the alias, or None."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if is_missing(error):
            return None
        raise


def is_missing(error: Any) -> bool:
    """Return whether an error of MLflow means that something does not exist."""
    return error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


def find_own_champion(settings: Settings) -> Registered | None:
    """Return the model in use by the store in the project's home; None where there is none.

    Raises
    ------
    TrackingError
        When the store is damaged.

    Notes
    -----
    Reads the alias straight from MLflow's SQLite file: importing MLflow takes over a second.
    """
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
    with open_mlflow(settings, hurried=True) as mlflow:
        found = ask_for_champion(mlflow.MlflowClient(), name)
    if found is None:
        return None
    return Registered(name, str(found.version), str(found.tags.get(VERSION_TAG, "")))


def _download(settings: Settings, found: Registered, folder: Path) -> None:
    """Fetch the model's folder from the registry into the project's home."""
    with _restoring(folder) as draft:
        with open_mlflow(settings) as mlflow:
            local = mlflow.artifacts.download_artifacts(
                artifact_uri=f"models:/{found.name}/{found.number}", dst_path=str(draft)
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


@contextmanager
def _restoring(folder: Path) -> Iterator[Path]:
    """Hold a folder for a copy of a model that is put in the place of one that is gone."""
    try:
        with own_folder(folder.parent, DRAFT_PREFIX) as draft:
            yield draft
    except OSError as error:
        raise ModelError(
            "the folder of the model in use is gone, and cannot be restored",
            where=str(folder),
            got=error.strerror or str(error),
            next_step="See what stands in its place and that there is space, or restore the "
            "project's home from a copy",
        ) from error
