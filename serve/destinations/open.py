"""Opening of destinations from a path or an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from features.errors import UsageError
from features.files import expand_home
from features.settings.schema import Settings
from features.text import is_utf8, printable
from serve.destinations.address import (
    ReadPlace,
    TableAddress,
    is_address,
    read_address,
    read_file,
)
from serve.destinations.duckdb import DuckdbTable
from serve.destinations.files import open_file
from serve.destinations.postgres import PostgresTable, read_server
from serve.destinations.protocol import Destination
from serve.destinations.sqlite import SqliteTable

WAIT = 600.0
"""Seconds that a delivery waits for others that hold its table, if nothing else is said."""


@dataclass(frozen=True)
class TableKind:
    """A kind of database that takes scores.

    Attributes
    ----------
    open : callable
        Returns the destination, given the address of a table, whether hand-overs have times, and
        the seconds to wait for others; it opens nothing.
    read : callable
        How an address is read.
    """

    open: Callable[[TableAddress, bool, float], Destination]
    read: ReadPlace = read_file


TABLES: Mapping[str, TableKind] = {
    "sqlite": TableKind(SqliteTable),
    "duckdb": TableKind(DuckdbTable),
    "postgres": TableKind(PostgresTable, read_server),
    "postgresql": TableKind(PostgresTable, read_server),
}
"""By the scheme of an address."""


def open_destination(
    out: str,
    *,
    settings: Settings,
    timed: bool,
    format: str | None = None,
    wait: float = WAIT,
) -> Destination:
    """Return the place for scores that a path or an address names; nothing is opened yet.

    Parameters
    ----------
    out : str
        A path whose ending is one of `WRITERS`, or the address of a table such as
        ``sqlite://folder/file.db?table=scores``; both relative to where the command runs.
    settings : Settings
    timed : bool
        Whether every score has `handed_over_at`; else none has. Tables tell a lead's hand-overs
        apart by it; without it a lead has one score of each model.
    format : str, optional
        The kind of file, or the CRM whose import tool reads it; see `open_file`.
    wait : float
        Seconds to wait for others that hold a table.

    Returns
    -------
    Destination

    Raises
    ------
    UsageError
        When it cannot be told what is meant.
    """
    if not is_utf8(out):
        raise UsageError(
            "the name of the result is not UTF-8",
            got=printable(out),
            next_step="Choose another name",
        )
    if is_address(out) and format:
        raise UsageError(
            "a format is for files",
            got=f"--format {format} for a table",
            next_step="Leave --format out, or name a file",
        )
    if is_address(out):
        address = read_table(out)
        return TABLES[address.scheme].open(address, timed, wait)
    return open_file(expand_home(out), format)


def read_table(out: str) -> TableAddress:
    """Read the address of a table; see `read_address`."""
    return read_address(out, {scheme: kind.read for scheme, kind in TABLES.items()})
