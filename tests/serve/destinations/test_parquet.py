"""Parquet: text as it is, one schema however text is held, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from serve.destinations.parquet import ParquetWriter
from serve.scoring.score_table import empty_scores
from tests.serve.cell_texts import PAYLOADS
from tests.serve.score_tables import make_scores


def write(path: Path, *tables: pa.Table) -> pa.Table:
    writer = ParquetWriter(path, tables[0].schema)
    assert [writer.write(table) for table in tables] == [table.num_rows for table in tables]
    writer.close()
    return pq.read_table(path)


def test_tables_read_back_one_after_another_with_the_schema_of_scores(tmp_path: Path) -> None:
    first, second = make_scores([*PAYLOADS]), make_scores(["b\x00c"], seed=1)
    read = write(tmp_path / "a.parquet", first, second)
    assert read.schema.equals(empty_scores().schema)
    assert read.equals(pa.concat_tables([first, second]).cast(read.schema))
    frame = pd.read_parquet(tmp_path / "a.parquet")
    assert frame["lead_id"].tolist() == [*PAYLOADS, "b\x00c"]
    assert frame["probability"].tolist() == read["probability"].to_pylist()


def test_the_bytes_do_not_depend_on_how_text_is_held(tmp_path: Path) -> None:
    ids = [f"lead {i}" for i in range(100)]
    contents = set()
    for dictionaries in (True, False, True):
        write(tmp_path / "a.parquet", make_scores(ids, dictionaries=dictionaries))
        contents.add((tmp_path / "a.parquet").read_bytes())
    assert len(contents) == 1


def test_columns_without_a_value_keep_their_type(tmp_path: Path) -> None:
    read = write(tmp_path / "a.parquet", make_scores(["a"], reasons=[], timed=False))
    assert read.schema.equals(empty_scores().schema)
    assert read["reason_1"].to_pylist() == [None]
    assert write(tmp_path / "a.parquet", empty_scores()).schema.equals(empty_scores().schema)
