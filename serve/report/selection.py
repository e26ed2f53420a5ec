"""Selection of the leads shown one by one, with their reasons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.columns.categories import convert_distinct
from features.contract.tables import Tables
from features.settings.schema import BandSettings
from features.text import clean
from models.artifact.bundle import ModelBundle
from models.reasons.bands import find_bands
from models.reasons.similar_leads import NONE, find_similar
from models.reasons.waterfall import compute_waterfall
from serve.report.disagreements import find_surprising
from serve.report.events import Events, list_events
from serve.report.scored_hand_overs import ScoredHandOvers, to_scores

RESERVED = 0.25
"""Share of the leads shown that the most surprising ones may take from the waiting ones."""

_DIGITS = 6


@dataclass(frozen=True)
class Selection:
    """The leads shown, the same in every language; see `serve.report.contents.Leads`.

    Attributes
    ----------
    labels : Index
        Of the hand-overs, in the order to show them.
    frame : DataFrame
        As `Leads.frame` but for ``grade``.
    steps : ndarray of shape (n, n_topics)
    average : float
    events : Events
    similar : ndarray of int, shape (n, 5)
        Places in `past`.
    past : Index
        Labels of the hand-overs that are similar to some.
    """

    labels: pd.Index
    frame: pd.DataFrame
    steps: np.ndarray
    average: float
    events: Events
    similar: np.ndarray
    past: pd.Index


def select_leads(
    bundle: ModelBundle, tables: Tables, scored: ScoredHandOvers, *, newest: int
) -> Selection:
    """Choose the leads to show, and find what their explanations need.

    Parameters
    ----------
    bundle : ModelBundle
    tables : Tables
        For the activities.
    scored : ScoredHandOvers
    newest : int
        How many leads at most.
    """
    return detail_leads(bundle, tables, scored, choose_leads(scored.hand_overs, newest))


def detail_leads(
    bundle: ModelBundle, tables: Tables, scored: ScoredHandOvers, labels: pd.Index
) -> Selection:
    """Find what the explanations of certain leads need.

    Parameters
    ----------
    bundle, tables, scored
        As for `select_leads`.
    labels : Index
        Of the hand-overs to show, in the order to show them.
    """
    place = scored.hand_overs.index.get_indexer(labels)
    hand_overs = scored.hand_overs.loc[labels]
    steps, average = _step(bundle, scored, place)
    similar, past = _find_past(scored, place)
    return Selection(
        labels=labels,
        frame=_make_frame(bundle, scored, place, tables.settings.bands),
        steps=steps,
        average=average,
        events=list_events(hand_overs, tables.activities),
        similar=similar,
        past=past,
    )


def choose_leads(hand_overs: pd.DataFrame, newest: int) -> pd.Index:
    """Return the leads to show, in the order to show them.

    Parameters
    ----------
    hand_overs : DataFrame
        As `ScoredHandOvers.hand_overs`.
    newest : int
        How many at most.

    Returns
    -------
    Index
        Waiting ones, the newest, then decided ones: the most surprising, for which a quarter of
        the room is kept, and the newest. Sorted by waiting first, then falling score.
    """
    newest_first = hand_overs.index[::-1]
    is_waiting = (hand_overs["decision"] == "waiting").to_numpy()[::-1]
    waiting, decided = newest_first[is_waiting], newest_first[~is_waiting]
    surprising = _interleave(*find_surprising(hand_overs))
    reserved = surprising[: max(newest - len(waiting), int(newest * RESERVED))]
    waiting = waiting[: newest - len(reserved)]
    rest = decided[~decided.isin(reserved)][: newest - len(reserved) - len(waiting)]
    chosen = hand_overs.loc[waiting.append(reserved).append(rest)]
    order = np.lexsort(
        (
            chosen["lead_id"].astype(str),
            -chosen["place"],
            -chosen["probability"],
            chosen["decision"] != "waiting",
        )
    )
    ordered: pd.Index = chosen.index[order]
    return ordered


def clean_reasons(reasons: pd.Series) -> pd.Series:
    """Return what sales gave as reasons, fit for one line; None where it gave none."""
    return convert_distinct(
        reasons, lambda text: clean(text) or None if isinstance(text, str) else None
    )


def _make_frame(
    bundle: ModelBundle, scored: ScoredHandOvers, place: np.ndarray, limits: BandSettings
) -> pd.DataFrame:
    """Return what is known of each lead, its score first that of the model in use today."""
    hand_overs = scored.hand_overs.iloc[place]
    low, high = bundle.model.calibration_.interval(scored.log_odds[place])
    scores = to_scores(hand_overs["probability"]).astype(np.int64)
    return pd.DataFrame(
        {
            "lead_id": [clean(str(lead)) for lead in hand_overs["shown_id"]],
            "handed_over_at": hand_overs["handed_over_at"].to_numpy(),
            "decision": hand_overs["decision"].to_numpy(),
            "state": hand_overs["state"].to_numpy(),
            "decided_at": hand_overs["decided_at"].to_numpy(),
            "reason": clean_reasons(hand_overs["reason"]).to_numpy(),
            "score": scores,
            "band": find_bands(scores, limits),
            "probability": hand_overs["probability"].to_numpy().round(_DIGITS),
            "low": low.round(_DIGITS),
            "high": high.round(_DIGITS),
            "overdue": hand_overs["overdue"].to_numpy(dtype=bool),
            "learned": hand_overs["learned"].to_numpy(dtype=bool),
            "score_before": to_scores(
                hand_overs["before_answer"].where(hand_overs["learned"].astype(bool))
            ),
            "surprise": hand_overs["surprise"].to_numpy(),
            "outcome": _count_outcome(hand_overs),
            "won_at": hand_overs["won_at"].to_numpy() if "won" in hand_overs else pd.NaT,
            "amount": hand_overs["amount"].to_numpy() if "won" in hand_overs else np.nan,
            "won_since": hand_overs["won_since"].to_numpy() if "won" in hand_overs else False,
        }
    )


def _count_outcome(hand_overs: pd.DataFrame) -> np.ndarray:
    """Return how far each lead came: 1 for an opportunity, 2 for a deal."""
    if "won" not in hand_overs:
        return np.zeros(len(hand_overs), dtype=int)
    return np.where(hand_overs["won"], 2, hand_overs["opportunity"].astype(int))


def _step(
    bundle: ModelBundle, scored: ScoredHandOvers, place: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the steps to each score, and where they start."""
    base = bundle.average_log_odds
    moved = scored.steps[place].astype(np.float64)
    steps = compute_waterfall(moved, base, probability=bundle.probability)
    return steps, float(bundle.probability(np.array([base]))[0])


def _find_past(scored: ScoredHandOvers, place: np.ndarray) -> tuple[np.ndarray, pd.Index]:
    """Return places of similar past leads, and the labels of these."""
    hand_overs = scored.hand_overs
    known = hand_overs["known_at"].to_numpy()
    # A decision dated before its hand-over would let a lead resemble itself.
    usable = (hand_overs["decision"] != "waiting").to_numpy() & (
        known >= hand_overs["place"].to_numpy()
    )
    pool = np.flatnonzero(usable)
    found = find_similar(
        scored.steps[place],
        hand_overs["place"].to_numpy()[place],
        scored.steps[pool],
        known[pool],
    )
    named = np.unique(found[found != NONE])
    places = np.where(found == NONE, NONE, np.searchsorted(named, found))
    return places, hand_overs.index[pool[named]]


def _interleave(some: pd.Index, others: pd.Index) -> pd.Index:
    """Return both in turns."""
    turn = np.argsort(np.r_[np.arange(len(some)), np.arange(len(others))], kind="stable")
    both: pd.Index = some.append(others).take(turn)
    return both
