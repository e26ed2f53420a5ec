"""Monitored leads: those since the training, scored, with sales' decisions so far."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract.tables import Tables
from features.errors import DataRefused, UsageError
from features.labels import REJECTING, Labels
from features.units import DAY
from models.arrays import Floats
from models.artifact.bundle import ModelBundle
from models.artifact.reference import Reference
from models.reasons.grades import grade_leads

WATCHED = ("used", "untouched", "not_matured")
"""Rules of `features.labels` under which a hand-over is a lead like any other."""


@dataclass(frozen=True)
class Leads:
    """The monitored leads, scored.

    ``groups`` is that of the source, or None; ``age`` is in days, and a lead is ``mature`` that
    had time to be answered; ``accepted`` is 1 or 0, and means nothing where ``answered`` is False.
    """

    episodes: pd.DataFrame
    values: pd.DataFrame
    matrix: Floats
    p: Floats
    grades: NDArray[np.str_]
    age: Floats
    mature: NDArray[np.bool_]
    answered: NDArray[np.bool_]
    accepted: Floats
    groups: NDArray[np.int64] | None


def require_reference(bundle: ModelBundle, tables: Tables) -> Reference:
    """Return the reference to compare with, or refuse."""
    if bundle.reference is None or not tables.timed:
        raise UsageError(
            "without times of hand-over it is unknown which leads came after the training",
            where=tables.origin,
            expected="a time of hand-over, when the model was trained and now",
            next_step="Name it in handed_over_at under [leads], and train again",
            code="not_timed",
        )
    return bundle.reference


def current(tables: Tables) -> pd.Timestamp:
    """Return the newest moment in the tables; an old export has no answers of today."""
    return tables.now if tables.as_of is None else tables.as_of


def choose_monitored(
    tables: Tables, labels: Labels, start: pd.Timestamp, *, after: bool
) -> pd.Index:
    """Return the hand-overs from `start` on (`after` it, if so), faulty rows left out."""
    times = tables.episodes["handed_over_at"]
    later = times > start if after else times >= start
    chosen = tables.episodes.index[labels.rule.isin(WATCHED) & later & (times <= tables.now)]
    if len(chosen) == 0:
        raise DataRefused(
            "no lead was handed over since the model was trained",
            where=tables.origin,
            got=f"newest lead {times[times <= tables.now].max():%Y-%m-%d}",
            expected=f"leads handed over after {start:%Y-%m-%d}",
            next_step="Bring the tables up to date, or look further back with --since",
            code="no_new_leads",
        )
    return chosen


def score_monitored(bundle: ModelBundle, tables: Tables, chosen: pd.Index, labels: Labels) -> Leads:
    """Score the monitored leads and join sales' decisions so far.

    An answer of a young lead counts only where it is known how fast answers come: otherwise those
    that are there already are no fair sample. Where silence is an answer, it counts from the
    day on which it is one.
    """
    episodes = tables.episodes.loc[chosen]
    part = replace(tables, episodes=episodes, attributes=tables.attributes.loc[chosen])
    values = bundle.table.compute(part, earlier=tables.episodes)
    matrix = bundle.table.encode(values)
    contributions = bundle.model.contributions(matrix)
    reference = require_reference(bundle, tables)
    age = (current(tables) - episodes["handed_over_at"]).dt.total_seconds() / DAY
    mature = age >= (labels.matured_after_days or 0.0)
    answered = episodes["decision"].isin(["accepted", *REJECTING])
    accepted = episodes["decision"] == "accepted"
    if tables.settings.decision.present_means is not None:
        answered, accepted = labels.used[chosen], labels.accepted[chosen] == 1
    elif not reference.times.known:
        answered &= mature
    source = reference.source
    return Leads(
        episodes=episodes,
        values=values,
        matrix=matrix,
        p=bundle.probability(contributions.sum(axis=1)),
        grades=grade_leads(contributions, bundle.table, probability=bundle.probability),
        age=age.to_numpy(dtype=np.float64),
        mature=np.asarray(mature, dtype=np.bool_),
        answered=np.asarray(answered, dtype=np.bool_),
        accepted=np.asarray(accepted, dtype=np.float64),
        groups=matrix[:, bundle.table.names.index(source)].astype(np.int64) if source else None,
    )
