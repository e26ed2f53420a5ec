"""The first sheet: the figures of the period."""

from __future__ import annotations

import pytest

from serve.report.contents import Report
from tests.serve.report.workbooks import Sheets, as_cell, read


@pytest.fixture(scope="module")
def english(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    return read(report, tmp_path_factory.mktemp("workbook"))


def test_the_overview_holds_the_figures_of_the_period(report: Report, english: Sheets) -> None:
    told = {row[0]: row[1] for row in english["Overview"] if row[0]}
    opening = report.opening
    assert told["Handed over"] == opening.handed_over
    assert told["Answered by sales"] == opening.answered
    assert told["Accepted of the answered"] == as_cell(opening.accepted / opening.answered)
    assert told["Expected of the waiting"] == as_cell(opening.expected)
    assert told["Hand-overs from"] == opening.start and told["to"] == opening.end
    assert told["Waiting longer than 95 of 100 answers take"] == opening.overdue
    bins = report.summary["calibration"]["bins"]
    found = [row for row in english["Overview"][-len(bins) :]]
    for row, part in zip(found, bins, strict=True):
        accepted = [part["accepted"][name] for name in ("value", "low", "high")]
        assert row == pytest.approx([100 * part["mean_predicted"], part["n"], *accepted])
