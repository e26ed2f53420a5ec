"""PostgreSQL destination: scores are copied beside the table and merged in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlunsplit

from features.errors import DestinationError, SettingsError, UsageError
from features.sources.sql import quote
from serve.destinations.csv import ROWS_AT_ONCE, csv_rows
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
    import psycopg
    import pyarrow as pa

TYPES = {TEXT: "text", DECIMAL: "double precision", WHOLE: "smallint", TIME: "timestamptz"}
"""What a table is made of. Times without a zone would be read as those of the reader's place."""

_TAKES = {
    "text": {TEXT},
    "varchar": {TEXT},
    "float8": {DECIMAL, WHOLE},
    "numeric": {DECIMAL, WHOLE},
    "int2": {WHOLE},
    "int4": {WHOLE},
    "int8": {WHOLE},
    "timestamp": {TIME},
    "timestamptz": {TIME},
}
# A server that is gone is noticed within about a minute, not after the two hours of the system.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_MAX_NAME = 63  # bytes; PostgreSQL cuts longer names without a word
NUL = "NUL characters, which PostgreSQL does not keep, replaced by U+FFFD"

_ANY_STEP = "Correct what it says"
_STEPS = {
    "21000": "Look for a lead that comes twice, as two rows of this delivery have the same key",
    "3F000": "Make the schema, or name another one",
    "42501": "Grant the rights, or name another table",
    "55P03": "Wait until the other delivery or session that holds the table is done",
}

_FIND_COLUMNS = """
    SELECT attname, typname, format_type(atttypid, atttypmod),
        attnotnull AND NOT atthasdef AND attidentity = ''
    FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
    WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
"""
_FIND_KEYS = """
    SELECT array_agg(attname::text)
    FROM pg_index JOIN pg_attribute ON attrelid = indrelid
        AND attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1])
    WHERE indrelid = %s AND indisunique AND indisvalid AND indimmediate
        AND indpred IS NULL AND indexprs IS NULL
    GROUP BY indexrelid
"""


def read_server(url: SplitResult, shown: str) -> tuple[str, str | None]:
    """Return what libpq connects to, and the schema, which Ibis takes after the database."""
    table = dict(parse_qsl(url.query)).get("table", "")
    longest = max(len(name.encode()) for name in table.strip().rpartition("."))
    if longest > _MAX_NAME:
        raise UsageError(
            "the name of the table is too long",
            where=shown,
            got=f"{longest} bytes",
            expected=f"at most {_MAX_NAME}",
            next_step="Give a shorter one",
        )
    database, _, schema = url.path.removeprefix("/").partition("/")
    options = "&".join(part for part in url.query.split("&") if not part.startswith("table="))
    place = urlunsplit(("postgresql", url.netloc, f"/{database}", options, ""))
    # Without an authority, urlunsplit leaves the slashes out.
    place = place if url.netloc else place.replace("postgresql:/", "postgresql:///", 1)
    return place, unquote(schema) or None


@dataclass(frozen=True)
class PostgresTable(DatabaseTable):
    """A table of PostgreSQL; see `DatabaseTable`.

    It waits for another delivery, or for whoever else locks the table.
    """

    def check(self) -> None:
        """Refuse a server or a table that cannot take scores; see `Destination`."""
        with self._connect() as connection:
            # Undone at once: it shows whether the rights suffice.
            self._stage(connection)

    def deliver(self, scores: Scores) -> Delivery:
        """Deliver all scores or none; see `Destination`."""
        with self._connect() as connection:
            self._lock(connection)
            self._stage(connection)
            replaced = self._copy(connection, scores())
            rows = _run(connection, upsert_sql(self.address, "TABLE delivery", self.key)).rowcount
            connection.commit()
        return Delivery(rows, warnings={NUL: replaced} if replaced else {})

    def _copy(self, connection: psycopg.Connection[Any], tables: Iterator[pa.Table]) -> int:
        """Copy the scores beside the table; return the cells from which NUL was taken."""
        replaced = 0
        statement = b"COPY delivery FROM STDIN (FORMAT csv)"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for table in tables:
                plain, changed = _replace_nul(conform(table, timed=self.timed))
                replaced += changed
                for batch in plain.to_batches(max_chunksize=ROWS_AT_ONCE):
                    copy.write(csv_rows(batch, exact=True))
        return replaced

    def _lock(self, connection: psycopg.Connection[Any]) -> None:
        """Wait until no other delivery to this table is under way."""
        _run(connection, f"SET LOCAL lock_timeout = {max(1, round(self.wait * 1_000))}")
        connection.execute(
            b"SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"leadaccord {self.address.table}"],
        )

    def _stage(self, connection: psycopg.Connection[Any]) -> None:
        """Make the table if it is not there, and a temporary one beside it."""
        if self._find(connection) is None:
            _run(connection, create_sql(self.address, TYPES, self.key))
        types = ", ".join(f"{quote(name)} {TYPES[kind]}" for name, kind in COLUMNS.items())
        _run(connection, f"CREATE TEMPORARY TABLE delivery ({types}) ON COMMIT DROP")

    def _find(self, connection: psycopg.Connection[Any]) -> int | None:
        """Return the number of the table, once it is known to take scores; None without one."""
        found = connection.execute(
            b"SELECT oid, relkind IN ('r', 'p'), has_table_privilege(oid, 'SELECT')"
            b" AND has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE')"
            b" FROM pg_class WHERE oid = to_regclass(%s)",
            [self.address.quoted],
        ).fetchone()
        if found is None:
            return None
        number, is_table, may_write = found
        if not (is_table and may_write):
            raise DestinationError(
                "the table cannot be written",
                where=self.name,
                got="no rights to select, insert and update" if is_table else "no plain table",
                next_step="Grant them, or name another table",
            )
        columns = {
            name: FoundColumn(shown, _TAKES.get(kind, ()), bool(must))
            for name, kind, shown, must in connection.execute(_FIND_COLUMNS.encode(), [number])
        }
        keys = [frozenset(names) for (names,) in connection.execute(_FIND_KEYS.encode(), [number])]
        check_shape(self.address, columns)
        check_key(self.address, keys, self.key)
        return int(number)

    @contextmanager
    def _connect(self) -> Iterator[psycopg.Connection[Any]]:
        """Open a transaction that ends with nothing done unless it is committed."""
        psycopg = _import_psycopg()
        given = psycopg.conninfo.conninfo_to_dict
        try:
            options = {**_PATIENCE, **given(self.address.place)}
            with psycopg.connect(**options) as connection:
                try:
                    for setting in ("client_encoding TO 'UTF8'", "timezone TO 'UTC'"):
                        _run(connection, f"SET LOCAL {setting}")
                    yield connection
                finally:
                    if not connection.closed:
                        connection.rollback()
        except psycopg.Error as error:
            raise self._describe_fault(error) from None

    def _describe_fault(self, error: psycopg.Error) -> DestinationError:
        """Return in words of ours what a server answers, or that it does not."""
        # Classes 08 and 57P tell that the connection or the server is going away.
        state = error.sqlstate or "08"
        if state.startswith(("08", "57P")):
            what, step = "PostgreSQL cannot be reached", "See that it runs and the address is right"
            outcome = "nothing is half done, and the same command can be run again"
        else:
            what, step = "PostgreSQL refused the scores", _STEPS.get(state, _ANY_STEP)
            outcome = "nothing was changed, and the same command can be run again"
        return DestinationError(
            what,
            where=self.name,
            got=self.address.hide(error.diag.message_primary or str(error)),
            next_step=f"{step}; {outcome}",
        )


def _run(connection: psycopg.Connection[Any], statement: str) -> psycopg.Cursor[Any]:
    return connection.execute(statement.encode())


def _import_psycopg() -> Any:
    try:
        import psycopg
    except ImportError:
        raise SettingsError(
            "PostgreSQL needs a package that is not installed",
            got="no psycopg",
            next_step='Install it with: pip install "psycopg[binary]"',
        ) from None
    return psycopg


def _replace_nul(table: pa.Table) -> tuple[pa.Table, int]:
    """Return the table with U+FFFD for NUL, and the number of cells with one."""
    import pyarrow.compute as pc

    changed = 0
    for place, name in enumerate(COLUMNS):
        if COLUMNS[name] == TEXT:
            cells = pc.sum(pc.match_substring(table[name], "\x00")).as_py() or 0
            if cells:
                fixed = pc.replace_substring(table[name], "\x00", "\ufffd")
                table = table.set_column(place, name, fixed)
            changed += cells
    return table, changed
