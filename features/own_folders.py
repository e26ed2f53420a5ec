"""Own folders: temporary folders with a mark and a lock, so that nobody else's are ever removed.

A job that was killed leaves its folder behind. Each holds the lock of its own while it runs, so the
next job knows which are left over, and the mark says that they were made here: what merely has a
name like theirs is not touched, wherever a project's home may be.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

MARK, LOCK = ".made-by-leadaccord", ".held-by-leadaccord"


def mark_folder(folder: Path) -> None:
    """Write into a folder that it was made here, and may be removed with all that is in it."""
    (folder / MARK).write_text(_mark_of(folder), "utf-8")


def is_own(folder: Path) -> bool:
    """Whether a folder was made here.

    Parameters
    ----------
    folder : Path
        One without a mark, a link, and a renamed copy are somebody else's.
    """
    mark = folder / MARK
    if folder.is_symlink() or not mark.is_file() or mark.stat().st_size > len(_mark_of(folder)):
        return False
    return mark.read_bytes() == _mark_of(folder).encode()


def remove_own(folder: Path) -> None:
    """Remove a folder if it was made here; what cannot be removed stays."""
    if not is_own(folder):
        return
    for path in folder.iterdir():
        # The mark goes last, so that what a kill leaves half removed is still known as ours.
        if path.name not in (MARK, LOCK):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()
    _remove_bare(folder)


def make_own(parent: Path | None, prefix: str) -> tuple[Path, FileLock]:
    """Make a temporary folder and hold its lock; first remove what killed jobs left.

    Parameters
    ----------
    parent : Path or None
        Made if it is not there; None is the system's place for temporary files.
    prefix : str
        The name begins with it.

    Returns
    -------
    folder : Path
    lock : FileLock
        To be released before the folder is removed.
    """
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
        remove_left_over(parent, prefix)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        lock = FileLock(folder / LOCK, thread_local=False)
        # Another job may have taken it for left over before the lock was held.
        with suppress(FileNotFoundError):
            lock.acquire()
            mark_folder(folder)
            if (folder / LOCK).exists():
                return folder, lock


@contextmanager
def own_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Hold a temporary folder for a while; see `make_own`."""
    folder, lock = make_own(parent, prefix)
    try:
        yield folder
    finally:
        lock.release()
        remove_own(folder)


def remove_left_over(parent: Path, prefix: str) -> None:
    """Remove the folders of jobs that are no more.

    Parameters
    ----------
    parent : Path
        Where there need be none.
    prefix : str
    """
    if not parent.is_dir():
        return
    for folder in parent.iterdir():
        if not folder.name.startswith(prefix) or not (is_own(folder) or _is_bare(folder, prefix)):
            continue
        if (folder / LOCK).is_file():
            lock = FileLock(folder / LOCK)
            try:
                lock.acquire(timeout=0)
            except (Timeout, OSError):
                continue  # in use, or gone by now
            lock.release()
        remove_own(folder) if is_own(folder) else _remove_bare(folder)


def _is_bare(folder: Path, prefix: str) -> bool:
    """Whether a folder has a name made here, and nothing but what is first written into one.

    A job that is killed while it makes or removes a folder leaves it so, and nothing is lost.
    """
    made = re.fullmatch(re.escape(prefix) + "[a-z0-9_]{8}", folder.name)  # as `mkdtemp` names it
    if not made or folder.is_symlink() or not folder.is_dir():
        return False
    return {path.name for path in folder.iterdir()} <= {MARK, LOCK}


def _remove_bare(folder: Path) -> None:
    with suppress(OSError):
        for name in (MARK, LOCK):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _mark_of(folder: Path) -> str:
    return f"Made by leadaccord as {folder.name}, to be removed with all that is in it.\n"
