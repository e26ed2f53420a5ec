"""Leads of a scoring run: a new one, or one that resumes where it stopped."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from features.checks.tables import refuse
from features.files import draft_of, expand_home, raising_resumable_error
from features.settings.schema import Settings
from features.sources.paths import looks_like_file
from models.artifact.bundle import ModelBundle
from models.artifact.score_history import history_folder, sum_history
from pipelines.score_keeping import choose_kept, read_earlier
from serve.destinations.address import is_address
from serve.destinations.formats import check_format, check_settings
from serve.runs.journal import Identity, digest_code, digest_settings
from serve.runs.locks import IfBusy
from serve.runs.places import STANDARD_INPUT, Target
from serve.runs.spool import INPUT, Spool
from serve.scoring.batches import BATCH_ROWS, Batches, open_batches


@dataclass(frozen=True)
class Options:
    """How a run is done; none but `format`, `now` and `changes` changes a byte of the result.

    Attributes
    ----------
    format : str or None
        The file format, or the CRM that imports it; that of the settings if None, otherwise given
        by the ending of the name.
    rejects : Path or None
        Where rejected rows go; beside the result if None.
    max_rejected : float or None
        The share of rejected rows above which nothing is delivered; that of the settings if None.
    if_busy : {"refuse", "wait"}
        What to do while another run writes to the same destination.
    threads : int or None
        All cores if None.
    batch_rows : int
        Leads per batch, which is what a crash costs at most; as is fast if None.
    now : Timestamp or None
        The moment written beside the scores, UTC; the present one if None.
    changes : bool
        Whether a score that is another than at the last scoring says why.
    dry_run : bool
        Whether to show what a CRM would be sent, and send nothing.
    """

    format: str | None = None
    rejects: Path | None = None
    max_rejected: float | None = None
    if_busy: IfBusy = "refuse"
    threads: int | None = None
    batch_rows: int | None = None
    now: pd.Timestamp | None = None
    changes: bool = False
    dry_run: bool = False


def choose_format(options: Options, settings: Settings, out: str) -> Options:
    """Return the options with the format of the settings where no other was given.

    Parameters
    ----------
    options : Options
    settings : Settings
    out : str
        Where the result goes; a table has no format.

    Raises
    ------
    UsageError, SettingsError
        When there is no such format.
    """
    check_format(options.format)
    if options.format is not None or is_address(out):
        return options
    check_settings(settings)
    return replace(options, format=settings.score.format)


@contextmanager
def open_run(
    settings: Settings,
    bundle: ModelBundle,
    leads: str | None,
    spool: Spool,
    target: Target,
    options: Options,
) -> Iterator[Batches]:
    """Open the leads, and begin the run or go on with it.

    A run that goes on keeps the moment of its first attempt. Only once the leads are read is it
    known whether they are the same; if not, they are read again with a new moment.
    """
    source = keep_input(spool.folder) if leads == STANDARD_INPUT else as_reference(leads)
    begun = False
    while not begun:
        now = choose_moment(spool, options)
        with open_batches(
            settings,
            bundle,
            source,
            now=now,
            rows=options.batch_rows or BATCH_ROWS,
            threads=options.threads,
            earlier=read_earlier(settings) if options.changes else None,
            keep=choose_kept(settings),
        ) as batches:
            refuse(batches.findings)
            identity = identify(settings, bundle, batches.digest, target, options)
            begun = spool.begin(identity, scored_at=now, count=batches.count)
            if begun:
                yield batches


def choose_moment(spool: Spool, options: Options) -> pd.Timestamp:
    """Return the moment of the first attempt, or the present one for a first attempt."""
    if spool.journal is not None:
        return spool.journal.scored_at
    now = options.now or pd.Timestamp.now("UTC").tz_localize(None)
    return now.floor("s")


def identify(
    settings: Settings, bundle: ModelBundle, digest: str, target: Target, options: Options
) -> Identity:
    """Return the inputs of the result by name; of the leads their digest."""
    return Identity(
        digest=digest,
        model_version=bundle.version,
        calibration=bundle.model.calibration_.shift,
        language=settings.project.language,
        settings=digest_settings(settings),
        code=digest_code(),
        batch_rows=options.batch_rows or BATCH_ROWS,
        format=options.format or "",
        destination=target.name,
        earlier=sum_history(history_folder(settings)) if options.changes else "",
    )


def keep_input(folder: Path) -> str:
    """Keep standard input in a file, as it can be read only once."""
    path = folder / INPUT
    with raising_resumable_error(
        path,
        next_step="run the command again with the same input",
    ):
        with draft_of(path).open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        draft_of(path).replace(path)
    return str(path.absolute())


def as_reference(leads: str | None) -> str | None:
    """Resolve a path where the command runs, not where the settings are."""
    if leads is None:
        return None
    path = expand_home(leads)
    return str(path.absolute()) if looks_like_file(leads) or path.exists() else leads
