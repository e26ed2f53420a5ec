"""Findings from counts: what is told, and when it refuses."""

from __future__ import annotations

import pandas as pd

from features.checks.leads import (
    Marked,
    note_activities,
    note_hand_overs,
    note_missing_share,
    note_order,
    note_rows,
)
from features.settings.schema import ActivitySettings, LeadSettings

RULES = ("missing_id", "duplicate", "missing_hand_over", "hand_over_in_future")
LEAD = LeadSettings(id="Id", handed_over_at="At")


def note(total: int = 10, **counts: int) -> dict[str, str]:
    marked = {rule: Marked(counts.get(rule, 0), 1 if counts.get(rule) else None) for rule in RULES}
    found = note_hand_overs(marked, total=total, lead=LEAD, timed=True)
    return {finding.code: finding.severity for finding in found}


def test_only_what_occurs_is_told() -> None:
    assert note() == {}
    assert note(duplicate=1) == {"duplicate_episode": "warning"}
    assert list(note_rows(Marked(0, None), 5, code="x", message="m", next_step="")) == []


def test_no_ids_at_all_and_mostly_missing_times_refuse() -> None:
    assert note(missing_id=9)["missing_id"] == "warning"
    assert note(missing_id=10)["missing_id"] == "error"
    assert note(missing_hand_over=5)["missing_hand_over"] == "warning"
    assert note(missing_hand_over=6)["missing_hand_over"] == "error"


def test_a_finding_names_count_and_first_row() -> None:
    [finding] = note_rows(Marked(2, 7), 1_000, code="x", message="bad", next_step="do")
    assert (finding.count, finding.total, finding.example) == (2, 1_000, "row 7")
    assert finding.message == "bad: 2 of 1,000 rows"


def test_a_missing_time_costs_something() -> None:
    assert [f.code for f in note_order("none", 3, LEAD)] == ["no_time"]
    assert [f.code for f in note_order("file", 3, LEAD)] == ["order_instead_of_time"]
    assert list(note_order("time", 3, LEAD)) == []


def test_columns_missing_for_most_are_listed_by_their_share() -> None:
    share = pd.Series({"a": 0.2, "b": 0.9, "c": 1.0, "d": 0.6})
    [finding] = note_missing_share(share)
    assert finding.message == 'missing for most leads: "b" (90 %), "d" (60 %)'
    assert (finding.count, finding.total) == (2, 4)
    assert list(note_missing_share(pd.Series({"a": 0.5}))) == []


def test_activities_that_count_for_nobody_are_told_with_the_reason() -> None:
    def say(**counts: int) -> str:
        whole = {"rows": 5, "undated": 0, "before": 0, "lost_rows": 0, **counts}
        [finding] = note_activities(whole, ActivitySettings(), learning=False)
        return finding.message

    assert "no rows" in say(rows=0)
    assert "ids of the two tables differ" in say(lost_rows=5)
    assert "dated before the hand-over" in say()
    assert "no time: 1 of 5 activities" in say(undated=1, before=4)
    [untimed] = note_activities(None, ActivitySettings(), learning=True)
    assert untimed.code == "activities_without_time_order"
