"""Promises of `serve.spark.output`: a result is there whole or not at all, whatever was killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.errors import DestinationError
from serve.spark.output import SparkPlace, find_spark_place, stage_scores


@pytest.mark.parametrize(
    ("out", "form"),
    [
        ("scored/", "parquet"),
        ("orc:scored", "orc"),
        ("table:sales.scores", "table"),
        ("s3a://bucket/scores", "parquet"),
        ("scored.csv", None),
        ("scored.parquet", None),
        ("postgres://host/db?table=scores", None),
    ],
)
def test_places_of_spark_are_told_from_others(out: str, form: str | None) -> None:
    place = find_spark_place(out)
    assert (place and place.form) == form


def read(folder: Path) -> list[int]:
    return sorted(pq.read_table(folder)["id"].to_pylist())


def test_a_folder_is_replaced_whole_and_a_killed_attempt_is_mended(
    spark: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "scored"
    place = SparkPlace("parquet", str(folder), "scored/")
    place.check(spark)
    place.deliver(spark, spark.range(3))
    place.deliver(spark, spark.range(5))
    assert read(folder) == [0, 1, 2, 3, 4]
    # Killed after the old result went aside; the new one was whole.
    folder.rename(tmp_path / "scored.leadaccord-old")
    spark.range(2).write.parquet(str(tmp_path / "scored.leadaccord-new"))
    place.check(spark)
    place.deliver(spark, spark.range(4))
    assert read(folder) == [0, 1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["scored"]


def test_a_job_that_fails_leaves_the_earlier_result(spark: Any, tmp_path: Path) -> None:
    folder = tmp_path / "scored"
    place = SparkPlace("parquet", str(folder), "scored/")
    place.deliver(spark, spark.range(3))
    with pytest.raises(Exception, match="DIVIDE_BY_ZERO"):
        place.deliver(spark, spark.sql("SELECT id, 1 / (id - 2) AS x FROM range(0, 3, 1, 3)"))
    assert read(folder) == [0, 1, 2]


def test_a_folder_of_other_things_is_refused(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    place = SparkPlace("parquet", str(tmp_path), "here/")
    with pytest.raises(DestinationError, match=r"notes\.txt"):
        place.check(spark)


def test_a_table_of_the_catalogue_is_replaced(spark: Any, tmp_path: Path) -> None:
    spark.sql(f"CREATE DATABASE desk LOCATION '{tmp_path}/desk'")
    place = find_spark_place("table:desk.scores")
    assert place is not None
    for size in (3, 5):
        place.deliver(spark, spark.range(size))
        assert spark.table("desk.scores").count() == size
    assert [table.name for table in spark.catalog.listTables("desk")] == ["scores"]


def test_staged_scores_are_read_in_their_order_as_often_as_asked(
    spark: Any, tmp_path: Path
) -> None:
    read = stage_scores(spark.range(0, 5_000, 1, 3).orderBy("id"), tmp_path / "stage")
    for _ in range(2):
        assert [n for table in read() for n in table["id"].to_pylist()] == list(range(5_000))
