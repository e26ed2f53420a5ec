"""A DuckDB of our own for one run: on disk, within bounds, and gone at the end."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from features.errors import DestinationError

PREFIX = "work-"
MEMORY_MB = 192
"""What DuckDB may keep in memory; what is more goes to the disk."""

READING_MB, FEW = 90, 100
"""What it may keep while batches are read, and the columns that fit into `MEMORY_MB`."""

SMALL = 32_000_000
"""Bytes of input up to which the database stays in memory."""

UNKNOWN = SMALL + 1
"""Stands for a size that nobody knows."""


@contextmanager
def open_workspace(home: Path, *, threads: int, size: int) -> Iterator[Any]:
    """Open a database that is removed when it is left.

    Parameters
    ----------
    home : Path
        The project's home, where the database and what it spills are put.
    threads : int
    size : int
        Bytes that will be read; few stay in memory, and spill only where they unpack to many.

    Yields
    ------
    duckdb.DuckDBPyConnection

    Raises
    ------
    DestinationError
        When the folder cannot be made.

    Notes
    -----
    A run that was killed leaves its folder behind. Each run holds a lock on its own, so the next
    one knows which are left over and removes them.
    """
    import duckdb

    options: dict[str, Any] = {
        "threads": threads,
        "memory_limit": f"{MEMORY_MB}MB",
        # A name in a query is that of a table, never of a variable that happens to be there.
        "python_enable_replacements": False,
    }
    with _hold_folder(home / "tmp") as folder:
        options["temp_directory"] = str(folder / "spill")
        place = ":memory:" if size <= SMALL else str(folder / "work.duckdb")
        connection = duckdb.connect(place, config=options)
        try:
            yield connection
        finally:
            connection.close()


def make_room(connection: Any, *, columns: int) -> None:
    """Let a database write a table of many columns: each holds a block for each thread.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    columns : int
    """
    if columns > FEW:
        _limit(connection, MEMORY_MB + columns - FEW)


def keep_less(connection: Any, *, size: int, columns: int) -> None:
    """Let a database on disk keep less in memory, once what is left is to read it in order.

    Every block it has read would else stay until there is no room: the memory of a run would grow
    with its leads, for nothing.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    size : int
        As for `open_workspace`.
    columns : int
        That are read at once: each needs some blocks.
    """
    if size > SMALL:
        _limit(connection, READING_MB + columns // 2)


def _limit(connection: Any, megabytes: int) -> None:
    connection.execute(f"SET memory_limit = '{megabytes}MB'").fetchall()


def remove_left_over(parent: Path) -> None:
    """Remove the folders of runs that are no more."""
    for folder in parent.glob(PREFIX + "*"):
        try:
            with (folder / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # in use, or gone by now


@contextmanager
def _hold_folder(parent: Path) -> Iterator[Path]:
    try:
        parent.mkdir(parents=True, exist_ok=True)
        remove_left_over(parent)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise DestinationError(
            "there is no room to work in",
            where=str(parent),
            got=error.strerror or str(error),
            next_step="Free space or rights there, or set home under [project]",
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
