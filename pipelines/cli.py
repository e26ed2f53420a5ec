"""Command line: how a command is entered, and how it is left whatever happens."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

import typer

from features.errors import (
    DataRefused,
    DestinationError,
    InternalError,
    LeadaccordError,
    UsageError,
)
from pipelines.commands import app
from pipelines.console import Console
from pipelines.streams import discard, keep_libraries_quiet, prepare_streams

INTERRUPTED = 130
COMPLETION = "_LEADACCORD_COMPLETE"
_NOT_TAKEN = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.ENAMETOOLONG,
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the process if left out.
    """
    # The OpenMP library reads this when it is loaded, so it is set first. Threads that wait by
    # spinning slow each other down many times over where other work shares the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Said here, so that a .numba_config.yaml where the command runs cannot name a folder from which
    # machine code is loaded; empty is numba's own choice.
    os.environ.setdefault("NUMBA_CACHE_DIR", "")
    prepare_streams()
    keep_libraries_quiet()
    arguments = sys.argv[1:] if arguments is None else arguments
    console = Console(as_json="--json" in arguments)
    sys.excepthook = lambda *fault: _show_unexpected(console, *fault)
    sys.exit(_guard(lambda: _run(arguments or ["--help"]), console))


def _run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    command = typer.main.get_command(app)
    if COMPLETION in os.environ:
        # A shell asks what could follow; typer answers it and leaves.
        command.main(list(arguments), prog_name="leadaccord")
    # Not typer's own runner: it would turn interruptions and closed pipes into other exit codes.
    try:
        with command.make_context("leadaccord", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as leave:
        return leave.exit_code
    except typer.TyperException as error:
        asked = getattr(error, "ctx", None)
        called = asked.command_path if asked else "leadaccord"
        raise UsageError(
            error.format_message().rstrip("."), next_step=f"See {called} --help"
        ) from None
    return 0


def _guard(command: Callable[[], int], console: Console) -> int:
    """Turn errors into messages and an exit code."""
    try:
        with _stopping_when_asked():
            code = command()
        sys.stdout.flush()
    except LeadaccordError as error:
        return _tell(console, error)
    except KeyboardInterrupt:
        console.say("interrupted; nothing half-written was left behind")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, as `head` does: nothing is wrong.
        discard(sys.stdout)
        return 0
    except OSError as error:
        if error.errno not in _NOT_TAKEN:
            raise
        full = DestinationError(
            "reading or writing failed",
            where=str(error.filename or ""),
            got=error.strerror,
            next_step="Free space or check permissions there, or choose another place; then repeat",
        )
        return _tell(console, full)
    except Exception as error:
        if not _is_out_of_memory(error):
            raise
        refused = DataRefused(
            "the data do not fit into the memory that there is",
            next_step="Take fewer leads at a time (--batch-rows, or files of fewer rows), leave "
            "out columns of very long texts, or run it on a machine with more memory",
            code="memory",
        )
        return _tell(console, refused)
    return code


def _is_out_of_memory(error: Exception) -> bool:
    # Only a job that has loaded DuckDB can have run out of the memory DuckDB may take.
    duckdb = sys.modules.get("duckdb")
    return isinstance(error, MemoryError) or (
        duckdb is not None and isinstance(error, duckdb.OutOfMemoryException)
    )


@contextmanager
def _stopping_when_asked() -> Iterator[None]:
    """Let the request to end, as of systemd or Airflow, stop a job as Ctrl-C does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(console: Console, error: LeadaccordError) -> int:
    """Print an error on standard error, even where standard output is closed."""
    try:
        console.error(error)
        sys.stdout.flush()
    except OSError:
        discard(sys.stdout)
    return error.exit_code


def _show_unexpected(
    console: Console, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Show an unexpected error: the traceback for developers, a sentence for the user."""
    sys.__excepthook__(kind, error, trace)
    # Not what the error says: that may hold values of a lead.
    fault = InternalError(
        f"leadaccord failed with an internal error: {kind.__name__}",
        next_step="Report it with the lines above, after taking out what is confidential",
    )
    _tell(console, fault)
