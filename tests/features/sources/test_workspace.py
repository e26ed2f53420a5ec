"""The database of a run: bounded, alone, and gone at the end, however it ends."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import DestinationError
from features.own_folders import remove_left_over
from features.sources.duckdb_relation import aggregate
from features.sources.tables import open_table
from features.sources.workspace import (
    MEMORY_MB,
    PREFIX,
    SMALL,
    Workspace,
)
from tests.conftest import REPOSITORY

LARGE = SMALL + 1


def list_folders(home: Path) -> list[Path]:
    return sorted((home / "tmp").glob(PREFIX + "*"))


def test_little_is_kept_in_memory_and_much_on_disk(tmp_path: Path) -> None:
    for size, on_disk in ((SMALL, False), (LARGE, True)):
        with Workspace(tmp_path, threads=1, size=size, memory_mb=MEMORY_MB) as workspace:
            connection = workspace.connection
            connection.execute("CREATE TABLE t AS SELECT * FROM range(1000)")
            [folder] = list_folders(tmp_path)
            assert (folder / "work.duckdb").exists() is on_disk
            asked = "SELECT current_setting('temp_directory')"
            assert connection.execute(asked).fetchall() == [(str(folder / "spill"),)]
        assert list_folders(tmp_path) == []


def test_memory_and_threads_are_bounded(tmp_path: Path) -> None:
    for size in (SMALL, LARGE):
        with Workspace(tmp_path, threads=1, size=size, memory_mb=MEMORY_MB) as workspace:
            connection = workspace.connection
            asked = "SELECT current_setting('threads'), current_setting('memory_limit')"
            threads, memory = connection.execute(asked).fetchall()[0]
            assert threads == 1
            assert float(memory.split()[0]) < MEMORY_MB


def test_less_is_kept_once_only_reading_is_left(tmp_path: Path) -> None:
    asked = "SELECT current_setting('memory_limit')"
    for size, less in ((LARGE, True), (SMALL, False)):
        with Workspace(tmp_path, threads=1, size=size, memory_mb=MEMORY_MB) as workspace:
            connection = workspace.connection
            before = connection.execute(asked).fetchall()
            workspace.keep_less(columns=10)
            after = connection.execute(asked).fetchall()
            assert (float(after[0][0].split()[0]) < MEMORY_MB * 0.6) is less
            assert (after == before) is not less


@pytest.mark.slow
def test_a_table_of_many_columns_can_be_stored(tmp_path: Path) -> None:
    texts = pa.array([f"value {n:06d}" for n in range(20_000)])
    pq.write_table(pa.table({f"c{n}": texts for n in range(300)}), tmp_path / "wide.parquet")
    with Workspace(tmp_path, threads=2, size=LARGE, memory_mb=MEMORY_MB) as workspace:
        connection = workspace.connection
        stored = open_table(connection, "wide.parquet", name="leads", root=tmp_path).relation
        assert aggregate(connection, stored.place, {"n": "count(c299)"}) == {"n": len(texts)}


def test_room_for_many_columns_is_only_ever_more(tmp_path: Path) -> None:
    asked = "SELECT current_setting('memory_limit')"
    for memory, more in ((MEMORY_MB, True), (1_024, False)):
        with Workspace(tmp_path, memory_mb=memory) as workspace:
            before = workspace.connection.execute(asked).fetchall()
            workspace.make_room(columns=300)
            assert (workspace.connection.execute(asked).fetchall() != before) is more


def test_nothing_stays_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Workspace(tmp_path, threads=1, size=LARGE):
        raise RuntimeError
    assert list_folders(tmp_path) == []


def test_what_a_killed_run_left_goes_with_the_next_and_a_living_one_stays(tmp_path: Path) -> None:
    code = (
        "import os, pathlib\n"
        "from features.sources.workspace import Workspace\n"
        f"with Workspace(pathlib.Path({str(tmp_path)!r}), threads=1, size={LARGE}):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).resolve().parents[3]
    killed = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)
    assert killed.returncode == -9
    assert len(list_folders(tmp_path)) == 1
    with Workspace(tmp_path, threads=1, size=LARGE) as first:
        [living] = list_folders(tmp_path)
        with Workspace(tmp_path, threads=1, size=LARGE):
            assert living in list_folders(tmp_path)
        remove_left_over(tmp_path / "tmp", PREFIX)
        assert first.connection.execute("SELECT 1").fetchall() == [(1,)]
        assert list_folders(tmp_path) == [living]


def test_a_home_that_cannot_be_made_is_an_error_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with (
        pytest.raises(DestinationError, match="no room to work in"),
        Workspace(tmp_path / "home", threads=1, size=LARGE),
    ):
        pass


def test_before_there_is_a_home_nothing_is_left_in_the_project(tmp_path: Path) -> None:
    with Workspace(tmp_path / "home") as workspace:
        assert workspace.connection.execute("SELECT 1").fetchall() == [(1,)]
    assert list(tmp_path.iterdir()) == []


def test_it_goes_with_the_last_that_refers_to_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert len(list_folders(tmp_path)) == 1
    del workspace
    gc.collect()
    assert list_folders(tmp_path) == []


def test_no_bar_is_drawn_where_duckdb_takes_a_notebook_for_granted() -> None:
    asked = (
        "from features.sources.workspace import Workspace\n"
        "held = Workspace(None)\n"
        "asked = \"SELECT current_setting('enable_progress_bar')\"\n"
        "print(held.connection.execute(asked).fetchall())"
    )
    run = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert run.stdout.strip() == "[(False,)]"
