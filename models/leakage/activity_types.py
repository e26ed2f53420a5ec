"""Leak evidence in activity types: what only accepted, only rejected or only decided leads did.

A rep logs the call after the decision with the day of hand-over, or a workflow with the moment
the lead came. Dates cannot say so, but then only leads with one answer have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from features.contract.partition import to_arrow
from features.contract.tables import Tables
from features.language import translatable as _
from features.matrix.activities import MIN_LEADS_OF_TYPE, count_types
from features.matrix.definitions import WINDOWS, activity_counts
from models.leakage.evidence import check_filling, check_groups, check_ranking, rank_alone
from models.leakage.suspect import LeakSuspect, keep_strongest
from models.leakage.undecided import FillingWords, Matched, compare_values

MOST_TYPES = 60
"""Types that are tested, the most widespread ones."""

_DONE = {
    True: _("of the {leads} leads that did it before hand-over sales accepted {accepted}"),
    False: _("of the {leads} leads that never did it before hand-over sales accepted {accepted}"),
}
_BESIDE = FillingWords(
    _(
        "before hand-over {decided} % of the decided leads did it and {undecided} % of the "
        "{leads} undecided ones of the same time"
    ),
    _(
        "before hand-over {decided} % of the decided leads did it and {undecided} % of the "
        "{leads} undecided ones of the same time; where they did, sales accepted {accepted} "
        "of {known}"
    ),
)


def find_by_activities(
    tables: Tables, training: pd.Index, accepted: pd.Series, matched: Matched | None
) -> tuple[list[LeakSuspect], dict[str, float]]:
    """Test each type of activity for how much of the decision it gives away alone.

    Parameters
    ----------
    tables : Tables
    training : Index
        The hand-overs that may be learned from, oldest first.
    accepted : Series of shape (n_training,)
        1 accepted, 0 rejected.
    matched : Matched or None
        Decided and undecided leads of the same time, where there are enough.

    Returns
    -------
    suspects : list of LeakSuspect
        Their column is the type. Types that the settings name are left alone.
    alone : dict of str to float
        The AUC of each type alone, from out-of-fold rates.
    """
    y = accepted.to_numpy(dtype=float)
    named = tables.settings.features
    found: list[LeakSuspect] = []
    alone: dict[str, float] = {}
    for name, counts in _list_types(tables, training):
        if name in named.exclude:
            continue
        own = counts.loc[training]
        alone[name] = rank_alone((own["count"], own["last"]), y)
        if name in named.trust:
            continue
        features = activity_counts(name)
        columns = {features[len(WINDOWS) - 1]: own["count"], features[-1]: own["last"]}
        done = pd.Series("done", index=counts.index).where(counts["last"].notna(), None)
        verdicts = (
            check_ranking(name, alone[name], len(y))
            or check_filling(name, own["last"].notna().to_numpy(), y, _DONE)
            or check_groups(name, columns, y),
            None if matched is None else compare_values(name, done, matched, _BESIDE),
        )
        found += [replace(verdict, table="activities") for verdict in verdicts if verdict]
    return keep_strongest(found), alone


def _list_types(tables: Tables, training: pd.Index) -> Iterator[tuple[str, pd.DataFrame]]:
    """Return the types that enough training leads have, with what each hand-over has of them.

    Yields
    ------
    name : str
    counts : DataFrame of shape (n_episodes, 2)
        ``count``, 0 where there is none, and ``last``, missing where there is none.
    """
    if tables.activities is None or not tables.timed:
        return
    episodes = tables.episodes
    counted = count_types(to_arrow(episodes[["lead_id", "handed_over_at"]]), tables.activities)
    learned = episodes.index.isin(training)[counted["hand_over"].to_numpy()]
    widespread = counted.loc[learned, "type"].value_counts(sort=False)
    widespread = widespread.reset_index().sort_values(["count", "type"], ascending=[False, True])
    widespread = widespread[widespread["count"] >= MIN_LEADS_OF_TYPE].head(MOST_TYPES)
    rows = counted.groupby("type", sort=False).indices
    for name in widespread["type"]:
        own = counted.iloc[rows[name]]
        place = own["hand_over"].to_numpy()
        counts, last = np.zeros(len(episodes)), np.full(len(episodes), np.nan)
        counts[place], last[place] = own["count"], own["last"]
        yield str(name), pd.DataFrame({"count": counts, "last": last}, index=episodes.index)
