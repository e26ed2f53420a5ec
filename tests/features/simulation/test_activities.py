"""What simulated leads do: only in its time, more when interested, and busier towards hand-over."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.simulation.activities import ACTIVITIES, draw_activities_after, draw_activities_before

BEGIN, END = pd.Timestamp("2024-07-01"), pd.Timestamp("2026-07-01")
HANDED = pd.Timestamp("2025-01-15 11:00:00").as_unit("s")


def _episodes(
    n: int, *, interest: float = 0.0, days: float = 60.0, source: str = "Website"
) -> pd.DataFrame:
    created = HANDED - pd.Timedelta(days=days).as_unit("s")
    return pd.DataFrame(
        {
            "Id": [f"00Q{i}" for i in range(n)],
            "CreatedDate": created,
            "since": created,
            "MQL_Date__c": HANDED,
            "LeadSource": source,
            "interest": interest,
        }
    )


def _before(episodes: pd.DataFrame) -> pd.DataFrame:
    return draw_activities_before(np.random.default_rng(2), episodes, BEGIN)


@pytest.mark.parametrize("days", [0.002, 1.0, 60.0, 390.0])
def test_all_of_it_lies_between_the_first_touch_and_hand_over(days: float) -> None:
    episodes = _episodes(500, days=days)
    at = _before(episodes)["CreatedDate"]
    assert (at < HANDED).all()
    assert (at >= max(BEGIN, episodes["since"].iloc[0])).all()


def test_interest_brings_more_activities_and_more_demos() -> None:
    cold, warm = (_before(_episodes(2000, interest=z)) for z in (-1.0, 1.0))
    assert len(warm) > 1.5 * len(cold)
    demos = [(drawn["Type"] == "demo_request").mean() for drawn in (cold, warm)]
    assert demos[1] > 2 * demos[0]


def test_the_pace_quickens_towards_hand_over() -> None:
    days = (HANDED - _before(_episodes(2000, interest=1.0))["CreatedDate"]).dt.days
    per_day = [((days >= low) & (days < low + 15)).sum() for low in (0, 15, 30)]
    assert per_day[0] > per_day[1] > per_day[2]


def test_visits_come_in_clusters() -> None:
    drawn = _before(_episodes(500)).sort_values(["LeadId", "CreatedDate"])
    gap = drawn.groupby("LeadId")["CreatedDate"].diff().dropna()
    assert (gap < pd.Timedelta(minutes=15)).mean() > 0.4
    assert (gap > pd.Timedelta(days=1)).mean() > 0.1


@pytest.mark.parametrize(
    ("source", "kind"),
    [("Website", "form_submit"), ("Webinar", "webinar_attended"), ("Trade Show", "event_visit")],
)
def test_a_source_leaves_its_first_touch(source: str, kind: str) -> None:
    episodes = _episodes(50, source=source)
    drawn = _before(episodes)
    first = drawn[drawn["CreatedDate"] == episodes["CreatedDate"].iloc[0]]
    assert set(first.loc[first["Type"] == kind, "LeadId"]) == set(episodes["Id"])


def test_a_bought_list_leaves_none() -> None:
    assert _before(_episodes(200, source="Purchased List", interest=-40.0)).empty


def test_accepted_leads_do_more_after_hand_over_than_the_others() -> None:
    answers = ["accepted", "rejected", "recycled", None]
    said = _episodes(4000).assign(
        answer=pd.Series(answers * 1000, dtype="str"),
        decided_at=HANDED + pd.Timedelta(days=3).as_unit("s"),
    )
    drawn = draw_activities_after(np.random.default_rng(2), said, END)
    assert (drawn["CreatedDate"] > HANDED).all()
    assert (drawn["CreatedDate"] < END).all()
    per_lead = drawn["LeadId"].map(said.set_index("Id")["answer"]).fillna("none").value_counts()
    assert per_lead["accepted"] > 2 * per_lead["recycled"] > 2 * per_lead["rejected"]
    assert set(drawn["Type"]) == set(ACTIVITIES.index)
    short = draw_activities_after(np.random.default_rng(2), said, HANDED + pd.Timedelta(days=5))
    assert 0 < len(short) < len(drawn)
