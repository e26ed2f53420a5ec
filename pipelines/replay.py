"""Replay of months of history: each trained and decided anew, and kept on disk once done."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pandas as pd

from features.checks.tables import check_tables, refuse
from features.contract.as_of import AsOf
from features.contract.digest import digest_tables
from features.contract.tables import Tables
from features.errors import DataRefused, ModelError, OurFault, SourceError
from features.files import write_file
from features.labels import Labels, read_labelled
from features.language import Phrase
from features.settings.load import settings_to_dict
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.artifact.folder import load_bundle, remove_drafts, save_bundle
from models.promotion.gate import decide
from models.training import train_model
from pipelines.retrain import DATA_REFUSED, compare_with, make_case
from pipelines.retrain_outcome import Champion

FOLDER = "backtest"
FORMAT = 1
"""Raised when what is kept of a month changes."""

World = tuple[Tables, Labels]
Kept = dict[str, Any]


@dataclass(frozen=True)
class Replay:
    """What is replayed, and the folder in which its months are kept."""

    settings: Settings
    folder: Path

    def path(self, job: str, moment: pd.Timestamp, *more: str) -> Path:
        """Return the file of what was done for a month."""
        day = f"{moment:%Y-%m-%d}"
        return self.folder / ("-".join((job, day, *more)) + ".json")

    def load(self, version: str) -> ModelBundle:
        """Return one of the models that were trained."""
        return load_bundle(self.folder / version)


@dataclass(frozen=True)
class Decided:
    """One month's model, and what the gate said of it.

    Attributes
    ----------
    moment : Timestamp
    version : str or None
        None where the data were refused.
    skilled : bool
        Whether it may be put in use at all.
    champion : str or None
        The model in use after the gate's decision.
    decision : str or None
        "promoted" or "held".
    reasons : tuple of Phrase
    """

    moment: pd.Timestamp
    version: str | None
    skilled: bool
    champion: str | None
    decision: str | None
    reasons: tuple[Phrase, ...]


def open_replay(settings: Settings, tables: Tables) -> Replay:
    """Return the replay of the tables, in a folder named by all that its months rest on.

    Any change to the data or to the settings that shape a model gives another folder, so that no
    stale month is taken for a fresh one.
    """
    from importlib.metadata import version

    grounds: dict[str, Any] = settings_to_dict(settings)
    for name in ("project", "gate", "score"):
        grounds.pop(name)
    grounds |= {
        "data": digest_tables(tables),
        "format": FORMAT,
        "versions": [version(name) for name in ("leadaccord", "lightgbm", "scikit-learn")],
    }
    return Replay(settings, settings.home / FOLDER / _digest(grounds))


def replay_months(
    replay: Replay,
    moments: Sequence[pd.Timestamp],
    *,
    jobs: int,
    advance: Callable[[], None],
) -> list[Decided]:
    """Train each month's model and let the gate decide, going on from what is kept.

    Parameters
    ----------
    replay : Replay
    moments : sequence of Timestamp
        The first moment of each month, the oldest first.
    jobs : int
        How many processes work at once; 1 works in this one. Each holds one month's tables.
    advance : callable
        Called after each month.

    Returns
    -------
    list of Decided
    """
    remove_drafts(replay.folder)
    if jobs == 1:
        return _decide_in_turn(replay, moments, lambda at: _train(replay, at), advance)
    with _workers(jobs) as pool:
        ahead = {at: pool.submit(train_month, replay, at) for at in moments[: jobs + 1]}
        later = iter(moments[jobs + 1 :])

        def train(moment: pd.Timestamp) -> tuple[Kept, World | None]:
            found = _wait(ahead.pop(moment))
            if (following := next(later, None)) is not None:
                ahead[following] = pool.submit(train_month, replay, following)
            return found, None

        def decide_there(*case: Any) -> Kept:
            return _wait(pool.submit(decide_month, *case))

        return _decide_in_turn(replay, moments, train, advance, decide_there=decide_there)


def train_month(replay: Replay, moment: pd.Timestamp) -> Kept:
    """Train the model of a month, or find it kept: its version and skill, or why there is none."""
    return _train(replay, moment)[0]


def decide_month(
    replay: Replay,
    moment: pd.Timestamp,
    champion: str | None,
    challenger: str,
    world: World | None = None,
) -> Kept:
    """Let the gate decide whether a month's model replaces the one in use, or find it decided.

    Parameters
    ----------
    replay : Replay
    moment : Timestamp
    champion : str or None
        The version in use.
    challenger : str
        The version of the month's model.
    world : tuple of Tables and Labels, optional
        As of the moment, where they are at hand.
    """
    gate = replay.settings.gate.model_copy(update={"mode": "on"})
    mark = _digest(gate.model_dump(mode="json"))
    path = replay.path("decided", moment, champion or "none", mark)
    if (found := _recall(path)) is not None:
        return found
    new, old = replay.load(challenger), None if champion is None else replay.load(champion)
    comparison = None
    if old is not None and old.version != new.version:
        settings = replay.settings.model_copy(update={"gate": gate})
        as_of = as_of_start(moment)
        tables, labels = world or read_labelled(settings, as_of)
        comparison = compare_with(old, settings, tables, labels, as_of)
    verdict = decide(make_case(Champion(None, old), new, comparison), gate)
    reasons = [reason.to_dict() for reason in verdict.reasons]
    return _keep(path, {"decision": verdict.decision, "reasons": reasons})


def as_of_start(moment: pd.Timestamp) -> AsOf:
    """Return the world before a moment: what is dated from then on is not there."""
    return AsOf(moment - pd.Timedelta(microseconds=1), replay=True)


def _train(replay: Replay, moment: pd.Timestamp) -> tuple[Kept, World | None]:
    path = replay.path("trained", moment)
    found = _recall(path)
    if found is not None and _is_there(replay, found["version"]):
        return found, None
    try:
        tables, labels = read_labelled(replay.settings, as_of_start(moment))
        refuse(check_tables(tables, labels))
        trained = train_model(tables, labels, progress=lambda _: None)
    except (DataRefused, SourceError) as error:
        return _keep(path, {"version": None, "skill": "none", "why": str(error)}), None
    bundle = save_bundle(trained.bundle, replay.folder)
    skill = str(trained.bundle.figures["skill"])
    return _keep(path, {"version": bundle.version, "skill": skill}), (tables, labels)


def _decide_in_turn(
    replay: Replay,
    moments: Sequence[pd.Timestamp],
    train: Callable[[pd.Timestamp], tuple[Kept, World | None]],
    advance: Callable[[], None],
    *,
    decide_there: Callable[..., Kept] = decide_month,
) -> list[Decided]:
    """Let each month's decision follow from the one before."""
    champion: str | None = None
    found = []
    for moment in moments:
        trained, world = train(moment)
        version = trained["version"]
        if version is None:
            reasons = (Phrase(DATA_REFUSED, {"why": trained["why"]}),)
            found.append(Decided(moment, None, False, champion, None, reasons))
        else:
            more = (world,) if world is not None else ()
            said = decide_there(replay, moment, champion, version, *more)
            champion = version if said["decision"] == "promoted" else champion
            told = tuple(Phrase.from_dict(reason) for reason in said["reasons"])
            skilled = trained["skill"] != "none"
            found.append(Decided(moment, version, skilled, champion, said["decision"], told))
        del world
        advance()
    return found


@contextmanager
def _workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Open processes of one thread each; threads of several would get in each other's way."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    # Not forked: a copy of a process whose OpenMP has begun can hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_end_with_parent)
    try:
        yield pool
        pool.shutdown()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


def _end_with_parent() -> None:
    """Leave at once when the process that began this one is gone, however it went."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101  # only called in a child

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _wait(future: Future[Kept]) -> Kept:
    try:
        return future.result()
    except BrokenProcessPool:
        raise OurFault(
            "a process that replayed a month was stopped, perhaps for want of memory",
            next_step="Run the same command with --jobs 1; finished months are kept",
            code="worker_gone",
        ) from None


def _is_there(replay: Replay, version: str | None) -> bool:
    """Tell whether a model can be read; where none was trained there is nothing to read."""
    if version is None:
        return True
    try:
        replay.load(version)
    except ModelError:
        return False
    return True


def _recall(path: Path) -> Kept | None:
    """Return what is kept, or None; a file that is no JSON object is made again."""
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _keep(path: Path, content: Mapping[str, Any]) -> Kept:
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    write_file(path, text.encode("utf-8"))
    return dict(json.loads(text))


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
