"""Model-card record in the registry: its contents, and who approved the model."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from features.errors import ModelError, UsageError
from features.settings.schema import Settings
from features.stored_json import parse_json
from models.registry.champion import Registered
from models.registry.store import open_mlflow

RECORD = "model_card.json"
APPROVED_BY = "leadaccord.approved_by"
APPROVED_ON = "leadaccord.approved_on"
LONGEST_NAME = 200


def read_record(settings: Settings, found: Registered) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a model's card was written from, and the tags of its version.

    Raises
    ------
    ModelError
        When the model has no card, or its record cannot be read.
    TrackingError
        When the registry does not answer.
    """
    with open_mlflow(settings) as mlflow:
        tags = dict(mlflow.MlflowClient().get_model_version(found.name, found.number).tags)
        files = _open_files(mlflow, found)
        kept = {entry.path for entry in files.list_artifacts()}
        with tempfile.TemporaryDirectory() as folder:
            text = (
                Path(files.download_artifacts(RECORD, folder)).read_text("utf-8")
                if RECORD in kept
                else None
            )
    if text is None:
        raise ModelError(
            "this model was stored without a card",
            where=str(found),
            next_step="Train again; every training writes one",
        )
    try:
        record = parse_json(text)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise ModelError(
            "the record behind the model card cannot be read",
            where=f"{found}, {RECORD}",
            next_step="Restore the file in the run's artifacts, or train again",
        )
    return record, tags


def note_approval(
    settings: Settings, found: Registered, *, person: str, day: date
) -> dict[str, str]:
    """Note on a model's version and its run that a person approved it; the last word counts.

    Parameters
    ----------
    settings : Settings
    found : Registered
    person : str
        As `check_person` returns it.
    day : date

    Returns
    -------
    dict of str to str
        The tags that say so.

    Raises
    ------
    TrackingError
        When the registry does not answer.
    """
    tags = {APPROVED_BY: person, APPROVED_ON: day.isoformat()}
    with open_mlflow(settings) as mlflow:
        client = mlflow.MlflowClient()
        run = client.get_model_version(found.name, found.number).run_id
        for key, value in tags.items():
            client.set_tag(run, key, value)
            client.set_model_version_tag(found.name, found.number, key, value)
    return tags


def keep_card(settings: Settings, found: Registered, texts: Mapping[str, str]) -> None:
    """Replace the card that is kept with a model's run.

    Raises
    ------
    TrackingError
        When the registry does not answer.
    """
    with open_mlflow(settings) as mlflow, tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_text(text, "utf-8")
        _open_files(mlflow, found).log_artifacts(folder)


def _open_files(mlflow: Any, found: Registered) -> Any:
    """Return the files of a model's run.

    MLflow's client remembers by the run's id alone where they lie, and so would write into the
    home that a home was copied from.
    """
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    client = mlflow.MlflowClient()
    run = client.get_run(client.get_model_version(found.name, found.number).run_id)
    return get_artifact_repository(run.info.artifact_uri)


def check_person(text: str) -> str:
    """Return the name of a person who approves.

    Raises
    ------
    UsageError
        When it is empty, too long, or holds what cannot be printed.
    """
    name = " ".join(text.split(" ")).strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(
            "--approved-by is not a name",
            got=f"{len(text):,} signs" if name else "nothing",
            expected=f"a name of 1 to {LONGEST_NAME} printable characters",
            next_step='Name the person, such as --approved-by "Ana Ruiz"',
        )
    return name
