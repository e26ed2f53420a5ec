"""Files of scores: whole or not at all, the same however the batches are cut."""

from __future__ import annotations

import resource
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from features.errors import DestinationError, UsageError
from features.files import draft_of
from serve.destinations.files import FileDestination, open_file
from serve.destinations.protocol import Scores
from serve.scoring.score_table import empty_scores
from tests.serve.score_tables import Broken, breaking, in_batches, make_scores

ENDINGS = (".csv", ".parquet", ".xlsx")
IDS = [f"lead {i}" for i in range(50)]


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".xlsx":
        frame = pd.read_excel(path, engine="calamine")
    else:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    times = {"handed_over_at": "datetime64[us]", "scored_at": "datetime64[us]"}
    return frame.astype({**times, "score": "int16"})


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_delivered_reads_back(tmp_path: Path, ending: str) -> None:
    table = make_scores(IDS)
    place = FileDestination(tmp_path / "new folder" / f"out{ending}")
    place.check()
    delivery = place.deliver(in_batches(table, 7))
    assert (delivery.rows, delivery.files) == (50, (place.path,))
    expected = table.cast(empty_scores().schema).to_pandas()
    pd.testing.assert_frame_equal(read(place.path), expected, check_dtype=False)
    assert [entry.name for entry in place.path.parent.iterdir()] == [f"out{ending}"]
    assert place.name == str(place.path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_delivery_gives_the_same_bytes(tmp_path: Path, ending: str) -> None:
    place = FileDestination(tmp_path / f"out{ending}")
    contents = []
    for _ in range(2):
        place.deliver(in_batches(make_scores(IDS), 20))
        contents.append(place.path.read_bytes())
    assert contents[0] == contents[1]


def test_csv_does_not_depend_on_how_batches_are_cut(tmp_path: Path) -> None:
    contents = set()
    for rows in (1, 7, 50):
        place = FileDestination(tmp_path / "out.csv")
        place.deliver(in_batches(make_scores(IDS), rows))
        contents.add(place.path.read_bytes())
    assert len(contents) == 1


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_fails_in_the_middle_leaves_the_old_file(tmp_path: Path, ending: str) -> None:
    place = FileDestination(tmp_path / f"out{ending}")
    place.path.write_bytes(b"old")
    with pytest.raises(Broken):
        place.deliver(breaking(make_scores(IDS), 7))
    assert place.path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == [f"out{ending}"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_draft_left_by_a_killed_run_is_overwritten(tmp_path: Path, ending: str) -> None:
    place = FileDestination(tmp_path / f"out{ending}")
    draft_of(place.path).write_bytes(b"x" * 1_000_000)
    place.deliver(in_batches(make_scores(IDS), 7))
    assert len(read(place.path)) == 50
    assert [entry.name for entry in tmp_path.iterdir()] == [f"out{ending}"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("scores", [lambda: iter([]), lambda: iter([empty_scores()])])
def test_without_scores_the_header_is_written(tmp_path: Path, ending: str, scores: Scores) -> None:
    place = FileDestination(tmp_path / f"out{ending}")
    assert place.deliver(scores).rows == 0
    assert list(read(place.path).columns) == empty_scores().column_names


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, ending: str) -> None:
    place = FileDestination(tmp_path / f"out{ending}")
    place.path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of a file stops writing in the middle, as a full disk does.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(DestinationError, match=r"cannot be written.*nothing was changed"):
            place.deliver(in_batches(make_scores(IDS), 7))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert place.path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == [f"out{ending}"]


def test_what_no_file_can_take_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "file" / "out.csv", tmp_path / "folder.csv"):
        with pytest.raises(DestinationError, match="cannot be written"):
            FileDestination(path).check()
    with pytest.raises(UsageError, match=r"kind of file.*End the name of --out"):
        FileDestination(tmp_path / "out.json").check()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder.csv"]


def test_checking_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    FileDestination(path).check()
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_a_format_goes_before_the_ending(tmp_path: Path) -> None:
    place = open_file(tmp_path / "scored", "parquet")
    place.check()
    place.deliver(in_batches(make_scores(IDS), 20))
    assert len(pd.read_parquet(place.path)) == 50
    with pytest.raises(UsageError, match="kind of file"):
        open_file(tmp_path / "scored", None)


def test_a_table_of_other_columns_is_taken_as_it_is(tmp_path: Path) -> None:
    table = pa.table({"row": [1, 2], "message": ["a", "=b"]})
    FileDestination(tmp_path / "out.csv").deliver(lambda: iter([table]))
    assert (tmp_path / "out.csv").read_text() == "row,message\n1,a\n2,'=b\n"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_link_stays_and_its_file_holds_the_scores(tmp_path: Path, ending: str) -> None:
    real = tmp_path / "folder" / f"real{ending}"
    link = FileDestination(tmp_path / f"out{ending}")
    link.path.symlink_to(real)
    for ids in (IDS, IDS[:7]):
        link.check()
        assert link.deliver(in_batches(make_scores(ids), 7)).rows == len(ids)
        assert link.path.is_symlink() and list(read(real)["lead_id"]) == ids
    assert [path.name for path in real.parent.iterdir()] == [real.name]
