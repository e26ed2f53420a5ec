"""Progress of sales: whether it has begun to work on a lead, as status and its acts say."""

from __future__ import annotations

import pandas as pd
import pytest

from features.contract.progress import add_progress
from features.errors import SettingsError
from features.settings.schema import Settings
from tests.tables import make_activities, make_episodes, make_settings

NOW = pd.Timestamp("2026-03-01")


def settle(leads: dict[str, object], sales: tuple[str, ...] = ()) -> Settings:
    """Settings that say how progress is known."""
    settings = make_settings()
    return settings.model_copy(
        update={
            "leads": settings.leads.model_copy(update=leads),
            "activities": settings.activities.model_copy(update={"sales": sales}),
        }
    )


def test_the_status_says_who_has_begun() -> None:
    frame = pd.DataFrame({"Stage": ["New", "working ", "WORKING", None]})
    settings = settle({"status": "Stage", "working": ("Working",)})
    found = add_progress(make_episodes(4), frame, None, settings=settings, now=NOW)
    assert found["started"].tolist() == [False, True, True, False]


def test_the_column_of_the_decision_is_the_status_where_none_is_named() -> None:
    settings = settle({"working": ("Open",)})
    decision = settings.decision.model_copy(update={"column": "Stage"})
    settings = settings.model_copy(update={"decision": decision})
    frame = pd.DataFrame({"Stage": ["Open", "Won"]})
    found = add_progress(make_episodes(2), frame, None, settings=settings, now=NOW)
    assert found["started"].tolist() == [True, False]


def test_what_sales_did_after_hand_over_and_before_now_counts() -> None:
    episodes = make_episodes(5)
    at = episodes["handed_over_at"]
    minutes = [1, -1, 1, None, 10_000_000]
    kinds = ["Call", "call", "visit", "call", "call"]
    rows = pd.DataFrame(
        {
            "lead_id": episodes["lead_id"],
            "at": at + pd.to_timedelta(pd.Series(minutes), "min"),
            "type": kinds,
        }
    ).dropna()
    acts = make_activities(rows)
    now = at.max() + pd.Timedelta(days=1)
    found = add_progress(episodes, episodes, acts, settings=settle({}, ("CALL",)), now=now)
    assert found["started"].tolist() == [True, False, False, False, False]


def test_nothing_is_said_where_the_settings_say_nothing() -> None:
    episodes = make_episodes(2)
    found = add_progress(episodes, episodes, None, settings=make_settings(), now=NOW)
    assert "started" not in found


def test_a_status_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    frame = pd.DataFrame({"Stage": ["New"]})
    settings = settle({"status": "Stag", "working": ("Working",)})
    with pytest.raises(SettingsError, match="Stage"):
        add_progress(make_episodes(1), frame, None, settings=settings, now=NOW)


def test_sales_that_did_nothing_yet_has_begun_nothing() -> None:
    episodes = make_episodes(3)
    rows = pd.DataFrame(
        {"lead_id": episodes["lead_id"], "at": episodes["handed_over_at"], "type": "visit"}
    )
    acts = make_activities(rows)
    found = add_progress(episodes, episodes, acts, settings=settle({}, ("call",)), now=NOW)
    assert found["started"].tolist() == [False, False, False]
