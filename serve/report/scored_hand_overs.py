"""Scored hand-overs: the score of each today, what was said before its answer, and the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.contract.decision_match import end_of_day
from features.contract.tables import Tables
from features.labels import Labels, count_maturity
from features.units import DAY
from models.artifact.bundle import ModelBundle
from models.reasons.topics import Topics, group_topics
from serve.report.outcomes import add_outcomes
from serve.scoring.scorer import find_rejects

# Hand-overs that nobody can place or distinguish, and those the settings leave out.
NOT_COUNTED = (
    "missing_id",
    "duplicate",
    "missing_hand_over",
    "hand_over_in_future",
    "before_since",
)
_LEADS_AT_ONCE = 20_000


@dataclass(frozen=True)
class ScoredHandOvers:
    """The hand-overs that are counted, each once.

    Attributes
    ----------
    hand_overs : DataFrame of shape (n, ...)
        Labelled as the episodes, oldest first. ``row``, ``lead_id``, ``shown_id`` (the same as
        readers may see it), ``handed_over_at``,
        ``place`` (moment of hand-over or what stands in for it, as a number), ``known_at`` (the
        same of the decision, in which a day's decision counts from its end; where decisions have
        no time, of the hand-over), ``decision`` ("waiting", "accepted", "rejected", "recycled"),
        ``decided_at``, ``reason``, ``rep``; ``probability`` (what the model in use says today of
        the record, as it stands in every file of scores), ``learned`` (the model in use has
        learned from the decision), ``before_answer`` (the probability given before the decision
        was known, which alone is fair to compare with it: where the model has learned from it,
        that of the model judged on it, missing where there is none; otherwise ``probability``),
        ``fresh`` (decided, matured and with ``before_answer``: good to judge by), ``settled`` (the
        teams have talked about it and noted what it should have been), ``surprise`` (see
        `serve.report.contents.Leads`), ``young`` (waiting, and sales may still answer in time),
        ``state`` (the decision; of the waiting "working" and "open", not started, where the
        tables say it), ``overdue`` (waiting, not known to be started, for longer than the teams
        agreed on, or where they did not, than sales takes for 95 of 100 of its answers); where
        outcomes are known also what `serve.report.outcomes.add_outcomes` adds.
    values : DataFrame of shape (n, n_features)
        The features.
    contributions : ndarray of shape (n, n_features + 1)
        What moved the model in use, in log-odds by feature, the last the base: computed once, as
        they take longest.
    steps : ndarray of float32, shape (n, n_topics)
        The same by topic.
    log_odds : ndarray of shape (n,)
        Of the model in use, before calibration.
    topics : Topics
    timed : bool
    """

    hand_overs: pd.DataFrame
    values: pd.DataFrame
    contributions: np.ndarray
    steps: np.ndarray
    log_odds: np.ndarray
    topics: Topics
    timed: bool


def score_hand_overs(bundle: ModelBundle, tables: Tables, labels: Labels) -> ScoredHandOvers:
    """Score every hand-over that can be scored, each once.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    tables : Tables
        With their decisions.
    labels : Labels
        Of the same hand-overs.

    Returns
    -------
    ScoredHandOvers
    """
    hand_overs = _list_counted(tables, labels)
    values = bundle.table.compute(tables, earlier=tables.episodes).loc[hand_overs.index]
    topics = group_topics(bundle.table)
    contributions = _contribute(bundle, values)
    log_odds = contributions.sum(axis=1)
    hand_overs["probability"] = bundle.probability(log_odds)
    hand_overs = add_before_answer(bundle, hand_overs)
    used = labels.rule[hand_overs.index] == "used"
    hand_overs["fresh"] = used & hand_overs["before_answer"].notna()
    hand_overs["surprise"] = _surprise(hand_overs)
    steps = _add_up(contributions, topics)
    return ScoredHandOvers(hand_overs, values, contributions, steps, log_odds, topics, tables.timed)


def add_before_answer(bundle: ModelBundle, hand_overs: pd.DataFrame) -> pd.DataFrame:
    """Return hand-overs with ``learned`` and ``before_answer``, see `ScoredHandOvers`.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    hand_overs : DataFrame of shape (n, ...)
        ``lead_id``, ``handed_over_at``, ``decision`` as `read_answers` gives it, ``probability``.
    """
    seen = bundle.training_membership.find(hand_overs)
    learned = seen["seen"] & (hand_overs["decision"] != "waiting")
    before = hand_overs["probability"].mask(learned, seen["probability"])
    return hand_overs.assign(learned=learned, before_answer=before)


def _list_counted(tables: Tables, labels: Labels) -> pd.DataFrame:
    """Return the hand-overs that count, with what sales said of them."""
    counted = tables.episodes[~labels.rule.isin(NOT_COUNTED)]
    counted = counted[find_rejects(counted, timed=tables.timed).isna()]
    hand_overs = counted[["row", "lead_id", "handed_over_at", "decided_at", "reason", "rep"]].copy()
    hand_overs["shown_id"] = hand_overs["lead_id"]
    hand_overs["decision"] = read_answers(counted, tables, labels)
    hand_overs["state"] = _name_state(hand_overs["decision"], counted)
    hand_overs["settled"] = counted["corrected"].notna() if "corrected" in counted else False
    if tables.timed:
        # A decision of a day was not known before that day was over.
        known = end_of_day(counted["decided_at"]).fillna(counted["handed_over_at"])
        hand_overs["place"] = _seconds(counted["handed_over_at"])
        hand_overs["known_at"] = _seconds(known)
    else:
        hand_overs["place"] = hand_overs["known_at"] = counted["sequence"].astype(float)
    hand_overs = add_outcomes(_age(hand_overs, tables, labels), tables.outcomes)
    order = ["place", "lead_id"] if tables.timed else ["place", "row"]
    return hand_overs.sort_values(order, kind="stable")


def _name_state(decision: pd.Series, counted: pd.DataFrame) -> pd.Series:
    """Return how far sales is: its answer, or whether it has begun where that is known."""
    if "started" not in counted:
        return decision
    begun = counted["started"].map({True: "working", False: "open"})
    return decision.where(decision != "waiting", begun)


def read_answers(counted: pd.DataFrame, tables: Tables, labels: Labels) -> pd.Series:
    """Return what sales said; where silence is an answer, it is one once it has matured.

    Parameters
    ----------
    counted : DataFrame of shape (n, ...)
        Hand-overs of `tables`, with their ``decision``.
    tables : Tables
    labels : Labels
        Of the same tables.

    Returns
    -------
    Series of object
        "waiting", "accepted", "rejected" or "recycled".
    """
    said = counted["decision"].astype(object)
    answer = said.where(said.notna(), "waiting")
    if tables.settings.decision.present_means is None:
        return answer
    meant = labels.accepted[counted.index]
    silent = meant.notna() & ((answer == "waiting") | ((answer == "accepted") != (meant == 1.0)))
    return answer.mask(silent, meant.map({1.0: "accepted", 0.0: "rejected"}))


def _age(hand_overs: pd.DataFrame, tables: Tables, labels: Labels) -> pd.DataFrame:
    """Add who is too young to be answered and who waits too long."""
    waiting = hand_overs["decision"] == "waiting"
    if not tables.timed or tables.as_of is None:
        return hand_overs.assign(young=False, overdue=False)
    age = (tables.as_of - hand_overs["handed_over_at"]).dt.total_seconds() / DAY
    taken = (hand_overs["decided_at"] - hand_overs["handed_over_at"]).dt.total_seconds() / DAY
    agreed = tables.settings.agreement.answer_within
    usual = count_maturity(taken.clip(lower=0)[~counted_early(hand_overs, tables)])
    slow = usual if agreed is None else agreed
    young = waiting & (age < (labels.matured_after_days or 0.0))
    untouched = waiting & (hand_overs["state"] != "working")
    return hand_overs.assign(young=young, overdue=untouched & (usual > 0) & (age > slow))


def counted_early(hand_overs: pd.DataFrame, tables: Tables) -> pd.Series:
    """Mark the hand-overs whose decision is dated before them."""
    return tables.episodes["early"][hand_overs.index].astype(bool)


def to_scores(probability: pd.Series) -> np.ndarray:
    """Return probabilities as scores from 0 to 100; NaN where missing."""
    scores: np.ndarray = np.rint(probability.to_numpy(dtype=float) * 100)
    return scores


def _contribute(bundle: ModelBundle, values: pd.DataFrame) -> np.ndarray:
    """Return contributions by feature, block after block to bound the memory of encoding."""
    contributions = np.empty((len(values), len(bundle.table.features) + 1))
    explain = bundle.model.explainer(len(values))
    for start in range(0, len(values), _LEADS_AT_ONCE):
        rows = slice(start, start + _LEADS_AT_ONCE)
        matrix = bundle.table.encode(values.iloc[rows])
        contributions[rows] = explain(matrix)
    return contributions


def _add_up(contributions: np.ndarray, topics: Topics) -> np.ndarray:
    """Return contributions by topic."""
    steps = np.empty((len(contributions), len(topics.names)), dtype=np.float32)
    for place, members in enumerate(topics.members):
        steps[:, place] = contributions[:, list(members)].sum(axis=1)
    return steps


def _surprise(hand_overs: pd.DataFrame) -> np.ndarray:
    p = hand_overs["before_answer"].to_numpy()
    decision = hand_overs["decision"].to_numpy()
    said = np.where(decision == "accepted", p, 1 - p)
    return np.where(decision == "waiting", np.nan, -np.log(said))


def _seconds(times: pd.Series) -> pd.Series:
    return (times - pd.Timestamp(0)).dt.total_seconds()
