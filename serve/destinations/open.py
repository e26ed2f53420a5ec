"""Opening of destinations: the file or table that a path or an address names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from features.errors import UsageError
from features.settings.schema import Settings
from serve.destinations.address import TableAddress, is_address, read_address
from serve.destinations.duckdb import DuckdbTable
from serve.destinations.files import check_ending, open_file
from serve.destinations.postgres import PostgresTable
from serve.destinations.protocol import Delivery, Destination, Scores
from serve.destinations.sqlite import SqliteTable

WAIT = 600.0
"""Seconds that a delivery waits for others that hold its table, if nothing else is said."""

__all__ = [
    "Delivery",
    "Destination",
    "Scores",
    "check_ending",
    "open_destination",
]


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
        A path ending in .csv, .parquet or .xlsx, or the address of a table such as
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
    if is_address(out) and format:
        raise UsageError(
            "a format is for files",
            got=f"--format {format} for a table",
            next_step="Leave --format out, or name a file",
        )
    if is_address(out):
        return open_table(read_address(out), timed=timed, wait=wait)
    return open_file(Path(out).expanduser(), format)


def open_table(address: TableAddress, *, timed: bool, wait: float) -> Destination:
    """Return the table that an address names."""
    kinds: dict[str, Callable[[TableAddress, bool, float], Destination]] = {
        "sqlite": SqliteTable,
        "duckdb": DuckdbTable,
        "postgres": PostgresTable,
    }
    return kinds[address.kind](address, timed, wait)
