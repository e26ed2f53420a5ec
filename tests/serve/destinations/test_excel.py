"""Excel: two other libraries read back what was written, and nothing in it runs."""

from __future__ import annotations

import re
import tempfile
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook

import serve.destinations.excel
from serve.destinations.excel import CUT, MAX_CELL, ExcelWriter
from serve.destinations.spreadsheet_safety import neutralise_text
from serve.scoring.score_table import COLUMNS, empty_scores
from tests.serve.cell_texts import PAYLOADS, RUNS, TEXTS
from tests.serve.score_tables import make_scores


def write(path: Path, *tables: pa.Table, **limits: Any) -> ExcelWriter:
    writer = ExcelWriter(path, tables[0].column_names, **limits)
    for table in tables:
        assert writer.write(table) == table.num_rows
    writer.close()
    return writer


def read(path: Path) -> list[list[Any]]:
    """Return all rows of all sheets, without the headers."""
    book = load_workbook(str(path))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert all(sheet[0] == sheets[0][0] for sheet in sheets)
    return [[_as_time(value) for value in row] for sheet in sheets for row in sheet[1:]]


def _as_time(value: Any) -> Any:
    """Return midnight, which this reader takes for a day, as a time again."""
    return datetime(value.year, value.month, value.day) if type(value) is date else value


def as_cells(table: pa.Table) -> list[list[Any]]:
    """Return the rows as a reader of Excel gives them: safe texts, "" for what is missing."""
    rows = table.cast(empty_scores().schema).to_pylist()
    return [["" if v is None else neutralise_text(v) for v in row.values()] for row in rows]


def test_scores_read_back_with_numbers_and_times(tmp_path: Path) -> None:
    first, second = make_scores(["a", "b", "c"]), make_scores(["d"], seed=1, dictionaries=False)
    write(tmp_path / "a.xlsx", first, second)
    assert read(tmp_path / "a.xlsx") == as_cells(first) + as_cells(second)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    kinds = {name: cell.data_type for name, cell in zip(COLUMNS, sheet[2], strict=True)}
    assert kinds["lead_id"] == "s" and kinds["score"] == kinds["probability"] == "n"
    assert kinds["scored_at"] == kinds["handed_over_at"] == "d"
    assert sheet["B2"].value == datetime(2026, 1, 1)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.xlsx"]


@settings(max_examples=40)
@given(st.lists(TEXTS.filter(lambda text: "\ufffe" not in text and "\uffff" not in text)))
@example(["_x0041_", "_x005F_", "a\rb", "a\r\nb", "\x00", " a ", "\n", "&<\"'>", "]]>"])
@example(["https://example.org/", "mailto:a@example.org", "internal:A1", "{=1+1}", "1e5", "007"])
def test_any_text_reads_back_and_is_safe(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        write(path, pa.table({"a": pa.array(texts, pa.string()), "n": [1] * len(texts)}))
        cells = [row[0] for row in read(path)]
        parts = zipfile.ZipFile(path)
        content = b"".join(parts.read(name) for name in parts.namelist()).decode()
    assert [cell.removeprefix("'") for cell in cells] == texts
    assert not any(re.match(rf'[\s"]*[{re.escape(RUNS)}]', cell) for cell in cells)
    assert not re.search(r"<f[ >]|<hyperlink|externalLink", content)


def test_what_xml_cannot_hold_is_shown_by_its_number(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx", pa.table({"a": ["x\ufffe", "y\uffff", "z\x0b"]}))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [sheet[f"A{line}"].value for line in (2, 3, 4)] == ["x_xFFFE_", "y_xFFFF_", "z_x000B_"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_known_attacks_stay_text_and_are_neutralised(tmp_path: Path, payload: str) -> None:
    write(tmp_path / "a.xlsx", make_scores([payload], reasons=[payload]))
    row = read(tmp_path / "a.xlsx")[0]
    assert row[0] == "'" + payload and set(row[7:17]) <= {"", "'" + payload}
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert {cell.data_type for cell in sheet[2]} <= {"s", "n", "d"}


@pytest.mark.parametrize("dictionaries", [True, False])
def test_longer_texts_than_a_cell_holds_are_cut_and_counted(
    tmp_path: Path, dictionaries: bool
) -> None:
    fits, long, wide = "x" * MAX_CELL, "=" + "x" * MAX_CELL, "\U0001f600" * 20_000
    texts = pa.array([fits, long, wide, "a", long])
    table = pa.table({"a": texts.dictionary_encode() if dictionaries else texts})
    writer = write(tmp_path / "a.xlsx", table)
    assert writer.warnings == {CUT: 3}
    cells = [row[0] for row in read(tmp_path / "a.xlsx")]
    assert cells[0] == fits and cells[3] == "a" and cells[1] == cells[4]
    assert cells[1].startswith("'=x") and cells[1].endswith("x\u2026")
    assert all(len(cell.encode("utf-16-le")) // 2 <= MAX_CELL for cell in cells)


def test_more_rows_than_a_sheet_holds_go_to_further_sheets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve.destinations.excel, "ROWS_OF_A_SHEET", 3)
    table = make_scores([f"lead {i}" for i in range(7)])
    write(tmp_path / "a.xlsx", table.slice(0, 4), table.slice(4))
    book = load_workbook(str(tmp_path / "a.xlsx"))
    assert book.sheet_names == ["Scores", "Scores 2", "Scores 3"]
    assert read(tmp_path / "a.xlsx") == as_cells(table)


def test_a_limit_ends_the_file(tmp_path: Path) -> None:
    table = make_scores([f"lead {i}" for i in range(7)])
    writer = ExcelWriter(tmp_path / "a.xlsx", table.column_names, max_rows=3)
    assert writer.write(table) == 3 and writer.write(table.slice(3)) == 0
    writer.close()
    assert read(tmp_path / "a.xlsx") == as_cells(table.slice(0, 3))


def test_the_same_scores_give_the_same_bytes(tmp_path: Path) -> None:
    contents = set()
    for dictionaries in (True, False):
        write(tmp_path / "a.xlsx", make_scores(["a", "b"], dictionaries=dictionaries))
        contents.add((tmp_path / "a.xlsx").read_bytes())
    assert len(contents) == 1


def test_an_abandoned_workbook_leaves_nothing_and_what_a_killed_run_left_is_removed(
    tmp_path: Path,
) -> None:
    table = make_scores(["a", "b"])
    killed = ExcelWriter(tmp_path / "a.xlsx", table.column_names)
    killed.write(table)
    killed._lock.release()  # as the system does
    assert len(list(tmp_path.iterdir())) == 1
    writer = ExcelWriter(tmp_path / "a.xlsx", table.column_names)
    writer.write(table)
    writer.abandon()
    assert list(tmp_path.iterdir()) == []
