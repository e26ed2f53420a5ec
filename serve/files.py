"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from features.errors import DestinationError


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that it appears whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made if it is not there.
    content : bytes

    Raises
    ------
    DestinationError
        When the folder cannot be made or written, or is full; what was there stays.
    """
    write_files({path: content})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: none is replaced before all are on the disk.

    Parameters
    ----------
    contents : mapping of Path to bytes
        Folders are made if they are not there.

    Raises
    ------
    DestinationError
        When a folder cannot be made or written, or is full; what was there stays.
    """
    drafts = {path: path.with_name(f".{path.name}.{uuid4().hex[:8]}") for path in contents}
    path = Path()
    try:
        try:
            for path, draft in drafts.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                draft.open("xb").close()
                draft.write_bytes(contents[path])
            put_in_place(drafts)
        finally:
            for draft in drafts.values():
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise make_unwritable(path, error) from error


def draft_of(path: Path) -> Path:
    """Return where a file is written before it is renamed, the same for each run.

    What a killed run left there is overwritten by the next one, so nothing has to be cleaned up.
    """
    return path.with_name(f".{path.name}.draft")


def try_place(path: Path) -> None:
    """Make the folder of a file that is to be written, and see that it can be.

    Raises
    ------
    DestinationError
        When it cannot.
    """
    with telling(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = draft_of(path)
        draft.touch()
        draft.unlink()


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Tell an error of the file system in words."""
    try:
        yield
    except OSError as error:
        raise make_unwritable(path, error) from error


def put_in_place(drafts: Mapping[Path, Path]) -> None:
    """Rename drafts to their files once all are on the disk, and see that the names are as well.

    Parameters
    ----------
    drafts : mapping of Path to Path
        Drafts by file, renamed in this order.
    """
    for draft in drafts.values():
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
    for path, draft in drafts.items():
        draft.replace(path)
    sync_folders([path.parent for path in drafts])


def sync_folders(folders: Sequence[Path]) -> None:
    """See that the names in folders outlast a loss of power, where the system can."""
    for folder in dict.fromkeys(folders):
        # Not every system opens folders, and not every file system takes this.
        with suppress(OSError):
            number = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(number)
            finally:
                os.close(number)


def make_unwritable(path: Path, error: OSError) -> DestinationError:
    """Return the error of a file that cannot be written."""
    return DestinationError(
        "the result cannot be written",
        where=str(path),
        got=error.strerror or str(error),
        next_step="Free space or choose another place with --out; nothing was changed",
    )
