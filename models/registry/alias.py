"""Aliases of the registered model: which version is in use, and which one it replaced."""

from __future__ import annotations

from typing import Any

from features.errors import UsageError
from models.registry.champion import CHAMPION, Registered, ask_for_champion

CHALLENGER = "challenger"
REPLACES_TAG = "leadaccord.replaces"
"""On a model that was put in use: the registry's number of the one that it replaced."""


class ChampionMovedError(UsageError):
    """Another model was put in use since a new one was compared with the one before."""

    default_code = "moved"


def put_version_in_use(client: Any, name: str, number: str) -> None:
    """Move the alias to a version, on which the one that it replaces is noted first.

    Parameters
    ----------
    client : mlflow.MlflowClient
    name : str
        The registered model.
    number : str
        Its version to put in use.
    """
    _move(client, name, number, before=_number_in_use(client, name))


def replace_champion(client: Any, name: str, number: str, *, champion: Registered | None) -> None:
    """Move the alias to a version, unless it has left the model that this was compared with.

    Parameters
    ----------
    client : mlflow.MlflowClient
    name, number : str
        As in `put_version_in_use`.
    champion : Registered or None
        The model that has to be in use still; None where there has to be none.

    Raises
    ------
    ChampionMovedError
        When another one is; the alias stays.

    Notes
    -----
    MLflow moves an alias without asking where it was. Between the look and the move lies one
    request, in which another home could still move it: docs/decisions/0030.
    """
    before, expected = _number_in_use(client, name), "" if champion is None else champion.number
    if before != expected:
        raise ChampionMovedError(
            "another model was put in use while this one was recorded, which stays as it is",
            where=name,
            got=f"version {before}" if before else "no model",
            expected=f"version {expected}" if expected else "no model",
            next_step="Run the command again to be compared with that one",
        )
    _move(client, name, number, before=before)


def _number_in_use(client: Any, name: str) -> str:
    """Return the number of the version in use, empty where there is none."""
    champion = ask_for_champion(client, name)
    return "" if champion is None else str(champion.version)


def _move(client: Any, name: str, number: str, *, before: str) -> None:
    if before == number:
        return
    if before:
        client.set_model_version_tag(name, number, REPLACES_TAG, before)
    client.set_registered_model_alias(name, CHAMPION, number)
