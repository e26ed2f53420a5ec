"""Files that a killed run, or one whose disk was full, goes on from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import DestinationError
from serve.files import draft_of, put_in_place, sync_folders

AGAIN = "run the same command again, and it goes on from where it was"


def write_durably(path: Path, content: bytes | memoryview) -> None:
    """Write a file that is there whole or not at all, even after the power went.

    Parameters
    ----------
    path : Path
        In a folder that exists. Only one process may write it at a time.
    content : bytes
    """
    draft = draft_of(path)
    draft.write_bytes(content)
    put_in_place({path: draft})


def remove_durably(path: Path) -> None:
    """Remove a file and the draft of one, if there are any."""
    draft_of(path).unlink(missing_ok=True)
    if path.exists():
        path.unlink()
        sync_folders([path.parent])


@contextmanager
def telling_of(place: Path, *, next_step: str = AGAIN) -> Iterator[None]:
    """Turn what a disk does not take into words.

    Parameters
    ----------
    place : Path
        What is written, for the message.
    next_step : str
        What to do once there is space, or the rights are given.

    Raises
    ------
    DestinationError
        For every OSError inside.
    """
    try:
        yield
    except OSError as error:
        raise DestinationError(
            "the disk did not take what was to be written",
            where=str(place),
            got=error.strerror or str(error),
            next_step=f"Free space or give rights there, then {next_step}",
        ) from error
