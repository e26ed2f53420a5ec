"""Prior shift at scoring: probabilities that follow it where the settings say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.errors import DataRefused
from features.labels import label_tables
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.monitoring.prior_shift import PriorShift, find_prior_shift, follow
from models.monitoring.status import percent
from pipelines.console import Console
from pipelines.reading import read_own


def follow_prior_shift(
    console: Console, settings: Settings, bundle: ModelBundle
) -> tuple[ModelBundle, PriorShift | None]:
    """Return the model with the probabilities that the settings ask for, and the prior shift.

    It is estimated from the project's own leads since the training, never from the leads to
    score: the score of a lead does not depend on which others are in its file.

    Parameters
    ----------
    console : Console
    settings : Settings
    bundle : ModelBundle
        The model in use.

    Returns
    -------
    bundle : ModelBundle
        The same where no shift applies.
    shift : PriorShift or None
        None where it is not asked for, or nothing is known of it.

    Raises
    ------
    UsageError
        When hand-overs have no times, so that it is unknown which came after the training.
    """
    if not settings.score.prior_shift:
        return bundle, None
    console.progress("Estimating the accepted share of the leads since the training")
    tables = read_own(settings, bundle)
    try:
        shift = find_prior_shift(bundle, tables, label_tables(tables))
    except DataRefused as error:
        if error.code != "no_new_leads":
            raise
        shift = None
    return follow(bundle, shift) if shift is not None and shift.applies else bundle, shift


def describe_shift(shift: Mapping[str, Any] | None) -> str:
    """Return the prior shift of a run's record in words; nothing where there is none."""
    if shift is None:
        return ""
    accepted = shift["accepted"]
    parts = (accepted["value"], accepted["low"], accepted["high"], shift["promised"])
    share, low, high, before = (f"{percent(part)}%" for part in parts)
    begin = f"By the scores of the {shift['leads']:,} leads since the training alone, sales will"
    said = f"{begin} accept {share} ({low} to {high}) of them, {before} of those before"
    if shift["applies"]:
        return f"{said}: the odds of every lead are multiplied by {shift['odds_times']:.2f}."
    why = "may be chance" if shift["fits"] else "other kinds of leads or columns came as well"
    return f"{said}. Not followed, as {why}."
