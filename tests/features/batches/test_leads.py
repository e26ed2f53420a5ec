"""Leads in batches: read as in memory, whatever their types and the size of a batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.batches.leads import StoredLeads, clean_texts, store_leads
from features.columns.sql import read_text
from features.errors import SourceError
from features.matrix.categories import to_objects
from features.matrix.feature_table import FeatureTable
from features.sources.duckdb_relation import look_at
from features.sources.tables import ROW, StoredTable
from features.sources.workspace import SMALL, keep_less, open_workspace
from tests.features.batch_tables import connect, store
from tests.tables import make_settings, make_table

KINDS: Any = {"Industry": "text", "Size": "number", "Created": "time", "Flag": "text"}


def plan() -> FeatureTable:
    table = make_table({"Industry": ["Foods"], "Created": [], "Flag": []}, ["Size"])
    return replace(table, kinds=KINDS)


def open_leads(given: bool = False, **columns: Any) -> StoredLeads:
    settings = make_settings(leads={"id": "Id", "handed_over_at": "At", "missing": ("Select",)})
    table = store(connect(), "leads", pa.table(columns))
    return store_leads(table, settings=settings, plan=plan(), given=given)


def read(leads: StoredLeads, first: int, last: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = leads.read(leads.table.stored.connection.cursor(), first, last)
    return found.keys, found.attributes


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
    leads = open_leads(**columns)
    assert (leads.total, leads.order) == (3, "time")
    keys, attributes = read(leads, 1, 3)
    assert keys["row"].tolist() == [1, 2, 3]
    assert keys["lead_id"].tolist() == ["a", None, "b"]
    assert keys["handed_over_at"].tolist()[0] == pd.Timestamp("2025-01-02 03:04")
    assert keys["handed_over_at"].isna().tolist() == [False, True, True]
    assert to_objects(attributes["Industry"].array).tolist() == ["Foods", None, None]
    np.testing.assert_array_equal(attributes["Size"], [1234.5, np.nan, 7.0])
    days = [pd.Timestamp("2025-01-02"), pd.Timestamp("2025-01-13")]
    assert attributes["Created"].tolist()[:2] == days
    assert to_objects(attributes["Flag"].array).tolist() == ["true", "false", None]


def test_batches_are_the_rows_of_the_whole() -> None:
    leads = open_leads(**AS_TEXT)
    keys, attributes = read(leads, 1, 3)
    for row in (1, 2, 3):
        key, attribute = read(leads, row, row)
        pd.testing.assert_frame_equal(key, keys.iloc[[row - 1]])
        for name in attributes:
            assert str(attribute[name].iloc[0]) == str(attributes[name].iloc[row - 1])


def test_only_what_features_are_made_from_is_read() -> None:
    leads = open_leads(**AS_TYPED, Street=["s1", "s2", "s3"])
    assert set(leads.columns) == set(KINDS)


def test_a_column_that_is_gone_is_left_out_and_one_that_is_needed_refused() -> None:
    less = {name: values for name, values in AS_TYPED.items() if name != "Size"}
    assert "Size" not in open_leads(**less).columns
    with pytest.raises(SourceError, match='lack the column "At"'):
        open_leads(given=True, **{n: v for n, v in AS_TYPED.items() if n != "At"})


def test_without_an_id_the_row_is_the_lead() -> None:
    settings = make_settings(leads={"order": "file"})
    table = store(connect(), "leads", pa.table({"Size": [1.0, 2.0]}))
    leads = store_leads(table, settings=settings, plan=plan(), given=False)
    assert not leads.timed
    assert read(leads, 1, 2)[0]["lead_id"].tolist() == ["1", "2"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
@settings(deadline=None, max_examples=40)
def test_texts_are_cleaned_as_a_column_is_read(texts: list[str]) -> None:
    values = [*texts, " N/A ", "\ufeffnull", "\u00a0x\u00a0", "-", "", " a b "]
    table = store(connect(), "leads", pa.table({"x": values}))
    sql = read_text('"x"', "VARCHAR", ["-"])
    query = f"SELECT {sql} FROM {table.stored.place}"
    expected = [row[0] for row in table.stored.connection.execute(query).fetchall()]
    assert clean_texts(pa.array(values), ["-"]).to_pylist() == expected


@pytest.mark.slow
def test_texts_of_a_batch_may_take_more_than_the_database_may_keep(tmp_path: Path) -> None:
    rows, size = 10_000, SMALL + 1
    with open_workspace(tmp_path, threads=2, size=size) as connection:
        text = "repeat(md5(i::VARCHAR), 400)"
        columns = f"i + 1 AS {ROW}, i AS Id, TIMESTAMP '2025-01-01' AS At, {text} AS Industry"
        connection.execute(f"CREATE TABLE t AS SELECT {columns} FROM range({rows}) r(i)").fetchall()
        table = StoredTable("leads", look_at(connection, "t"), "leads.csv", (), ())
        wanted = make_settings(leads={"id": "Id", "handed_over_at": "At"})
        leads = store_leads(table, settings=wanted, plan=plan(), given=False)
        keep_less(connection, size=size, columns=1)
        keys, attributes = read(leads, 101, rows)
    assert keys["row"].tolist() == list(range(101, rows + 1))
    texts = attributes["Industry"].cat.categories
    assert len(texts) == len(keys) and {len(text) for text in texts} == {32 * 400}
