"""Runs that are killed, and what must hold whenever they were."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tests.chaos.places import File, Place
from tests.conftest import REPOSITORY

FIRST, SECOND = "2026-11-01T06:00:00", "2026-11-01T07:00:00"
BATCH_ROWS = 20
KILLED = -9
REJECTS = "rejects.csv"


class Children:
    """The program that forks a child per run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.chaos.children"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready"

    def do(self, **order: Any) -> dict[str, Any]:
        """Let a child do something and return how it ended."""
        assert self._process.stdin is not None
        print(json.dumps(order, default=str), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._read())
        return answer

    def close(self) -> None:
        """End the program."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(60) == 0

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the program that forks children is gone"
        return line.strip()


class Crew:
    """Several such programs, for as many cores."""

    def __init__(self, size: int) -> None:
        self._free: SimpleQueue[Children] = SimpleQueue()
        with ThreadPoolExecutor(size) as pool:
            self._all = list(pool.map(lambda _: Children(), range(size)))
        for children in self._all:
            self._free.put(children)

    def do(self, **order: Any) -> dict[str, Any]:
        """Let one that is free do something."""
        with self.one() as children:
            return children.do(**order)

    @contextmanager
    def one(self) -> Iterator[Children]:
        """Keep one for several orders."""
        children = self._free.get()
        try:
            yield children
        finally:
            self._free.put(children)

    def each(self, do: Callable[[int], bool], numbers: Iterable[int]) -> int:
        """Do something with each number, as many at a time as there are, and count the true."""
        with ThreadPoolExecutor(len(self._all)) as pool:
            return sum(pool.map(do, numbers))

    def close(self) -> None:
        """End them all."""
        for children in self._all:
            children.close()


@dataclass(frozen=True)
class Work:
    """What is scored, and with what.

    Attributes
    ----------
    recorded : Path or None
        The batches of these leads, scored once for all; None to read the leads.
    """

    crew: Crew
    config: Path
    leads: Path
    recorded: Path | None


@dataclass(frozen=True)
class Case:
    """Runs to one place, in a folder of its own."""

    work: Work
    place: Place
    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)

    @property
    def log(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def spool(self) -> Path:
        return self.place.work(self.folder, self.work.config.parent / ".leadaccord")

    def run(self, now: str, *, by: Children | None = None, **how: Any) -> dict[str, Any]:
        """Do one run."""
        return (by or self.work.crew).do(
            job="score",
            now=now,
            out=self.place.out(self.folder),
            rejects=self.folder / REJECTS,
            config=self.work.config,
            leads=self.work.leads,
            recorded=self.work.recorded,
            batch_rows=BATCH_ROWS,
            log=self.log,
            **self.place.how,
            **how,
        )

    def shown(self) -> tuple[bytes | None, bytes | None]:
        """Return the result and the rejects, as far as they are there."""
        rejects = self.folder / REJECTS
        return self.place.read(self.folder), rejects.read_bytes() if rejects.exists() else None

    def began(self) -> bool:
        """Tell whether a run was left that the next one goes on with."""
        return (self.spool / "journal.json").exists()


Reference = Mapping[str, tuple[bytes | None, bytes | None]]
"""What uninterrupted runs leave, by their moment."""


def make_reference(work: Work, place: Place, folder: Path) -> Reference:
    """Run to the end, uninterrupted, at either moment."""
    reference = {}
    for number, now in enumerate((FIRST, SECOND)):
        case = Case(work, place, folder / f"{place.name}-{number}")
        ended = case.run(now)
        assert ended["code"] == 0, case.log.read_text()
        reference[now] = case.shown()
        assert None not in reference[now]
    assert reference[FIRST] != reference[SECOND]
    return reference


def check_whole(case: Case, reference: Reference) -> None:
    """Check that, whenever a run ended, nothing half is to be seen."""
    result, rejects = case.shown()
    assert result in (None, reference[FIRST][0]), "the result is half"
    assert rejects in (None, reference[FIRST][1]), "the rejects are half"
    # The rejects come before the result: who sees the result sees all that belongs to it.
    assert result is None or rejects is not None


def check_end(case: Case, reference: Reference, now: str, ended: Mapping[str, Any]) -> None:
    """Check that the run which ended left what an uninterrupted one does, and nothing else."""
    assert ended["code"] == 0, case.log.read_text()
    assert case.shown() == reference[now]
    names = {path.name for path in case.folder.iterdir()}
    assert names == {REJECTS} | case.place.files(), "something was left over"
    assert not case.spool.exists()
    counts = ended["result"]
    assert counts["leads"] == counts["scored"] + counts["rejected"] > 0
    if isinstance(case.place, File):
        record = json.loads((case.folder / f"{case.place.name}.run.json").read_bytes())
        assert (record["scored_at"], record["scored"]) == (now, counts["scored"])


def check_killed(case: Case, reference: Reference, **how: Any) -> bool:
    """Kill a run, look, run the same command again, look; tell whether it was killed."""
    killed = case.run(FIRST, **how)
    check_whole(case, reference)
    # Before there was a journal nothing had begun, and after it was gone all had ended.
    now = FIRST if case.began() else SECOND
    check_end(case, reference, now, case.run(SECOND))
    return bool(killed["code"] == KILLED)
