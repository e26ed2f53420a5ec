"""The counts of a report for machines."""

from __future__ import annotations

import json
from dataclasses import replace

from serve.report.contents import Report
from serve.report.counts import count_report
from tests.serve.report.conftest import NEWEST, Company


def test_counts_are_those_of_the_report(company: Company, report: Report) -> None:
    found = json.loads(json.dumps(count_report(report)))
    assert found["leads"] == NEWEST
    assert found["total"] == len(company.scored.hand_overs)
    assert found["waiting"] == (report.leads.frame["decision"] == "waiting").sum()
    assert found["opening"]["end"] == "2026-06-30"
    assert found["opening"]["handed_over"] == report.opening.handed_over
    assert found["groups"]["month"] == len(report.groupings[-1].groups)
    assert report.rejections is not None
    assert found["reasons"] == len(report.rejections.reasons)
    assert found["changes"] == len(report.changes)
    assert found["disagreements"] == {
        "rejected": len(report.disagreements.rejected),
        "accepted": len(report.disagreements.accepted),
        "looked_at": report.disagreements.looked_at,
    }


def test_what_a_project_lacks_is_counted_as_nothing(report: Report) -> None:
    opening = replace(report.opening, start=None, end=None)
    found = count_report(replace(report, rejections=None, opening=opening, groupings=()))
    assert (found["reasons"], found["groups"], found["opening"]["start"]) == (0, {}, None)
