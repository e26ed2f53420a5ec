"""Promises of `features.sources.tables`: files and tables as found, or the mistake."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from features.columns.profile import profile_columns, type_columns
from features.errors import SettingsError, SourceError
from features.sources.duckdb_relation import query_table
from features.sources.file import ROW
from features.sources.tables import SourceTable, open_table
from tests.csv_files import Open, codes, frame
from tests.databases import NAMES, make_database


def test_a_csv_file_is_text_with_numbered_rows(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads.csv").write_text("Id,Amount\n007,1.50\n,\n8,\n")
    source = open_it("leads.csv")
    assert source.columns == ["Id", "Amount"]
    assert source.relation.types[ROW] == "BIGINT"
    assert frame(source).to_dict("list") == {"Id": ["007", "8"], "Amount": ["1.50", ""]}
    assert list(frame(source).index) == [1, 2]
    assert (source.name, source.origin) == ("leads", "leads.csv")
    assert source.files == (tmp_path / "leads.csv",)
    assert codes(source) == ["blank_rows"]


def test_a_table_is_read_once(tmp_path: Path, open_it: Open) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("a,b\n1,2\n")
    source = open_it("leads.csv")
    path.unlink()
    assert len(frame(source)) == 1


def test_separator_and_encoding_are_passed_on(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads.csv").write_bytes("a|b;c\n1|2;é\n".encode("latin-1"))
    source = open_it("leads.csv", separator=";", encoding="latin-1")
    assert frame(source).to_dict("list") == {"a|b": ["1|2"], "c": ["é"]}
    assert not source.notes


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "crm.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("create table leads as select range as n, 'x' as t from range(5)")
        made.execute("create table nothing (n integer)")
        made.execute("create schema sales")
        made.execute("create table sales.deals as select 1 as n")
        made.execute("create view open_leads as select n as _row from leads")
    return path


def open_in(database: Path, reference: str, name: str = "leads") -> SourceTable:
    root, url = database.parent, f"duckdb://{database}"
    return open_table(duckdb.connect(), reference, name=name, root=root, url=url)


def test_a_table_of_duckdb_is_numbered_and_keeps_its_types(database: Path) -> None:
    source = open_in(database, "leads")
    assert list(frame(source)["n"]) == [0, 1, 2, 3, 4]
    assert source.relation.types["n"] == "BIGINT"
    assert (source.origin, source.files) == ("leads", ())
    assert len(frame(open_in(database, "sales.deals", "outcomes"))) == 1
    assert open_in(database, "open_leads").columns == ["_row_2"]


def test_files_are_read_beside_a_database(database: Path) -> None:
    (database.parent / "leads.csv").write_text("a,b\n1,2\n")
    assert open_in(database, "leads.csv").columns == ["a", "b"]


def test_a_missing_table_is_a_mistake_that_names_near_ones(database: Path) -> None:
    with pytest.raises(SettingsError, match=r"\[tables\] leads") as caught:
        open_in(database, "leeds")
    assert "such as leads" in str(caught.value)


def test_an_empty_table_is_refused(database: Path) -> None:
    with pytest.raises(SourceError, match="no rows"):
        open_in(database, "nothing")


def test_some_columns_are_a_table_too(database: Path) -> None:
    narrow = open_in(database, "leads").select("t")
    assert narrow.columns == ["t"] and len(frame(narrow)) == 5


def test_tables_of_another_database_are_numbered_alike_each_time(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "crm.sqlite") as made:
        made.execute("create table leads (n integer, t text)")
        made.executemany("insert into leads values (?, ?)", [(2, "b"), (1, "a"), (1, "c")])
    made.close()
    where: Any = {"name": "leads", "root": tmp_path, "url": f"sqlite://{tmp_path / 'crm.sqlite'}"}
    source = open_table(duckdb.connect(), "leads", **where)
    assert list(frame(source)["t"]) == ["a", "c", "b"]
    with pytest.raises(SettingsError, match="such as leads"):
        open_table(duckdb.connect(), "lead", **where)


@pytest.mark.parametrize("kind", NAMES)
def test_tables_of_any_database_are_stored_row_by_row(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = make_database(kind, tmp_path, lambda: request.getfixturevalue("postgres"))
    at = pd.to_datetime(["2024-01-31 10:00", None, "2024-02-01 11:30"])
    leads = pd.DataFrame({"id": ["a", "b", None], "n": [1.5, 2.0, None], "at": at})
    made.fill({"leads": leads, "nothing": leads.head(0)})
    url, root = made.url, tmp_path
    with duckdb.connect() as workspace:
        found = open_table(workspace, made.name("leads"), name="leads", root=root, url=url)
        assert (found.origin, found.files) == (made.name("leads"), ())
        rows = query_table(
            workspace, f"SELECT * FROM {found.relation.place} ORDER BY {ROW}"
        ).to_pandas()
        assert sorted(rows[ROW]) == [1, 2, 3]
        rows = rows.sort_values("id", na_position="last", ignore_index=True)
        assert rows["id"].tolist()[:2] == ["a", "b"] and rows["id"].isna().tolist()[2]
        assert rows["n"].astype(float).tolist()[:2] == [1.5, 2.0] and rows["n"].isna().tolist()[2]
        assert pd.to_datetime(rows["at"]).tolist() == at.tolist()
        empty = open_table(workspace, made.name("nothing"), name="activities", root=root, url=url)
        assert list(empty.relation.types) == ["id", "n", "at", ROW]
        with pytest.raises(SourceError, match="no rows"):
            open_table(workspace, made.name("nothing"), name="leads", root=root, url=url)
        with pytest.raises(SettingsError, match="No file or table"):
            open_table(workspace, made.name("leeds"), name="leads", root=root, url=url)
    # Nothing holds the database any more.
    made.fill({"more": leads})


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "rows", "columns", "notes"),
    [
        ("xeducation_leads.csv", 9_240, 37, ["empty_trailing_column"]),
        ("olist_marketing_qualified_leads_dataset.csv", 8_000, 4, []),
        ("olist_closed_deals_dataset.csv", 842, 14, []),
        ("bank_additional_full.csv", 41_188, 21, ["separator_guessed"]),
    ],
)
def test_real_files_have_their_shapes_and_pandas_values(
    real_data: Path, open_it: Open, name: str, rows: int, columns: int, notes: list[str]
) -> None:
    source = open_it(name, root=real_data)
    found = frame(source)
    assert found.shape == (rows, columns)
    assert codes(source) == notes
    separator = ";" if name.startswith("bank") else ","
    expected = pd.read_csv(real_data / name, sep=separator, dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(
        found.reset_index(drop=True), expected.iloc[:, :columns], check_dtype=False
    )


def test_times_that_sqlite_keeps_as_text_are_read_as_times(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "crm.sqlite") as made:
        made.execute("create table activities (lead text, at text)")
        made.executemany(
            "insert into activities values (?, ?)",
            [("a", "2024-01-31 10:00:00"), ("b", "2024-02-01 11:30:00")],
        )
    made.close()
    url = f"sqlite://{tmp_path / 'crm.sqlite'}"
    source = open_table(duckdb.connect(), "activities", name="activities", root=tmp_path, url=url)
    columns = profile_columns(source.relation, missing=(), times=("at",))
    typed = type_columns(source.relation, columns, missing=()).to_pandas()
    assert typed["at"].max() == pd.Timestamp("2024-02-01 11:30")
