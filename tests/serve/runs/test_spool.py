from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.errors import DestinationError
from serve.runs.journal import JOURNAL
from serve.runs.spool import INPUT, open_spool, place_of_spool
from tests.serve.spools import COUNT, MOMENT, fill, make_batch, make_identity, names, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "work"


def attempt(
    folder: Path, *, batches: int = COUNT, told: list[str] | None = None, **changes: object
) -> list[dict[str, object]]:
    """Do a part of a run and leave it, as a crash would; return the scores so far."""
    with open_spool(folder, name="scored.csv", progress=(told or []).append) as spool:
        if not spool.begin(make_identity(**changes), scored_at=MOMENT, count=COUNT):
            assert spool.begin(make_identity(**changes), scored_at=MOMENT, count=COUNT)
        fill(spool, count=batches)
        return read(spool)


def whole() -> list[dict[str, object]]:
    return [row for number in range(COUNT) for row in make_batch(number).scores.to_pylist()]


def test_a_run_from_end_to_end_leaves_nothing(folder: Path) -> None:
    with open_spool(folder, name="scored.csv") as spool:
        assert spool.begin(make_identity(), scored_at=MOMENT, count=COUNT)
        assert spool.missing() == list(range(COUNT))
        fill(spool)
        assert read(spool) == read(spool) == whole()
        assert spool.tally().rejected == {"missing_id": 2}
        assert [table.num_rows for table in spool.rejects()] == [0, 1, 0, 1]
        spool.mark_delivered()
        spool.finish()
    assert not folder.exists()


def test_a_run_goes_on_after_the_last_whole_batch_with_its_first_moment(folder: Path) -> None:
    attempt(folder, batches=2)
    told: list[str] = []
    with open_spool(folder, name="scored.csv", progress=told.append) as spool:
        assert spool.journal is not None and spool.journal.scored_at == MOMENT
        later = pd.Timestamp("2026-11-02")
        assert spool.begin(make_identity(), scored_at=later, count=COUNT)
        assert spool.journal.scored_at == MOMENT
        assert spool.resumed_from == 2 and spool.missing() == [2, 3]
        fill(spool)
        assert read(spool) == whole()
    assert told == ["Going on after 2 of 4 batches"]


def test_a_damaged_batch_is_made_again_and_told(folder: Path) -> None:
    attempt(folder)
    path = sorted(folder.glob("*.arrow"))[1]
    path.write_bytes(path.read_bytes()[:-9])
    told: list[str] = []
    with open_spool(folder, name="scored.csv", progress=told.append) as spool:
        spool.begin(make_identity(), scored_at=MOMENT, count=COUNT)
        assert spool.missing() == [1]
        fill(spool)
        assert read(spool) == whole()
    assert "damaged part is made again: 000001" in told[0]


@pytest.mark.parametrize("delivered", [False, True])
def test_another_run_is_discarded_with_a_note_and_never_mixed(
    folder: Path, delivered: bool
) -> None:
    attempt(folder, batches=3)
    if delivered:
        with open_spool(folder, name="scored.csv") as spool:
            spool.begin(make_identity(), scored_at=MOMENT, count=COUNT)
            spool.mark_delivered()
    told: list[str] = []
    with open_spool(folder, name="scored.csv", progress=told.append) as spool:
        other = make_identity(model_version="m2", digest="e" * 64)
        assert not spool.begin(other, scored_at=MOMENT, count=COUNT)
        assert spool.journal is None
        assert spool.begin(other, scored_at=MOMENT, count=COUNT)
        assert spool.missing() == list(range(COUNT)) and spool.resumed_from is None
    (note,) = told
    assert "the leads and the model changed" in note and "3 of 4 batches" in note
    assert ("not delivered" in note) is not delivered


@pytest.mark.parametrize("damage", ["gone", '"count": 1', '"count": 99'])
def test_segments_without_a_journal_that_can_be_used_are_swept_away(
    folder: Path, damage: str
) -> None:
    attempt(folder)
    journal, told = folder / JOURNAL, list[str]()
    if damage == "gone":
        journal.unlink()
    else:
        journal.write_text(journal.read_text().replace(f'"count": {COUNT}', damage))
    with open_spool(folder, name="scored.csv", progress=told.append) as spool:
        assert spool.begin(make_identity(), scored_at=MOMENT, count=COUNT)
        assert spool.missing() == list(range(COUNT))
    assert told == ["What an earlier run left cannot be used; all leads are scored"]


def test_a_journal_of_another_number_of_batches_is_of_another_run(folder: Path) -> None:
    attempt(folder)
    with open_spool(folder, name="scored.csv") as spool:
        assert not spool.begin(make_identity(), scored_at=MOMENT, count=COUNT + 1)
        assert spool.begin(make_identity(), scored_at=MOMENT, count=COUNT + 1)
        assert spool.missing() == list(range(COUNT + 1))


def test_what_others_put_into_the_folder_stays_there(folder: Path) -> None:
    attempt(folder)
    (folder / "extra").mkdir()
    (folder / "notes.txt").write_text("important")
    with open_spool(folder, name="scored.csv") as spool:
        spool.begin(make_identity(), scored_at=MOMENT, count=COUNT)
        spool.finish()
    assert {"extra", "notes.txt"} <= set(names(folder)) <= {"extra", "notes.txt", "lock"}


def test_a_delivered_run_is_remembered(folder: Path) -> None:
    attempt(folder)
    with open_spool(folder, name="scored.csv") as spool:
        spool.begin(make_identity(), scored_at=MOMENT, count=COUNT)
        spool.mark_delivered()
    with open_spool(folder, name="scored.csv") as spool:
        assert spool.journal is not None and spool.journal.delivered


def test_a_run_that_fails_before_it_begins_leaves_nothing(folder: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        open_spool(folder, name="scored.csv") as spool,
    ):
        (spool.folder / INPUT).write_text("what came on standard input")
        raise ZeroDivisionError
    assert not folder.exists()


def test_a_run_that_fails_later_keeps_what_it_has(folder: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        open_spool(folder, name="scored.csv") as spool,
    ):
        (spool.folder / INPUT).write_text("what came on standard input")
        spool.begin(make_identity(), scored_at=MOMENT, count=COUNT)
        fill(spool, count=1)
        raise ZeroDivisionError
    assert {INPUT, JOURNAL} < set(names(folder))
    assert attempt(folder) == whole()


def test_only_its_owner_may_look_into_the_folder(folder: Path) -> None:
    attempt(folder)
    assert folder.stat().st_mode & 0o077 == 0


def test_a_full_disk_keeps_the_batches_that_were_whole(small_disk: Path) -> None:
    folder = small_disk / "work"
    with (
        pytest.raises(DestinationError, match=r"No space left.*same command again"),
        open_spool(folder, name="scored.csv") as spool,
    ):
        spool.begin(make_identity(), scored_at=MOMENT, count=1_000)
        for number in range(1_000):
            spool.keep(number, make_batch(number, rows=200))
    with open_spool(folder, name="scored.csv") as spool:
        spool.begin(make_identity(), scored_at=MOMENT, count=1_000)
        assert spool.resumed_from
        assert spool.missing()[0] == spool.resumed_from
        expected = [
            row
            for number in range(spool.resumed_from)
            for row in make_batch(number, rows=200).scores.to_pylist()
        ]
        assert read(spool) == expected


def test_a_place_without_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(DestinationError, match="Writing failed"),
        open_spool(tmp_path / "file" / "work", name="scored.csv"),
    ):
        pass


def test_the_folder_lies_beside_a_file_and_for_tables_in_the_home(tmp_path: Path) -> None:
    out = tmp_path / "out" / "scored.csv"
    beside = place_of_spool(out, name=str(out), home=tmp_path)
    assert beside == tmp_path / "out" / ".scored.csv.leadaccord"
    tables = {
        place_of_spool(None, name=name, home=tmp_path / "home")
        for name in ("postgres://a/b?table=x", "postgres://a/b?table=y", "postgres://a/b?table=x")
    }
    assert len(tables) == 2
    assert {path.parent for path in tables} == {tmp_path / "home" / "spool"}
