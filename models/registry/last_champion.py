"""Last known champion: the model in use as the home knows it while the tracking server is away.

Scores are wanted every hour, whether the server answers or not. The home keeps which model the
server last named; one that never heard of it takes the model in use of its own store.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from features.errors import LeadaccordError
from features.files import write_file
from features.settings.schema import Settings
from features.stored_json import parse_json
from models.artifact.bundle import ModelBundle
from models.registry.champion import (
    Registered,
    find_own_champion,
    load_registered,
    registered_name,
    require_champion,
)
from models.registry.store import TrackingError, uses_file

FILE = "champion.json"


@dataclass(frozen=True)
class KnownChampion:
    """A model to score with, and whether the registry still names it.

    Attributes
    ----------
    bundle : ModelBundle
    warning : str
        Why it is only the last known one; empty where the registry answered.
    """

    bundle: ModelBundle
    warning: str = ""


def load_known_champion(settings: Settings) -> KnownChampion:
    """Load the model in use, or the last known one where the tracking server is away.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    UsageError
        When no model is in use.
    ModelError
        When its folder is damaged, or it is no Leadaccord model.
    TrackingError
        When the server does not answer and the home knows of no model in use.
    """
    try:
        champion = require_champion(settings)
    except TrackingError as away:
        known = None if uses_file() else _find_last(settings)
        if known is None:
            raise
        return KnownChampion(load_registered(settings, known[0]), _describe(*known, away))
    bundle = load_registered(settings, champion)
    keep_champion(settings, champion)
    return KnownChampion(bundle)


def keep_champion(settings: Settings, champion: Registered) -> None:
    """Note in the home which model a server names, for days on which it is away.

    Parameters
    ----------
    settings : Settings
    champion : Registered
        The model in use. It is not noted where the project keeps its own store.
    """
    if uses_file():
        return
    content = {
        "name": champion.name,
        "number": champion.number,
        "version": champion.version,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_file(settings.home / FILE, json.dumps(content, indent=1).encode("utf-8"))


def _find_last(settings: Settings) -> tuple[Registered, str] | None:
    """Return the model that was last named, and by what."""
    noted = _read_note(settings.home / FILE)
    if noted is not None and noted[0].name == registered_name(settings):
        return noted
    own = find_own_champion(settings)
    return None if own is None else (own, "by the store in the project's home")


def _read_note(path: Path) -> tuple[Registered, str] | None:
    if not path.is_file():
        return None
    try:
        content = parse_json(path.read_bytes())
        champion = Registered(*(str(content[key]) for key in ("name", "number", "version")))
        return champion, f"as the server said at {content['at']}"
    except (ValueError, KeyError, TypeError) as error:
        raise TrackingError(
            "the note of the model in use is damaged, and the tracking server does not answer",
            where=str(path),
            got=type(error).__name__,
            next_step="Run the command again when the server answers; that writes it anew",
        ) from error


def _describe(champion: Registered, source: str, away: LeadaccordError) -> str:
    return (
        "The tracking server did not answer, so the leads are scored with the last known model "
        f"in use, {champion.version}, {source}: {away}"
    )
