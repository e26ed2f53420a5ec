"""SQLite destination, written in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import DestinationError
from features.files import try_place
from features.sources.sql import quote
from serve.destinations.csv import to_text
from serve.destinations.protocol import Delivery, Scores
from serve.destinations.table import (
    DatabaseTable,
    FoundColumn,
    check_key,
    check_shape,
    create_sql,
    upsert_sql,
)
from serve.scoring.score_table import COLUMNS, DECIMAL, TEXT, TIME, WHOLE, conform

if TYPE_CHECKING:
    import pyarrow as pa

TYPES = {TEXT: "TEXT", DECIMAL: "REAL", WHOLE: "INTEGER", TIME: "TEXT"}
"""What a table is made of. SQLite has no times; they are text such as ``2026-01-31 09:30:00``."""

ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class SqliteTable(DatabaseTable):
    """A table of an SQLite file; see `DatabaseTable`.

    It waits for whoever else writes to the file.
    """

    def check(self) -> None:
        """Refuse a file or a table that cannot take scores; see `Destination`."""
        try_place(Path(self.address.place))
        # Opening a file that is not there would make it, and another run may just do so.
        if Path(self.address.place).exists():
            with self._open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                if not self._is_there(connection):
                    connection.execute(create_sql(self.address, TYPES, self.key))

    def deliver(self, scores: Scores) -> Delivery:
        """Deliver all scores or none; see `Destination`."""
        rows = 0
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            if not self._is_there(connection):
                connection.execute(create_sql(self.address, TYPES, self.key))
            values = f"VALUES ({', '.join('?' * len(COLUMNS))})"
            statement = upsert_sql(self.address, values, self.key)
            for table in scores():
                for batch in conform(table, timed=self.timed).to_batches(ROWS_AT_ONCE):
                    connection.executemany(statement, _rows(batch))
                    rows += batch.num_rows
            connection.execute("COMMIT")
        return Delivery(rows)

    def _is_there(self, connection: sqlite3.Connection) -> bool:
        """Whether the table is there; if so, it is known to take scores."""
        schema = quote(self.address.schema or "main")
        name = quote(self.address.table)
        described = connection.execute(f"PRAGMA {schema}.table_info({name})").fetchall()
        columns = {
            column.lower(): FoundColumn(declared, _takes(declared), bool(must and default is None))
            for _, column, declared, must, default, _ in described
        }
        if not columns:
            return False
        keys = [frozenset(column.lower() for _, column, *_, place in described if place)]
        for _, index, unique, _, partial in connection.execute(
            f"PRAGMA {schema}.index_list({name})"
        ):
            found = connection.execute(f"PRAGMA {schema}.index_info({quote(index)})").fetchall()
            names = [column for _, _, column in found]
            if unique and not partial and None not in names:
                keys.append(frozenset(column.lower() for column in names))
        check_shape(self.address, columns)
        check_key(self.address, [key for key in keys if key], self.key)
        return True

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file; what is not committed is undone."""
        try:
            connection = sqlite3.connect(
                self.address.place, timeout=self.wait, isolation_level=None
            )
            try:
                yield connection
            finally:
                # Closing undoes a transaction that is still open.
                connection.close()
        except sqlite3.Error as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            step = (
                "Wait until the other program that writes to it is done"
                if busy
                else ("Correct what it says")
            )
            raise DestinationError(
                "SQLite refused the scores",
                where=self.name,
                got=str(error),
                next_step=f"{step}; nothing was changed, and the same command can be run again",
            ) from error


def _takes(declared: str) -> frozenset[str]:
    """Return the kinds that a column keeps, by SQLite's rules of affinity."""
    upper = declared.upper()
    if "INT" in upper:
        return frozenset({WHOLE})
    if any(word in upper for word in ("CHAR", "CLOB", "TEXT")):
        return frozenset({TEXT, TIME})
    if not upper or "BLOB" in upper:
        return frozenset({TEXT, TIME, DECIMAL, WHOLE})
    # The rest stores text that looks like a number as one, which times never do and ids may.
    return frozenset({TIME, DECIMAL, WHOLE})


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[object, ...]]:
    """Return the rows of a batch, times as text."""
    import pyarrow as pa

    columns = [
        to_text(column) if pa.types.is_timestamp(column.type) else column
        for column in batch.columns
    ]
    return zip(*(column.to_pylist() for column in columns), strict=True)
