from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import DestinationError
from serve.durable import remove_durably, telling_of, write_durably
from serve.files import draft_of


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
        pytest.raises(DestinationError, match=r"did not take.*same command again.*goes on"),
        telling_of(tmp_path),
    ):
        write_durably(tmp_path / "no folder" / "a", b"")
