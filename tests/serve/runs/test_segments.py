from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.runs.segments import (
    find_segments,
    list_own_files,
    read_kept,
    read_rejects,
    read_scores,
    read_tally,
    write_segment,
)
from serve.scoring.tally import Tally
from tests.serve.spools import REJECTS, make_batch, names


def test_what_is_read_is_what_was_written_in_the_order_of_the_batches(tmp_path: Path) -> None:
    for number in (2, 0, 1):
        write_segment(tmp_path, number, make_batch(number))
    whole, damaged = find_segments(tmp_path)
    assert list(whole) == [0, 1, 2] and not damaged
    for number, table in enumerate(read_scores(whole)):
        assert table.equals(make_batch(number).scores)
        assert table.schema.metadata is None
        assert pa.types.is_dictionary(table.schema.field("reason_1").type)
    for number, table in enumerate(read_rejects(whole)):
        assert table.equals(make_batch(number).rejects)
        assert table.schema == REJECTS
    total = sum((make_batch(number).tally for number in range(3)), Tally())
    assert read_tally(whole).to_dict() == total.to_dict()


def test_the_same_batch_gives_the_same_file_however_it_was_cut(tmp_path: Path) -> None:
    batch = make_batch(1, rows=6)
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    first = write_segment(tmp_path / "a", 1, batch)
    parts = [batch.scores.slice(0, 2), batch.scores.slice(2)]
    cut = type(batch)(pa.concat_tables(parts), batch.rejects, batch.tally)
    assert write_segment(tmp_path / "b", 1, cut).name == first.name


def test_what_is_kept_for_the_history_comes_back(tmp_path: Path) -> None:
    kept = pa.table({"lead": pa.array([2**63 + 1], pa.uint64()), "0": [0.1]})
    for number, part in ((1, None), (0, kept)):
        write_segment(tmp_path, number, replace(make_batch(number), kept=part))
    whole, damaged = find_segments(tmp_path)
    assert len(whole) == 2 and not damaged
    assert [table.equals(kept) for table in read_kept(whole)] == [True]


def test_a_batch_without_rows_is_one(tmp_path: Path) -> None:
    batch = make_batch(0)
    empty = type(batch)(batch.scores.slice(0, 0), batch.rejects, Tally())
    write_segment(tmp_path, 0, empty)
    whole, _ = find_segments(tmp_path)
    assert [table.num_rows for table in read_scores(whole)] == [0]


@given(place=st.floats(0, 1, exclude_max=True), cut=st.booleans())
def test_a_segment_with_any_byte_changed_or_cut_off_is_damaged(
    tmp_path_factory: pytest.TempPathFactory, place: float, cut: bool
) -> None:
    folder = tmp_path_factory.mktemp("segments")
    write_segment(folder, 0, make_batch(0))
    path = write_segment(folder, 1, make_batch(1))
    content = bytearray(path.read_bytes())
    at = int(place * len(content))
    content[at] ^= 1
    path.write_bytes(content[:at] if cut else content)
    whole, damaged = find_segments(folder)
    assert list(whole) == [0] and damaged == (path,)


def test_a_draft_is_no_segment(tmp_path: Path) -> None:
    path = write_segment(tmp_path, 0, make_batch(0))
    path.rename(tmp_path / f".{path.name}.draft")
    assert find_segments(tmp_path) == ({}, ())
    assert names(tmp_path) == [f".{path.name}.draft"]


def test_of_two_segments_of_a_number_one_counts(tmp_path: Path) -> None:
    write_segment(tmp_path, 0, make_batch(0))
    write_segment(tmp_path, 0, make_batch(1))
    whole, damaged = find_segments(tmp_path)
    assert list(whole) == [0] and len(damaged) == 1


def test_segments_that_changed_places_are_damaged(tmp_path: Path) -> None:
    first, second = (write_segment(tmp_path, number, make_batch(number)) for number in (0, 1))
    third = tmp_path / f"000001{first.name[6:]}"
    first.rename(third)
    second.rename(tmp_path / f"000000{second.name[6:]}")
    whole, damaged = find_segments(tmp_path)
    assert not whole and len(damaged) == 2


def test_only_what_a_run_wrote_is_its_own(tmp_path: Path) -> None:
    path = write_segment(tmp_path, 0, make_batch(0))
    draft = tmp_path / f".{path.name}.draft"
    draft.write_bytes(b"half")
    (tmp_path / "notes.arrow").write_text("of somebody else")
    (tmp_path / f"000001{path.name[6:]}").mkdir()
    (tmp_path / f"000002{path.name[6:]}").symlink_to(path)
    assert sorted(list_own_files(tmp_path)) == sorted([path, draft])
    assert find_segments(tmp_path) == ({0: path}, ())
