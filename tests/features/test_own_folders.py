"""Temporary folders: gone with their job or with the next one, and nobody else's ever touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from features.own_folders import (
    LOCK,
    MARK,
    is_own,
    make_own,
    mark_folder,
    own_folder,
    remove_left_over,
    remove_own,
)

PREFIX = "work-"


def test_a_folder_is_held_and_then_gone_also_after_an_error(tmp_path: Path) -> None:
    with own_folder(tmp_path / "new", PREFIX) as folder:
        assert is_own(folder) and folder.name.startswith(PREFIX)
        (folder / "inner").mkdir()
    with pytest.raises(ZeroDivisionError), own_folder(tmp_path / "new", PREFIX):
        raise ZeroDivisionError
    assert list((tmp_path / "new").iterdir()) == []


def test_what_a_killed_job_left_goes_with_the_next_and_a_living_one_stays(tmp_path: Path) -> None:
    left, lock = make_own(tmp_path, PREFIX)
    lock.release()  # as the system does when a process is no more
    (left / "page.html").write_text("half")
    with own_folder(tmp_path, PREFIX) as first:
        assert not left.exists()
        with own_folder(tmp_path, PREFIX):
            assert first.exists()
    remove_left_over(tmp_path / "not there", PREFIX)


@pytest.mark.parametrize("written", [(), (LOCK,), (LOCK, MARK)])
def test_a_folder_whose_making_was_killed_goes_with_the_next(
    tmp_path: Path, written: tuple[str, ...]
) -> None:
    (tmp_path / f"{PREFIX}2024").mkdir()  # no name of ours
    left, lock = make_own(tmp_path, PREFIX)
    lock.release()
    for name in {MARK, LOCK} - set(written):
        (left / name).unlink(missing_ok=True)
    for name in written:
        (left / name).touch()
    remove_left_over(tmp_path, PREFIX)
    assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}2024"]


@pytest.mark.parametrize("marked", ["nothing", "a lock", "a copied mark", "another mark"])
def test_a_folder_of_somebody_else_stays_whatever_its_name(tmp_path: Path, marked: str) -> None:
    theirs = tmp_path / "work-2024"
    theirs.mkdir()
    (theirs / "notes.txt").write_text("important")
    if marked != "nothing":
        (theirs / LOCK).touch()
    if marked == "a copied mark":
        made, lock = make_own(tmp_path, PREFIX)
        shutil.copy(made / MARK, theirs)
        lock.release()
    if marked == "another mark":
        (theirs / MARK).write_text("x" * 10_000)
    remove_left_over(tmp_path, PREFIX)
    remove_own(theirs)
    assert [path.name for path in tmp_path.iterdir()] == ["work-2024"]
    assert (theirs / "notes.txt").read_text() == "important"


def test_a_link_to_a_folder_is_nobody_s(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    mark_folder(made)
    link = tmp_path / "links" / "made"
    link.parent.mkdir()
    link.symlink_to(made)
    remove_own(link)
    assert link.is_symlink() and is_own(made)
    remove_own(made)
    assert not made.exists()
