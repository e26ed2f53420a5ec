"""Arrivals: the first hand-over of each lead since a day, and what came of it in time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.errors import SettingsError
from features.labels import Labels
from features.units import DAY
from models.trials.plan import Outcome

_BARRED = (
    "missing_id",
    "duplicate",
    "missing_hand_over",
    "hand_over_in_future",
    "before_since",
    "decision_before_hand_over",
)
_COLUMN: dict[str, str] = {"opportunity": "opportunity_at", "won": "won_at"}
_USUAL_QUANTILE = 0.9
_LEAST_DAYS, _FEW_DAYS = 7, 30


def list_arrivals(
    tables: Tables, labels: Labels, *, outcome: Outcome, days: float, since: pd.Timestamp | None
) -> pd.DataFrame:
    """Return each lead once, at its first hand-over since a day.

    Parameters
    ----------
    tables, labels
        The project's, of the same hand-overs.
    outcome : {"accepted", "opportunity", "won"}
    days : float
        Only an outcome within so many days of hand-over counts.
    since : Timestamp or None

    Returns
    -------
    DataFrame
        ``lead_id``, ``at`` and ``outcome`` (bool), in the order of hand-over.

    Raises
    ------
    SettingsError
        When hand-overs have no times, or the outcome is in no table.
    """
    if not tables.timed:
        raise SettingsError(
            "a trial needs the times of hand-over",
            where=str(tables.settings.file),
            next_step="Name their column in handed_over_at under [leads]",
        )
    episodes = tables.episodes[~labels.rule.isin(_BARRED)]
    frame = pd.DataFrame(
        {
            "lead_id": episodes["lead_id"],
            "at": episodes["handed_over_at"],
            "outcome": _wait_for(tables, episodes, outcome) <= days,
        }
    )
    if since is not None:
        frame = frame[frame["at"] >= since]
    ordered = frame.sort_values(["at", "lead_id"], kind="stable")
    return ordered.drop_duplicates("lead_id").reset_index(drop=True)


def choose_days(tables: Tables, labels: Labels, outcome: Outcome) -> int:
    """Return after how many days an outcome has usually come, whole weeks, a week at least.

    For acceptances that is the age at which leads mature; for what comes later the days by which
    nine of ten had come. 30 where no outcome is dated.
    """
    if outcome == "accepted":
        found = labels.matured_after_days or _FEW_DAYS
    else:
        waits = _wait_for(tables, tables.episodes, outcome)
        known = waits[np.isfinite(waits)]
        found = float(known.quantile(_USUAL_QUANTILE)) if len(known) else _FEW_DAYS
    return max(_LEAST_DAYS, 7 * int(np.ceil(found / 7)))


def _wait_for(tables: Tables, episodes: pd.DataFrame, outcome: Outcome) -> pd.Series:
    """Return the days from hand-over to the outcome; infinity where it did not come."""
    if outcome == "accepted":
        # An acceptance without a date came, only nobody knows when: it counts.
        waits = _count_days(episodes, episodes["decided_at"]).clip(lower=0).fillna(0.0)
        return waits.where(episodes["decision"] == "accepted", np.inf)
    column, outcomes = _COLUMN[outcome], tables.outcomes
    if outcomes is None or outcomes[column].isna().all():
        raise SettingsError(
            f"no table says which leads became {outcome}",
            where=str(tables.settings.file),
            next_step=f"Name outcomes under [tables] and {column} under [outcomes], "
            "or choose --outcome accepted",
        )
    dated = outcomes.dropna(subset=[column]).sort_values(column)
    pairs = episodes[["lead_id", "handed_over_at"]].reset_index(names="place").merge(dated)
    days = (pairs[column] - pairs["handed_over_at"]).dt.total_seconds() / DAY
    first = days[days >= 0].groupby(pairs["place"]).min()
    return first.reindex(episodes.index).fillna(np.inf)


def _count_days(episodes: pd.DataFrame, times: pd.Series) -> pd.Series:
    return (times - episodes["handed_over_at"]).dt.total_seconds() / DAY
