"""Promises of `serve.spark.blocks`: no row is lost or changed, and no lead is parted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from serve.spark.blocks import Packing, pack, unpack
from serve.spark.sources import open_spark_table
from serve.spark.survey import survey
from tests.tables import make_settings

SHORT, LONG = "00Q5e00000AbCdE", "00Q5e00000AbCdEEAV"
"""One record of Salesforce in its two forms."""


def test_rows_come_to_the_buckets_of_their_leads_as_they_were(spark: Any, tmp_path: Path) -> None:
    ids = [SHORT, LONG, "", *(f"L{n % 40}" for n in range(200))]
    for part, some in enumerate((ids[:90], ids[90:])):
        rows = [f'{name},"é {place}\u2028""x"""' for place, name in enumerate(some)]
        (tmp_path / f"leads-{part}.csv").write_text("\n".join(["Id,Text", *rows]) + "\n", "utf-8")
    settings = make_settings(leads={"id": "Id"}).model_copy(update={"root": tmp_path})
    table = open_spark_table(spark, settings, "leads", "leads-*.csv", stage=tmp_path)
    found = survey(table, [], missing=())
    packing = Packing("leads", ["Id", "Text"], "Id", (), found.offsets, 7)
    blocks = pack(table, packing).toArrow()
    schema = pa.schema([("Id", pa.string()), ("Text", pa.string()), ("_row", pa.int64())])
    buckets = {
        number: unpack(blocks.filter(pa.compute.equal(blocks["bucket"], number)), {"leads": schema})
        for number in range(7)
    }
    whole = pa.concat_tables([tables["leads"] for tables in buckets.values()]).sort_by("_row")
    assert whole["_row"].to_pylist() == list(range(1, len(ids) + 1))
    assert whole["Id"].to_pylist() == ids
    assert whole["Text"].to_pylist()[89:92] == ['é 89\u2028"x"', 'é 0\u2028"x"', 'é 1\u2028"x"']
    where: dict[str, set[int]] = {}
    for number, tables in buckets.items():
        for name in tables["leads"]["Id"].to_pylist():
            where.setdefault(LONG if name == SHORT else name, set()).add(number)
    assert {len(numbers) for numbers in where.values()} == {1}
    assert len(set.union(*where.values())) > 1
