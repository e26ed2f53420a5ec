"""Leads become hand-overs: ids stay what they are, and order is time, column, file or none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.contract.tables import read_tables
from features.errors import SettingsError
from features.settings.load import load_settings
from tests.contracts import FLAT, NOW, read, write

SALESFORCE = """Id,MQL_Date__c,CreatedDate,Status,OwnerId,Disqualified_Reason__c,Industry,Employees
00Q1,2025-03-01T10:00:00Z,2025-01-05T08:00:00Z,Qualified,005A,,Retail,10
00Q2,2025-03-02T11:30:00Z,2025-02-05T08:00:00Z,Disqualified,005B,No budget,Energy,250
00Q3,2025-03-03T12:00:00Z,2025-02-15T08:00:00Z,Nurturing,005A,,Retail,
00Q4,2025-03-04T13:00:00Z,2025-02-25T08:00:00Z,Open - Not Contacted,005A,,Energy,40
"""


def test_what_plays_a_part_is_no_attribute(tmp_path: Path) -> None:
    tables = read(tmp_path, {"leads": {"preset": "salesforce"}}, {"leads": SALESFORCE})
    assert list(tables.attributes.columns) == ["CreatedDate", "Industry", "Employees"]
    kinds = {name: column.kind for name, column in tables.columns.items()}
    assert kinds == {"CreatedDate": "time", "Industry": "text", "Employees": "number"}
    assert tables.attributes["Employees"].tolist()[:2] == [10.0, 250.0]
    assert tables.attributes.index.equals(tables.episodes.index)


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        (["1", "2", "30"], ["1", "2", "30"]),
        (["007", "7", "08"], ["007", "7", "08"]),
        ([" A 1 ", "A 1x", "b c"], ["A 1", "A 1x", "b c"]),
        (["1e5", "1.50", "2025-01-01"], ["1e5", "1.50", "2025-01-01"]),
        (["12345678901234567890", "12345678901234567891", "3"],) * 2,
    ],
)
def test_ids_stay_the_text_they_are(tmp_path: Path, written: list[str], ids: list[str]) -> None:
    rows = [f"{name},2025-01-0{i + 1},Yes" for i, name in enumerate(written)]
    tables = read(tmp_path, FLAT, {"leads": "Lead,At,Said\n" + "\n".join(rows) + "\n"})
    assert tables.episodes["lead_id"].tolist() == ids


def test_missing_ids_stay_missing(tmp_path: Path) -> None:
    leads = "Lead,At,Said\nA,2025-01-01,Yes\n,2025-01-02,No\n"
    assert read(tmp_path, FLAT, {"leads": leads}).episodes["lead_id"].tolist()[:1] == ["A"]
    assert read(tmp_path, FLAT, {"leads": leads}).episodes["lead_id"].isna().tolist() == [
        False,
        True,
    ]


def test_without_an_id_the_rows_number_stands_in(tmp_path: Path) -> None:
    sections = {"leads": {"order": "file"}, "decision": FLAT["decision"]}
    tables = read(tmp_path, sections, {"leads": "Said,Size\nYes,1\nNo,2\n"})
    assert tables.episodes["lead_id"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("order", "kind", "sequence"),
    [
        ('order = "file"', "file", [1, 2, 3]),
        ('order = "No"', "order", [30, 20, 100]),
        ('order = "Text"', "order", [2, 1, 3]),
        ('order = "Day"', "order", [86_400.0 * 20_089, 86_400.0 * 20_090, np.nan]),
        ("", "none", [1, 2, 3]),
    ],
)
def test_order_by_column_by_file_or_none(
    tmp_path: Path, order: str, kind: str, sequence: list[float]
) -> None:
    leads = "No,Text,Day,Said\n30,L-9 b,2025-01-01,Yes\n20,L-9 a,2025-01-02,No\n100,L-10,,Yes\n"
    settings = write(tmp_path, {"leads": {}, "decision": FLAT["decision"]}, {"leads": leads})
    text = settings.file.read_text().replace("[leads]", f"[leads]\n{order}")
    settings.file.write_text(text)
    tables = read_tables(load_settings(settings.file), now=NOW)
    assert tables.order == kind and not tables.timed and tables.as_of is None
    np.testing.assert_array_equal(tables.episodes["sequence"], sequence)
    assert tables.episodes["handed_over_at"].isna().all()


def test_the_order_column_is_not_needed_to_score(tmp_path: Path) -> None:
    sections = {"leads": {"id": "Lead", "order": "No"}, "decision": FLAT["decision"]}
    files = {"leads": "Lead,No,Said\nA,7,Yes\nB,9,No\n", "new": "Lead\nC\nD\n"}
    settings = write(tmp_path, sections, files)
    new = read_tables(settings, leads="new.csv", decided=False, now=NOW)
    assert new.order == "order"
    assert new.episodes["lead_id"].tolist() == ["C", "D"]
    assert new.episodes["sequence"].tolist() == [1.0, 2.0]
    with pytest.raises(SettingsError, match=r'\[leads\] order.*got "No"|Got "No"'):
        read_tables(settings, leads="new.csv", now=NOW)


def test_new_leads_are_read_as_in_training(tmp_path: Path) -> None:
    leads = "Lead,At,Said,Zip\nA,2025-01-01,Yes,AB1\nB,2025-01-02,No,28\n"
    settings = write(tmp_path, FLAT, {"leads": leads, "new": "Lead,At,Zip\nC,2025-02-01,28\n"})
    kinds = {name: column.kind for name, column in read_tables(settings).columns.items()}
    assert kinds == {"Zip": "text"}
    new = read_tables(settings, leads="new.csv", decided=False, kinds=kinds, now=NOW)
    assert new.columns["Zip"].kind == "text" and new.attributes["Zip"].tolist() == ["28"]
    assert new.origin == "new.csv"


def test_rows_keep_the_order_of_the_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    ids = rng.permutation(5_000)
    rows = "".join(f"{i},2025-01-01 10:00,Yes\n" for i in ids)
    tables = read(tmp_path, FLAT, {"leads": "Lead,At,Said\n" + rows})
    assert tables.episodes["lead_id"].tolist() == [str(i) for i in ids]
    assert tables.episodes["row"].tolist() == list(range(1, 5_001))
