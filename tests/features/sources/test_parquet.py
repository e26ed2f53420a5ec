"""Promises of `features.sources.parquet`: odd types and damage end in a table or in words."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import LeadaccordError, SourceError
from features.sources.parquet import to_plain_type
from tests.csv_files import Open, frame


def write(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_odd_types_are_read_as_plain_ones(tmp_path: Path, open_it: Open) -> None:
    write(
        tmp_path / "leads.parquet",
        half=pa.array(np.ones(2, dtype=np.float16)),
        long=pa.array([Decimal("1.50"), None], pa.decimal256(60, 2)),
        bare=pa.array([b"x", None]),
        coded=pa.array(["a", "b"]).dictionary_encode(),
        large=pa.array(["a", None], pa.large_string()),
        nothing=pa.nulls(2),
        clock=pa.array([1, 2], pa.time32("s")),
        zoned=pa.array([0, 1], pa.timestamp("ns", tz="America/Lima")),
    )
    found = frame(open_it("leads.parquet"))
    assert found["half"].tolist() == [1, 1]
    assert found["long"].iloc[0] == 1.5
    assert found["bare"].iloc[0] == "x"
    assert found["coded"].tolist() == ["a", "b"]
    assert found["large"].iloc[0] == "a"


def test_nested_columns_are_left_out_and_named(tmp_path: Path, open_it: Open) -> None:
    write(
        tmp_path / "leads.parquet",
        id=pa.array(["a", "b"]),
        tags=pa.array([["x"], []]),
        who=pa.array([{"name": "x"}, None]),
    )
    source = open_it("leads.parquet")
    assert list(frame(source).columns) == ["id"]
    assert [note.column for note in source.notes if note.code == "nested_column"] == ["tags", "who"]
    assert to_plain_type(pa.map_(pa.string(), pa.int64())) is None


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**60] * 2, pa.timestamp("ms")),
        pa.array([b"\xff\xfe"] * 2),
        pa.array([2**62, 0], pa.timestamp("us")),
        pa.array([-(2**31), 0], pa.date32()),
    ],
)
def test_values_beyond_their_type_are_refused_with_the_column(
    tmp_path: Path, open_it: Open, column: pa.Array
) -> None:
    write(tmp_path / "leads.parquet", id=pa.array(["a", "b"]), when=column)
    with pytest.raises(SourceError, match=r'leads.parquet, column "when"'):
        open_it("leads.parquet")


def test_what_unpacks_to_far_too_much_is_refused_at_once(tmp_path: Path, open_it: Open) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 60_000, pa.int32()), ["x" * 100_000])
    path = write(tmp_path / "leads.parquet", note=texts)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(SourceError, match="far more than a table of leads"):
        open_it("leads.parquet")


def test_damage_is_said_in_words(tmp_path: Path, open_it: Open) -> None:
    ids = pa.array([f"L{n}" for n in range(300)])
    numbers = pa.array(np.arange(300.0))
    whole = write(tmp_path / "whole.parquet", id=ids, size=numbers).read_bytes()
    luck = random.Random(5)  # noqa: S311
    refused = 0
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(luck.choice([1, 5, 50])):
            content[luck.randrange(4, len(content))] = luck.randrange(256)
        cut = luck.choice([len(whole), len(whole), luck.randrange(4, len(whole))])
        (tmp_path / "leads.parquet").write_bytes(bytes(content[:cut]))
        try:
            open_it("leads.parquet")
        except LeadaccordError:
            refused += 1
    assert refused > 50
