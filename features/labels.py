"""Labels and their maturity: accepted or rejected, and the rows that each rule removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.contract.as_of import AsOf
from features.contract.decision_match import sort_by_decision
from features.contract.tables import Tables, read_tables
from features.settings.schema import DecisionSettings, Settings
from features.units import DAY

AUTO_MATURITY_QUANTILE = 0.95
REJECTING = ("rejected", "recycled")

# In the order in which a lead is asked; the first rule that holds is the one counted.
RULES: dict[str, str] = {
    "missing_id": "no lead id",
    "duplicate": "the same hand-over again",
    "missing_hand_over": "no time (or order) of hand-over",
    "hand_over_in_future": "handed over in the future",
    "before_since": "handed over before the first day asked for",
    "decision_before_hand_over": "decided before it was handed over",
    "not_matured": "too young for sales to have answered",
    "untouched": "no decision",
}


@dataclass(frozen=True)
class Labels:
    """Label of each hand-over.

    Attributes
    ----------
    accepted : Series of float, shape (n_episodes,)
        1 accepted, 0 rejected, NaN where there is no label or the row may not be used.
    rule : Series of str
        "used", or the rule of `RULES` that removed the row.
    matured_after_days : float or None
        The maturity age applied; None where the data have no times to apply it to.
    as_of : Timestamp or None
        The moment the data speak of; leads are as old as they were then.
    corrected : Series of bool
        Whether the teams gave the hand-over another label than sales did.
    """

    accepted: pd.Series
    rule: pd.Series
    matured_after_days: float | None
    as_of: pd.Timestamp | None
    corrected: pd.Series

    @property
    def used(self) -> pd.Series:
        """Return a mask of the rows that may be used for training or evaluation."""
        return self.rule == "used"

    @property
    def excluded(self) -> dict[str, int]:
        """Return how many rows each rule removed, every rule named."""
        counts = self.rule.value_counts()
        return {rule: int(counts.get(rule, 0)) for rule in RULES}

    @property
    def n_corrected(self) -> int:
        """Return how many of the rows used for training or evaluation were corrected."""
        return int((self.corrected & self.used).sum())


def read_labelled(settings: Settings, as_of: AsOf | None = None) -> tuple[Tables, Labels]:
    """Read the project's tables and label their hand-overs.

    Parameters
    ----------
    settings : Settings
    as_of : AsOf, optional
        Use only what was dated before this moment; everything if left out.

    Returns
    -------
    tables : Tables
    labels : Labels
        Of the same hand-overs.
    """
    tables = read_tables(settings, as_of=as_of)
    return tables, label_tables(tables)


def label_tables(tables: Tables) -> Labels:
    """Label the hand-overs of tables that were read with their decisions.

    Parameters
    ----------
    tables : Tables
        With decisions; hand-overs before `since` of their settings are not used.

    Returns
    -------
    Labels
    """
    since = tables.settings.leads.since
    return label_leads(
        tables.episodes,
        decision=tables.settings.decision,
        as_of=tables.as_of,
        now=tables.now,
        since=None if since is None else pd.Timestamp(since),
        timed=tables.timed,
    )


def label_leads(
    episodes: pd.DataFrame,
    *,
    decision: DecisionSettings,
    as_of: pd.Timestamp | None,
    now: pd.Timestamp | None = None,
    since: pd.Timestamp | None = None,
    timed: bool = True,
) -> Labels:
    """Label every hand-over by its first decision, once it had time to be decided.

    Where the teams corrected a decision, the correction counts; it is as old as the decision.

    Parameters
    ----------
    episodes : DataFrame of shape (n_episodes, ...)
        ``lead_id``, ``handed_over_at``, ``sequence``, ``decision`` ("accepted", "rejected",
        "recycled" or missing), ``decided_at``, ``early`` (True where a decision is dated before
        hand-over), as `features.contract.tables` makes them; with corrections ``corrected``
        ("accepted", "rejected" or missing).
    decision : DecisionSettings
        `present_means` and `matured_after_days` are used.
    as_of : Timestamp or None
        Ages are counted up to here.
    now : Timestamp, optional
        Hand-overs after it lie in the future; the same as `as_of` if left out.
    since : Timestamp, optional
        Earlier hand-overs are not used.
    timed : bool
        False where the data have an order but no times: nothing has an age then.

    Returns
    -------
    Labels
    """
    answer = episodes["decision"]
    age = _ages(episodes, as_of) if timed else pd.Series(np.nan, index=episodes.index)
    delay = _delays(episodes) if timed else pd.Series(np.nan, index=episodes.index)
    maturity = _maturity(decision, delay) if timed and as_of is not None else None

    accepted = pd.Series(np.nan, index=episodes.index)
    accepted[answer == "accepted"] = 1.0
    accepted[answer.isin(REJECTING)] = 0.0
    if decision.present_means is not None:
        accepted = _fill_silence(accepted, delay, decision.present_means, maturity)
    accepted, corrected = _correct(accepted, episodes)

    rule = _apply_rules(
        {
            "missing_id": episodes["lead_id"].isna(),
            "duplicate": mark_duplicates(episodes),
            "missing_hand_over": _unplaced(episodes, timed),
            "hand_over_in_future": _after(episodes["handed_over_at"], now or as_of),
            "before_since": _before(episodes["handed_over_at"], since),
            "decision_before_hand_over": episodes["early"].astype(bool),
            "not_matured": _are_young(age, maturity, silent=decision.present_means is not None),
            "untouched": accepted.isna(),
        },
        episodes.index,
    )
    return Labels(
        accepted=accepted.where(rule == "used"),
        rule=rule,
        matured_after_days=maturity,
        as_of=as_of,
        corrected=corrected,
    )


def count_maturity(delays: pd.Series) -> float:
    """Return the age by which 95 % of the decisions that came had come.

    Parameters
    ----------
    delays : Series of float
        Days from hand-over to decision; missing where undecided.

    Returns
    -------
    float
        Days; 0 where no decision is dated.
    """
    known = delays[delays >= 0]
    return float(np.quantile(known, AUTO_MATURITY_QUANTILE)) if len(known) else 0.0


def mark_duplicates(episodes: pd.DataFrame) -> pd.Series:
    """Mark every repeat of a lead's hand-over but one: the one decided first, if any is.

    Parameters
    ----------
    episodes : DataFrame
        ``lead_id``, ``handed_over_at``, ``sequence``, ``decision``, ``decided_at``.

    Returns
    -------
    Series of bool
        False for rows without an id or without a time or order of hand-over.
    """
    keys = ["lead_id", "handed_over_at", "sequence"]
    placed = episodes["handed_over_at"].notna() | episodes["sequence"].notna()
    repeated = sort_by_decision(episodes.reset_index(drop=True)).duplicated(keys).sort_index()
    return repeated.set_axis(episodes.index) & episodes["lead_id"].notna() & placed


def _maturity(decision: DecisionSettings, delay: pd.Series) -> float:
    if decision.matured_after_days == "auto":
        return count_maturity(delay)
    return float(decision.matured_after_days)


def _are_young(age: pd.Series, maturity: float | None, *, silent: bool) -> pd.Series:
    """Mark hand-overs that sales may still answer in time; silence needs the last day whole."""
    if maturity is None:
        return pd.Series(False, index=age.index)
    return np.floor(age) <= maturity if silent else age < maturity


def _fill_silence(
    accepted: pd.Series, delay: pd.Series, present_means: str, maturity: float | None
) -> pd.Series:
    """Read silence past maturity as the other answer; a later answer came too late to count."""
    present = 1.0 if present_means == "accepted" else 0.0
    in_time = accepted.notna()
    if maturity is not None:
        # Whole days: an answer at any hour of the last day is still in time.
        in_time &= ~(np.floor(delay) > maturity)
    return pd.Series(np.where(in_time, present, 1.0 - present), index=accepted.index)


def _correct(accepted: pd.Series, episodes: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the labels as the teams corrected them, and where that made a difference."""
    if "corrected" not in episodes:
        return accepted, pd.Series(False, index=episodes.index)
    agreed = episodes["corrected"].map({"accepted": 1.0, "rejected": 0.0}).astype(float)
    return agreed.fillna(accepted), agreed.notna() & (agreed != accepted)


def _ages(episodes: pd.DataFrame, as_of: pd.Timestamp | None) -> pd.Series:
    if as_of is None:
        return pd.Series(np.nan, index=episodes.index)
    days: pd.Series = (as_of - episodes["handed_over_at"]).dt.total_seconds() / DAY
    return days


def _delays(episodes: pd.DataFrame) -> pd.Series:
    elapsed = episodes["decided_at"] - episodes["handed_over_at"]
    days = elapsed.dt.total_seconds() / DAY
    # A decision dated by the day of hand-over alone seems to come before it: it came that day.
    known: pd.Series = days.where(~episodes["early"].astype(bool)).clip(lower=0)
    return known


def _unplaced(episodes: pd.DataFrame, timed: bool) -> pd.Series:
    column = episodes["handed_over_at"] if timed else episodes["sequence"]
    return column.isna()


def _after(times: pd.Series, limit: pd.Timestamp | None) -> pd.Series:
    return times > limit if limit is not None else pd.Series(False, index=times.index)


def _before(times: pd.Series, limit: pd.Timestamp | None) -> pd.Series:
    return times < limit if limit is not None else pd.Series(False, index=times.index)


def _apply_rules(masks: Mapping[str, pd.Series], index: pd.Index) -> pd.Series:
    rule = pd.Series("used", index=index, dtype=object)
    for name in reversed(RULES):
        rule[masks[name].fillna(False).astype(bool)] = name
    return rule
