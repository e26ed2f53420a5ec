"""Runs killed with SIGKILL: whatever the moment, the same command ends as if nothing had been.

`make chaos` lets more of them be killed: LEADACCORD_CHAOS is how many at random moments.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator, Mapping
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
from tests.chaos.places import Duckdb, File, Import, Place, PostgresTable, Sqlite
from tests.pipelines.conftest import MARKER, Project
from tests.postgres import Postgres

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, which Windows cannot")

MOMENTS = int(os.environ.get("LEADACCORD_CHAOS", "63"))
N_BATCHES = 3
FILES = ("scored.csv", "scored.parquet", "scored.xlsx", "salesforce.csv")
TABLES = ("sqlite", "duckdb", "postgres")
THOROUGH = (FILES[0], TABLES[0])
PLACES = FILES + TABLES
OTHER: Mapping[bool, Place] = {False: File(FILES[0]), True: Sqlite()}


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
    places: dict[str, Place] = {
        "sqlite": Sqlite(),
        "duckdb": Duckdb(),
        "salesforce.csv": Import("salesforce.csv", {"format": "salesforce", "max_rows": 24}),
    }
    return places.get(request.param) or File(request.param)


@pytest.fixture(scope="module")
def reference(work: Work, place: Place, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """What uninterrupted runs leave."""
    return make_reference(work, place, tmp_path_factory.mktemp("reference"))


def test_the_whole_job_leaves_the_same_as_with_batches_from_a_recording(
    work: Work, tmp_path: Path
) -> None:
    place = File("scored.csv")
    reference = make_reference(work, place, tmp_path / "reference")
    case = Case(replace(work, recorded=None), place, tmp_path / "out")
    check_end(case, reference, FIRST, case.run(FIRST))


def test_a_run_killed_at_any_write_boundary_is_finished_by_the_same_command(
    work: Work, place: Place, reference: Reference, folder: Path
) -> None:
    def kill(boundary: int) -> bool:
        case = Case(work, place, folder / f"at-{boundary}")
        killed = check_killed(case, reference, kill_at=boundary)
        shutil.rmtree(case.folder)
        return killed

    found = find_boundaries(work, place, folder)
    # A batch is at least a draft opened, written, synced and renamed.
    assert found.index("deliver") > N_BATCHES * 4
    own = find_delivery(found)
    wanted = range(own.start, own.stop + 1)
    if place.name in THOROUGH:
        wanted = range(len(found))
        assert not kill(len(found))
    else:
        # All but the delivery is what the run does that is killed everywhere.
        other = find_boundaries(work, OTHER[place.name in TABLES], folder / "other")
        assert list_around(found, own) == list_around(other, find_delivery(other))
    assert work.crew.each(kill, wanted) == len(wanted)


def test_a_run_killed_at_random_moments_is_finished_by_the_same_command(
    work: Work, place: Place, reference: Reference, folder: Path
) -> None:
    chance = random.Random(place.name)  # noqa: S311
    longest = measure(Case(work, place, folder / "measured"))
    moments = [chance.uniform(0, longest) for _ in range(-(-MOMENTS // len(PLACES)))]

    def kill(number: int) -> bool:
        case = Case(work, place, folder / f"moment-{number}")
        killed = check_killed(case, reference, kill_after=moments[number])
        shutil.rmtree(case.folder)
        return killed

    killed = work.crew.each(kill, range(len(moments)))
    # Where the machine was busy while it was measured, runs end before their moment.
    assert killed > len(moments) / 5


def test_a_run_killed_again_and_again_is_finished_at_last(
    work: Work, place: Place, reference: Reference, folder: Path
) -> None:
    case = Case(work, place, folder / "out")
    # Each attempt gets a little further than the one before it.
    for boundary in count(step=11):
        ended = case.run(SECOND if case.began() else FIRST, kill_at=boundary)
        if ended["code"] != KILLED:
            break
        check_whole(case, reference)
    assert boundary >= 5 * 11
    check_end(case, reference, FIRST, ended)


def test_an_interrupted_run_says_how_to_go_on_and_does(
    work: Work, reference: Reference, place: Place, folder: Path
) -> None:
    case = Case(work, place, folder / "out")
    half = len(find_boundaries(work, place, folder)) // 2
    with work.crew.one() as children:
        assert case.run(FIRST, by=children, stop_at=half) == {"stopped": True}
        ended = children.do(job="go on", interrupted=True)
    if ended["code"] == 0:
        # Python drops an interrupt that comes while it frees an object; then nothing stopped.
        check_end(case, reference, FIRST, ended)
        return
    assert ended["code"] == 130
    assert "batches are kept; the same command resumes there" in case.log.read_text()
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


def find_boundaries(work: Work, place: Place, folder: Path) -> list[str]:
    """Return what a run does to files and databases, in order."""
    names: list[str] = Case(work, place, folder / "watched").run(FIRST, watched=True)["boundaries"]
    return names


def find_moment(work: Work, place: Place, tmp_path: Path, moment: str) -> int:
    """Return the boundary just before a delivery to PostgreSQL writes, commits, or is over."""
    told = find_boundaries(work, place, tmp_path)
    commit = max(number for number, name in enumerate(told) if name == "commit")
    copied = max(n for n, name in enumerate(told[:commit]) if name == "write")
    return {"while rows are copied": copied, "before they are committed": commit}.get(
        moment, commit + 4
    )


def find_delivery(found: list[str]) -> range:
    """Return where among the boundaries the result is delivered, which the rejects are before."""
    start = max(number for number, name in enumerate(found) if name == "deliver")
    return range(start, found.index("mark_delivered"))


def list_around(found: list[str], delivery: range) -> list[str]:
    """Return the boundaries from the run's begin to its delivery, and after it."""
    return found[found.index("begin") : delivery.start] + found[delivery.stop :]


def measure(case: Case) -> float:
    """Return how long a run takes here and now."""
    begun = time.monotonic()
    assert case.run(FIRST)["code"] == 0
    shutil.rmtree(case.folder)
    return time.monotonic() - begun
