"""Promises of `features.sources.union`: many files are one table, its rows numbered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import SourceError
from features.sources.duckdb_relation import aggregate
from features.sources.file import ROW
from tests.csv_files import Open, codes, frame


def test_rows_are_numbered_over_all_files_in_the_order_of_their_paths(
    tmp_path: Path, open_it: Open
) -> None:
    for name, values in (("b", "4,\n5,\n"), ("a", "1,\n2,\n3,\n")):
        (tmp_path / f"{name}.csv").write_text(f"n,x\n{values}")
    source = open_it("*.csv")
    assert [int(n) for n in frame(source)["n"]] == [1, 2, 3, 4, 5]
    assert [path.name for path in source.files] == ["a.csv", "b.csv"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_row_numbers_hold_where_files_are_read_in_parallel(
    tmp_path: Path, open_it: Open, ending: str
) -> None:
    n = 300_000
    table = pd.DataFrame({"n": np.arange(1, n + 1), "text": "x" * 60 + '"\n'})
    path = tmp_path / f"leads.{ending}"
    table.to_csv(path, index=False) if ending == "csv" else table.to_parquet(path)
    found = open_it(path.name).relation
    measures = {"rows": "count(*)", "wrong": f"count(*) FILTER (n::BIGINT <> {ROW})"}
    assert aggregate(found.connection, found.place, measures) == {"rows": n, "wrong": 0}


def test_files_lacking_a_column_are_united_by_name(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "1.csv").write_text("id,city\n1,Lima\n")
    (tmp_path / "2.csv").write_text("CITY;source;id\nCusco;web;2\n")
    source = open_it("*.csv")
    assert source.columns == ["id", "city", "source"]
    assert list(frame(source)["city"]) == ["Lima", "Cusco"]
    assert frame(source)["source"].isna().tolist() == [True, False]
    note = next(note for note in source.notes if note.code == "columns_differ")
    assert (note.column, note.count, note.total, note.example) == ("source", 1, 2, "1.csv")


def test_files_without_a_common_column_are_refused(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "1.csv").write_text("id,city\n1,Lima\n")
    (tmp_path / "2.csv").write_text("lead;when\n1;2\n")
    with pytest.raises(SourceError, match=r"1\.csv and 2\.csv"):
        open_it("*.csv")


def test_types_that_differ_between_files_become_one(tmp_path: Path, open_it: Open) -> None:
    for number, values in enumerate(([1], [2.5], ["three"])):
        pq.write_table(pa.table({"x": values}), tmp_path / f"{number}.parquet")
    assert list(frame(open_it("[01].parquet"))["x"]) == [1.0, 2.5]
    source = open_it("*.parquet")
    assert list(frame(source)["x"]) == ["1", "2.5", "three"]
    assert codes(source) == ["column_types_differ"]


def test_a_trailing_empty_column_is_left_out_and_noted(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads.csv").write_text("a,b,\n1,2,\n3,4,\n")
    source = open_it("leads.csv")
    assert source.columns == ["a", "b"]
    assert codes(source) == ["empty_trailing_column"]


def test_a_column_without_a_name_but_with_values_gets_one(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads.csv").write_text(",b\n0,2\n1,4\n")
    source = open_it("leads.csv")
    assert source.columns == ["column_1", "b"]
    assert codes(source) == ["unnamed_column"]


def test_rows_of_separators_only_are_left_out(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads.csv").write_text("a,b\n1,2\n,\n,\n")
    source = open_it("leads.csv")
    assert len(frame(source)) == 1
    assert source.notes[0].count == 2


@pytest.mark.parametrize("text", ["a,b\n", "a,b", "a,b\n,\n,\n"])
def test_column_names_only_are_refused(tmp_path: Path, open_it: Open, text: str) -> None:
    (tmp_path / "leads.csv").write_text(text)
    with pytest.raises(SourceError, match=r"leads\.csv") as caught:
        open_it("leads.csv")
    assert (caught.value.code, caught.value.exit_code) == ("no_rows", 3)


def test_damage_in_one_of_many_files_is_named(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text("a,b\n1,2\n3\n4,5\n")
    with pytest.raises(SourceError, match=r"2\.csv, line 3") as caught:
        open_it("*.csv")
    assert caught.value.code == "ragged_row"


def test_activities_may_have_no_rows(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "new.csv").write_text("id,at\n")
    found = open_it("new.csv", name="activities")
    assert found.columns == ["id", "at"]
    assert found.relation.count() == 0


def test_rows_that_repeat_the_column_names_are_left_out(tmp_path: Path, open_it: Open) -> None:
    text = "Id,Name,Note,\nA1,Ana,x,\nId,Name,Note,\nA2,Id,Note,\n Id , Name ,Note,\n"
    (tmp_path / "leads.csv").write_text(text)
    source = open_it("leads.csv")
    assert frame(source)["Id"].tolist() == ["A1", "A2"]
    assert [note.count for note in source.notes if note.code == "repeated_names"] == [2]


def test_a_value_that_is_the_name_of_its_column_is_a_value(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads.csv").write_text("Id,Name,Note\nId,Ana,x\nA2,Name,Note\n")
    assert frame(open_it("leads.csv"))["Id"].tolist() == ["Id", "A2"]
