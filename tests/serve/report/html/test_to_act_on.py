"""Leads to act on: which the list begins with, and which the page explains."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from serve.report.contents import Report
from serve.report.html.to_act_on import (
    FRESH_DAYS,
    choose_explained,
    choose_within,
    is_within,
    mark_to_call,
)
from tests.serve.report.reports import age, begin, make_reports

REPORT = make_reports(120)[0]


def rank(report: Report, place: int) -> int:
    """How urgent a lead is, the most urgent first."""
    row = report.leads.frame.iloc[place]
    disputed = {*report.disagreements.rejected, *report.disagreements.accepted}
    newest = report.leads.frame["handed_over_at"].max().normalize()
    fresh = (newest - row["handed_over_at"].normalize()).days < FRESH_DAYS
    if place in disputed:
        return 0
    if row["decision"] == "waiting":
        return 1 if fresh else 3
    return 2 if fresh else 4


@settings(max_examples=20)
@given(st.integers(0, 130), st.sets(st.integers(0, 119), max_size=60))
def test_no_lead_is_left_out_for_one_that_is_less_urgent(most: int, old: set[int]) -> None:
    report = age(REPORT, sorted(old), days=200) if old else REPORT
    places = choose_explained(report.leads.frame, report.disagreements, most=most)
    assert places.tolist() == sorted(set(places))
    assert len(places) == min(most, 120)
    left = sorted(set(range(120)) - set(places))
    if left and len(places):
        at = report.leads.frame["handed_over_at"]
        worst = max((rank(report, place), -at[place].value) for place in places)
        best = min((rank(report, place), -at[place].value) for place in left)
        assert worst <= best


def test_leads_without_times_are_explained_as_well() -> None:
    report = make_reports(30, timed=False)[0]
    places = choose_explained(report.leads.frame, report.disagreements, most=30)
    assert places.tolist() == list(range(30))
    some = choose_explained(report.leads.frame, report.disagreements, most=25)
    disputed = np.concatenate([report.disagreements.rejected, report.disagreements.accepted])
    assert set(disputed) <= set(some)
    assert choose_within(report.leads.frame) is None
    nothing = make_reports(0, bare=True)[0]
    assert not len(choose_explained(nothing.leads.frame, nothing.disagreements))


def test_who_is_being_worked_is_not_to_be_called() -> None:
    waiting = np.flatnonzero(REPORT.leads.frame["decision"] == "waiting")
    assert np.flatnonzero(mark_to_call(REPORT.leads.frame)).tolist() == waiting.tolist()
    some = begin(REPORT, waiting[::2].tolist())
    assert np.flatnonzero(mark_to_call(some.leads.frame)).tolist() == waiting[1::2].tolist()
    every = begin(REPORT, waiting.tolist())
    assert np.flatnonzero(mark_to_call(every.leads.frame)).tolist() == waiting.tolist()


def test_the_day_of_the_newest_counts_as_one() -> None:
    at = pd.to_datetime(["2026-01-10 23:00", "2026-01-10 00:00", "2026-01-09 23:59", None])
    frame = pd.DataFrame({"handed_over_at": at, "decision": "waiting", "state": "waiting"})
    assert is_within(frame, 1).tolist() == [True, True, False, False]
    assert choose_within(frame.iloc[:3]) is None
