"""Destinations: whole files, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features.errors import UsageError
from serve.crm_formats import CRM_FORMATS
from serve.destinations import neutralise, open_destination, write_table
from serve.duckdb_table import DuckdbTable
from serve.file_destinations import FileDestination
from serve.postgres_table import PostgresTable
from serve.sqlite_table import SqliteTable
from tests.serve.cell_texts import RUNS, TEXTS
from tests.tables import make_settings


@pytest.mark.parametrize(
    ("out", "kind"),
    [
        ("scored.csv", FileDestination),
        ("folder/scored.PARQUET", FileDestination),
        ("scored.xlsx", FileDestination),
        ("sqlite://scores.db?table=scores", SqliteTable),
        ("duckdb://scores.duckdb?table=scores", DuckdbTable),
        ("postgres://me:s3cret@host/db?table=scores", PostgresTable),
    ],
)
def test_the_place_is_told_by_its_name_and_nothing_is_opened(out: str, kind: type) -> None:
    place = open_destination(out, settings=make_settings(), timed=True)
    assert isinstance(place, kind)
    assert place.name == out.replace(":s3cret", "")


def test_tables_know_whether_hand_overs_have_times() -> None:
    for timed in (True, False):
        place = open_destination(
            "sqlite://scores.db?table=scores", settings=make_settings(), timed=timed, wait=3
        )
        assert isinstance(place, SqliteTable)
        assert ("handed_over_at" in place.key) == timed and place.wait == 3


def test_a_format_is_one_of_those_known_and_for_files_that_its_crm_takes() -> None:
    settings = make_settings()
    place = open_destination("a.csv", settings=settings, timed=True, format="salesforce")
    assert isinstance(place, FileDestination) and place.crm is CRM_FORMATS["salesforce"]
    place = open_destination("a.txt", settings=settings, timed=True, format="parquet")
    assert isinstance(place, FileDestination) and place.kind == ".parquet"
    for out, format, words in (
        ("a.csv", "sugar", "no such format.*csv or .*salesforce or hubspot or dynamics"),
        ("a.xlsx", "salesforce", r"expected \.csv, which salesforce imports"),
        ("sqlite://a.db?table=t", "hubspot", "A format is for files"),
    ):
        with pytest.raises(UsageError, match=words):
            open_destination(out, settings=settings, timed=True, format=format)


@pytest.mark.parametrize("out", ["scored", "scored.json", "mysql://h/db?table=t", "sqlite://a.db"])
def test_what_cannot_be_told_is_refused(out: str) -> None:
    with pytest.raises(UsageError):
        open_destination(out, settings=make_settings(), timed=True)


def test_numbers_and_times_keep_their_types() -> None:
    frame = pd.DataFrame(
        {
            "number": [-1.5, np.nan],
            "time": pd.to_datetime(["2026-01-01", None]),
            "text": ["-1", None],
            "new": pd.array(["=x", None], dtype="string"),
        }
    )
    safe = neutralise(frame)
    assert safe.dtypes["number"] == np.float64 and safe.dtypes["time"] == frame.dtypes["time"]
    assert safe["text"].tolist()[0] == "'-1" and safe["new"].tolist()[0] == "'=x"
    assert safe["text"].isna().tolist() == safe["new"].isna().tolist() == [False, True]
    assert frame["text"].tolist()[0] == "-1"


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
@example([("a\r=1+1", "b")])
@example([("a", "b\r\n=1+1")])
def test_a_written_csv_reads_back_and_is_safe(rows: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame(rows, columns=["lead_id", "reason"])
    content = written(frame)
    parsed = list(csv.reader(io.StringIO(content, newline=""), strict=True))
    assert parsed[0] == ["lead_id", "reason"]
    assert [[cell.removeprefix("'") for cell in row] for row in parsed[1:]] == [
        list(row) for row in rows
    ]
    assert not any(re.match(rf'[\s"]*[{re.escape(RUNS)}]', cell) for row in parsed for cell in row)
    # Carriage returns outside quotes would begin a row of their own.
    assert "\r" not in re.sub(r'"(?:[^"]|"")*"', "", content)


def written(frame: pd.DataFrame) -> str:
    with tempfile.TemporaryDirectory() as folder:
        write_table(frame, Path(folder) / "scored.csv")
        return (Path(folder) / "scored.csv").read_bytes().decode("utf-8")


def test_parquet_keeps_text_as_it_is(tmp_path: Path) -> None:
    frame = pd.DataFrame({"lead_id": ["=1+1", "b"], "probability": [0.25, 0.5]})
    write_table(frame, tmp_path / "scored.PARQUET")
    read = pd.read_parquet(tmp_path / "scored.PARQUET")
    assert read["lead_id"].tolist() == ["=1+1", "b"]
    assert read["probability"].tolist() == [0.25, 0.5]


def test_parquet_keeps_the_type_of_text_without_a_value(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    types = []
    for sentence in (None, "a reason"):
        frame = pd.DataFrame({"reason_5": pd.Series([sentence, None], dtype=object)})
        write_table(frame, tmp_path / "scored.parquet")
        types.append(pq.read_schema(tmp_path / "scored.parquet").field("reason_5").type)
    assert types[0] == types[1] and "string" in str(types[0])


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".CSV"])
def test_a_table_without_rows_keeps_its_header(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    write_table(
        pd.DataFrame({"lead_id": pd.Series(dtype=object), "score": pd.Series(dtype=float)}), path
    )
    read = pd.read_parquet(path) if ending == ".parquet" else pd.read_csv(path)
    assert list(read.columns) == ["lead_id", "score"] and len(read) == 0


@pytest.mark.parametrize("name", ["scored.xlsx", "scored", "scored.csv.gz", "scored.json"])
def test_another_ending_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.csv or \.parquet.*End the name of --out"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
