"""Broken inputs: no longer filled, on another scale, or full of unseen values.

Numbers alone do not separate a broken input from a changed one, so these limits are
wide: a person says which it is. Finer drift is for the monitor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from features.checks.copies import find_copies
from features.contract.tables import Tables
from features.labels import Labels
from features.language import Phrase, translatable
from features.matrix.definitions import Feature
from features.matrix.feature_table import OTHER_CODE, FeatureTable, encode_levels
from models.evaluation.split import Split

LAST_ACTIVITY = "activities: days since last"
"""Given where a lead did anything at all."""

MIN_FILLED = 50
"""Fewer filled leads on the older side say nothing of how a column is usually filled."""
FILLED_FALL = 0.5
"""A column filled less than half as often as before has stopped being filled."""
FARTHEST = 0.5
"""Where so large a share of the numbers lies elsewhere, they are on another scale."""
MOSTLY_NEW = 0.5
"""Where so large a share of the values was never seen, they are called otherwise now."""

EMPTY = translatable(
    "{column}: filled in for {older} % of the older leads, for {newer} % of the newest"
)
SCALE = translatable(
    "{column}: {share} % of the newest values lie elsewhere, their median at {newer}, before at "
    "{older}"
)
UNDECIDED_RISE, UNDECIDED_FACTOR = 0.15, 2.0
"""Matured leads that lack a decision so much more often have lost it on the way."""

LOST = translatable(
    "decisions: {newer} % of the newest leads have none, {older} % of those before had none"
)
COPIES = translatable(
    "hand-overs: {count} of {leads} stand again under another id, with the same time and values"
)
LEVELS = translatable("{column}: {newer} % of the newest values were hardly ever seen before")


@dataclass(frozen=True)
class ChangedInput:
    """An input that differs among the newest leads.

    Attributes
    ----------
    column : str
        Of leads; "activities" for what leads did, "hand-overs" for all of a row.
    kind : {"empty", "scale", "levels", "copies"}
    message : Phrase
        The change in words and numbers.
    """

    column: str
    kind: Literal["empty", "scale", "levels", "copies"]
    message: Phrase


def find_changed_inputs(
    older: pd.DataFrame, newer: pd.DataFrame, table: FeatureTable
) -> tuple[ChangedInput, ...]:
    """Compare the inputs of the newest leads with those of the older ones.

    Parameters
    ----------
    older, newer : DataFrame of shape (n, n_features)
        Computed features of the leads learned from, and of newer ones.
    table : FeatureTable
        Planned on the older ones.

    Returns
    -------
    tuple of ChangedInput
        One per column at most, in the order of the features.
    """
    found: dict[str, ChangedInput] = {}
    for feature in table.features:
        column = _column(feature)
        if column is None or column in found:
            continue  # one finding per column is enough to hold a model
        change = _look(feature, column, older[feature.name], newer[feature.name], table)
        if change is not None:
            found[column] = change
    return tuple(found.values())


def find_lost_decisions(tables: Tables, labels: Labels, split: Split) -> tuple[ChangedInput, ...]:
    """Return a change if many more of the test leads than of the older ones have no decision.

    Parameters
    ----------
    tables : Tables
    labels : Labels
        Of the same tables.
    split : Split
        The leads learned from, and the newer test leads.

    Returns
    -------
    tuple of ChangedInput
        One for the decisions, or none; none where silence is an answer.
    """
    ripe = labels.rule.isin(["used", "untouched"])
    silent = (labels.rule == "untouched")[ripe]
    column = "handed_over_at" if tables.timed else "sequence"
    places = tables.episodes.loc[ripe, column]
    late = places >= tables.episodes.loc[split.test, column].min()
    older, newer = float(silent[~late].mean()), float(silent[late].mean())
    if newer < max(older + UNDECIDED_RISE, UNDECIDED_FACTOR * older):
        return ()
    gaps = {"older": round(100 * older), "newer": round(100 * newer)}
    return (ChangedInput("decisions", "empty", Phrase(LOST, gaps)),)


def find_copied(tables: Tables, labels: Labels) -> tuple[ChangedInput, ...]:
    """Return a change if hand-overs that are learned from stand again under other ids."""
    copies = find_copies(tables).again
    count = int(labels.used[copies].sum())
    if not count:
        return ()
    gaps = {"count": count, "leads": int(labels.used.sum())}
    return (ChangedInput("hand-overs", "copies", Phrase(COPIES, gaps)),)


def _column(feature: Feature) -> str | None:
    """Return the column of a feature; for activities, only whether there are any."""
    if feature.kind == "behaviour" and not feature.source.startswith("leads."):
        # Counts are 0 for quiet leads and for lost activities alike; only this one is missing.
        return "activities" if feature.name == LAST_ACTIVITY else None
    if feature.recipe != "as_is":
        return None
    return feature.column


def _look(
    feature: Feature, column: str, older: pd.Series, newer: pd.Series, table: FeatureTable
) -> ChangedInput | None:
    before, now = older.dropna(), newer.dropna()
    if len(before) < MIN_FILLED or not len(newer):
        return None
    filled, still = len(before) / len(older), len(now) / len(newer)
    if still < FILLED_FALL * filled and (filled - still) * len(newer) >= MIN_FILLED / 5:
        gaps = {"column": column, "older": round(100 * filled), "newer": round(100 * still)}
        return ChangedInput(column, "empty", Phrase(EMPTY, gaps))
    if len(now) < MIN_FILLED:
        return None
    if feature.form == "category":
        codes = encode_levels(now, table.levels[feature.name])
        usual = float((encode_levels(before, table.levels[feature.name]) == OTHER_CODE).mean())
        unseen = float((codes == OTHER_CODE).mean())
        if unseen - usual > MOSTLY_NEW:
            gaps = {"column": column, "newer": round(100 * unseen)}
            return ChangedInput(column, "levels", Phrase(LEVELS, gaps))
        return None
    return _look_at_numbers(column, before.to_numpy(float), now.to_numpy(float))


def _look_at_numbers(column: str, before: np.ndarray, now: np.ndarray) -> ChangedInput | None:
    """Compare two samples of numbers by the distance of Kolmogorov and Smirnov."""
    from scipy import stats

    distance = float(stats.ks_2samp(before, now, method="asymp").statistic)
    if distance <= FARTHEST:
        return None
    gaps = {
        "column": column,
        "share": round(100 * distance),
        "older": float(np.median(before)),
        "newer": float(np.median(now)),
    }
    return ChangedInput(column, "scale", Phrase(SCALE, gaps))
