"""Scoring runs in the tracking store, each recorded once.

A scoring run leaves its record as a file in the project's home and does not load MLflow, which
takes longer than scoring a hundred leads. The next job that needs MLflow logs what waits, through
MLflow's own client: docs/decisions/0032.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from features.settings.schema import Settings
from features.stored_json import parse_json
from models.registry.store import TrackingError, open_mlflow
from models.registry.training_runs import find_experiment, own_artifacts

RUN_ID = "leadaccord.run_id"
ARTIFACT = "run.json"
LOCK = "untracked.lock"
_LONGEST = 8_000
_METRICS_AT_ONCE = 500

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
        How many were logged; 0 also where another process of this home is doing it.

    Raises
    ------
    TrackingError
        When the store does not take one; it goes on waiting, and so do those after it.

    Notes
    -----
    A run is known by its own id, which is a tag from its first moment on. One that was killed
    between that and the move of its file is completed the next time, not logged twice.
    """
    from filelock import FileLock, Timeout

    if not any(waiting_folder(settings).glob("*.json")):
        return 0
    try:
        with FileLock(runs_folder(settings) / LOCK, timeout=0):
            return _log_all(settings)
    except Timeout:
        return 0


def _log_all(settings: Settings) -> int:
    waiting = sorted(waiting_folder(settings).glob("*.json"))
    # Asked before MLflow is opened: it writes its address into the environment.
    own = own_artifacts(settings)
    with open_mlflow(settings) as mlflow:
        experiment = find_experiment(mlflow, settings, own)
        for path in waiting:
            _log(mlflow.MlflowClient(), experiment, _read(path))
            path.replace(runs_folder(settings) / path.name)
    return len(waiting)


def _read(path: Path) -> Record:
    try:
        record: Record = parse_json(path.read_bytes())
        # All that is logged of it: a record that lacks a part was not written by a run.
        summarise(record)
        find_times(record)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise TrackingError(
            "the record of a scoring run is damaged",
            where=str(path),
            got=type(error).__name__,
            next_step="Restore it from a copy, or remove it; those after it wait until then",
        ) from error
    return record


def summarise(record: Record) -> tuple[dict[str, str], dict[str, float], dict[str, str]]:
    """Return a record as parameters, metrics and tags."""
    texts = ("model_version", "input_digest", "language", "out", "batch_rows", "leadaccord")
    parameters = {name: str(record[name])[:_LONGEST] for name in texts if record.get(name)}
    metrics = {name: float(record[name]) for name in ("leads", "scored", "rejected")}
    for group in ("rejected_by_code", "unknown_levels", "out_of_range", "seconds"):
        metrics |= {f"{group}.{name}"[:250]: float(n) for name, n in record[group].items()}
    tags = {RUN_ID: str(record["run_id"]), "leadaccord.kind": "score"}
    return parameters, metrics, tags


def find_times(record: Record) -> tuple[int, int]:
    """Return when a run began and ended, in milliseconds as MLflow counts them."""
    begun = int(datetime.fromisoformat(record["scored_at"]).replace(tzinfo=UTC).timestamp() * 1000)
    return begun, int(begun + 1000 * sum(record["seconds"].values()))


def _log(client: Any, experiment: str, record: Record) -> None:
    """Log a run as of when it was, or complete one that was only begun."""
    from mlflow.entities import Metric, Param

    parameters, metrics, tags = summarise(record)
    begun, ended = find_times(record)
    known = client.search_runs([experiment], f"tags.`{RUN_ID}` = '{record['run_id']}'")
    run = (
        known[0]
        if known
        else client.create_run(experiment, begun, tags, run_name=f"score {record['run_id']}")
    )
    if run.info.status == "FINISHED":
        return
    number = run.info.run_id
    client.log_batch(number, params=[Param(name, text) for name, text in parameters.items()])
    values = [Metric(_as_key(name), value, ended, 0) for name, value in metrics.items()]
    for start in range(0, len(values), _METRICS_AT_ONCE):
        client.log_batch(number, metrics=values[start : start + _METRICS_AT_ONCE])
    client.log_dict(number, dict(record), ARTIFACT)
    client.set_terminated(number, "FINISHED", ended)


def _as_key(name: str) -> str:
    """Return a name in the characters that MLflow takes for a metric."""
    return "".join(sign if sign.isalnum() or sign in "_-. /" else "_" for sign in name)
