"""Import files: the names and lengths of each CRM, one row of each lead, all of it counted."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pyarrow as pa
import pytest
from python_calamine import load_workbook

from features.errors import UsageError
from features.settings.schema import BandSettings
from serve.destinations.crm import (
    CRM_FORMATS,
    CUT,
    MAX_PANEL_TEXT,
    MAX_REASON_TEXT,
    NOTHING,
    STRANGE_ID,
    CrmFormat,
    arrange,
)
from serve.destinations.files import EARLIER, FileDestination, open_file
from serve.scoring.score_table import COLUMNS
from tests.serve.score_tables import in_batches, make_scores

IDS = {
    "salesforce": ["00Q6dvOfvVDzEzxyf3", "00Q6dvOfvVDzEzx", "00Q6dvOfvVDzEzxyf4"],
    "hubspot": ["101", "102", "103"],
    "dynamics": [f"6f9619ff-8b86-d011-b42d-00cf4fc964f{i}" for i in range(3)],
}
IDS["dynamics-scores"] = IDS["dynamics"]
OWN_FIELDS = pytest.mark.parametrize("crm", ["salesforce", "hubspot", "dynamics"], indirect=True)
EVERY = pytest.mark.parametrize("crm", CRM_FORMATS.values(), ids=list(CRM_FORMATS))


@pytest.fixture
def crm(request: pytest.FixtureRequest) -> CrmFormat:
    return CRM_FORMATS[request.param]


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def deliver(folder: Path, crm: CrmFormat, table: pa.Table, rows: int = 2) -> list[dict[str, str]]:
    place = FileDestination(folder / "out.csv", crm)
    place.check()
    place.deliver(in_batches(table, rows))
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@OWN_FIELDS
def test_a_file_has_the_columns_of_its_crm_and_the_values_of_the_scores(
    tmp_path: Path, crm: CrmFormat
) -> None:
    table = make_scores(IDS[crm.name])
    rows = deliver(tmp_path, crm, table)
    header = [field.name for field in crm.fields]
    assert list(rows[0]) == header and len(set(header)) == len(header)
    names = {field.column: field.name for field in crm.fields}
    for row, score in zip(rows, table.to_pylist(), strict=True):
        assert row[names["lead_id"]] == score["lead_id"]
        assert float(row[names["probability"]]) == score["probability"]
        assert int(row[names["score"]]) == score["score"]
        for side, prefix in (("reasons", "reason"), ("against", "against")):
            sentences = [score[f"{prefix}_{place}"] for place in range(1, 6)]
            assert row[names[side]] == ("\n".join(filter(None, sentences)) or NOTHING)
        assert row[names["scored_at"]].startswith("2026-02-01")
    assert not any(cell == "" for row in rows for cell in row.values())


@OWN_FIELDS
def test_every_custom_field_says_as_what_it_has_to_be_made(crm: CrmFormat) -> None:
    assert [field.kind == "" for field in crm.fields] == [True] + [False] * (len(crm.fields) - 1)
    assert {field.column for field in crm.fields} - {"reasons", "against"} <= set(COLUMNS)
    for field in crm.fields:
        assert field.size is None or crm.name == "hubspot" or str(field.size) in field.kind


def test_names_and_times_are_those_the_tools_document() -> None:
    salesforce = CRM_FORMATS["salesforce"]
    assert salesforce.fields[0].name == "Id"
    assert all(re.fullmatch(r"[A-Za-z]\w{0,39}__c", field.name) for field in salesforce.fields[1:])
    assert CRM_FORMATS["hubspot"].fields[0].name == "Record ID"
    for name, shown in (
        ("salesforce", "2026-02-01T08:00:00.000Z"),
        ("hubspot", "2026-02-01"),
        ("dynamics", "2026-02-01T08:00:00Z"),
    ):
        table, _ = arrange(make_scores(IDS[name]), CRM_FORMATS[name])
        assert set(table.column(table.num_columns - 1).to_pylist()) == {shown}


@OWN_FIELDS
def test_longer_texts_are_cut_at_the_end_of_a_sentence_and_counted(crm: CrmFormat) -> None:
    sentence = "\U0001f600" * 600
    table = make_scores(IDS[crm.name], reasons=[sentence, sentence])
    arranged, warnings = arrange(table, crm)
    names = {field.column: field.name for field in crm.fields}
    cells = [cell for side in ("reasons", "against") for cell in arranged[names[side]].to_pylist()]
    assert all(units(cell) < MAX_REASON_TEXT for cell in cells)
    cut = [cell for cell in cells if cell.endswith("\u2026")]
    assert warnings == {CUT: len(cut)} and cut
    assert set(cut) == {f"{sentence}\n{sentence}\n{sentence}\n\u2026"}


@OWN_FIELDS
def test_leads_without_a_reason_keep_their_row(crm: CrmFormat) -> None:
    table = make_scores(IDS[crm.name] * 50, reasons=["only this"])
    arranged, _ = arrange(table, crm)
    cells = arranged[crm.fields[6].name].to_pylist()
    lines = [[row[f"reason_{place}"] for place in range(1, 6)] for row in table.to_pylist()]
    assert cells == ["\n".join(filter(None, line)) or NOTHING for line in lines]
    assert NOTHING in cells


@EVERY
def test_ids_of_another_kind_are_counted(crm: CrmFormat) -> None:
    table = make_scores([*IDS[crm.name], "row-1", "ana@example.org"])
    _, warnings = arrange(table, crm)
    assert warnings == {STRANGE_ID: 2}


@EVERY
def test_a_lead_that_comes_again_has_the_score_of_its_latest_hand_over(
    tmp_path: Path, crm: CrmFormat
) -> None:
    first, second, third = IDS[crm.name]
    table = make_scores([first, second, first, third, first])
    place = FileDestination(tmp_path / "out.csv", crm)
    delivery = place.deliver(in_batches(table, 2))
    assert delivery.warnings == {EARLIER: 2} and delivery.rows == 3
    rows = deliver(tmp_path, crm, table)
    assert [row[crm.fields[0].name] for row in rows] == [second, third, first]
    name = next(field.name for field in crm.fields if field.column == "score")
    assert int(rows[2][name]) == table["score"].to_pylist()[4]


def test_a_file_for_the_panel_of_dynamics_has_bands_and_the_sentences_of_both_sides(
    tmp_path: Path,
) -> None:
    table = make_scores(IDS["dynamics"] * 20)
    place = open_file(tmp_path / "out.csv", "dynamics-scores", BandSettings(hot=90, warm=60))
    assert place.crm is not None
    arranged, _ = arrange(table, place.crm)
    for row, score in zip(arranged.to_pylist(), table.to_pylist(), strict=True):
        reached = sum(score["score"] >= limit for limit in (90, 60, 25))
        assert row["Grade"] == f"Grade {'DCBA'[reached]}" and row["Entity type"] == "lead"
        assert row["Score reasons"].count("\u25b2 ") == sum(
            score[f"reason_{place}"] is not None for place in range(1, 6)
        )
        assert row["Score reasons"].count("\u25bc ") == sum(
            score[f"against_{place}"] is not None for place in range(1, 6)
        )
    long = make_scores(IDS["dynamics"] * 20, reasons=["x" * 2_500])
    cells = arrange(long, place.crm)[0]["Score reasons"].to_pylist()
    assert max(map(units, cells)) < MAX_PANEL_TEXT and any(cell[-1] == "\u2026" for cell in cells)


def test_a_file_that_grows_too_large_is_split(tmp_path: Path) -> None:
    ids = [f"6f9619ff-8b86-d011-b42d-{i:012x}" for i in range(500)]
    small = CRM_FORMATS["dynamics"]
    small = type(small)(**{**vars(small), "max_bytes": 50_000})
    place = FileDestination(tmp_path / "out.csv", small)
    delivery = place.deliver(in_batches(make_scores(ids), 120))
    assert len(delivery.files) > 2
    found = []
    for file in delivery.files:
        assert 20_000 < file.stat().st_size <= 50_000 or file == delivery.files[-1]
        with file.open(encoding="utf-8", newline="") as lines:
            found += [row["Lead"] for row in csv.DictReader(lines)]
    assert found == ids


def test_hubspot_takes_excel_in_one_sheet(tmp_path: Path) -> None:
    crm = CRM_FORMATS["hubspot"]
    FileDestination(tmp_path / "out.xlsx", crm).deliver(in_batches(make_scores(IDS["hubspot"]), 2))
    book = load_workbook(str(tmp_path / "out.xlsx"))
    assert len(book.sheet_names) == 1
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][0] == "Record ID" and [row[0] for row in rows[1:]] == IDS["hubspot"]


@pytest.mark.parametrize(
    ("name", "ending"), [("salesforce", ".xlsx"), ("dynamics", ".xlsx"), ("hubspot", ".parquet")]
)
def test_other_kinds_of_file_are_refused(tmp_path: Path, name: str, ending: str) -> None:
    with pytest.raises(UsageError, match=rf"ending \"\{ending}\", expected \.csv.*{name} imports"):
        FileDestination(tmp_path / f"out{ending}", CRM_FORMATS[name]).check()


@EVERY
def test_the_documentation_names_every_field_and_its_kind(crm: CrmFormat) -> None:
    system = crm.name.partition("-")[0]
    page = Path(__file__).parents[3] / "docs" / "crm" / f"{system}.md"
    text = page.read_text(encoding="utf-8")
    for field in crm.fields:
        assert f"| `{field.name}` | {field.kind or 'is there'} |" in text
