"""Scoring: leads in, one row per lead out, with probability, interval, grade and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.contract import Tables
from features.errors import SettingsError
from features.language import Language
from features.matrix import unknown_levels
from models.bundle import ModelBundle
from models.grades import grade_leads
from models.reasons import MAX_REASONS, ReasonWriter

SCORE_COLUMNS = (
    "lead_id",
    "probability",
    "probability_low",
    "probability_high",
    "score",
    "grade",
    *(f"reason_{i}" for i in range(1, MAX_REASONS + 1)),
    *(f"against_{i}" for i in range(1, MAX_REASONS + 1)),
    "model_version",
    "scored_at",
)
REJECT_COLUMNS = ("row", "lead_id", "code", "message")
_DIGITS = 6

REJECTED = {
    "missing_id": "the row has no lead id",
    "missing_hand_over": "the row has no time of hand-over, from which the model counts",
    "duplicate": "the same hand-over of the same lead stands in an earlier row",
}


@dataclass(frozen=True)
class Scored:
    """The result of scoring.

    Attributes
    ----------
    scores : DataFrame
        `SCORE_COLUMNS`, in the order of the input.
    rejects : DataFrame
        `REJECT_COLUMNS`: the rows that could not be scored; with `scores` they make up the
        input, each row once.
    values : DataFrame
        The computed features of the scored leads.
    contributions : ndarray of shape (n_scored, n_features + 1)
    unknown : mapping of str to int
        Leads per category whose level is too rare to have been learned, or new.
    missing_columns : tuple of str
        Columns the model learned from that the input does not have.
    """

    scores: pd.DataFrame
    rejects: pd.DataFrame
    values: pd.DataFrame
    contributions: np.ndarray
    unknown: Mapping[str, int]
    missing_columns: tuple[str, ...]


def score_leads(
    bundle: ModelBundle,
    tables: Tables,
    *,
    language: Language,
    scored_at: pd.Timestamp,
    earlier: pd.DataFrame | None = None,
) -> Scored:
    """Score every lead of the tables.

    Parameters
    ----------
    bundle : ModelBundle
    tables : Tables
        The leads to score, and the activities known of them.
    language : Language
        Of the reasons.
    scored_at : Timestamp
        Written beside every score, UTC.
    earlier : DataFrame, optional
        Every hand-over known so far with its decision, for the history of returning leads.

    Returns
    -------
    Scored

    Raises
    ------
    SettingsError
        When the model counts from the time of hand-over and the leads have no such column.
    """
    timed = bundle.table.order == "time"
    if timed and not tables.timed:
        raise SettingsError(
            "the model counts from the time of hand-over, and the leads have no column for it",
            where=tables.origin,
            expected="the column that held it in training",
            next_step="Add it to the leads, or name it in handed_over_at under [leads]",
        )
    code = find_rejects(tables.episodes, timed=timed)
    good = tables.episodes.index[code.isna()]
    values = bundle.table.compute(tables, earlier=earlier).loc[good]
    matrix = bundle.table.encode(values)
    contributions = bundle.model.contributions(matrix)
    log_odds = contributions.sum(axis=1)
    probability = bundle.probability(log_odds)
    low, high = bundle.model.calibration_.interval(log_odds)
    reasons, against = ReasonWriter(bundle.table, bundle.statistics, language).write(
        values, matrix, contributions
    )
    scores = pd.DataFrame(
        {
            "lead_id": tables.episodes.loc[good, "lead_id"].to_numpy(),
            "probability": probability.round(_DIGITS),
            "probability_low": low.round(_DIGITS),
            "probability_high": high.round(_DIGITS),
            "score": np.rint(probability * 100).astype(int),
            "grade": grade_leads(contributions, bundle.table, probability=bundle.probability),
            **_spread("reason", reasons, good),
            **_spread("against", against, good),
            "model_version": bundle.version,
            "scored_at": scored_at,
        },
        index=good,
    )
    return Scored(
        scores=scores[list(SCORE_COLUMNS)],
        rejects=_describe_rejects(tables.episodes, code),
        values=values,
        contributions=contributions,
        unknown=unknown_levels(values, bundle.table),
        missing_columns=find_missing_columns(bundle, tables),
    )


def find_rejects(episodes: pd.DataFrame, *, timed: bool) -> pd.Series:
    """Return, per hand-over, the code of what keeps it from being scored; missing if nothing."""
    code = pd.Series(None, index=episodes.index, dtype=object)
    repeated = episodes.duplicated(["lead_id", "handed_over_at"])
    code[repeated] = "duplicate"
    if timed:
        code[episodes["handed_over_at"].isna()] = "missing_hand_over"
    code[episodes["lead_id"].isna()] = "missing_id"
    return code


def find_missing_columns(bundle: ModelBundle, tables: Tables) -> tuple[str, ...]:
    """Return the columns the model learned from that the leads do not have."""
    wanted = dict.fromkeys(
        feature.column
        for feature in bundle.table.features
        if feature.source.startswith("leads.") and feature.column not in ("*", "handed_over_at")
    )
    return tuple(name for name in wanted if name not in tables.attributes.columns)


def _spread(prefix: str, sentences: list[list[str]], index: pd.Index) -> dict[str, pd.Series]:
    """Return the sentences as columns, empty where a lead has fewer."""
    rows = [[*row, *[None] * MAX_REASONS] for row in sentences]
    return {
        f"{prefix}_{place + 1}": pd.Series([row[place] for row in rows], index, dtype=object)
        for place in range(MAX_REASONS)
    }


def _describe_rejects(episodes: pd.DataFrame, code: pd.Series) -> pd.DataFrame:
    bad = episodes[code.notna()]
    return pd.DataFrame(
        {
            "row": bad["row"],
            "lead_id": bad["lead_id"],
            "code": code[bad.index],
            "message": code[bad.index].map(REJECTED),
        },
        columns=list(REJECT_COLUMNS),
    )
