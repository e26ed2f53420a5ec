"""Promises of `serve.spark.scoring`: one table holds scores, rejects and counts."""

from __future__ import annotations

from serve.scoring.score_table import COLUMNS
from serve.spark.scoring import result_schema


def test_a_result_holds_the_columns_of_scores_and_what_they_belong_to() -> None:
    names = result_schema().names
    assert [name for name in names if name in COLUMNS] == list(COLUMNS)
    assert set(names) - set(COLUMNS) == {"kind", "row", "counts", "code", "message"}
