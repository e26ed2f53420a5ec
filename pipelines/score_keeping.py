"""Score keeping: earlier scores for a scoring run, and its own for the next one."""

from __future__ import annotations

from functools import cache, partial

import pandas as pd

from features.errors import LeadaccordError, UsageError
from features.settings.schema import Settings
from models.artifact.score_history import add_scores, find_secret, history_folder, read_history
from models.registry.champion import load_version
from pipelines.console import Console
from serve.destinations.address import is_address
from serve.destinations.crm import CRM_FORMATS
from serve.runs.spool import Spool
from serve.scoring.batches import Keep
from serve.scoring.changes import EarlierScores


def refuse_changes(settings: Settings, out: str, format: str | None) -> None:
    """Refuse changes where they cannot be shown, or nothing is kept to find them by.

    Parameters
    ----------
    settings : Settings
    out : str
        Where the result goes.
    format : str or None

    Raises
    ------
    UsageError
    """
    if is_address(out) or format in CRM_FORMATS:
        raise UsageError(
            "the changes of scores are columns of a file, which a table or a CRM's import lacks",
            got="--changes" + (f" with --format {format}" if format else " with a table"),
            expected="a file that ends in .csv, .parquet or .xlsx",
            next_step="Name a file with --out, or leave out --changes",
        )
    if settings.score.prior_shift:
        raise UsageError(
            "a prior shift moves all scores, and the changes of a score would not say so",
            where=str(settings.file),
            got="--changes with prior_shift = true under [score]",
            next_step="Leave out --changes, or set prior_shift = false",
        )
    if not settings.score.history:
        raise UsageError(
            "no scores are kept, so nothing is known of their changes",
            where=str(settings.file),
            got="history = 0 under [score]",
            next_step="Set it to the number of leads whose scores are to be kept",
        )


def read_earlier(settings: Settings) -> EarlierScores:
    """Return the earlier scores of a project, and how their models are loaded."""
    return EarlierScores(read_history(history_folder(settings)), partial(load_version, settings))


def choose_kept(settings: Settings) -> Keep | None:
    """Return how much is kept of a run; None where the settings say nothing is.

    With a prior shift nothing is: what is kept are scores by the model alone.
    """
    limit = 0 if settings.score.prior_shift else settings.score.history
    secret = cache(partial(find_secret, history_folder(settings)))
    return Keep(secret, limit) if limit else None


def read_kept(spool: Spool) -> pd.DataFrame | None:
    """Return what a run scored, as the history keeps it; None where nothing is kept."""
    parts = [table.to_pandas() for table in spool.kept()]
    return pd.concat(parts, ignore_index=True) if parts else None


def keep_scores(
    console: Console, settings: Settings, version: str, kept: pd.DataFrame | None
) -> list[str]:
    """Add a run's scores to the history, once they are delivered.

    Returns
    -------
    list of str
        A warning where that failed: the scores are delivered all the same.
    """
    if kept is None or kept.empty:
        return []
    try:
        add_scores(history_folder(settings), version, kept, limit=settings.score.history)
    except LeadaccordError as error:
        warning = f"The scores are delivered, but not kept for the changes of the next run: {error}"
        console.warn(warning)
        return [warning]
    return []
