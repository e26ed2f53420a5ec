"""The sheets of leads: all of them, and those the teams talk about."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from features.contract.correction_match import match_corrections
from features.contract.corrections import COLUMNS, read_corrections
from features.sources.tables import open_table
from serve.report.contents import Report
from serve.report.model_summary import DECISIONS
from tests.serve.report.workbooks import Sheets, as_cell, infect, read
from tests.tables import make_settings


@pytest.fixture(scope="module")
def english(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    return read(report, tmp_path_factory.mktemp("workbook"))


def test_the_worklist_holds_every_lead_in_order(report: Report, english: Sheets) -> None:
    leads = report.leads
    titles, *rows = english["Worklist"]
    assert len(rows) == len(leads.frame)
    found = pd.DataFrame(rows, columns=titles)
    frame = leads.frame
    for title, values in (
        ("Lead", frame["lead_id"]),
        ("Score", frame["score"]),
        ("Before sales' answer was known", frame["score_before"]),
        ("Likely at least", frame["low"]),
        ("Likely at most", frame["high"]),
        ("Grade", frame["grade"]),
        ("Handed over", frame["handed_over_at"].dt.date),
        ("What sales said", frame["decision"].map(DECISIONS)),
        ("Reason given by sales", frame["reason"]),
        ("Company", leads.shown["Company"]),
        ("Country", leads.fields["country"]),
    ):
        assert found[title].tolist() == [as_cell(value) for value in values], title
    for i in (0, 7, len(rows) - 1):
        said = found.filter(regex="^Speaks for it").iloc[i]
        assert tuple(said[said != ""]) == leads.reasons_for[i]
        against = found.filter(regex="^Speaks against it").iloc[i]
        assert tuple(against[against != ""]) == leads.reasons_against[i]
    assert (found["Waiting long"] == "yes").tolist() == frame["overdue"].tolist()


def test_disagreements_are_most_surprising_first(report: Report, english: Sheets) -> None:
    titles, *rows = english["Disagreements"]
    assert titles[:6] == list(COLUMNS)
    both = {*report.disagreements.rejected.tolist(), *report.disagreements.accepted.tolist()}
    frame = report.leads.frame.loc[sorted(both)]
    frame = frame.sort_values("surprise", ascending=False, kind="stable")
    assert [row[0] for row in rows] == frame["lead_id"].tolist()
    assert all(row[2:6] == [""] * 4 for row in rows)


def test_the_list_filled_in_and_saved_as_csv_comes_back(report: Report, tmp_path: Path) -> None:
    """As a spreadsheet saves it: each cell as it is shown, down to the second."""
    hostile = infect(report)
    _, *rows = read(hostile, tmp_path)["Disagreements"]
    assert len(rows) > 5
    table = pd.DataFrame([row[:6] for row in rows], columns=COLUMNS)
    table["handed_over_at"] = [f"{at:%Y-%m-%d %H:%M:%S}" for at in table["handed_over_at"]]
    table["decision"] = ["accepted" if i % 2 else "rejected" for i in range(len(table))]
    table["noted_at"] = "2026-07-05 10:00:00"
    table.to_csv(tmp_path / "noted.csv", index=False, encoding="utf-8-sig")
    source = open_table(duckdb.connect(), "noted.csv", name="corrections", root=tmp_path)
    now = pd.Timestamp("2026-08-01")
    corrections, findings = read_corrections(source, settings=make_settings(), now=now)
    assert findings == []
    corrected, findings = match_corrections(hostile.leads.frame, corrections, timed=True)
    assert findings == [] and corrected.notna().sum() == len(rows)
