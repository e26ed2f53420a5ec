"""Kills a retraining at every place where it writes, each time in a process of its own.

Run as a program: `python -m tests.pipelines.killed FOLDER STRIDE` prints one JSON object per kill;
a stride of 0 spreads a dozen kills over all writes.
Only what comes after learning is repeated, for nothing is written before it: store the model, write
the report, record the run, move the alias. The processes are forks of one that has learned, has
done the same in another home and has no threads, so that each costs no more than what it writes.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from features.contract.as_of import AsOf
from features.settings.schema import Settings
from models.artifact.folder import remove_drafts, save_bundle
from models.promotion.gate import Case, decide
from models.registry.champion import find_champion, load_champion, models_folder
from models.registry.history import ATTEMPT, clear_interrupted, lock_home
from models.training import Trained
from pipelines.retrain import find_model_in_use, record
from pipelines.retrain_outcome import Retraining
from tests.trained import draw_tables, make_project, train

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FEW = 6
CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate"}


def compare(settings: Settings, trained: Trained) -> Retraining:
    """A retraining with a gate that promotes, decided and not yet recorded."""
    import pandas as pd

    champion = find_model_in_use(settings)
    done = replace(trained, bundle=save_bundle(trained.bundle, models_folder(settings)))
    verdict = decide(Case(skill="good", comparison=None), settings.gate)
    as_of = AsOf(pd.Timestamp("2026-03-01"), replay=True)
    return Retraining(settings, as_of, champion, done, None, None, verdict, ())


def finish(made: Retraining) -> dict[str, Any]:
    """Record the retraining."""
    assert made.trained is not None
    return record(made, made.trained, seconds=0)


def retrain(settings: Settings, trained: Trained) -> None:
    """What the command does once it has learned, with a gate that promotes."""
    with lock_home(settings, wait=True):
        clear_interrupted(settings)
        remove_drafts(models_folder(settings))
        finish(compare(settings, trained))


def watch(root: Path, act: Callable[[], None]) -> None:
    """Call `act` before every write below the folder, and before every statement that writes."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    inside = str(root)

    def hear(name: str, arguments: tuple[Any, ...]) -> None:
        if name == "open":
            path, mode, flags = arguments
            if not isinstance(path, str) or not (flags & WRITES or set(mode or "") & set("wax+")):
                return
        elif name not in CHANGES:
            return
        if any(isinstance(part, str) and part.startswith(inside) for part in arguments):
            act()

    def before(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            act()

    sys.addaudithook(hear)
    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "commit", lambda _: act())


def fork(job: Callable[[], None]) -> int:
    """Run a job in a process of its own; its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            job()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def count_writes(settings: Settings, trained: Trained) -> int:
    def job() -> None:
        seen = [0]

        def act() -> None:
            seen[0] += 1

        watch(settings.root, act)
        retrain(settings, trained)
        (settings.root / "count").write_text(str(seen[0]))

    assert fork(job) == 0
    return int((settings.root / "count").read_text())


def kill_at(settings: Settings, trained: Trained, place: int) -> int:
    def job() -> None:
        seen = [0]

        def act() -> None:
            seen[0] += 1
            if seen[0] == place:
                os.kill(os.getpid(), signal.SIGKILL)

        watch(settings.root, act)
        retrain(settings, trained)

    return fork(job)


def look(settings: Settings) -> dict[str, Any]:
    """What is in use, and what is left lying about."""
    champion = find_champion(settings)
    assert champion is not None
    with closing(sqlite3.connect(settings.home / "tracking.db")) as store:
        running = store.execute("select count(*) from runs where status = 'RUNNING'").fetchone()[0]
        decisions = store.execute(
            "select version, value from model_version_tags where key = 'leadaccord.decision'"
        ).fetchall()
    return {
        "champion": champion.version,
        "loads": load_champion(settings).version == champion.version,
        "running": running,
        "promised": sorted(
            str(version)
            for version, value in decisions
            if value == "promoted" and str(version) != champion.number
        ),
        "unfinished": (settings.home / ATTEMPT).exists(),
        "drafts": len(list(models_folder(settings).glob(".writing-*"))),
    }


def write_pictures_undrawn(picture: bytes) -> None:
    """Let matplotlib write this picture as any: drawing takes long and writes nothing."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    draw = Figure.savefig

    def write(figure: Figure, path: Any, **options: Any) -> None:
        if isinstance(path, os.PathLike):
            Path(path).write_bytes(picture)
        else:
            draw(figure, path, **options)

    Figure.savefig = write  # type: ignore[method-assign]
    ConstrainedLayoutEngine.execute = lambda *_: None  # type: ignore[method-assign]


def tell(result: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def main(root: Path, stride: int) -> None:
    settings = make_project(root)
    first, second = (train(draw_tables(200, seed=seed)) for seed in (3, 4))
    # Here, so that no fork has to load and look up again what is the same for all.
    retrain(make_project(root / "another"), first)
    write_pictures_undrawn(next((root / "another").rglob("roc.png")).read_bytes())
    assert threading.active_count() == 1
    gc.freeze()  # else each fork copies what its collector looks at
    assert fork(lambda: retrain(settings, first)) == 0
    whole = root / "whole"
    shutil.copytree(settings.home, whole)
    writes = count_writes(settings, second)
    tell({"writes": writes, **look(settings)})
    # The alias moves near the end, so that there every write is tried.
    places = {*range(1, writes + 1, stride or writes // FEW), *range(writes - FEW, writes + 1)}
    for place in sorted(places):
        shutil.rmtree(settings.home)
        shutil.copytree(whole, settings.home)
        code = kill_at(settings, second, place)
        killed = look(settings)
        again = fork(lambda: retrain(settings, second))
        told = {"place": place, "code": code, "killed": killed, "again": again}
        tell({**told, "after": look(settings)})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
