"""DuckDB destination, written in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import DestinationError
from features.files import try_place
from features.sources.sql import quote
from serve.destinations.protocol import Delivery, Scores
from serve.destinations.table import DatabaseTable, FoundColumn, check_shape, create_sql
from serve.scoring.score_table import COLUMNS, DECIMAL, TEXT, TIME, WHOLE, conform, score_schema

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

TYPES = {TEXT: "VARCHAR", DECIMAL: "DOUBLE", WHOLE: "SMALLINT", TIME: "TIMESTAMP"}
"""What a table is made of; times are UTC."""

_TAKES = {
    "VARCHAR": {TEXT},
    "DOUBLE": {DECIMAL, WHOLE},
    **{name: {WHOLE} for name in ("SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "USMALLINT")},
    **{name: {WHOLE} for name in ("TINYINT", "UTINYINT", "UINTEGER", "UBIGINT")},
    "TIMESTAMP": {TIME},
    "TIMESTAMP_NS": {TIME},
}
# Little enough beside what scoring needs; what does not fit goes to the disk.
_MEMORY = "SET memory_limit = '512MB'"
_PAUSE = 0.1

_FIND_COLUMNS = """
    SELECT lower(column_name), data_type, NOT is_nullable AND column_default IS NULL
    FROM duckdb_columns()
    WHERE database_name = current_database()
        AND lower(schema_name) = lower(?) AND lower(table_name) = lower(?)
"""


@dataclass(frozen=True)
class DuckdbTable(DatabaseTable):
    """A table of a DuckDB file; see `DatabaseTable`.

    It waits for another process that has the file open.
    """

    def check(self) -> None:
        """Refuse a file or a table that cannot take scores; see `Destination`."""
        try_place(Path(self.address.place))
        # Opening a file that is not there would make it, and another run may just do so.
        if Path(self.address.place).exists():
            with self._open() as connection:
                connection.begin()
                if not self._is_there(connection):
                    connection.execute(self._create())
                connection.rollback()

    def deliver(self, scores: Scores) -> Delivery:
        """Deliver all scores or none; see `Destination`."""
        with self._open() as connection:
            connection.begin()
            if not self._is_there(connection):
                connection.execute(self._create())
            rows = self._copy(connection, scores())
            self._take_over(connection)
            connection.commit()
        return Delivery(rows)

    def _copy(self, connection: duckdb.DuckDBPyConnection, tables: Iterator[pa.Table]) -> int:
        """Copy the scores beside the table, and return how many there are."""
        import duckdb
        import pyarrow as pa

        failures: list[Exception] = []

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                for table in tables:
                    yield from conform(table, timed=self.timed).to_batches()
            except Exception as error:
                failures.append(error)
                raise

        # Through one reader, as DuckDB holds each table it is given until the transaction ends.
        reader = pa.RecordBatchReader.from_batches(score_schema(), batches())
        connection.register("batches", reader)
        try:
            connection.execute("CREATE TEMPORARY TABLE delivery AS FROM batches")
        except duckdb.Error:
            # DuckDB makes an error of its own of what was raised while it read.
            if failures:
                raise failures[0] from None
            raise
        counted = connection.execute("SELECT count(*) FROM delivery").fetchone()
        return int(counted[0]) if counted else 0

    def _create(self) -> str:
        """Return the SQL that makes the table, without a key.

        DuckDB keeps the index of a key in memory, a gigabyte for a million scores, and has no use
        for it here: whoever writes has the file to himself.
        """
        return create_sql(self.address, TYPES, self.key, keyed=False)

    def _take_over(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Put what was delivered into the table."""
        key = ", ".join(map(quote, self.key))
        same = " AND ".join(f"kept.{quote(name)} = delivery.{quote(name)}" for name in self.key)
        columns = ", ".join(map(quote, COLUMNS))
        changes = ", ".join(
            f"{quote(name)} = delivery.{quote(name)}" for name in COLUMNS if name not in self.key
        )
        twice = f"FROM delivery SELECT 1 GROUP BY {key} HAVING count(*) > 1 LIMIT 1"
        if connection.execute(twice).fetchone():
            raise DestinationError(
                "two rows of the delivery have the same key",
                where=self.name,
                expected=f"one for each {', '.join(self.key)}",
                next_step="Look for a lead that comes twice; nothing was changed",
            )
        table = self.address.quoted
        connection.execute(
            f"UPDATE {table} AS kept SET {changes} FROM delivery WHERE {same}"  # noqa: S608
        )
        connection.execute(
            f"INSERT INTO {table} ({columns}) FROM delivery"
            f" WHERE NOT EXISTS (FROM {table} AS kept WHERE {same})"
        )

    def _is_there(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether the table is there; if so, it is known to take scores."""
        place = [self.address.schema or "main", self.address.table]
        columns = {
            name: FoundColumn(declared, _TAKES.get(declared, ()), bool(must))
            for name, declared, must in connection.execute(_FIND_COLUMNS, place).fetchall()
        }
        if not columns:
            return False
        check_shape(self.address, columns)
        return True

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file, alone; what is not committed is undone."""
        import duckdb

        try:
            connection = self._wait_for_it()
            try:
                connection.execute(_MEMORY)
                yield connection
            finally:
                # Closing undoes a transaction that is still open.
                connection.close()
        except duckdb.Error as error:
            step = "Wait until the other program that has it open is done"
            raise DestinationError(
                "DuckDB refused the scores",
                where=self.name,
                got=str(error).partition("\n")[0],
                next_step=f"{step if _is_busy(error) else 'Correct what it says'}; nothing was "
                "changed, and the same command can be run again",
            ) from error

    def _wait_for_it(self) -> duckdb.DuckDBPyConnection:
        """Open the file, which only one process can, once the others have closed it."""
        import duckdb

        end = time.monotonic() + self.wait
        while True:
            try:
                return duckdb.connect(self.address.place)
            except duckdb.IOException as error:
                if not _is_busy(error) or time.monotonic() > end:
                    raise
                time.sleep(_PAUSE)


def _is_busy(error: Exception) -> bool:
    return "Could not set lock" in str(error)
