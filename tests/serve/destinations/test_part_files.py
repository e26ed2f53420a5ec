"""Several files for one result: each within its limit, together all rows, none left over."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from serve.destinations.csv import CsvWriter
from serve.destinations.part_files import PartFiles, part_of

TABLE = pa.table({"a": list(range(10))})


def make(path: Path, rows: int = 4) -> PartFiles:
    return PartFiles(path, lambda draft, schema: CsvWriter(draft, schema.names, max_rows=rows))


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_rows_go_to_as_many_files_as_they_need(tmp_path: Path) -> None:
    parts = make(tmp_path / "out.csv")
    for start in (0, 3, 7):
        parts.write(TABLE.slice(start, (3, 4, 3)[start // 3]))
    parts.finish(limited=True)
    parts.discard()
    assert parts.rows == 10
    assert [file.name for file in parts.files] == ["out.csv", "out.002.csv", "out.003.csv"]
    contents = [file.read_text().split() for file in parts.files]
    assert contents == [["a", *"0123"], ["a", *"4567"], ["a", *"89"]]
    assert names(tmp_path) == ["out.002.csv", "out.003.csv", "out.csv"]


def test_the_first_file_is_there_only_with_all_others_of_its_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deliver(rows: int, size: int) -> None:
        parts = make(tmp_path / "out.csv", rows)
        parts.write(TABLE.slice(0, size))
        parts.finish(limited=True)

    def look() -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted(tmp_path.glob("out*.csv"))}

    seen: list[dict[str, str]] = []

    def watch(name: str) -> None:
        change = getattr(Path, name)

        def looking(path: Path, *rest: object, **named: object) -> object:
            seen.append(look())
            return change(path, *rest, **named)

        monkeypatch.setattr(Path, name, looking)

    deliver(2, 10)
    whole = [look()]
    watch("unlink")
    watch("replace")
    for rows, size in ((3, 9), (9, 9), (9, 8), (2, 3)):
        deliver(rows, size)
        whole.append(look())
    assert len(whole[0]) == 5 and [len(files) for files in whole[1:]] == [3, 1, 1, 2]
    assert len(seen) > 12
    assert all(files in whole for files in seen if "out.csv" in files)


@pytest.mark.parametrize("limited", [False, True])
def test_files_of_an_earlier_longer_result_are_removed_only_where_there_are_limits(
    tmp_path: Path, limited: bool
) -> None:
    for name in ("out.002.csv", "out.003.csv", "out.2026.csv", "out.005.csv"):
        (tmp_path / name).write_text("before")
    parts = make(tmp_path / "out.csv", rows=100)
    parts.write(TABLE)
    parts.finish(limited=limited)
    parts.discard()
    left = {"out.csv", "out.2026.csv", "out.005.csv"}
    assert set(names(tmp_path)) == (left if limited else left | {"out.002.csv", "out.003.csv"})


def test_discarding_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    (tmp_path / ".out.003.csv.draft").write_text("of a killed run")
    parts = make(tmp_path / "out.csv")
    parts.write(TABLE.slice(0, 6))
    parts.discard()
    assert names(tmp_path) == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "old"


def test_names_of_parts() -> None:
    names = [part_of(Path("a.b.csv"), number).name for number in (1, 2, 1000)]
    assert names == ["a.b.csv", "a.b.002.csv", "a.b.1000.csv"]
