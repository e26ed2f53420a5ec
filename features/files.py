"""Atomic file writes: a file appears whole or not at all, also after a crash."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from features.errors import DestinationError, UsageError
from features.own_folders import own_folder

DRAFTS = ".leadaccord-draft-"
"""How a folder begins in which files are written before they are renamed."""

AGAIN = "run the same command again; it resumes where it stopped"


def expand_home(path: str | Path) -> Path:
    """Return a path with ``~`` and ``~name`` replaced by the home they stand for.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    UsageError
        When there is no user of that name, or the user has no home.
    """
    try:
        return Path(path).expanduser()
    except (RuntimeError, ValueError):
        raise UsageError(
            "the path begins with the home of a user who is not known here",
            got=f'"{path}"',
            expected="a path, or one that begins with ~/ for your own home",
            next_step="Write the folder's whole path; a name that begins with ~ is written ./~name",
        ) from None


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
    with raising_destination_error(next(iter(contents), Path())):
        contents = {follow_link(path): content for path, content in contents.items()}
    drafts: dict[Path, Path] = {}
    with ExitStack() as held:
        folders: dict[Path, Path] = {}
        for path, content in contents.items():
            with raising_destination_error(path):
                if path.parent not in folders:
                    folders[path.parent] = held.enter_context(own_folder(path.parent, DRAFTS))
                drafts[path] = folders[path.parent] / path.name
                drafts[path].write_bytes(content)
        with raising_destination_error(next(reversed(drafts), Path())):
            rename_drafts(drafts)


def follow_link(path: Path) -> Path:
    """Return the file that a link stands for, also where it is not there yet.

    A draft has to lie beside that file and take its name: renamed to the link it would replace
    the link, and who reads the file would go on reading the old one.

    Parameters
    ----------
    path : Path
        Where it is no link it is returned as it is.

    Raises
    ------
    OSError
        When links lead in a circle.
    """
    if not path.is_symlink():
        return path
    real = Path(os.path.realpath(path))
    if real.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return real


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
    rename_drafts({path: draft})


def remove_durably(path: Path) -> None:
    """Remove a file and the draft of one, if there are any."""
    draft_of(path).unlink(missing_ok=True)
    if path.exists():
        path.unlink()
        sync_folders([path.parent])


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
    with raising_destination_error(path):
        path = follow_link(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = draft_of(path)
        draft.touch()
        draft.unlink()


def raising_destination_error(path: Path) -> AbstractContextManager[None]:
    """Raise DestinationError for any OSError while a result is written."""
    step = "Free space or choose another place with --out; nothing was changed"
    return _raising(path, "the result cannot be written", step)


def raising_resumable_error(place: Path, *, next_step: str = AGAIN) -> AbstractContextManager[None]:
    """Raise DestinationError for any OSError in a run that can be resumed.

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
    step = f"Free space or check permissions there, then {next_step}"
    return _raising(place, "writing failed", step)


@contextmanager
def _raising(place: Path, what: str, next_step: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        got = error.strerror or str(error)
        raise DestinationError(what, where=str(place), got=got, next_step=next_step) from error


def rename_drafts(drafts: Mapping[Path, Path]) -> None:
    """Rename drafts to their files once all are on the disk, and see that the names are as well.

    Parameters
    ----------
    drafts : mapping of Path to Path
        Drafts by file, renamed in this order.
    """
    sync_files(drafts.values())
    for path, draft in drafts.items():
        draft.replace(path)
    sync_folders([path.parent for path in drafts])


def sync_files(paths: Iterable[Path]) -> None:
    """See that what files hold outlasts a loss of power."""
    for path in paths:
        with path.open("rb+") as file:
            os.fsync(file.fileno())


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
