"""Capacity of sales: the score that fills it, and what the leads it picks bring in a week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.contract.columns import find_column
from features.contract.tables import Tables
from features.errors import DataRefused, UsageError
from features.matrix.feature_table import level_key
from features.settings.schema import CapacitySettings
from models.evaluation.capacity import (
    VOLUME_WEEKS,
    Volume,
    WeeklyLeads,
    count_by_score,
    fill_capacity,
    measure_yield,
)
from serve.report.fields import find_owner, name_levels
from serve.report.scored_hand_overs import ScoredHandOvers

FEWEST_WEEKS = 4
SHARES = (0.25, 0.5, 0.75)
"""Of all leads of a week: looked at where the settings name no capacity."""


@dataclass(frozen=True)
class Groups:
    """Whose capacity there is.

    Attributes
    ----------
    names : tuple of str
        Of teams or owners; one empty name for sales as a whole.
    of_lead : ndarray of int, shape (n,)
        The place in `names`; -1 for a lead of nobody named.
    reps : tuple of int
        Of each; 0 where it is not known who has a lead.
    room : tuple of float or None
        Leads a week of each; None where the settings name no capacity.
    """

    names: tuple[str, ...]
    of_lead: np.ndarray
    reps: tuple[int, ...]
    room: tuple[float, ...] | None


def summarise_capacity(tables: Tables, scored: ScoredHandOvers) -> dict[str, Any]:
    """Return how the capacity of the settings is filled and what that brings, as plain types.

    Parameters
    ----------
    tables : Tables
        The project's own.
    scored : ScoredHandOvers
        The hand-overs of these tables.

    Returns
    -------
    dict
        ``weeks``, ``start``, ``end`` (both as text) and ``judged`` (answered leads) of what this
        rests on; ``leads`` a week; ``by``; ``set`` (whether the settings name a capacity); and
        ``rows``, for each capacity looked at with ``capacity``, ``groups`` (each with ``name``,
        ``capacity`` and the fields of `Volume`), ``reps`` and the fields of `Yield`.

    Raises
    ------
    UsageError
        When hand-overs have no times, or `by` names no column.
    DataRefused
        When fewer than four whole weeks can be judged.
    """
    if not tables.timed:
        raise UsageError(
            "without times of hand-over there are no weeks to fill",
            where=tables.origin,
            expected="a time of hand-over",
            next_step="Name its column in handed_over_at under [leads], and train again",
            code="not_timed",
        )
    hand_overs, start, n_weeks = choose_weeks(scored.hand_overs)
    if n_weeks < FEWEST_WEEKS:
        raise DataRefused(
            "too few whole weeks of leads were scored before their answer was known",
            where=tables.origin,
            got=f"{n_weeks} weeks",
            expected=f"{FEWEST_WEEKS} or more",
            next_step="Run it again when more leads have been answered",
            code="too_few_weeks",
        )
    groups = find_groups(tables, hand_overs, start + pd.Timedelta(weeks=n_weeks - VOLUME_WEEKS))
    leads = collect_weeks(hand_overs, groups.of_lead, start, n_weeks)
    volume = float(count_by_score(leads)[:, 0].mean())
    rooms = [groups.room] if groups.room else [(share * volume,) for share in SHARES]
    by = tables.settings.capacity.by
    return {
        "weeks": n_weeks,
        "start": str(start.date()),
        "end": str((start + pd.Timedelta(weeks=n_weeks, days=-1)).date()),
        "judged": int(leads.judged.sum()),
        "leads": volume,
        "by": by,
        "set": groups.room is not None,
        "rows": [_describe_room(leads, groups, room) for room in rooms],
    }


def fill_report(tables: Tables, scored: ScoredHandOvers, *, redact: bool) -> dict[str, Any] | None:
    """Return how the capacity of the settings is filled, as the report says it.

    Parameters
    ----------
    tables, scored
        As for `summarise_capacity`.
    redact : bool
        Leave out the groups where they have names: an owner's is a person's.

    Returns
    -------
    dict or None
        None where the settings name no capacity, or there are no weeks to judge it by.

    Raises
    ------
    SettingsError, UsageError
        When what the settings name does not fit the leads.
    """
    settings = tables.settings.capacity
    if settings.leads_per_week is None or not tables.timed:
        return None
    try:
        found = summarise_capacity(tables, scored)
    except DataRefused:  # too few weeks are no fault of the settings
        return None
    if redact and settings.by is not None:
        return found | {"rows": [row | {"groups": []} for row in found["rows"]]}
    return found


def choose_weeks(hand_overs: pd.DataFrame) -> tuple[pd.DataFrame, pd.Timestamp, int]:
    """Return the hand-overs of whole weeks since the first one that can be judged.

    Parameters
    ----------
    hand_overs : DataFrame
        As `ScoredHandOvers.hand_overs`, with times.

    Returns
    -------
    hand_overs : DataFrame
        Those with a score from before their answer.
    start : Timestamp
        The Monday of the first week.
    n_weeks : int
        0 where nothing can be judged.
    """
    times = hand_overs["handed_over_at"]
    if not hand_overs["fresh"].any():
        return hand_overs.iloc[:0], pd.Timestamp(0), 0
    start = _monday(times[hand_overs["fresh"]].min() + pd.Timedelta(days=6))
    end = _monday(times.max() + pd.Timedelta(days=1))
    chosen = (times >= start) & (times < end) & hand_overs["before_answer"].notna()
    return hand_overs[chosen], start, max((end - start).days // 7, 0)


def collect_weeks(
    hand_overs: pd.DataFrame, group: np.ndarray, start: pd.Timestamp, n_weeks: int
) -> WeeklyLeads:
    """Return hand-overs as `models.evaluation.capacity` takes them.

    Parameters
    ----------
    hand_overs, start, n_weeks
        As `choose_weeks` gives them.
    group : ndarray of int, shape (n,)
        See `Groups`.
    """
    since = hand_overs["handed_over_at"] - start
    answered = (hand_overs["decided_at"] - hand_overs["handed_over_at"]).dt.total_seconds()
    return WeeklyLeads(
        week=np.asarray(since.dt.days // 7, dtype=np.int64),
        group=group,
        probability=hand_overs["before_answer"].to_numpy(dtype=np.float64),
        judged=hand_overs["fresh"].to_numpy(dtype=bool),
        accepted=(hand_overs["decision"] == "accepted").to_numpy(dtype=bool),
        arrival=np.asarray(since.dt.total_seconds(), dtype=np.float64),
        answered=np.asarray(answered.fillna(np.inf), dtype=np.float64),
        n_weeks=n_weeks,
    )


def find_groups(tables: Tables, hand_overs: pd.DataFrame, since: pd.Timestamp) -> Groups:
    """Return whose capacity there is, and which lead is whose.

    Parameters
    ----------
    tables : Tables
    hand_overs : DataFrame
    since : Timestamp
        Teams and reps count that were handed leads from then on.

    Raises
    ------
    SettingsError
        When the leads have no column of that name.
    UsageError
        When no lead is of a team or owner that has a capacity.
    """
    settings = tables.settings.capacity
    owner = find_owner(tables, tables.attributes.loc[hand_overs.index])
    recent = (hand_overs["handed_over_at"] >= since).to_numpy()
    if settings.by is None:
        room = settings.leads_per_week
        rooms = (float(room),) if isinstance(room, int | float) else None
        people = 0 if owner is None else int(owner[recent].nunique())
        return Groups(("",), np.zeros(len(hand_overs), dtype=np.int64), (people,), rooms)
    name = find_column(
        settings.by, list(tables.attributes.columns), key="[capacity] by", settings=tables.settings
    )
    values = name_levels(tables.attributes.loc[hand_overs.index, name])
    named = _name_rooms(settings, values[recent])
    place = {level_key(value): i for i, value in enumerate(named)}
    keys = values.map(lambda value: place.get(level_key(value), -1), na_action="ignore")
    of_lead = keys.fillna(-1).to_numpy(dtype=np.int64)
    if not (of_lead[recent] >= 0).any():
        raise UsageError(
            "no lead of the latest weeks is of anybody who has a capacity",
            where=f"[capacity] in {tables.settings.file}",
            got=", ".join(f'"{value}"' for value in list(named)[:5]) or "no value",
            expected=f"values of {name}, such as "
            + ", ".join(f'"{value}"' for value in values.dropna().unique()[:5]),
            next_step="Correct leads_per_week, or name another column in by",
        )
    whose = pd.Series(of_lead[recent])
    owners = whose if owner is None else pd.Series(owner[recent].to_numpy())
    counts = owners.groupby(whose).nunique()
    reps = tuple(int(counts.get(i, 0)) or 1 for i in range(len(named)))
    return Groups(tuple(named), of_lead, reps, tuple(named.values()))


def _name_rooms(settings: CapacitySettings, values: pd.Series) -> dict[str, float]:
    """Return the capacity of each team or owner, by its name."""
    room = settings.leads_per_week
    if isinstance(room, dict):
        return {name: float(leads) for name, leads in room.items()}
    return {str(name): float(room or 0) for name in sorted(values.dropna().unique())}


def _describe_room(leads: WeeklyLeads, groups: Groups, room: tuple[float, ...]) -> dict[str, Any]:
    capacity = dict(enumerate(room))
    more = {place: leads + max(groups.reps[place], 1) for place, leads in capacity.items()}
    volumes: Mapping[int, Volume] = {
        place: fill_capacity(count_by_score(leads, place), each) for place, each in capacity.items()
    }
    return {
        "capacity": float(sum(room)),
        "groups": [
            {"name": groups.names[place], "capacity": room[place], **asdict(volume)}
            for place, volume in volumes.items()
        ],
        "reps": sum(groups.reps),
        **asdict(measure_yield(leads, capacity, more)),
    }


def _monday(moment: pd.Timestamp) -> pd.Timestamp:
    """Return the beginning of the week that holds a moment."""
    return moment.normalize() - pd.Timedelta(days=moment.weekday())
