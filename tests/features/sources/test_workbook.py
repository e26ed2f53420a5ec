"""Promises of `features.sources.workbook`: a sheet is read as its CSV export would be."""

from __future__ import annotations

import random
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from features.errors import LeadaccordError, SettingsError, SourceError
from tests.csv_files import Open, frame

ROWS = [
    ["Id", "Created", "Amount", "Ok", "Day"],
    ["A1", datetime(2023, 1, 5, 10, 30), 1234.5, True, date(2023, 1, 5)],
    ["A2", datetime(2023, 1, 6, 0, 0), 7, False, None],
]
READ = [
    ["A1", "2023-01-05 10:30:00", "1234.5", "true", "2023-01-05"],
    ["A2", "2023-01-06", "7", "false", ""],
]


def write(path: Path, **sheets: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return path


def codes(source: Any) -> list[str]:
    return [note.code for note in source.notes]


def test_the_first_sheet_with_rows_is_read(tmp_path: Path, open_it: Open) -> None:
    write(tmp_path / "leads.xlsx", Empty=[], Leads=ROWS, Other=[["x"], ["1"]])
    source = open_it("leads.xlsx")
    assert frame(source).to_numpy().tolist() == READ
    assert codes(source) == ["sheet_chosen"]


def test_a_sheet_is_named_after_the_file(tmp_path: Path, open_it: Open) -> None:
    write(tmp_path / "leads.xlsx", Other=[["x"], ["1"]], Leads=ROWS)
    assert frame(open_it("leads.xlsx#Leads")).to_numpy().tolist() == READ
    assert frame(open_it("*.xlsx#Other")).to_numpy().tolist() == [["1"]]
    with pytest.raises(SettingsError, match=r"no sheet .Leeds.*Other.*Leads"):
        open_it("leads.xlsx#Leeds")


def test_a_name_with_that_sign_is_a_file_first(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "a#b.csv").write_text("x\n1\n")
    assert frame(open_it("a#b.csv")).to_numpy().tolist() == [["1"]]


def test_titles_and_footers_of_reports_are_left_out(tmp_path: Path, open_it: Open) -> None:
    rows = [["Leads with status"], ["As of 2023"], [], *ROWS, [], ["Total", "", 1241.5]]
    write(tmp_path / "leads.xlsx", Report=rows)
    source = open_it("leads.xlsx")
    assert frame(source).to_numpy().tolist() == READ
    assert {note.code: note.count for note in source.notes} == {"title_rows": 2, "footer_rows": 1}


def test_long_numbers_keep_what_the_workbook_knows_of_them(tmp_path: Path, open_it: Open) -> None:
    write(tmp_path / "leads.xlsx", Leads=[["Id"], [9123456789012345678], [123456789012345]])
    assert frame(open_it("leads.xlsx"))["Id"].tolist() == [
        "9.123456789012346e+18",
        "123456789012345",
    ]


def test_far_cells_do_not_fill_the_memory(tmp_path: Path, open_it: Open) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "leads.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Id")
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(SourceError, match="17,179,869,184 cells"):
        open_it("leads.xlsx")


def test_an_empty_workbook_is_refused(tmp_path: Path, open_it: Open) -> None:
    write(tmp_path / "leads.xlsx", Leads=[])
    with pytest.raises(SourceError, match="empty"):
        open_it("leads.xlsx")


def test_damage_is_said_in_words(tmp_path: Path, open_it: Open) -> None:
    whole = write(tmp_path / "whole.xlsx", Leads=[*ROWS, *ROWS[1:] * 20]).read_bytes()
    luck = random.Random(3)  # noqa: S311
    refused = 0
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(luck.choice([1, 5, 50])):
            content[luck.randrange(len(content))] = luck.randrange(256)
        cut = luck.choice([len(whole), luck.randrange(4, len(whole))])
        (tmp_path / "leads.xlsx").write_bytes(bytes(content[:cut]))
        try:
            open_it("leads.xlsx")
        except LeadaccordError:
            refused += 1
    assert refused > 50
