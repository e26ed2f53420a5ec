"""Runs killed with SIGKILL: whatever the moment, the same command ends as if nothing had been.

`make chaos` lets more of them be killed: LEADACCORD_CHAOS is how many at random moments.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pandas as pd
import pytest

from tests.chaos.harness import (
    BATCH_ROWS,
    FIRST,
    KILLED,
    SECOND,
    Case,
    Crew,
    Reference,
    Work,
    check_end,
    check_killed,
    check_whole,
    make_reference,
)
from tests.chaos.places import Duckdb, File, Place, PostgresTable, Sqlite
from tests.pipelines.conftest import MARKER, Project
from tests.postgres import Postgres

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, which Windows cannot")

MOMENTS = int(os.environ.get("LEADACCORD_CHAOS", "100"))
N_BATCHES = 3
PLACES = ("scored.csv", "scored.parquet", "sqlite", "duckdb", "postgres")


@pytest.fixture(scope="module")
def work(trained: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    """Leads for three batches with rows that are rejected, read and scored once."""
    folder = tmp_path_factory.mktemp("leads")
    newest = trained.read_leads().tail(N_BATCHES * BATCH_ROWS - 17)
    bad = newest.sample(9, random_state=3)
    leads = pd.concat([newest, bad, bad.head(3).assign(Id="")])
    leads.to_csv(folder / "new.csv", index=False)
    (folder / "recorded").mkdir()
    # Tests may themselves run on several cores at once.
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    crew = Crew(max(1, (os.cpu_count() or 1) // workers))
    work = Work(crew, trained.config, folder / "new.csv", folder / "recorded")
    ended = crew.do(
        job="record",
        now=FIRST,
        config=work.config,
        leads=work.leads,
        recorded=work.recorded,
        batch_rows=BATCH_ROWS,
        log=folder / "log",
    )
    assert ended["code"] == 0, (folder / "log").read_text()
    yield work
    crew.close()


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "postgres":
        return PostgresTable(request.getfixturevalue("postgres"))
    tables: dict[str, Place] = {"sqlite": Sqlite(), "duckdb": Duckdb()}
    return tables.get(request.param) or File(request.param)


@pytest.fixture(scope="module")
def reference(work: Work, place: Place, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """What uninterrupted runs leave."""
    return make_reference(work, place, tmp_path_factory.mktemp("reference"))


def test_the_whole_job_leaves_the_same_as_with_batches_from_a_recording(
    work: Work, place: Place, reference: Reference, tmp_path: Path
) -> None:
    case = Case(replace(work, recorded=None), place, tmp_path / "out")
    check_end(case, reference, FIRST, case.run(FIRST))


def test_a_run_killed_at_any_write_boundary_is_finished_by_the_same_command(
    work: Work, place: Place, reference: Reference, tmp_path: Path
) -> None:
    def kill(boundary: int) -> bool:
        case = Case(work, place, tmp_path / f"at-{boundary}")
        return check_killed(case, reference, kill_at=boundary)

    boundaries = find_boundaries(work, place, tmp_path)
    first = boundaries.index("deliver")
    # A batch is at least a draft opened, written, synced and renamed.
    assert first > N_BATCHES * 4
    # Up to its delivery a run to a table does what a run to a file does.
    wanted = range(0 if isinstance(place, File) else first, len(boundaries))
    assert work.crew.each(kill, wanted) == len(wanted)
    assert not kill(len(boundaries))


def test_a_run_killed_at_random_moments_is_finished_by_the_same_command(
    work: Work, place: Place, reference: Reference, tmp_path: Path
) -> None:
    chance = random.Random(place.name)  # noqa: S311
    longest = measure(Case(work, place, tmp_path / "measured"))
    moments = [chance.uniform(0, longest) for _ in range(share_of(place))]

    def kill(number: int) -> bool:
        case = Case(work, place, tmp_path / f"moment-{number}")
        return check_killed(case, reference, kill_after=moments[number])

    killed = work.crew.each(kill, range(len(moments)))
    # Where the machine was busy while it was measured, runs end before their moment.
    assert killed > len(moments) / 5


def test_a_run_killed_again_and_again_is_finished_at_last(
    work: Work, place: Place, reference: Reference, tmp_path: Path
) -> None:
    case = Case(work, place, tmp_path / "out")
    # Each attempt gets a little further than the one before it.
    for boundary in count(step=3):
        ended = case.run(SECOND if case.began() else FIRST, kill_at=boundary)
        if ended["code"] != KILLED:
            break
        check_whole(case, reference)
    check_end(case, reference, FIRST, ended)


def test_an_interrupted_run_says_how_to_go_on_and_does(
    work: Work, reference: Reference, place: Place, tmp_path: Path
) -> None:
    case = Case(work, place, tmp_path / "out")
    half = len(find_boundaries(work, place, tmp_path)) // 2
    with work.crew.one() as children:
        assert case.run(FIRST, by=children, stop_at=half) == {"stopped": True}
        ended = children.do(job="go on", interrupted=True)
    assert ended["code"] == 130
    assert "batches are kept; the same command goes on from there" in case.log.read_text()
    check_whole(case, reference)
    assert case.began()
    check_end(case, reference, FIRST, case.run(SECOND))


def test_what_a_killed_run_leaves_names_nobody(work: Work, tmp_path: Path) -> None:
    case = Case(replace(work, recorded=None), File("scored.csv"), tmp_path / "out")
    assert MARKER in work.leads.read_text("utf-8")
    assert case.run(FIRST, kill_at=60)["code"] == KILLED
    assert case.began() and list(case.spool.glob("*.arrow"))
    for path in (*case.folder.rglob("*"), *work.config.parent.glob(".leadaccord/**/*"), case.log):
        if path.is_file():
            assert MARKER not in path.read_bytes().decode("latin-1").lower(), path


@pytest.mark.parametrize("moment", ["while rows are copied", "before they are committed", "after"])
def test_a_server_that_goes_away_takes_nothing_with_it(
    work: Work, postgres: Postgres, tmp_path: Path, moment: str
) -> None:
    place = PostgresTable(postgres)
    reference = make_reference(work, place, tmp_path / "reference")
    case = Case(work, place, tmp_path / "out")
    # Before a child is taken: there may be no other.
    stop_at = find_moment(work, place, tmp_path, moment)
    with work.crew.one() as children:
        assert case.run(FIRST, by=children, stop_at=stop_at)
        postgres.kill()
        ended = children.do(job="go on", interrupted=False)
    postgres.start()
    check_whole(case, reference)
    if moment == "after":
        check_end(case, reference, FIRST, ended)
        return
    assert ended["code"] == 2
    assert "same command can be run again" in ended["error"]
    assert case.shown()[0] is None and case.began()
    check_end(case, reference, FIRST, case.run(SECOND))


def find_boundaries(work: Work, place: Place, tmp_path: Path) -> list[str]:
    """Return what a run does to files and databases, in order."""
    names: list[str] = Case(work, place, tmp_path / "watched").run(FIRST, watched=True)[
        "boundaries"
    ]
    return names


def find_moment(work: Work, place: Place, tmp_path: Path, moment: str) -> int:
    """Return the boundary just before a delivery to PostgreSQL writes, commits, or is over."""
    told = find_boundaries(work, place, tmp_path)
    commit = max(number for number, name in enumerate(told) if name == "commit")
    copied = max(n for n, name in enumerate(told[:commit]) if name == "write")
    return {"while rows are copied": copied, "before they are committed": commit}.get(
        moment, commit + 4
    )


def share_of(place: Place) -> int:
    """Return how many random moments a place gets: half of all for files, half for tables."""
    return MOMENTS // 2 if isinstance(place, File) else MOMENTS // 4


def measure(case: Case) -> float:
    """Return how long a run takes here and now."""
    begun = time.monotonic()
    assert case.run(FIRST)["code"] == 0
    shutil.rmtree(case.folder)
    return time.monotonic() - begun
