"""Scoring runs that wait for the tracking store, logged by the jobs that load MLflow anyway."""

from __future__ import annotations

from features.errors import LeadaccordError
from features.settings.schema import Settings
from models.registry.scoring_runs import log_waiting_runs
from pipelines.console import Console


def log_runs(console: Console, settings: Settings) -> list[str]:
    """Log the scoring runs that wait, once the job itself is done.

    Returns
    -------
    list of str
        Why some go on waiting, for the next such job; a job does not fail over it.
    """
    try:
        log_waiting_runs(settings)
    except LeadaccordError as error:
        problem = f"Scoring runs are not yet in the tracking store, and wait for it: {error}"
        console.say(problem)
        return [problem]
    return []
