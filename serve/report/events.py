"""Events of leads before hand-over, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from features.contract.partition import to_arrow
from features.language import Language
from features.language import translatable as _
from features.matrix.activities import list_newest
from features.naming import name_activity
from features.sources.duckdb_relation import Relation
from features.text import clean
from serve.report.contents import MAX_EVENTS

_DIGITS = 2


@dataclass(frozen=True)
class Events:
    """What each lead did.

    Attributes
    ----------
    types : tuple of str
        Kinds of activity as the CRM calls them; empty where it does not say.
    events, more
        As `serve.report.contents.Leads.events` and its ``events_more``.
    """

    types: tuple[str, ...]
    events: tuple[tuple[tuple[float, int], ...], ...]
    more: np.ndarray


def list_events(hand_overs: pd.DataFrame, activities: Relation | None) -> Events:
    """Read the newest activities of some hand-overs, and count the rest.

    Parameters
    ----------
    hand_overs : DataFrame of shape (n, ...)
        ``lead_id``, ``handed_over_at``.
    activities : Relation or None
        ``lead_id``, ``at``, ``type``. Only what belongs to these hand-overs leaves the database,
        and of each no more than `MAX_EVENTS`.

    Returns
    -------
    Events
        In the order of `hand_overs`.
    """
    nothing: tuple[tuple[float, int], ...] = ()
    if activities is None or hand_overs["handed_over_at"].isna().all():
        return Events((), (nothing,) * len(hand_overs), np.zeros(len(hand_overs), dtype=np.int64))
    keys = to_arrow(hand_overs[["lead_id", "handed_over_at"]])
    newest = list_newest(keys, activities, most=MAX_EVENTS).to_pandas()
    codes, types = pd.factorize(newest["type"].fillna(""), sort=True)
    episode = newest["hand_over"].to_numpy()
    pairs = list(zip(newest["days"].round(_DIGITS).tolist(), codes.tolist(), strict=True))
    bounds = np.searchsorted(episode, np.arange(len(hand_overs) + 1))
    events = tuple(tuple(pairs[start:end]) for start, end in pairwise(bounds))
    total = np.zeros(len(hand_overs), dtype=np.int64)
    total[episode] = newest["total"].to_numpy()
    return Events(tuple(str(name) for name in types), events, total - np.diff(bounds))


def name_type(kind: str, language: Language) -> str:
    """Return a kind of activity in words."""
    named = clean(name_activity(kind, language))
    return named[:1].upper() + named[1:] if named else language.text(_("(not given)"))
