"""Locks of destinations: a second run is refused, or waits."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from features.errors import LeadaccordError
from features.files import raising_resumable_error
from features.stored_json import parse_json

if TYPE_CHECKING:
    from filelock import BaseFileLock

IfBusy = Literal["refuse", "wait"]
LOCK = "lock"
OWNER = "owner.json"
_POLL = 0.2


class BusyError(LeadaccordError):
    """Another process is writing to the same destination."""

    default_code = "busy"


@contextmanager
def lock_folder(
    folder: Path, *, name: str, if_busy: IfBusy, progress: Callable[[str], None]
) -> Iterator[None]:
    """Hold a work folder, making it where there is none.

    The operating system keeps the lock, so it is free as soon as its holder is gone, however it
    went. The holder may remove the folder before it lets go: one who waited makes it anew.

    Parameters
    ----------
    folder : Path
    name : str
        The destination, for messages.
    if_busy : {"refuse", "wait"}
    progress : callable
        Is told who is waited for.

    Raises
    ------
    BusyError
        When another process holds it and `if_busy` is "refuse".
    DestinationError
        When the folder cannot be made.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, fallback_to_soft=False)
    with raising_resumable_error(
        folder, next_step="run the command again, or choose another place with --out"
    ):
        try:
            _acquire(lock, folder, timeout=0)
        except Timeout:
            if if_busy == "refuse":
                raise _make_busy(folder, name) from None
            progress(f"Waiting for {_name_owner(folder)}, which is writing {name}")
            _acquire(lock, folder, timeout=-1)
    try:
        _sign(folder)
        yield
    finally:
        lock.release()


def release_folder(folder: Path) -> None:
    """Remove what the lock needed and the folder, when nothing else is in it.

    Only its holder may do so, while it holds it.
    """
    with suppress(OSError):
        (folder / OWNER).unlink(missing_ok=True)
        if [entry.name for entry in folder.iterdir()] == [LOCK]:
            (folder / LOCK).unlink()
            folder.rmdir()


def _acquire(lock: BaseFileLock, folder: Path, *, timeout: float) -> None:
    while not lock.is_locked:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Between the two lines the last holder may remove the folder.
        with suppress(FileNotFoundError):
            lock.acquire(timeout=timeout, poll_interval=_POLL)


def _sign(folder: Path) -> None:
    """Write down who holds the folder; without it only messages say less."""
    owner = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
    with suppress(OSError):
        (folder / OWNER).write_text(json.dumps(owner), "utf-8")


def _make_busy(folder: Path, name: str) -> BusyError:
    return BusyError(
        "another run is writing to the same destination",
        where=name,
        got=_name_owner(folder),
        next_step="Wait until it is done, or let this one wait with --if-busy wait",
    )


def _name_owner(folder: Path) -> str:
    """Return who holds the folder, in words."""
    try:
        owner = parse_json((folder / OWNER).read_bytes())
        return f"process {int(owner['pid'])} (since {owner['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
