"""What a lead did before hand-over, counted from dated activities.

The point-in-time join and all counting are one Ibis expression, so the same definition runs in
DuckDB on a laptop and in a warehouse beside the activities.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.matrix.categories import combine, to_objects
from features.matrix.definitions import OTHER, WINDOWS, Feature, activity_counts, activity_summary

if TYPE_CHECKING:
    import ibis.expr.types as ir

MAX_TYPES = 12
MIN_LEADS_OF_TYPE = 20
DAY = 86_400.0
_LAST_ANY = "last"


def choose_types(joined: ir.Table) -> tuple[str, ...]:
    """Return the activity types worth columns of their own, most widespread first.

    Parameters
    ----------
    joined : ibis Table
        Activities before hand-over, from `join_before`, of training leads only.

    Returns
    -------
    tuple of str
        At most `MAX_TYPES`, each seen at `MIN_LEADS_OF_TYPE` hand-overs or more.
    """
    leads = (
        joined.filter(joined.type.notnull())
        .group_by("type")
        .aggregate(leads=joined["episode"].nunique())
        .to_pandas()
    )
    leads = leads[leads["leads"] >= MIN_LEADS_OF_TYPE]
    ordered = leads.sort_values(["leads", "type"], ascending=[False, True])
    return tuple(str(value) for value in ordered["type"].head(MAX_TYPES))


def join_before(episodes: pd.DataFrame, activities: ir.Table) -> ir.Table:
    """Join to each hand-over the activities of its lead that were dated strictly before it.

    Parameters
    ----------
    episodes : DataFrame
        Columns ``lead_id`` and ``handed_over_at``; the index numbers the hand-overs.
    activities : ibis Table
        Columns ``lead_id``, ``at``, ``type``; undated activities never match.

    Returns
    -------
    ibis Table
        ``episode`` (the index of `episodes`), ``type``, ``days`` (from the activity to
        hand-over, counted in whole seconds).
    """
    import ibis

    known = episodes[["lead_id", "handed_over_at"]].dropna()
    frame = pd.DataFrame(
        {
            "episode": known.index.to_numpy(dtype=np.int64),
            "lead_id": known["lead_id"].astype(object).to_numpy(),
            "handed_over_at": known["handed_over_at"].astype("datetime64[us]").to_numpy(),
        }
    )
    # The schema is given because an empty frame carries no types of its own.
    hand_overs = ibis.memtable(
        frame, schema={"episode": "int64", "lead_id": "string", "handed_over_at": "timestamp(6)"}
    )
    joined = hand_overs.join(
        activities,
        [hand_overs.lead_id == activities.lead_id, activities["at"] < hand_overs.handed_over_at],
    )
    elapsed = joined.handed_over_at.epoch_seconds() - joined["at"].epoch_seconds()
    return joined.select("episode", "type", days=elapsed.cast("float64") / DAY)


def plan_behaviour(types: Sequence[str]) -> tuple[Feature, ...]:
    """Return the features for these activity types and for all types together."""
    if not types:
        return ()
    own = [feature for name in types for feature in activity_counts(name)]
    return (*own, *activity_summary())


def count_behaviour(joined: ir.Table, types: Sequence[str], index: pd.Index) -> pd.DataFrame:
    """Compute the behaviour features of every hand-over.

    Parameters
    ----------
    joined : ibis Table
        From `join_before`.
    types : sequence of str
        The types with columns of their own; all others count in the totals.
    index : Index
        The hand-overs wanted, in the order wanted.

    Returns
    -------
    DataFrame
        One row per hand-over, one column per feature of `plan_behaviour`. A hand-over without
        activities has zero counts and missing (NaN) days.
    """
    frame = joined.group_by("episode").aggregate(**_aggregates(joined, types)).to_pandas()
    result = arrange(frame.set_index("episode").reindex(index), types)
    touch = to_objects(result["activities: last touch"].array)
    return result.assign(**{"activities: last touch": pd.Series(touch, index=index, dtype=object)})


def arrange(counted: pd.DataFrame, types: Sequence[str]) -> pd.DataFrame:
    """Return the features from what was counted.

    Parameters
    ----------
    counted : DataFrame
        One row per hand-over; a count may be missing where there was nothing. ``allDAYS``,
        ``last`` and ``first`` (days), ``kinds``, and by the position of each type ``nPLACEDAYS``
        and ``sPLACE`` (days since the last).
    types : sequence of str

    Returns
    -------
    DataFrame
        As `count_behaviour`.
    """
    columns: dict[str, Any] = {}
    for position, name in enumerate(types):
        for days in WINDOWS:
            count = counted[f"n{position}_{days}"].fillna(0.0)
            columns[f"activity {name}: last {days} days"] = count
        columns[f"activity {name}: days since last"] = counted[f"s{position}"]
    for days in WINDOWS:
        columns[f"activities: last {days} days"] = counted[f"all_{days}"].fillna(0.0)
    columns["activities: days since last"] = counted[_LAST_ANY]
    columns["activities: days since first"] = counted["first"]
    columns["activities: change of pace"] = (
        columns["activities: last 7 days"] - columns["activities: last 30 days"] * 7 / 30
    )
    columns["activities: distinct kinds"] = counted["kinds"].fillna(0.0)
    result = pd.DataFrame(columns, index=counted.index).astype(float)
    result["activities: last touch"] = _last_touch(counted, types)
    return result


def _aggregates(joined: ir.Table, types: Sequence[str]) -> dict[str, Any]:
    """Name one aggregate per count and per span of days."""
    days: Any = joined.days
    result: dict[str, Any] = {
        _LAST_ANY: days.min(),
        "first": days.max(),
        "kinds": joined.type.nunique(where=days <= max(WINDOWS)),
    }
    for window in WINDOWS:
        result[f"all_{window}"] = (days <= window).sum()
    for position, name in enumerate(types):
        of_type = joined.type == name
        result[f"s{position}"] = days.min(where=of_type)
        for window in WINDOWS:
            result[f"n{position}_{window}"] = (of_type & (days <= window)).sum()
    return result


def _last_touch(counted: pd.DataFrame, types: Sequence[str]) -> pd.Categorical:
    """Return the type of the last activity; of several at the same moment the commonest type."""
    last = counted[_LAST_ANY].to_numpy(dtype=np.float64)
    codes = np.where(np.isnan(last), -1, len(types))
    for position in reversed(range(len(types))):
        codes[counted[f"s{position}"].to_numpy(dtype=np.float64) == last] = position
    return combine(codes, [*types, OTHER, None])
