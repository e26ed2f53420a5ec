"""Replay of months of history: each trained and decided anew, and kept on disk once done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from features.checks.tables import check_tables, refuse
from features.contract.as_of import AsOf
from features.contract.digest import digest_tables
from features.contract.tables import Tables
from features.errors import DataRefused, ModelError, SourceError
from features.files import write_file
from features.labels import Labels, read_labelled
from features.language import Phrase
from features.own_folders import is_own, mark_folder
from features.settings.load import settings_to_dict
from features.settings.schema import Settings
from features.stored_json import parse_json
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
    """A replay, and the folder in which its months are kept."""

    settings: Settings
    folder: Path

    def path(self, job: str, moment: pd.Timestamp, *more: str) -> Path:
        """Return the file with a month's result."""
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
    advance: Callable[[], None],
) -> list[Decided]:
    """Train each month's model and let the gate decide, going on from what is kept.

    Parameters
    ----------
    replay : Replay
    moments : sequence of Timestamp
        The first moment of each month, the oldest first: each decision follows from the one
        before.
    advance : callable
        Called after each month.

    Returns
    -------
    list of Decided
    """
    replay.folder.mkdir(parents=True, exist_ok=True)
    if not is_own(replay.folder):
        mark_folder(replay.folder)
    remove_drafts(replay.folder)
    champion: str | None = None
    found = []
    for moment in moments:
        decided = _replay_month(replay, moment, champion)
        champion = decided.champion
        found.append(decided)
        advance()
    return found


def train_month(replay: Replay, moment: pd.Timestamp) -> tuple[Kept, World | None]:
    """Train the model of a month, or find it kept.

    Returns
    -------
    kept : dict
        The model's version and skill, or why there is none.
    world : tuple of Tables and Labels, or None
        As of the moment, where they had to be read.
    """
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


def _replay_month(replay: Replay, moment: pd.Timestamp, champion: str | None) -> Decided:
    """Train and decide one month, whose tables are let go of with it."""
    trained, world = train_month(replay, moment)
    version = trained["version"]
    if version is None:
        reasons = (Phrase(DATA_REFUSED, {"why": trained["why"]}),)
        return Decided(moment, None, False, champion, None, reasons)
    kept = decide_month(replay, moment, champion, version, world)
    return Decided(
        moment,
        version,
        skilled=trained["skill"] != "none",
        champion=version if kept["decision"] == "promoted" else champion,
        decision=kept["decision"],
        reasons=tuple(Phrase.from_dict(reason) for reason in kept["reasons"]),
    )


def _is_there(replay: Replay, version: str | None) -> bool:
    """Return whether a model can be read; where none was trained there is nothing to read."""
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
        found = parse_json(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _keep(path: Path, content: Mapping[str, Any]) -> Kept:
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    write_file(path, text.encode("utf-8"))
    return dict(parse_json(text))


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
