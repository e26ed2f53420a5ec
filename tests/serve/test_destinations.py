"""Destinations: whole files, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import os
import re
import resource
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features.errors import DestinationError, UsageError
from serve.destinations import neutralise, neutralise_text, write_file, write_files, write_table

SIGNS = "=+-@\t\r\n'\" \u00a0\ufeff\uff1d\uff0b\uff0d\uff20"
TEXTS = st.text(st.sampled_from(SIGNS + "ab1,;\x00\x0b") | st.characters(codec="utf-8"), max_size=8)
RUNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


@given(TEXTS)
def test_taking_one_apostrophe_away_gives_the_original(text: str) -> None:
    safe = neutralise_text(text)
    assert isinstance(safe, str)
    assert safe.removeprefix("'") == text
    assert not text.startswith("'") or safe == "'" + text


@given(TEXTS)
@example('" =1+1')
@example("\u00a0=1+1")
@example("\ufeff=1+1")
@example("\x0b\uff1d1")
def test_nothing_begins_with_a_sign_that_runs(text: str) -> None:
    safe = str(neutralise_text(text))
    assert not re.match(rf'[\s"]*[{re.escape(RUNS)}]', safe)


@pytest.mark.parametrize("text", ["a=b", "Acme", "", " ", "5", "(1)", "né@x", "a\n=b", "\u200b"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert neutralise_text(text) == text


@pytest.mark.parametrize("value", [1, -1.5, None, np.nan, True, pd.Timestamp("2026-01-01"), pd.NA])
def test_what_is_no_text_stays_as_it_is(value: object) -> None:
    assert neutralise_text(value) is value


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
    with pytest.raises(UsageError, match=r"expected \.csv or \.parquet.*End the name of --out"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "out.csv"
    write_file(path, b"first" * 1000)
    write_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert [entry.name for entry in path.parent.iterdir()] == ["out.csv"]


def test_rights_are_those_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "out.csv", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o640


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_file(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of a file stops writing in the middle, as a full disk does.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(DestinationError, match=r"cannot be written.*nothing was changed"):
            write_file(path, b"x" * 2_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_of_files_that_belong_together_none_is_replaced_alone(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    write_files({first: b"old a", second: b"old b"})
    with pytest.raises(DestinationError, match="cannot be written"):
        write_files({first: b"new a", tmp_path / ("n" * 300): b"x", second: b"new b"})
    assert (first.read_bytes(), second.read_bytes()) == (b"old a", b"old b")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_places_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "file" / "out.csv", tmp_path / "folder.csv", tmp_path / ("n" * 300)):
        with pytest.raises(DestinationError, match="cannot be written"):
            write_file(path, b"x")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder.csv"]
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(DestinationError, match="Permission denied"):
        write_file(tmp_path / "closed" / "out.csv", b"x")
