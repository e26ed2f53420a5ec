"""Progress of sales on leads that have no decision yet: whether it has begun to work on them."""

from __future__ import annotations

import pandas as pd

from features.contract.columns import find_column
from features.contract.decision_match import is_among
from features.settings.schema import Settings
from features.sources.duckdb_relation import Relation, query_table
from features.sources.sql import literal


def add_progress(
    episodes: pd.DataFrame,
    frame: pd.DataFrame,
    activities: Relation | None,
    *,
    settings: Settings,
    now: pd.Timestamp,
) -> pd.DataFrame:
    """Put beside each hand-over whether sales has begun to work on it.

    Parameters
    ----------
    episodes : DataFrame of shape (n, ...)
        ``lead_id``, ``handed_over_at``.
    frame : DataFrame of shape (n, ...)
        The leads they were made from, same index, with every column.
    activities : Relation or None
        ``lead_id``, ``at``, ``type``.
    settings : Settings
        With the preset's names filled in.
    now : Timestamp
        What is dated later is only planned.

    Returns
    -------
    DataFrame of shape (n, ...)
        With ``started`` (bool): the status says that sales is at work, or sales did something
        since the hand-over. As it was where the settings name neither: then it is not known.

    Raises
    ------
    SettingsError
        When the column of the status is not there.
    """
    status, working = settings.status, settings.leads.working
    acts = settings.activities.sales if activities is not None else ()
    if not working and not acts:
        return episodes
    started = pd.Series(False, index=episodes.index)
    if working and status is not None:
        name = find_column(status, frame.columns, key="[leads] status", settings=settings)
        started |= is_among(frame[name], working)
    if acts and activities is not None:
        # Where sales did nothing yet, nothing is mapped to times either.
        last = pd.to_datetime(episodes["lead_id"].map(_find_last_acts(activities, acts, now)))
        started |= last > episodes["handed_over_at"]
    return episodes.assign(started=started)


def _find_last_acts(
    activities: Relation, kinds: tuple[str, ...], now: pd.Timestamp
) -> dict[str, pd.Timestamp]:
    """Return when sales last did something, by lead."""
    named = ", ".join(literal(kind.casefold()) for kind in kinds)
    moment = f"CAST({literal(now.isoformat(sep=' '))} AS TIMESTAMP)"
    query = (
        f'SELECT lead_id, max("at") AS last FROM {activities.place}'
        f' WHERE lower(type) IN ({named}) AND "at" <= {moment} GROUP BY lead_id'
    )
    found = query_table(activities.connection, query).to_pandas()
    return dict(zip(found["lead_id"], found["last"], strict=True))
