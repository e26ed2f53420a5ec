"""Promises of `features.sources.file`: a file's columns under names of their own, or why not."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import SourceError
from features.sources.file import open_file
from tests.csv_files import Open, codes, frame


def test_parquet_keeps_its_types_and_is_known_by_its_content(tmp_path: Path, open_it: Open) -> None:
    table = pa.table({"id": [3, 1], "at": pa.array([0, 1], pa.timestamp("ms")), "x": [0.5, None]})
    pq.write_table(table, tmp_path / "leads.csv")
    source = open_it("leads.csv")
    types = source.relation.types
    assert (types["id"], types["at"][:9]) == ("BIGINT", "TIMESTAMP")
    assert list(frame(source)["id"]) == [3, 1]


def test_a_large_parquet_file_is_read_a_row_group_at_a_time(tmp_path: Path) -> None:
    path, groups = tmp_path / "leads.parquet", 30
    values = np.random.default_rng(5).random((groups, 40_000))
    with pq.ParquetWriter(path, pa.schema([("x", pa.float64())])) as writer:
        for group in values:
            writer.write_table(pa.table({"x": group}))
    part = open_file(path, shown="leads", table="leads", separator=None, encoding=None)
    before = pa.total_allocated_bytes()
    held = [(b.num_rows, pa.total_allocated_bytes() - before) for b in part.read()]
    assert sum(rows for rows, _ in held) == values.size
    assert max(size for _, size in held) < path.stat().st_size / 5


def test_duplicate_names_are_numbered_and_noted(tmp_path: Path, open_it: Open) -> None:
    (tmp_path / "leads.csv").write_text("Name,name,Name_2,Name,_row\na,b,c,d,e\n")
    source = open_it("leads.csv")
    assert source.columns == ["Name", "name_3", "Name_2", "Name_4", "_row_2"]
    assert frame(source).iloc[0].tolist() == list("abcde")
    assert codes(source) == ["duplicate_header"] * 3


def test_a_damaged_parquet_file_is_refused(tmp_path: Path, open_it: Open) -> None:
    path = tmp_path / "leads.parquet"
    pq.write_table(pa.table({"x": list(range(10_000))}), path)
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(SourceError, match="damaged Parquet"):
        open_it("leads.parquet")


def test_a_damaged_page_of_parquet_is_refused(tmp_path: Path, open_it: Open) -> None:
    path = tmp_path / "leads.parquet"
    pq.write_table(pa.table({"x": [f"value {n}" for n in range(10_000)]}), path)
    content = bytearray(path.read_bytes())
    content[4:2_000] = b"\xff" * 1_996
    path.write_bytes(content)
    with pytest.raises(SourceError, match="damaged Parquet"):
        open_it("leads.parquet")


def test_a_cut_archive_is_refused(tmp_path: Path, open_it: Open) -> None:
    content = gzip.compress(b"a,b\n" + os.urandom(2_000).hex().encode())
    (tmp_path / "leads.csv.gz").write_bytes(content[:1_000])
    with pytest.raises(SourceError, match="cannot be opened") as caught:
        open_it("leads.csv.gz")
    assert caught.value.code == "unreadable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, open_it: Open) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("a,b\n1,2\n")
    path.chmod(0)
    with pytest.raises(SourceError, match="permission denied"):
        open_it("leads.csv")
