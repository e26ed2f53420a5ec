"""Where scores go: the place that a path or an address names."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pandas as pd

from features.errors import UsageError
from features.settings import Settings
from serve.cells import neutralise_text
from serve.delivery import Delivery, Destination, Scores
from serve.duckdb_table import DuckdbTable
from serve.file_destinations import check_ending, open_file
from serve.files import write_file, write_files
from serve.postgres_table import PostgresTable
from serve.sqlite_table import SqliteTable
from serve.table_address import TableAddress, is_address, read_address

WAIT = 600.0
"""Seconds that a delivery waits for others that hold its table, if nothing else is said."""

__all__ = [
    "Delivery",
    "Destination",
    "Scores",
    "check_ending",
    "encode_table",
    "open_destination",
    "write_file",
    "write_files",
    "write_table",
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


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, by the ending of the path.

    Parameters
    ----------
    frame : DataFrame
    path : Path
        Replaced in one step once everything is written; until then it stays as it was.

    Raises
    ------
    UsageError
        When the ending is neither .csv nor .parquet.
    DestinationError
        When it cannot be written.
    """
    write_file(path, encode_table(frame, path))


def encode_table(frame: pd.DataFrame, path: Path) -> bytes:
    """Return a table as the bytes of the file that `path` will be.

    Raises
    ------
    UsageError
        When the ending is neither .csv nor .parquet.
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise UsageError(
            "the kind of file to write is not clear",
            where=str(path),
            expected=".csv or .parquet",
            next_step="End the name of --out in one of these",
        )
    if path.suffix.lower() == ".csv":
        return _to_csv(neutralise(frame)).encode("utf-8")
    # Named as text, a column without a value has the same type in every file.
    texts = dict.fromkeys(frame.select_dtypes(["object", "str"]), "string")
    return bytes(frame.astype(texts).to_parquet(index=False))


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Parameters
    ----------
    frame : DataFrame
        Numbers and times stay as they are.

    Returns
    -------
    DataFrame
        Texts that begin with ``= + - @``, a tab or a line break, perhaps after blanks or quotes,
        begin with ``'`` instead; so do texts that begin with an apostrophe, so that taking one
        away always gives the original.
    """
    result = frame.copy()
    for name in result.columns:
        if result[name].dtype == object or pd.api.types.is_string_dtype(result[name]):
            result[name] = result[name].map(neutralise_text, na_action="ignore")
    return result


def _to_csv(frame: pd.DataFrame) -> str:
    """Return the table as CSV, text in quotes wherever a carriage return may end a line."""
    texts = frame.select_dtypes(["object", "str", "string"])
    # Python before 3.13 leaves these bare, and spreadsheets begin a new row after them.
    broken = texts.apply(lambda column: column.astype(str).str.contains("\r")).any(axis=None)
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if broken else csv.QUOTE_MINIMAL
    return frame.to_csv(index=False, lineterminator="\n", quoting=quoting)
