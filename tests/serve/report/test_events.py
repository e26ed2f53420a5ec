"""Events beside the activities as they stand in the table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.language import language
from serve.report.contents import MAX_EVENTS, Report
from serve.report.events import list_events, name_type
from tests.serve.report.conftest import Company
from tests.tables import make_activities, make_episodes


def test_what_leads_did_before_hand_over_newest_first(company: Company, report: Report) -> None:
    leads = report.leads
    done = company.tables.activities.to_arrow().to_pandas()
    for place in np.random.default_rng(0).choice(len(leads.frame), 60, replace=False):
        lead = leads.frame.iloc[place]
        mine = done[(done["lead_id"] == lead["lead_id"]) & (done["at"] < lead["handed_over_at"])]
        days = (lead["handed_over_at"] - mine["at"]) / pd.Timedelta(days=1)
        mine = mine.assign(days=days).sort_values(["days", "type"])
        shown = leads.events[place]
        assert leads.events_more[place] == max(len(mine) - MAX_EVENTS, 0)
        np.testing.assert_allclose(
            [at for at, _ in shown], mine["days"].head(MAX_EVENTS), atol=0.0051
        )
        words = mine["type"].head(MAX_EVENTS).str.replace("_", " ").str.capitalize()
        assert [leads.event_types[code] for _, code in shown] == words.tolist()


def test_hand_overs_without_activities_have_none() -> None:
    episodes = make_episodes(3)
    activities = make_activities(
        [("L1", "2025-01-01 00:00", "visit"), ("L1", "2025-01-02 08:00", None)]
    )
    found = list_events(episodes, activities)
    assert found.types == ("", "visit")
    assert [name_type(kind, language("es")) for kind in found.types] == ["(sin indicar)", "Visit"]
    assert found.events == ((), ((0.04, 0), (1.38, 1)), ())
    assert found.more.tolist() == [0, 0, 0]
    for none in (
        list_events(episodes, None),
        list_events(episodes.assign(handed_over_at=pd.NaT), activities),
    ):
        assert (none.types, none.events) == ((), ((), (), ()))


def test_the_order_of_activities_changes_nothing() -> None:
    episodes = make_episodes(1)
    rows = [("L0", f"2024-12-{1 + i % 25:02d}", kind) for i in range(40) for kind in ("a", "b")]
    one = list_events(episodes, make_activities(rows))
    other = list_events(episodes, make_activities(rows[::-1]))
    assert one.events == other.events
    assert len(one.events[0]) == MAX_EVENTS
    assert one.more.tolist() == [80 - MAX_EVENTS]
