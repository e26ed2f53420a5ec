"""Blocks: rows of any table as Spark moves them, put into the buckets of their leads.

A block is some rows of one table in Arrow's own form, so that Spark neither reads nor changes a
value, and a bucket takes all tables in one stream. All rows of a lead come to the same bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.columns.ids import read_id
from features.sources.duckdb_relation import query_table
from features.sources.file import ROW
from features.sources.sql import quote
from serve.spark.sources import SparkTable
from serve.spark.survey import describe_schema

if TYPE_CHECKING:
    import pyarrow as pa

BLOCKS = "bucket int, source string, block binary"
_ROWS = 200_000


@dataclass(frozen=True)
class Packing:
    """How the rows of one table are put into blocks.

    Attributes
    ----------
    source : str
        The table's part in scoring.
    names : sequence of str
        The columns that are kept.
    lead_id : str or None
        The column that names the lead; None where each row is a lead of its own.
    missing : sequence of str
        What means "nothing entered".
    offsets : mapping of int to int
        Rows before each part.
    buckets : int
    """

    source: str
    names: Sequence[str]
    lead_id: str | None
    missing: Sequence[str]
    offsets: Mapping[int, int]
    buckets: int


def pack(table: SparkTable, packing: Packing) -> Any:
    """Return the blocks of a table as a frame of Spark: `BLOCKS`."""
    key = f"CAST({ROW} AS VARCHAR)"
    if packing.lead_id is not None:
        kind = describe_schema(table.schema).types[packing.lead_id]
        key = read_id(quote(packing.lead_id), kind, packing.missing)
    return table.frame.mapInArrow(_packer(table, packing, key), BLOCKS)


def unpack(blocks: pa.Table, schemas: Mapping[str, pa.Schema]) -> dict[str, pa.Table]:
    """Return the rows of a bucket by table, in their order.

    Parameters
    ----------
    blocks : pyarrow Table
        `BLOCKS`, of one bucket.
    schemas : mapping of str to pyarrow Schema
        The columns of each table that are kept, and ``_row``.
    """
    import pyarrow as pa

    found: dict[str, list[pa.RecordBatch]] = {source: [] for source in schemas}
    for source, block in zip(blocks["source"].to_pylist(), blocks["block"], strict=True):
        found[source].append(pa.ipc.read_record_batch(block.as_buffer(), schemas[source]))
    whole = {
        source: pa.Table.from_batches(batches, schemas[source]) for source, batches in found.items()
    }
    return {source: table.sort_by(ROW) for source, table in whole.items()}


def _packer(
    table: SparkTable, packing: Packing, key: str
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    read, names = table.read, [*packing.names, ROW]

    def packs(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for part in read(batches):
            shift = packing.offsets[part.number]
            for rows in _gather(part.rows, names):
                yield from _split(_shift(rows, shift), packing, key)

    return packs


def _gather(rows: Iterator[pa.RecordBatch], names: Sequence[str]) -> Iterator[pa.Table]:
    """Yield many rows at a time, so that no block is small for want of rows."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    for batch in rows:
        waiting.append(batch.select(list(names)))
        if sum(some.num_rows for some in waiting) >= _ROWS:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _shift(rows: pa.Table, shift: int) -> pa.Table:
    import pyarrow.compute as pc

    place = rows.schema.get_field_index(ROW)
    return rows.set_column(place, rows.schema.field(place), pc.add(rows[ROW], shift))


def _split(rows: pa.Table, packing: Packing, key: str) -> Iterator[pa.RecordBatch]:
    """Yield the blocks of some rows, one for each bucket that gets any."""
    import pyarrow as pa

    place = _find_buckets(rows, packing, key)
    order = np.argsort(place, kind="stable")
    sorted_rows = rows.take(order).combine_chunks()
    found, starts = np.unique(place[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)]
    blocks = [
        sorted_rows.slice(start, end - start).to_batches()[0].serialize().to_pybytes()
        for start, end in zip(starts.tolist(), ends, strict=True)
    ]
    if blocks:
        yield pa.record_batch(
            {
                "bucket": pa.array(found, pa.int32()),
                "source": pa.array([packing.source] * len(blocks)),
                "block": pa.array(blocks, pa.binary()),
            }
        )


def _find_buckets(rows: pa.Table, packing: Packing, key: str) -> np.ndarray:
    """Return the bucket of each row: by its lead's id as it is read, else by its number."""
    import duckdb

    wanted = [name for name in (packing.lead_id, ROW) if name is not None]
    options: dict[str, Any] = {"threads": 1, "python_enable_replacements": False}
    with duckdb.connect(config=options) as connection:
        connection.register("given", rows.select(wanted))
        whose = f"coalesce({key}, CAST({ROW} AS VARCHAR))"
        query = f"SELECT CAST(hash({whose}) % {packing.buckets} AS INTEGER) AS b FROM given"
        return np.asarray(query_table(connection, query)["b"].to_numpy())
