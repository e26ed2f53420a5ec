"""The digest: equal for equal content, another one for any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from features.batches.digest import digest_input
from features.sources.duckdb_relation import describe
from features.sources.file import ROW
from features.sources.tables import SourceTable
from tests.tables import make_settings


def put(tmp_path: Path, *texts: str, name: str = "leads") -> SourceTable:
    paths = []
    for place, text in enumerate(texts):
        paths.append(tmp_path / f"{name}{place}.csv")
        paths[-1].write_text(text)
    stored = describe(duckdb.connect(), f"(SELECT 1 AS {ROW})")
    return SourceTable(name, stored, "anywhere", tuple(paths), ())


def put_rows(query: str) -> SourceTable:
    connection: Any = duckdb.connect()
    return SourceTable("leads", describe(connection, f"({query})"), "a.table", (), ())


def test_every_byte_of_every_file_counts(tmp_path: Path) -> None:
    settings = make_settings()
    inputs = [("a\n1", "b"), ("a\n1", "c"), ("a\n1b",), ("b", "a\n1"), ("a\n1",)]
    digests = [digest_input(settings, [put(tmp_path, *texts)]) for texts in inputs]
    assert len(set(digests)) == len(inputs)
    assert digest_input(settings, [put(tmp_path, *inputs[0])]) == digests[0]


def test_each_table_counts_as_what_it_is(tmp_path: Path) -> None:
    leads, activities = put(tmp_path, "x"), put(tmp_path, "y", name="activities")
    (tmp_path / "other").mkdir()
    swapped = [put(tmp_path / "other", "y"), put(tmp_path / "other", "x", name="activities")]
    first = digest_input(make_settings(), [leads])
    both = digest_input(make_settings(), [leads, activities])
    assert len({first, both, digest_input(make_settings(), swapped)}) == 3


def test_how_it_is_read_counts_and_where_it_stands_does_not(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    first = digest_input(make_settings(), [put(here, "x")])
    assert first == digest_input(make_settings(), [put(there, "x")])
    other = make_settings(leads={"missing": ["Select"]})
    assert first != digest_input(other, [put(here, "x")])


def test_rows_of_a_table_count_with_their_types() -> None:
    rows = [
        f"SELECT 1 AS {ROW}, 'a' AS x",
        f"SELECT 1 AS {ROW}, 'b' AS x",
        f"SELECT 1 AS {ROW}, '' AS x",
        f"SELECT 1 AS {ROW}, CAST(NULL AS VARCHAR) AS x",
        f"SELECT 1 AS {ROW}, 1 AS x",
        f"SELECT 1 AS {ROW}, '1' AS x",
    ]
    digests = [digest_input(make_settings(), [put_rows(query)]) for query in rows]
    assert len(set(digests)) == len(rows)
    assert digest_input(make_settings(), [put_rows(rows[0])]) == digests[0]
    order = f"SELECT * FROM (VALUES (2, 'b'), (1, 'a')) v({ROW}, x)"
    turned = f"SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v({ROW}, x)"
    both = [digest_input(make_settings(), [put_rows(query)]) for query in (order, turned)]
    assert both[0] == both[1]
