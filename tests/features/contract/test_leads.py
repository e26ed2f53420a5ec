"""Leads become hand-overs: ids stay what they are, and order is time, column, file or none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.contract.leads import Leads, among, make_episodes, store_leads
from features.contract.tables import read_tables
from features.errors import SettingsError, SourceError
from features.settings.load import load_settings
from features.sources.duckdb_relation import from_arrow, keep
from features.sources.file import ROW
from features.sources.tables import SourceTable
from features.sources.workspace import SMALL, Workspace
from tests.contracts import FLAT, NOW, read, write
from tests.tables import make_settings

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


def put(columns: Any, name: str = "leads") -> SourceTable:
    table = pa.table(columns)
    table = table.append_column(ROW, pa.array(range(1, table.num_rows + 1), pa.int64()))
    return SourceTable(name, from_arrow(table), f"{name}.csv", (), ())


def store(columns: Any, *, given: bool = False) -> Leads:
    settings = make_settings(leads={"id": "Id", "handed_over_at": "At", "missing": ("Select",)})
    table = put(columns)
    return store_leads(table, settings=settings, kinds=KINDS, wanted=list(KINDS), given=given)


KINDS: Any = {"Industry": "text", "Size": "number", "Created": "time", "Flag": "text"}
AS_TEXT = {
    "Id": ["a ", "", "b"],
    "At": ["2025-01-02 03:04", "x", ""],
    "Industry": [" Foods", "Select", "n/a"],
    "Size": ["1,234.5", "", "7"],
    "Created": ["02/01/2025", "13/01/2025", ""],
    "Flag": ["true", "false", ""],
}
AS_TYPED = {
    "Id": ["a", None, "b"],
    "At": pa.array([datetime(2025, 1, 2, 3, 4), None, None], pa.timestamp("ns")),
    "Industry": ["Foods", None, None],
    "Size": pa.array([1234.5, None, 7.0], pa.float32()),
    "Created": pa.array([datetime(2025, 1, 2), datetime(2025, 1, 13), None], pa.date32()),
    "Flag": [True, False, None],
}


@pytest.mark.parametrize("columns", [AS_TEXT, AS_TYPED], ids=["text", "typed"])
def test_text_and_types_are_read_alike(columns: Any) -> None:
    leads = store(columns)
    assert (leads.total, leads.order) == (3, "time")
    keys = leads.read_keys()
    assert keys["row"].tolist() == [1, 2, 3]
    assert keys["lead_id"].tolist() == ["a", None, "b"]
    assert keys["handed_over_at"].tolist()[0] == pd.Timestamp("2025-01-02 03:04")
    assert keys["handed_over_at"].isna().tolist() == [False, True, True]
    read = leads.read_columns().to_pydict()
    assert read["Industry"] == ["Foods", None, None]
    assert read["Size"] == [1234.5, None, 7.0]
    assert read["Created"] == [datetime(2025, 1, 2), datetime(2025, 1, 13), None]
    assert read["Flag"] == ["true", "false", None]


def test_some_rows_are_read_as_among_all() -> None:
    leads = store(AS_TEXT)
    keys, columns = leads.read_keys(), leads.read_columns()
    for row in (1, 2, 3):
        where = among(range(row, row + 1))
        pd.testing.assert_frame_equal(leads.read_keys(where=where), keys.iloc[[row - 1]])
        assert leads.read_columns(where=where).to_pylist() == columns.slice(row - 1, 1).to_pylist()


def test_only_what_is_wanted_is_read() -> None:
    assert set(store({**AS_TYPED, "Street": ["s1", "s2", "s3"]}).columns) == set(KINDS)


def test_a_column_that_is_gone_is_left_out_and_one_that_is_needed_refused() -> None:
    less = {name: values for name, values in AS_TYPED.items() if name != "Size"}
    assert "Size" not in store(less).columns
    with pytest.raises(SourceError, match='lack the column "At"'):
        store({name: values for name, values in AS_TYPED.items() if name != "At"}, given=True)


def test_the_order_column_is_not_needed_to_score() -> None:
    settings = make_settings(leads={"id": "Lead", "order": "No"})
    new = store_leads(put({"Lead": ["C", "D"]}), settings=settings, wanted=())
    assert make_episodes(new.read_keys(), order=new.order)["sequence"].tolist() == [1.0, 2.0]
    with pytest.raises(SettingsError, match=r'\[leads\] order.*got "No"|Got "No"'):
        store_leads(put({"Lead": ["C", "D"]}), settings=settings)


def test_new_leads_are_read_as_in_training(tmp_path: Path) -> None:
    leads = "Lead,At,Said,Zip\nA,2025-01-01,Yes,AB1\nB,2025-01-02,No,28\n"
    settings = write(tmp_path, FLAT, {"leads": leads})
    kinds = {name: column.kind for name, column in read_tables(settings).columns.items()}
    assert kinds == {"Zip": "text"}
    new = put({"Lead": ["C"], "At": ["2025-02-01"], "Zip": ["28"]})
    read = store_leads(new, settings=settings, kinds=kinds, wanted=["Zip"])
    assert read.read_columns()["Zip"].to_pylist() == ["28"]


@pytest.mark.slow
def test_texts_of_a_batch_may_take_more_than_the_database_may_keep(tmp_path: Path) -> None:
    rows = 10_000
    settings = make_settings(leads={"id": "Id", "handed_over_at": "At"})
    (tmp_path / "home").mkdir()
    with Workspace(tmp_path / "home", threads=2, size=SMALL + 1) as workspace:
        text = "repeat(md5(i::VARCHAR), 400)"
        columns = f"i + 1 AS {ROW}, i AS Id, TIMESTAMP '2025-01-01' AS At, {text} AS Industry"
        stored = keep(workspace.connection, f"SELECT {columns} FROM range({rows}) r(i)")
        table = SourceTable("leads", stored, "leads.csv", (), ())
        leads = store_leads(table, settings=settings, kinds=KINDS, wanted=["Industry"])
        workspace.keep_less(columns=1)
        where = among(range(101, rows + 1))
        keys, read = leads.read_keys(where=where), leads.read_columns(where=where)
    assert keys["row"].tolist() == list(range(101, rows + 1))
    texts = read["Industry"].combine_chunks().dictionary.to_pylist()
    assert len(texts) == len(keys) and {len(text) for text in texts} == {32 * 400}


def test_rows_keep_the_order_of_the_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    ids = rng.permutation(5_000)
    rows = "".join(f"{i},2025-01-01 10:00,Yes\n" for i in ids)
    tables = read(tmp_path, FLAT, {"leads": "Lead,At,Said\n" + rows})
    assert tables.episodes["lead_id"].tolist() == [str(i) for i in ids]
    assert tables.episodes["row"].tolist() == list(range(1, 5_001))
