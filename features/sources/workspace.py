"""Workspaces: a DuckDB database for one job, within bounds of memory, gone at its end."""

from __future__ import annotations

import math
import tempfile
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock

from features.errors import DestinationError
from features.own_folders import make_own, remove_own

PREFIX = "work-"
MEMORY_MB = 192
"""What DuckDB may keep in memory while leads are scored; what is more goes to the disk."""

LEARNING_MB = 1_024
"""The same while whole tables are read, to be learned from or looked at."""

READING_MB, FEW = 90, 100
"""What it may keep while batches are read, and the columns that fit into `MEMORY_MB`."""

SMALL = 32_000_000
"""Bytes of input up to which the database stays in memory."""

UNKNOWN = SMALL + 1
"""Stands for a size that nobody knows."""


class Workspace:
    """A database that is removed when it is closed, left, or no longer referred to.

    Parameters
    ----------
    home : Path or None
        The project's home, where the database and what it spills are put; the system's folder
        for temporary files where there is no home, or none yet.
    threads : int, optional
        All cores if left out.
    size : int
        Bytes that will be read; few stay in memory, and spill only where they unpack to many.
    memory_mb : int
        What the database may keep in memory.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection

    Raises
    ------
    DestinationError
        When the folder cannot be made.

    Notes
    -----
    A job that was killed leaves its folder behind. Each job holds a lock on its own, so the next
    one knows which are left over and removes them.
    """

    def __init__(
        self,
        home: Path | None,
        *,
        threads: int | None = None,
        size: int = 0,
        memory_mb: int = LEARNING_MB,
    ) -> None:
        import duckdb

        folder, lock = _hold_folder(home / "tmp" if home is not None and home.exists() else None)
        options: dict[str, Any] = {
            "memory_limit": f"{memory_mb}MB",
            # A name in a query is that of a table, never of a variable that happens to be there.
            "python_enable_replacements": False,
            "temp_directory": str(folder / "spill"),
        }
        if threads is not None:
            options["threads"] = threads
        place = ":memory:" if size <= SMALL else str(folder / "work.duckdb")
        try:
            self.connection: Any = duckdb.connect(place, config=options)
        except BaseException:
            _remove(folder, lock, None)
            raise
        _draw_no_bar(self.connection)
        self._on_disk = size > SMALL
        self.close = weakref.finalize(self, _remove, folder, lock, self.connection)

    def make_room(self, *, columns: int) -> None:
        """Let the database write a table of many columns: each holds a block for each thread."""
        make_room(self.connection, columns=columns)

    def keep_less(self, *, columns: int) -> None:
        """Let a database on disk keep less in memory, once what is left is to read it in order.

        Every block it has read would otherwise stay until there is no room: the memory of a job
        would grow with its leads, for nothing.

        Parameters
        ----------
        columns : int
            That are read at once: each needs some blocks.
        """
        if self._on_disk:
            _limit(self.connection, READING_MB + columns // 2)

    def __enter__(self) -> Workspace:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the database."""
        self.close()


def make_room(connection: Any, *, columns: int) -> None:
    """Let a database write a table of many columns: each holds a block for each thread.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    columns : int
    """
    if columns > FEW:
        asked = "SELECT current_setting('memory_limit')"
        allowed = _to_megabytes(connection.execute(asked).fetchall()[0][0])
        _limit(connection, max(allowed, MEMORY_MB + columns - FEW))


def _draw_no_bar(connection: Any) -> None:
    """Keep DuckDB's own bar out of what is printed; in some notebooks it has none and refuses."""
    ((drawn,),) = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if drawn:
        connection.execute("SET enable_progress_bar = false")


def _to_megabytes(size: str) -> int:
    """Return a size as DuckDB writes it, such as "183.1 MiB", rounded up."""
    number, unit = size.split()
    return math.ceil(float(number) * {"MiB": 1, "GiB": 1_024}[unit] * 1.048576)


def _limit(connection: Any, megabytes: int) -> None:
    connection.execute(f"SET memory_limit = '{megabytes}MB'").fetchall()


def _hold_folder(parent: Path | None) -> tuple[Path, FileLock]:
    """Make a folder and hold it; without a parent in the system's place for such folders."""
    try:
        return make_own(parent, PREFIX)
    except OSError as error:
        raise DestinationError(
            "there is no room to work in",
            where=str(parent or tempfile.gettempdir()),
            got=error.strerror or str(error),
            next_step="Free space or rights there, or set home under [project]",
        ) from error


def _remove(folder: Path, lock: FileLock, connection: Any) -> None:
    if connection is not None:
        connection.close()
    lock.release()
    remove_own(folder)
