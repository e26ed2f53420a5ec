"""Sheets of plain rows as a workbook: each value what it is, and nothing that runs."""

from __future__ import annotations

import datetime as dt
import gc
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from features.errors import DestinationError
from features.language import language
from serve.destinations.spreadsheet_safety import neutralise_text
from serve.report.workbook.sheets import Cell, Column, Sheet, write_workbook
from tests.serve.cell_texts import PAYLOADS

EN = language("en")
KINDS = (
    Column("Name", width=20),
    Column("Leads", "count"),
    Column("Share", "share"),
    Column("Points", "points"),
    Column("Day", "day"),
    Column("Moment", "moment"),
    Column("Said", "fill_in", choices=("accepted", "rejected")),
)
ROW = ("A", 1_234, 0.4215, 7.25, dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 8, 15, 30), None)


def write(path: Path, *rows: Sequence[object], **options: Any) -> Path:
    sheet = Sheet("Leads", KINDS, rows, frozen=1)
    write_workbook(path, [sheet], EN, **options)
    return path


def read(path: Path, sheet: str = "Leads") -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()


def test_every_value_is_what_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", ROW)
    titles, values = read(path)
    assert titles == [column.title for column in KINDS]
    assert values == ["A", 1234.0, 0.4215, 7.25, *ROW[4:6], ""]
    (cells,) = openpyxl.load_workbook(path)["Leads"].iter_rows(min_row=2)
    formats = [cell.number_format for cell in cells[1:6]]
    assert formats == [
        "#,##0",
        "0.0%",
        "+0.0;-0.0;0.0",
        "[$-409]mmm d, yyyy",
        "yyyy-mm-dd hh:mm:ss",
    ]


def test_shares_and_days_have_the_form_of_the_language(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, [Sheet("Leads", KINDS, [ROW])], language("es"))
    (cells,) = openpyxl.load_workbook(path)["Leads"].iter_rows(min_row=2)
    assert [cells[i].number_format for i in (2, 4)] == ["0.0 %", "[$-C0A]d mmm yyyy"]


def test_titles_stay_in_view_and_filter(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write(tmp_path / "a.xlsx", ROW, ROW))["Leads"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:G3"
    assert sheet.column_dimensions["A"].width == pytest.approx(20, abs=1)
    (rule,) = sheet.data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1) == ("G2:G3", '"accepted,rejected"')


def test_missing_values_leave_nothing(tmp_path: Path) -> None:
    nothing = (None, np.nan, np.inf, float("nan"), pd.NaT, pd.NaT, None)
    path = write(tmp_path / "a.xlsx", ROW, nothing, ("", *nothing[1:]), ())
    assert [row for row in read(path)[2:] if any(row)] == []
    assert openpyxl.load_workbook(path)["Leads"]["G3"].fill.fgColor.rgb == "FFFBF6E3"


def test_times_beyond_the_calendar_are_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", (*ROW[:4], dt.date(1899, 12, 31), dt.datetime(1, 1, 1)))
    assert read(path)[1][4:6] == ["1899-12-31", "0001-01-01 00:00:00"]


def test_text_is_never_a_formula_or_a_link(tmp_path: Path) -> None:
    texts = [*PAYLOADS, "https://example.org", "mailto:a@example.org", "internal:A1", "{=1+1}"]
    rows = [(text, Cell(text, "title")) for text in texts]
    sheet = Sheet("Leads", (Column("=1+1"), Column("@x", "count")), rows)
    path = tmp_path / "a.xlsx"
    write_workbook(path, [sheet], EN)
    safe = [neutralise_text(text) for text in ("=1+1", "@x")]
    assert read(path) == [safe, *([neutralise_text(text)] * 2 for text in texts)]
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert re.findall(rb"<f[ >]|<hyperlink|relationships/hyperlink", content) == []
    cells = [cell for row in openpyxl.load_workbook(path)["Leads"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}


def test_what_a_sheet_does_not_hold_goes_on_in_another(tmp_path: Path) -> None:
    rows = [(f"L{i}",) for i in range(7)]
    path = write(tmp_path / "a.xlsx", *rows, lines=3)
    parts = [read(path, name) for name in ("Leads", "Leads 2", "Leads 3")]
    assert [len(part) for part in parts] == [4, 4, 2]
    assert [row[0] for part in parts for row in part[1:]] == [row[0] for row in rows]
    book = openpyxl.load_workbook(path)
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:G4", "A1:G4", "A1:G2"]


def test_the_same_sheets_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write(tmp_path / name, ROW).read_bytes() for name in ("a.xlsx", "b.xlsx"))
    assert one == other


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", ROW)
    before = path.read_bytes()

    def rows() -> Iterator[Sequence[object]]:
        yield ROW
        raise RuntimeError("no more rows")

    with pytest.raises(RuntimeError):
        write_workbook(path, [Sheet("Leads", KINDS, rows())], EN)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DestinationError, match="result cannot be written"):
        write(tmp_path / "file" / "a.xlsx", ROW)


def test_a_full_disk_is_told(small_disk: Path) -> None:
    rows = [(f"{i} " + "x" * 300,) for i in range(2_000)]
    with pytest.raises(DestinationError, match="result cannot be written"):
        write(small_disk / "a.xlsx", *rows)
    gc.collect()  # the library leaves its files open until then
    assert list(small_disk.iterdir()) == []
