"""Promises of `serve.spark.sources`: every place that Spark reads, and the rows of its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import SourceError
from features.settings.schema import Settings
from serve.spark.sources import open_spark_table, split_place
from serve.spark.survey import survey
from tests.tables import make_settings


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("table:sales.leads", ("table", "sales.leads")),
        ("delta:/lake/leads", ("delta", "/lake/leads")),
        ("s3a://bucket/leads", ("parquet", "s3a://bucket/leads")),
        ("orc:hdfs://node/leads", ("orc", "hdfs://node/leads")),
        ("data/leads.csv", (None, "data/leads.csv")),
        ("leads", (None, "leads")),
    ],
)
def test_a_reference_names_a_format_or_none(reference: str, place: tuple[str | None, str]) -> None:
    assert split_place(reference) == place


def settle(folder: Path) -> Settings:
    return make_settings(leads={"id": "Id"}).model_copy(update={"root": folder})


def test_folders_and_tables_are_read_by_spark_and_files_by_the_projects_readers(
    spark: Any, tmp_path: Path
) -> None:
    rows = pa.table({"Id": ["a", "b", "c"], "Size": [1.0, None, 3.0], "Tags": [["x"], [], None]})
    (tmp_path / "leads").mkdir()
    pq.write_table(rows, tmp_path / "leads" / "part-0.parquet")
    (tmp_path / "leads.csv").write_text("Id;Size\na;1,5\n;\nb;2\n")
    spark.range(4).createOrReplaceTempView("four")
    settings = settle(tmp_path)
    found = {
        reference: open_spark_table(spark, settings, "leads", reference, stage=tmp_path)
        for reference in ("leads", "leads.csv", "table:four")
    }
    assert found["leads"].schema.names == ["Id", "Size"]
    assert [note.column for note in found["leads"].notes] == ["Tags"]
    assert found["leads.csv"].schema == pa.schema([("Id", pa.string()), ("Size", pa.string())])
    assert found["table:four"].schema.names == ["id"]
    counted = {name: survey(table, [], missing=()).rows for name, table in found.items()}
    assert counted == {"leads": 3, "leads.csv": 2, "table:four": 4}


def test_a_table_that_is_not_there_is_named(spark: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"table:nowhere"):
        open_spark_table(spark, settle(tmp_path), "leads", "table:nowhere", stage=tmp_path)
