"""Parquet from Arrow tables: the same tables, the same bytes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetWriter:
    """Writes tables as Parquet, each as a row group.

    Parameters
    ----------
    path : Path
        Replaced at once.
    schema : Schema
        That of the tables; dictionaries are written as plain text.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self.warnings: Counter[str] = Counter()
        self._schema = plain_schema(schema)
        self._writer = pq.ParquetWriter(path, self._schema)

    def write(self, table: pa.Table) -> int:
        """Write a table, and return how many rows it has."""
        if table.num_rows:
            self._writer.write_table(table.cast(self._schema))
        return int(table.num_rows)

    def close(self) -> None:
        """End the file."""
        self._writer.close()

    abandon = close


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema with plain values in the place of dictionaries."""
    import pyarrow as pa

    return pa.schema(
        [
            field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
            for field in schema
        ]
    )
