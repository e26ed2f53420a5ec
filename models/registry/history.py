"""History of champions: rollback, and clean-up after a run that was killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from features.errors import DestinationError, UsageError
from features.settings.schema import Settings
from models.registry.alias import REPLACES_TAG, put_version_in_use
from models.registry.champion import (
    CHAMPION,
    VERSION_TAG,
    Registered,
    find_champion,
    load_registered,
    registered_name,
    require_champion,
)
from models.registry.last_champion import keep_champion
from models.registry.store import open_mlflow

LOCK = "retrain.lock"
ATTEMPT = "unfinished-run"
ATTEMPT_TAG = "leadaccord.attempt"
DECISION_TAG = "leadaccord.decision"
INTERRUPTED = "interrupted"


@contextmanager
def lock_home(settings: Settings, *, wait: bool) -> Iterator[None]:
    """Hold the project's lock: of two runs that change what is in use one comes after the other.

    Parameters
    ----------
    settings : Settings
    wait : bool
        Whether to wait for a run that holds it, or to refuse.

    Raises
    ------
    UsageError
        When another run holds it, with code "busy".
    DestinationError
        When the home cannot be written.

    Notes
    -----
    The system lets go of the lock of a process that was killed.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(settings.home / LOCK)
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise UsageError(
            "another run is retraining this project",
            where=str(settings.home),
            next_step="Run the command again when it is done, or wait for it with --if-busy wait",
            code="busy",
        ) from None
    except OSError as error:
        raise DestinationError(
            "the project's home cannot be written",
            where=str(settings.home),
            got=error.strerror or str(error),
            next_step="Free space or check permissions there, or set home under [project]; "
            "the model in use is unchanged",
        ) from error
    try:
        yield
    finally:
        lock.release()


def begin_attempt(settings: Settings) -> str:
    """Record that a run begins; return the name by which its traces are found if it is killed."""
    name = uuid4().hex
    _marker(settings).write_text(name, "utf-8")
    return name


def end_attempt(settings: Settings) -> None:
    """Note that the run came to its end."""
    _marker(settings).unlink(missing_ok=True)


def clear_interrupted(settings: Settings) -> bool:
    """Mark what a killed run left in the registry as interrupted.

    Returns
    -------
    bool
        Whether there was such a run. A model that it had already put in use stays so: the move
        of the alias is one step, and the last.

    Raises
    ------
    TrackingError
        When the registry does not answer.
    """
    marker = _marker(settings)
    if not marker.is_file():
        return False
    attempt = marker.read_text("utf-8")
    champion = find_champion(settings)
    with open_mlflow(settings) as mlflow:
        client = mlflow.MlflowClient()
        for run in _find_runs(client, settings, attempt):
            if run.info.status == "RUNNING":
                client.set_terminated(run.info.run_id, "KILLED")
            for found in client.search_model_versions(f"run_id='{run.info.run_id}'"):
                if champion is None or str(found.version) != champion.number:
                    client.set_model_version_tag(
                        found.name, found.version, DECISION_TAG, INTERRUPTED
                    )
                    client.set_tag(run.info.run_id, DECISION_TAG, INTERRUPTED)
    marker.unlink(missing_ok=True)
    return True


def find_model(settings: Settings, version: str | None) -> Registered:
    """Return a registered model by its version or number; the one in use if None.

    Raises
    ------
    UsageError
        When there is no such model, or none in use.
    TrackingError
        When the registry does not answer.
    """
    if version is None:
        return require_champion(settings)
    name, known = registered_name(settings), _read_known(settings)
    number = _find_number(known, version, settings)
    return Registered(name, number, _version_of(known[number]))


def roll_back(settings: Settings, version: str | None = None) -> tuple[Registered, Registered]:
    """Put an earlier model in use again, in one step.

    Parameters
    ----------
    settings : Settings
    version : str, optional
        A model's version or the registry's number; the one before the model in use if left out.

    Returns
    -------
    before, after : Registered
        The model that was in use, and the one that is.

    Raises
    ------
    UsageError
        When there is no such model, or nothing to go back to.
    ModelError
        When its folder is damaged; the model in use stays.
    TrackingError
        When the registry does not answer.
    """
    champion = find_champion(settings)
    after = _choose(settings, champion, version)
    # A model that cannot be read must not be put in use.
    load_registered(settings, after)
    with open_mlflow(settings) as mlflow:
        client = mlflow.MlflowClient()
        if version is None:
            client.set_registered_model_alias(after.name, CHAMPION, after.number)
        else:
            put_version_in_use(client, after.name, after.number)
    keep_champion(settings, after)
    return champion or Registered(after.name, "", ""), after


def _choose(settings: Settings, champion: Registered | None, version: str | None) -> Registered:
    """Return the requested model, or the one that the model in use replaced."""
    if version is not None:
        return find_model(settings, version)
    known = _read_known(settings)
    number = _previous(known, champion, settings)
    return Registered(registered_name(settings), number, _version_of(known[number]))


def _read_known(settings: Settings) -> dict[str, Any]:
    """Return the registry's versions of the project's model, by number."""
    name = registered_name(settings)
    with open_mlflow(settings) as mlflow:
        found = mlflow.MlflowClient().search_model_versions(f"name='{name}'")
    return {str(version.version): version for version in found}


def _version_of(found: Any) -> str:
    return str(found.tags.get(VERSION_TAG, ""))


def _previous(known: dict[str, Any], champion: Registered | None, settings: Settings) -> str:
    """Return the number of the model that the one in use replaced."""
    if champion is None:
        raise UsageError(
            "no model is in use, so there is none before it",
            where=str(settings.home),
            next_step="Name a version: leadaccord rollback VERSION",
            code="no_model",
        )
    found = known.get(champion.number)
    number = str(found.tags.get(REPLACES_TAG, "")) if found is not None else ""
    if number not in known:
        raise UsageError(
            "there is no model before the one in use",
            where=f"{champion.name} version {champion.number}",
            expected=_list_known(known),
            next_step="Name a version: leadaccord rollback VERSION",
            code="no_earlier_model",
        )
    return number


def _find_number(known: dict[str, Any], version: str, settings: Settings) -> str:
    """Return the registry's number for a number or a model's version, the newest of several."""
    if version in known:
        return version
    alike = [n for n, found in known.items() if _version_of(found) == version]
    if alike:
        return max(alike, key=int)
    raise UsageError(
        "there is no such model in the registry",
        where=registered_name(settings),
        got=f'"{version}"',
        expected=_list_known(known),
        next_step="Name one of these",
        code="no_such_model",
    )


def _list_known(known: dict[str, Any]) -> str:
    newest = sorted(known, key=int, reverse=True)[:5]
    names = [f"{number} ({known[number].tags.get(VERSION_TAG, 'not ours')})" for number in newest]
    return "one of " + ", ".join(names) if names else "a model that was trained before"


def _find_runs(client: Any, settings: Settings, attempt: str) -> list[Any]:
    experiment = client.get_experiment_by_name(settings.project.name)
    if experiment is None or not attempt:
        return []
    found: list[Any] = client.search_runs(
        [experiment.experiment_id], f"tags.`{ATTEMPT_TAG}` = '{attempt}'"
    )
    return found


def _marker(settings: Settings) -> Path:
    return settings.home / ATTEMPT
