"""The workbook: the report's figures and every lead, read back by libraries of others."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.contract.corrections import COLUMNS
from features.language import language
from serve.destinations.spreadsheet_safety import neutralise_text
from serve.report.assemble import assemble
from serve.report.contents import Disagreements, Report
from serve.report.workbook.workbook import make_sheets
from tests.serve.report.conftest import NEWEST, Company
from tests.serve.report.workbooks import Sheets, infect, read


@pytest.fixture(scope="module")
def english(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    return read(report, tmp_path_factory.mktemp("workbook"))


@pytest.fixture(scope="module")
def spanish(company: Company) -> Report:
    (report,) = assemble(
        company.bundle, company.tables, company.scored, [language("es")], newest=NEWEST
    )
    return report


def test_the_sheets_are_those_of_the_report(report: Report, english: Sheets) -> None:
    assert list(english) == [
        *("Overview", "Worklist", "By source", "By campaign", "By persona", "By month"),
        *("What drives acceptance", "Rejections", "Changes", "Disagreements", "Definitions"),
    ]


def test_a_hostile_report_leaves_nothing_that_runs(report: Report, tmp_path: Path) -> None:
    hostile = infect(report)
    sheets = read(hostile, tmp_path)
    ids = [neutralise_text(lead) for lead in hostile.leads.frame["lead_id"]]
    assert [row[0] for row in sheets["Worklist"][1:]] == ids
    with zipfile.ZipFile(tmp_path / "report.xlsx") as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert re.findall(rb"<f[ >]|<hyperlink|relationships/hyperlink", content) == []
    texts = [cell for rows in sheets.values() for row in rows for cell in row]
    assert [text for text in texts if str(text).startswith(("=", "+", "-", "@"))] == []


def test_what_a_report_lacks_is_left_out(report: Report, tmp_path: Path) -> None:
    leads = report.leads
    bare = replace(
        report,
        summary={**report.summary, "drivers": []},
        groupings=(),
        rejections=None,
        changes=(),
        leads=replace(
            leads,
            frame=leads.frame.assign(handed_over_at=pd.NaT, decided_at=pd.NaT, reason=None),
            shown=pd.DataFrame(index=leads.frame.index),
            fields=pd.DataFrame(index=leads.frame.index),
            field_labels={},
        ),
        opening=replace(report.opening, start=None, end=None, answered=0, handed_over=0),
        disagreements=Disagreements(np.empty(0, int), np.empty(0, int), 0),
    )
    sheets = read(bare, tmp_path)
    assert list(sheets) == ["Overview", "Worklist", "Disagreements", "Definitions"]
    assert [row[0] for row in sheets["Worklist"][1:]] == leads.frame["lead_id"].tolist()
    assert len(sheets["Disagreements"]) == 1
    assert "Hand-overs from" not in [row[0] for row in sheets["Overview"]]


def test_in_spanish_every_word_of_ours_is(spanish: Report, english: Sheets, tmp_path: Path) -> None:
    sheets = read(spanish, tmp_path)
    assert list(sheets)[:2] == ["Resumen", "Lista de trabajo"]
    titles = {title for rows in list(sheets.values())[1:] for title in rows[0]}
    same = titles & {title for rows in list(english.values())[1:] for title in rows[0]} - {""}
    assert spanish.rejections is not None
    of_the_crm = {"Company", *spanish.leads.field_labels.values(), *spanish.rejections.reasons}
    of_the_crm |= {grouping.label for grouping in spanish.groupings}
    assert same <= {*COLUMNS, "Lead", "Leads"} | of_the_crm
    starts = [row[1] for row in sheets["Resumen"] if row[0] == "Entregas del"]
    assert starts == [spanish.opening.start]


def test_sheets_have_names_that_excel_takes(report: Report, spanish: Report) -> None:
    for one in (report, spanish):
        names = [sheet.name for sheet in make_sheets(one, language(one.language))]
        assert len(set(names)) == len(names)
        assert all(len(name) <= 29 and not set(name) & set("[]:*?/'") for name in names)
