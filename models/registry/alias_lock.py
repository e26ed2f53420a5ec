"""Lock on the alias of the model in use: one project home at a time moves it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from features.errors import UsageError
from features.settings.schema import Settings
from models.registry.champion import CHAMPION, ask_for_champion, is_missing, registered_name
from models.registry.store import open_mlflow, uses_file

CHALLENGER = "challenger"
REPLACES_TAG = "leadaccord.replaces"
"""On a model that was put in use: the registry's number of the one that it replaced."""

LOCK_SUFFIX = "-being-promoted"
OWNER_TAG = "leadaccord.held_by"
MARKER = "promotion-lock"
PATIENCE = 60.0
"""Seconds to wait for another home: recording a model takes a few."""

_PAUSE = 0.5
_TOLD = (
    "Held for the seconds in which leadaccord puts a model in use, so that no two homes do so at "
    "once. If it stays, the run was killed: its home lets go of it with the next run."
)


@contextmanager
def lock_alias(settings: Settings, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the registered model on a tracking server: of two homes one promotes after the other.

    In a store of the project's own the lock of the home does that already.

    Parameters
    ----------
    settings : Settings
    patience : float
        Seconds to wait for a home that holds it.

    Raises
    ------
    UsageError
        When it is still held then, with code "busy".
    TrackingError
        When the server does not answer.

    Notes
    -----
    MLflow moves an alias without asking where it was, so what was compared with has to be looked
    at again while nobody else may move it. A registered model can be made only once under one
    name, which makes it a lock. It never ends by age: a home that is only slow would move the
    alias after it. A run that was killed leaves it to the next run of the same home.
    """
    if uses_file():
        yield
        return
    lock = registered_name(settings) + LOCK_SUFFIX
    with open_mlflow(settings) as mlflow:
        _acquire(mlflow.MlflowClient(), lock, _read_token(settings), patience)
    try:
        yield
    finally:
        _release(settings, lock)


def let_go(settings: Settings) -> None:
    """Let go of what a killed run of this home, which must hold its lock, still holds.

    Raises
    ------
    TrackingError
        When the server does not answer.
    """
    if not uses_file() and _marker(settings).is_file():
        _release(settings, registered_name(settings) + LOCK_SUFFIX)


def put_version_in_use(client: Any, name: str, number: str) -> None:
    """Move the alias to a version, which is told first which one it replaces."""
    champion = ask_for_champion(client, name)
    before = "" if champion is None else str(champion.version)
    if before == number:
        return
    if before:
        client.set_model_version_tag(name, number, REPLACES_TAG, before)
    client.set_registered_model_alias(name, CHAMPION, number)


def _acquire(client: Any, lock: str, token: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while not _try(client, lock, token):
        if time.monotonic() >= deadline:
            raise UsageError(
                "another home is putting a model in use",
                where=f"the registered model {lock}",
                next_step="Run the command again. If that run was killed, run leadaccord retrain "
                f"in its home; if its home is gone, delete {lock} in MLflow",
                code="busy",
            )
        time.sleep(_PAUSE)


def _try(client: Any, lock: str, token: str) -> bool:
    """Take the lock; it is ours also where this home took it and was killed."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(lock, tags={OWNER_TAG: token}, description=_TOLD)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return _find_owner(client, lock) == token
    return True


def _find_owner(client: Any, lock: str) -> str | None:
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_registered_model(lock).tags.get(OWNER_TAG, ""))
    except MlflowException as error:
        if is_missing(error):
            return None
        raise


def _release(settings: Settings, lock: str) -> None:
    """Let go; the home remembers that it holds the lock until the server has heard of it."""
    with open_mlflow(settings) as mlflow:
        client = mlflow.MlflowClient()
        if _find_owner(client, lock) == _read_token(settings):
            client.delete_registered_model(lock)
    _marker(settings).unlink(missing_ok=True)


def _read_token(settings: Settings) -> str:
    """Return the name under which this home holds the lock, written down before it is taken."""
    marker = _marker(settings)
    if not marker.is_file():
        settings.home.mkdir(parents=True, exist_ok=True)
        marker.write_text(uuid4().hex, "utf-8")
    return marker.read_text("utf-8")


def _marker(settings: Settings) -> Path:
    return settings.home / MARKER
