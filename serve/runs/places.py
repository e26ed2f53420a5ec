"""Places of a run: the result, the rejects, the record, and the work folder."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from features.errors import UsageError
from features.files import expand_home, follow_link, raising_destination_error
from features.settings.schema import Settings
from serve.destinations.address import is_address
from serve.destinations.open import read_table
from serve.runs.record import ENDING as RECORD
from serve.runs.spool import place_of_spool

REJECTS, REFUSED = ".rejects.csv", ".refused.csv"
STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Target:
    """The places of one run.

    Attributes
    ----------
    name : str
        The destination, without a password.
    rejects : Path
    record : Path or None
        Beside the result where that is a file.
    folder : Path
        The work folder.
    result : Path or None
        The result where it is a file.
    """

    name: str
    rejects: Path
    record: Path | None
    folder: Path
    result: Path | None

    @property
    def refused(self) -> Path:
        """The file of what a CRM refused, beside the rejects."""
        return self.rejects.with_name(self.rejects.name.removesuffix(REJECTS) + REFUSED)

    @property
    def written(self) -> list[Path]:
        """The files that are shown."""
        return [path for path in (self.result, self.rejects, self.record) if path]


def find_places(out: str, *, name: str, rejects: Path | None, home: Path) -> Target:
    """Return the places that belong to a destination.

    Parameters
    ----------
    out : str
        A path, or the URL of a table.
    name : str
        The destination, without a password.
    rejects : Path, optional
        Where rejects go; beside the result if left out, for a table where the command runs.
    home : Path
        The project's home.
    """
    if is_address(out):
        table = read_table(out).table.replace("/", "_")
        place = place_of_spool(None, name=name, home=home)
        return Target(name, rejects or Path(table + REJECTS), None, place, None)
    path = expand_home(out)
    beside = path.with_name(path.name + REJECTS)
    record = path.with_name(path.name + RECORD)
    # Of the file itself: a run that names it and one that names a link to it keep each other out.
    with raising_destination_error(path):
        real = follow_link(path).absolute()
    folder = place_of_spool(real, name=name, home=home)
    return Target(name, rejects or beside, record, folder, path)


def refuse_inputs(settings: Settings, places: Iterable[Path], leads: str | None = None) -> None:
    """Refuse places where one of the inputs stands, or where it would be taken for one.

    Parameters
    ----------
    settings : Settings
    places : iterable of Path
        What is about to be written.
    leads : str, optional
        The file or glob of leads, relative to where the command runs.

    Raises
    ------
    UsageError
        Names the place.
    """
    tables = settings.tables
    named = (
        *(tables.leads, tables.activities, tables.decisions, tables.outcomes),
        tables.corrections,
    )
    inputs = [settings.root / reference for reference in named if reference]
    inputs += [settings.file]
    if leads and leads != STANDARD_INPUT:
        inputs.append(expand_home(leads).absolute())
    for place in places:
        if any(_is_same(place, path) for path in inputs):
            raise UsageError(
                "the result would replace what it is made from",
                where=str(place),
                next_step="Give another name with --out",
            )
        if any(_is_matched(place, path) for path in inputs):
            raise UsageError(
                "the next run would read the result as leads",
                where=str(place),
                next_step="Give a name with --out that the pattern of the leads does not match",
            )


def _is_same(place: Path, path: Path) -> bool:
    return place.exists() and path.exists() and path.samefile(place)


def _is_matched(place: Path, pattern: Path) -> bool:
    real = Path(os.path.realpath(place))
    return glob.has_magic(str(pattern)) and any(
        path.match(str(pattern)) for path in (place.absolute(), real)
    )
