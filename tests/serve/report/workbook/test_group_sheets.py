"""The sheets of counts: groups, rejections, changes and drivers."""

from __future__ import annotations

import pytest

from serve.report.contents import Report
from tests.serve.report.workbooks import Sheets, as_cell, as_cells, limits, read


@pytest.fixture(scope="module")
def english(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    return read(report, tmp_path_factory.mktemp("workbook"))


def test_groups_hold_the_counts_and_shares_of_the_page(report: Report, english: Sheets) -> None:
    names = ("By source", "By campaign", "By persona", "By month")
    assert [grouping.key for grouping in report.groupings] == [name[3:] for name in names]
    for name, grouping in zip(names, report.groupings, strict=True):
        titles, *rows = english[name]
        assert titles[0] == grouping.label
        for row, group in zip(rows, grouping.groups, strict=True):
            counts = (group.handed_over, group.answered, group.accepted, group.waiting)
            assert row[:8] == as_cells(group.name, *counts, *limits(group.share))
            judged = group.judged
            of = None if judged is None else judged.leads
            assert row[8:13] == as_cells(group.expected, *limits(judged), of)
            assert (row[13] == "") == (judged is None)
            assert row[14] == as_cell(group.expected_waiting)
            assert (row[15] == "yes") == group.young


def test_rejections_changes_and_drivers_are_those_of_the_page(
    report: Report, english: Sheets
) -> None:
    assert report.rejections is not None and report.changes
    titles, *rows = english["Rejections"]
    assert titles[2:] == list(report.rejections.reasons)
    assert [(row[0], tuple(row[2:])) for row in rows] == list(report.rejections.sources)
    assert [row[1] for row in rows] == [sum(counts) for _, counts in report.rejections.sources]
    for row, change in zip(english["Changes"][1:], report.changes, strict=True):
        after = limits(change.after)
        assert row[:6] == as_cells(change.words, change.volume, change.before.value, *after)
        gains = (change.gain, change.gain_low, change.gain_high)
        assert row[6:9] == as_cells(*(100 * gain for gain in gains))
        assert row[9:] == ["yes" if change.clear else "no", change.after.leads]
    rows = [
        as_cells(driver["label"], driver["strength"], driver["about"], value["value"])
        + as_cells(value["leads"], value["accepted"], value["share"], value["low"], value["high"])
        for driver in report.summary["drivers"]
        for value in driver["rows"]
    ]
    assert [row[:9] for row in english["What drives acceptance"][1:]] == rows
