"""Promises of `serve.spark.survey`: parts looked at apart give what all rows together do."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from features.contract.columns import Question
from features.errors import SourceError
from features.sources.tables import open_table
from serve.spark.sources import open_spark_table
from serve.spark.survey import survey
from tests.tables import make_settings


def write(folder: Path, seed: int) -> None:
    """Write three files whose columns are told only by all their rows."""
    chance = random.Random(seed)  # noqa: S311
    for part in range(3):
        lines = ["Id,At,Amount,Code,Name"]
        for row in range(80):
            day = chance.randint(1, 12 if part < 2 else 28)
            amount = chance.choice(["1.234,5", "7", "n/a", "12,50", "", "x9"])
            lines.append(
                f"L{part}-{row},{day}/03/2026,{amount!r},0{row},n{row % 7}".replace("'", '"')
            )
        (folder / f"leads-{part}.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("seed", [1, 2])
def test_columns_are_read_as_all_rows_together_say(spark: Any, tmp_path: Path, seed: int) -> None:
    write(tmp_path, seed)
    settings = make_settings(leads={"id": "Id"}).model_copy(update={"root": tmp_path})
    names = ("At", "Amount", "Code", "Name")
    question = Question(names, {"At": "time", "Amount": "number"}, settings, {})
    table = open_spark_table(spark, settings, "leads", "leads-*.csv", stage=tmp_path)
    found = survey(table, [question], missing=settings.leads.missing)
    whole = open_table(duckdb.connect(), "leads-*.csv", name="leads", root=tmp_path)
    assert found.answers[0][1] == question.answer(whole)
    assert found.rows == 240
    assert found.offsets == {0: 0, 1: 80, 2: 160}


def test_a_damaged_file_is_named_as_on_one_machine(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_bytes(b'Id,At\na,1\n"b,2\n')
    settings = make_settings(leads={"id": "Id"}).model_copy(update={"root": tmp_path})
    with pytest.raises(SourceError) as here:
        open_table(duckdb.connect(), "leads.csv", name="leads", root=tmp_path)
    table = open_spark_table(spark, settings, "leads", "leads.csv", stage=tmp_path)
    with pytest.raises(SourceError) as there:
        survey(table, [], missing=())
    assert str(there.value) == str(here.value)
