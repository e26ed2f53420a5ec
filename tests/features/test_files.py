"""Files: they appear whole or not at all."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from features.errors import DestinationError, UsageError
from features.files import (
    draft_of,
    expand_home,
    follow_link,
    raising_resumable_error,
    remove_durably,
    try_place,
    write_durably,
    write_file,
    write_files,
)


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "out.csv"
    write_file(path, b"first" * 1000)
    write_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert [entry.name for entry in path.parent.iterdir()] == ["out.csv"]


def test_a_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    other = tmp_path / "other"
    real, link, second = other / "real.csv", tmp_path / "out.csv", tmp_path / "second.csv"
    link.symlink_to(Path("other") / "real.csv")
    second.symlink_to(link)
    for content, place in ((b"first", link), (b"second", second), (b"third", real)):
        try_place(place)
        write_file(place, content)
        assert real.read_bytes() == link.read_bytes() == second.read_bytes() == content
    assert link.is_symlink() and second.is_symlink()
    assert sorted(entry.name for entry in tmp_path.rglob("*") if not entry.is_symlink()) == [
        "other",
        "real.csv",
    ]
    assert follow_link(real) == real


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.symlink_to(other)
    other.symlink_to(one)
    for write in (try_place, lambda path: write_file(path, b"x")):
        with pytest.raises(DestinationError, match="cannot be written"):
            write(one)
    assert one.is_symlink() and other.is_symlink()


def test_rights_are_those_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "out.csv", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o640


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_file(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of a file stops writing in the middle, as a full disk does.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(DestinationError, match=r"cannot be written.*nothing was changed"):
            write_file(path, b"x" * 2_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_of_files_that_belong_together_none_is_replaced_alone(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    write_files({first: b"old a", second: b"old b"})
    with pytest.raises(DestinationError, match="cannot be written"):
        write_files({first: b"new a", tmp_path / ("n" * 300): b"x", second: b"new b"})
    assert (first.read_bytes(), second.read_bytes()) == (b"old a", b"old b")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_places_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "file" / "out.csv", tmp_path / "folder.csv", tmp_path / ("n" * 300)):
        with pytest.raises(DestinationError, match="cannot be written"):
            write_file(path, b"x")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder.csv"]
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(DestinationError, match="Permission denied"):
        write_file(tmp_path / "closed" / "out.csv", b"x")


def test_trying_a_place_leaves_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "out.csv"
    try_place(path)
    assert list(path.parent.iterdir()) == []
    path.write_bytes(b"old")
    try_place(path)
    assert path.read_bytes() == b"old" and len(list(path.parent.iterdir())) == 1
    with pytest.raises(DestinationError, match="cannot be written"):
        try_place(path / "out.csv")


def test_a_file_is_replaced_whole_with_what_a_killed_run_left(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    draft_of(path).write_bytes(b"half of something long")
    write_durably(path, b"one")
    write_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_removing_takes_the_draft_too_and_may_be_done_again(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_durably(path, b"one")
    draft_of(path).write_bytes(b"half")
    for _ in range(2):
        remove_durably(path)
        assert list(tmp_path.iterdir()) == []


def test_what_the_disk_does_not_take_is_told_with_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(DestinationError, match=r"Writing failed.*same command again.*resumes"),
        raising_resumable_error(tmp_path),
    ):
        write_durably(tmp_path / "no folder" / "a", b"")


def test_a_home_is_that_of_a_known_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expand_home("~/a.csv") == tmp_path / "a.csv"
    assert expand_home("a/~b.csv") == Path("a/~b.csv")
    with pytest.raises(UsageError, match=r'(?s)not known here.*"~nosuchuser/s.csv".*\./~name'):
        expand_home("~nosuchuser/s.csv")
