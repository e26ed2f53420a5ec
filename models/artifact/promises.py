"""Promises of reports: what each month's first report expected of the leads that waited then.

Kept in the home for as long as it exists, as counts alone: nothing of any lead.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from features.errors import LeadaccordError
from features.files import raising_resumable_error, write_file
from features.settings.schema import Settings

FILE = "promises.json"


class PromiseError(LeadaccordError):
    """The record of promises cannot be read."""

    default_code = "promises"


@dataclass(frozen=True)
class Promise:
    """What a report expected of the leads of its period that waited for an answer.

    Attributes
    ----------
    start, end : date
        First and last day of the hand-overs.
    answered, accepted, waiting : int
        Of these, as they stood then.
    expected, low, high : float
        Share of the waiting that sales would accept, with its 90 % interval.
    aim : float or None
        The accepted share that the teams had agreed on.
    model_version : str
    """

    start: dt.date
    end: dt.date
    answered: int
    accepted: int
    waiting: int
    expected: float
    low: float
    high: float
    aim: float | None
    model_version: str


def promises_file(settings: Settings) -> Path:
    """Return where a project's promises are kept."""
    return settings.home / FILE


def read_promises(path: Path) -> tuple[Promise, ...]:
    """Return the promises of earlier reports, oldest first; none where there is no file.

    Raises
    ------
    PromiseError
        When the file is damaged.
    """
    if not path.is_file():
        return ()
    with raising_resumable_error(path):
        content = path.read_bytes()
    try:
        return tuple(_parse(entry) for entry in json.loads(content))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise PromiseError(
            "the record of what earlier reports promised cannot be read",
            where=str(path),
            got=type(error).__name__,
            next_step="Remove the file; the record begins anew with the next report",
        ) from error


def add_promise(path: Path, promise: Promise) -> None:
    """Keep a promise, unless its month has one: what was promised first stands.

    Raises
    ------
    PromiseError
        When the file is damaged.
    DestinationError
        When it cannot be written.
    """
    before = read_promises(path)
    if all(month_of(one) != month_of(promise) for one in before):
        write_file(path, _write(sorted((*before, promise), key=lambda one: one.end)))


def month_of(promise: Promise) -> tuple[int, int]:
    """Return year and month in which a promise's period ends."""
    return promise.end.year, promise.end.month


def _write(promises: Iterable[Promise]) -> bytes:
    rows = [asdict(one) for one in promises]
    return (json.dumps(rows, default=dt.date.isoformat, indent=1) + "\n").encode("utf-8")


def _parse(entry: dict[str, object]) -> Promise:
    days = {name: dt.date.fromisoformat(str(entry[name])) for name in ("start", "end")}
    given = {field.name: entry[field.name] for field in fields(Promise)}
    for name in ("answered", "accepted", "waiting"):
        if type(given[name]) is not int:
            raise ValueError(name)
    for name in ("expected", "low", "high", "aim"):
        if not isinstance(given[name], int | float) and not (name == "aim" and given[name] is None):
            raise ValueError(name)
    return Promise(**{**given, **days})  # type: ignore[arg-type]
