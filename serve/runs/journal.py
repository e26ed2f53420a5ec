"""Journal of a run: its inputs, its beginning, and whether it was delivered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from features.files import write_durably
from features.settings.schema import Settings
from features.stored_json import parse_json

JOURNAL = "journal.json"
FORMAT = 2

# What reads, computes and writes; another version of one may change a digit.
_LIBRARIES = ("duckdb", "lightgbm", "numba", "numpy", "pandas", "pyarrow", "scipy")
_ROOMS = ("features", "models", "serve")


@dataclass(frozen=True)
class Identity:
    """What a result is made of: the same identity, the same result.

    Attributes
    ----------
    digest : str
        SHA-256 of what was read.
    model_version, language, settings, code : str
        The model, the language of the reasons, a digest of the settings, and one of the code and
        of the libraries that shape results.
    batch_rows : int
    format, destination : str
        Where it goes, without a password.
    earlier : str
        A digest of the earlier scores that changes are found by; empty where none are asked for.
    calibration : float
        The shift of the model's calibration, which a prior shift moves.
    """

    digest: str
    model_version: str
    language: str
    settings: str
    code: str
    batch_rows: int
    format: str
    destination: str
    earlier: str = ""
    calibration: float = 0.0

    def differs_in(self, other: Identity) -> tuple[str, ...]:
        """Return the names of what is not the same, in words."""
        mine, others = asdict(self), asdict(other)
        return tuple(_WORDS[name] for name in mine if mine[name] != others[name])


_WORDS = {
    "digest": "the leads",
    "model_version": "the model",
    "language": "the language",
    "settings": "the settings",
    "code": "the version of leadaccord or its libraries",
    "batch_rows": "the size of batches",
    "format": "the format",
    "destination": "the destination",
    "earlier": "the earlier scores that changes are found by",
    "calibration": "the prior shift",
}


@dataclass(frozen=True)
class Journal:
    """One run, from its first attempt to its end.

    Attributes
    ----------
    identity : Identity
    scored_at : Timestamp
        The moment of the first attempt, UTC; it stands beside every score.
    count : int
        How many batches there are.
    delivered : bool
        Whether the result is at its destination.
    """

    identity: Identity
    scored_at: pd.Timestamp
    count: int
    delivered: bool = False

    def is_of(self, identity: Identity, count: int) -> bool:
        """Whether it is the journal of the run of these inputs in so many batches."""
        return self.identity == identity and self.count == count

    @property
    def run_id(self) -> str:
        """The run's name: when it began, and what it is made of."""
        content = json.dumps(asdict(self.identity), sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()
        return f"{self.scored_at:%Y%m%dT%H%M%S}-{digest[:8]}"

    def mark_delivered(self) -> Journal:
        """Return the journal of the same run once its result is delivered."""
        return replace(self, delivered=True)


def write_journal(folder: Path, journal: Journal) -> None:
    """Write the journal of a run into its work folder, with a sum that shows any damage."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "identity": asdict(journal.identity),
        "scored_at": journal.scored_at.isoformat(),
        "count": journal.count,
        "delivered": journal.delivered,
    }
    content["sha256"] = _sum_content(content)
    write_durably(folder / JOURNAL, json.dumps(content, indent=1).encode())


def read_journal(folder: Path) -> Journal | None:
    """Read the journal of a work folder; None where there is none, or none that can be used.

    One that was damaged, or changed by hand, cannot be used: rows might be missing from the result.
    """
    # Reading a pipe would never end.
    if not (folder / JOURNAL).is_file():
        return None
    try:
        content = parse_json((folder / JOURNAL).read_bytes())
        found = content.pop("sha256")
        if content["format"] != FORMAT or found != _sum_content(content):
            return None
        named = {field.name: content["identity"][field.name] for field in fields(Identity)}
        return Journal(
            Identity(**named),
            pd.Timestamp(content["scored_at"]),
            int(content["count"]),
            bool(content["delivered"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


@cache
def digest_code() -> str:
    """Return a digest of the code and the libraries that shape results."""
    rooms = Path(__file__).resolve().parents[2]
    sources = sorted(path for room in _ROOMS for path in (rooms / room).rglob("*.p[yo]"))
    parts = [f"{path.relative_to(rooms)}:{_sum(path.read_bytes())}" for path in sources]
    return _sum("\n".join([*parts, *_list_versions(_LIBRARIES)]).encode())


def digest_settings(settings: Settings) -> str:
    """Return a digest of the settings that shape results, wherever their file lies."""
    content = settings.model_dump(mode="json", exclude={"file", "root", "score"})
    return _sum(json.dumps(content, sort_keys=True).encode())


def _list_versions(libraries: Iterable[str]) -> Iterable[str]:
    for name in libraries:
        try:
            yield f"{name}=={version(name)}"
        except PackageNotFoundError:
            yield f"{name} is not there"


def _sum_content(content: Mapping[str, Any]) -> str:
    return _sum(json.dumps(content, sort_keys=True).encode())


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
