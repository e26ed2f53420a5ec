"""Arrivals: each lead once, at its first hand-over since a day, with what came of it in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.errors import SettingsError
from features.labels import label_tables
from models.trials.arrivals import choose_days, list_arrivals
from tests.tables import START, make_episodes, make_tables


def days(*numbers: float) -> pd.Series:
    """Return moments so many days after the first hand-over; missing ones stay missing."""
    return pd.Series(START + pd.to_timedelta(list(numbers), unit="D")).astype("datetime64[us]")


def make(n: int = 4, **columns: object) -> Tables:
    """Tables of hand-overs with nothing but what is given."""
    episodes = make_episodes(n, **columns)
    tables = make_tables(pd.DataFrame(index=range(n)), episodes=episodes)
    return replace(tables, as_of=START + pd.Timedelta(days=100))


def test_a_lead_counts_once_at_its_first_hand_over_since_the_day() -> None:
    tables = make(lead_id=["a", "b", "a", "a"])
    labels = label_tables(tables)
    found = list_arrivals(tables, labels, outcome="accepted", days=7, since=None)
    assert found["lead_id"].tolist() == ["a", "b"]
    since = START + pd.Timedelta(days=1)
    found = list_arrivals(tables, labels, outcome="accepted", days=7, since=since)
    assert list(zip(found["lead_id"], found["at"], strict=True)) == [
        ("b", START + pd.Timedelta(days=1)),
        ("a", START + pd.Timedelta(days=2)),
    ]


def test_an_acceptance_counts_in_time_or_undated() -> None:
    tables = make(
        decision=["accepted", "accepted", "accepted", "rejected"],
        decided_at=days(3, 1 + 8, np.nan, 4),
    )
    found = list_arrivals(tables, label_tables(tables), outcome="accepted", days=7, since=None)
    assert found["outcome"].tolist() == [True, False, True, False]


def test_a_later_outcome_counts_by_its_date_after_the_hand_over() -> None:
    outcomes = pd.DataFrame(
        {
            "lead_id": ["L0", "L1", "L2", "L2", "L9"],
            "opportunity_at": days(5, 40, 1, 9, 2),
            "won_at": days(*[np.nan] * 5),
        }
    )
    tables = replace(make(), outcomes=outcomes)
    labels = label_tables(tables)
    found = list_arrivals(tables, labels, outcome="opportunity", days=7, since=None)
    # The first of L2 was before its hand-over.
    assert found["outcome"].tolist() == [True, False, True, False]
    with pytest.raises(SettingsError, match=r"which leads became won.*won_at under"):
        list_arrivals(tables, labels, outcome="won", days=7, since=None)


def test_what_has_no_table_or_no_time_is_refused() -> None:
    tables = make()
    labels = label_tables(tables)
    with pytest.raises(SettingsError, match="--outcome accepted"):
        list_arrivals(tables, labels, outcome="opportunity", days=7, since=None)
    with pytest.raises(SettingsError, match="handed_over_at under"):
        list_arrivals(replace(tables, order="file"), labels, outcome="accepted", days=7, since=None)


def test_the_days_are_whole_weeks_by_which_nine_of_ten_have_come() -> None:
    n = 50
    outcomes = pd.DataFrame(
        {
            "lead_id": [f"L{i}" for i in range(n)],
            "opportunity_at": days(*(i + (20 if i % 10 else 60) for i in range(n))),
            "won_at": days(*[i + 1 for i in range(n)]),
        }
    )
    tables = replace(make(n), outcomes=outcomes)
    labels = label_tables(tables)
    assert choose_days(tables, labels, "opportunity") == 28
    assert choose_days(tables, labels, "won") == 7
    assert choose_days(tables, replace(labels, matured_after_days=15.2), "accepted") == 21
    assert choose_days(tables, replace(labels, matured_after_days=None), "accepted") == 35
