"""The truth's pure functions: each effect goes the way it is said to go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.simulation.truth import (
    PAGES,
    acceptance_log_odds,
    known_at_handover,
    opportunity_log_odds,
)

HANDED = pd.Timestamp("2025-03-04 10:00:00")
START = pd.Timestamp("2024-07-01")
LEAD: dict[str, Any] = {
    "Id": "00Q1",
    "MQL_Date__c": HANDED,
    "Title": "Marketing Manager",
    "Email": "a@altorafoods.com",
    "Company": "Altora Foods",
    "Industry": "Retail",
    "NumberOfEmployees": 250,
    "Country": "Spain",
    "LeadSource": "Website",
    "Campaign__c": "2025 Website: Newsletter",
    "Landing_Page__c": "/lp/home",
}
NO_DECISIONS = pd.DataFrame()


def _activities(*dated: tuple[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "LeadId": ["00Q1"] * len(dated),
            "CreatedDate": [HANDED - pd.Timedelta(days=days) for _, days in dated],
            "Type": [kind for kind, _ in dated],
        }
    )


def _log_odds(*dated: tuple[str, float], **changes: object) -> float:
    leads = pd.DataFrame([LEAD | changes])
    activities = _activities(("page_view", 3), *dated)
    known = known_at_handover(leads, activities, NO_DECISIONS, start=START)
    return float(acceptance_log_odds(known)[0])


def test_counts_stop_at_hand_over_and_at_the_edge_of_their_window() -> None:
    dated = [("pricing_page_view", days) for days in (0, -1, 0.01, 7, 7.01, 30, 30.01)]
    dated += [("demo_request", 0), ("demo_request", 30.01), ("unsubscribe", -2)]
    known = known_at_handover(
        pd.DataFrame([LEAD]), _activities(*dated), NO_DECISIONS, start=START
    ).iloc[0]
    assert (known["pricing_7"], known["pricing_30"]) == (2, 4)
    assert not known["demo_30"]
    assert not known["unsubscribed"]
    assert known["days_since_last"] == pytest.approx(0.01)


def test_a_lead_without_activities_is_known_too() -> None:
    other = _activities(("page_view", 1)).assign(LeadId="00Q2")
    known = known_at_handover(pd.DataFrame([LEAD]), other, NO_DECISIONS, start=START)
    assert np.isnan(known["days_since_last"].iloc[0])
    assert np.isfinite(acceptance_log_odds(known)).all()


@pytest.mark.parametrize(
    "change",
    [
        {"Title": "VP Marketing"},
        {"NumberOfEmployees": 300},
        {"Campaign__c": "2025 Website: Buyer's guide"},
        {"LeadSource": "Partner Referral"},
        {"Landing_Page__c": "/lp/pricing"},
        {"Industry": "Software"},
    ],
)
def test_what_raises_acceptance(change: dict[str, object]) -> None:
    assert _log_odds(**change) > _log_odds()


@pytest.mark.parametrize(
    "change",
    [
        {"Title": "Student"},
        {"Title": "HR Manager"},
        {"NumberOfEmployees": 3},
        {"NumberOfEmployees": 100_000},
        {"Email": "a@gmail.com"},
        {"Email": "a@mailinator.com"},
        {"Company": "asdf"},
        {"LeadSource": "Purchased List"},
        {"MQL_Date__c": HANDED + pd.Timedelta(hours=12)},
    ],
)
def test_what_lowers_acceptance(change: dict[str, object]) -> None:
    assert _log_odds(**change) < _log_odds()


def test_behaviour_moves_acceptance() -> None:
    assert _log_odds(("demo_request", 5)) > _log_odds(("demo_request", 40))
    assert _log_odds(("webinar_attended", 50)) > _log_odds()
    assert _log_odds(("page_view", 0.5)) > _log_odds()
    assert _log_odds(("unsubscribe", 200)) < _log_odds()
    one, two, nine, ten = (_log_odds(*[("pricing_page_view", 4)] * n) for n in (1, 2, 9, 10))
    assert two - one > ten - nine > 0


def test_a_demo_weighs_more_with_a_senior_title() -> None:
    def gain(title: str) -> float:
        return _log_odds(("demo_request", 4), Title=title) - _log_odds(Title=title)

    assert gain("VP Marketing") > gain("Marketing Analyst") + 0.5


def test_an_earlier_refusal_lowers_acceptance_and_a_later_one_does_not() -> None:
    def log_odds(days: float, status: str) -> float:
        at = HANDED - pd.Timedelta(days=days)
        decisions = pd.DataFrame({"LeadId": ["00Q1"], "CreatedDate": [at], "Status": [status]})
        known = known_at_handover(
            pd.DataFrame([LEAD]), _activities(("page_view", 3)), decisions, start=START
        )
        return float(acceptance_log_odds(known)[0])

    assert log_odds(40, "Recycled") == log_odds(40, "Disqualified") < _log_odds()
    assert log_odds(-2, "Disqualified") == log_odds(40, "Qualified") == _log_odds()


def test_the_worsening_source_falls_faster_than_sales_grow_stricter() -> None:
    year = pd.Timedelta(weeks=52)

    def fall(source: str) -> float:
        later = pd.DataFrame([LEAD | {"LeadSource": source, "MQL_Date__c": HANDED + year}])
        known = known_at_handover(later, _activities(("page_view", 3)), NO_DECISIONS, start=START)
        now = known_at_handover(
            later.assign(MQL_Date__c=HANDED),
            _activities(("page_view", 3)),
            NO_DECISIONS,
            start=START,
        ).assign(days_since_last=known["days_since_last"])
        return float((acceptance_log_odds(now) - acceptance_log_odds(known))[0])

    assert 0.1 < fall("Website") < 0.15
    assert fall("Content Syndication") > 0.4


@settings(deadline=None, max_examples=25)
@given(
    st.permutations(range(6)),
    st.lists(st.tuples(st.sampled_from(["demo_request", "page_view"]), st.floats(-50, 50))),
)
def test_row_order_and_later_rows_do_not_matter(
    order: list[int], dated: list[tuple[str, float]]
) -> None:
    leads = pd.DataFrame([LEAD | {"NumberOfEmployees": 10**n} for n in range(6)])
    leads["Id"] = [f"00Q{n}" for n in range(6)]
    activities = _activities(("page_view", 3), *dated)
    past = activities[activities["CreatedDate"] < HANDED]
    known = known_at_handover(leads, past, NO_DECISIONS, start=START)
    moved = known_at_handover(leads.loc[order], activities[::-1], NO_DECISIONS, start=START)
    expected = pd.Series(acceptance_log_odds(known), index=known.index)
    np.testing.assert_allclose(acceptance_log_odds(moved), expected.loc[order], rtol=1e-12)


def test_opportunities_depend_on_fit_and_on_a_demo() -> None:
    leads = pd.DataFrame([LEAD, LEAD | {"Title": "Student"}])
    activities = _activities(("demo_request", 3))
    known = known_at_handover(leads, activities, NO_DECISIONS, start=START)
    without = known.assign(demo_30=False)
    high, low = opportunity_log_odds(known)
    assert high > low
    assert (opportunity_log_odds(without) < [high, low]).all()


def test_there_are_about_three_hundred_landing_pages() -> None:
    assert len(PAGES) == len(set(PAGES)) == 300
