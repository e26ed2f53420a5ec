"""Scoring runs in the tracking store, each recorded once, without waiting for MLflow to load.

A record waits in the project's home until the store has it, so a store that does not answer
loses nothing. Into the project's own SQLite file it is written directly, as an hourly run of a
hundred leads would spend more on importing MLflow than on its leads: docs/decisions/0017.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pandas as pd

from features.settings.schema import Settings
from models.registry.store import STORE, TrackingError, open_mlflow, uses_file
from models.registry.training_runs import find_experiment, own_artifacts

KNOWN_SCHEMAS = ("dc11669786a5",)
"""Layouts of MLflow's database that are written directly; any other is left to MLflow."""

RUN_ID = "leadaccord.run_id"
ARTIFACT = "run.json"
_LONGEST = 8_000

Record = Mapping[str, Any]


def runs_folder(settings: Settings) -> Path:
    """Return the folder of the records of scoring runs."""
    return settings.home / "runs"


def waiting_folder(settings: Settings) -> Path:
    """Return where records wait until the tracking store has them."""
    return runs_folder(settings) / "untracked"


def log_waiting_runs(settings: Settings) -> int:
    """Log every record that waits, oldest first, and move it to the others.

    Returns
    -------
    int
        How many were logged, by this run or by another that was faster with one of them.

    Raises
    ------
    TrackingError
        When the store does not take one; it goes on waiting, and so do those after it.
    """
    waiting = sorted(waiting_folder(settings).glob("*.json"))
    for path in waiting:
        try:
            record = json.loads(path.read_bytes())
            if not (uses_file() and _log_in_file(settings, record)):
                _log_with_mlflow(settings, record)
            path.replace(runs_folder(settings) / path.name)
        except (OSError, sqlite3.Error, ValueError) as error:
            if not path.exists():  # another run of the home has logged it meanwhile
                continue
            raise TrackingError(
                "the record of a run cannot be logged",
                where=str(path),
                got=type(error).__name__,
                next_step="It is kept, and the next run logs it",
            ) from error
    return len(waiting)


def summarise(record: Record) -> tuple[dict[str, str], dict[str, float], dict[str, str]]:
    """Return what the store shows of a record: parameters, metrics and tags."""
    texts = ("model_version", "input_digest", "language", "out", "batch_rows", "leadaccord")
    parameters = {name: str(record[name])[:_LONGEST] for name in texts if record.get(name)}
    metrics = {name: float(record[name]) for name in ("leads", "scored", "rejected")}
    for group in ("rejected_by_code", "unknown_levels", "out_of_range", "seconds"):
        metrics |= {f"{group}.{name}"[:250]: float(n) for name, n in record[group].items()}
    tags = {RUN_ID: str(record["run_id"]), "leadaccord.kind": "score"}
    return parameters, metrics, tags


def _log_with_mlflow(settings: Settings, record: Record) -> None:
    parameters, metrics, tags = summarise(record)
    own = own_artifacts(settings)
    with open_mlflow(settings) as mlflow:
        experiment = find_experiment(mlflow, settings, own)
        known = mlflow.search_runs(
            [experiment], f"tags.`{RUN_ID}` = '{record['run_id']}'", output_format="list"
        )
        if known:
            return
        with mlflow.start_run(experiment_id=experiment, run_name=_name(record), tags=tags):
            mlflow.log_params(parameters)
            mlflow.log_metrics({_as_key(name): value for name, value in metrics.items()})
            mlflow.log_dict(dict(record), ARTIFACT)


def _log_in_file(settings: Settings, record: Record) -> bool:
    """Write a record into MLflow's SQLite file; False where that is not known to be right."""
    store = settings.home / STORE
    if not store.is_file():
        return False
    with closing(sqlite3.connect(store, timeout=30)) as connection:
        version = connection.execute("select version_num from alembic_version").fetchone()
        experiment = _find_experiment_in_file(connection, settings)
        if experiment is None or version is None or version[0] not in KNOWN_SCHEMAS:
            return False
        number, place = experiment
        run = hashlib.sha256(str(record["run_id"]).encode()).hexdigest()[:32]
        artifacts = f"{place}/{run}/artifacts"
        _write_artifact(artifacts, record)
        with connection:
            _insert_run(connection, run, number, artifacts, record)
    return True


def _find_experiment_in_file(
    connection: sqlite3.Connection, settings: Settings
) -> tuple[int, str] | None:
    own = (settings.home / "artifacts").as_uri()
    found: tuple[int, str] | None = connection.execute(
        "select experiment_id, artifact_location from experiments"
        " where name in (?, ?) and artifact_location = ? and lifecycle_stage = 'active'",
        (settings.project.name, f"{settings.project.name} in {settings.home}", own),
    ).fetchone()
    return found


def _insert_run(
    connection: sqlite3.Connection, run: str, experiment: int, artifacts: str, record: Record
) -> None:
    """Insert a run as MLflow would, unless it is there."""
    parameters, metrics, tags = summarise(record)
    begun = int(pd.Timestamp(record["scored_at"]).timestamp() * 1000)
    ended = int(begun + 1000 * sum(record["seconds"].values()))
    inserted = connection.execute(
        "insert or ignore into runs (run_uuid, name, start_time, end_time, artifact_uri,"
        " experiment_id, source_type, source_name, entry_point_name, user_id, status,"
        " source_version, lifecycle_stage)"
        " values (?, ?, ?, ?, ?, ?, 'UNKNOWN', '', '', '', 'FINISHED', '', 'active')",
        (run, _name(record), begun, ended, artifacts, experiment),
    )
    if not inserted.rowcount:
        return
    values = [(_as_key(name), value, ended, run) for name, value in metrics.items()]
    for table in ("metrics", "latest_metrics"):
        connection.executemany(
            f"insert into {table} (key, value, timestamp, run_uuid, step, is_nan)"  # noqa: S608
            " values (?, ?, ?, ?, 0, 0)",
            values,
        )
    named = {"mlflow.runName": _name(record), **tags}
    for table, texts in (("params", parameters), ("tags", named)):
        connection.executemany(
            f"insert into {table} (key, value, run_uuid) values (?, ?, ?)",  # noqa: S608
            [(name, text, run) for name, text in texts.items()],
        )


def _write_artifact(artifacts: str, record: Record) -> None:
    folder = Path(url2pathname(urlsplit(artifacts).path))
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, ensure_ascii=False, indent=1)
    (folder / ARTIFACT).write_text(text, "utf-8")


def _name(record: Record) -> str:
    return f"score {record['run_id']}"


def _as_key(name: str) -> str:
    """Return a name in the characters that MLflow takes for a metric."""
    return "".join(sign if sign.isalnum() or sign in "_-. /" else "_" for sign in name)
