"""Score command on Spark: its workers read and score, this process checks, delivers and records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.batches.rows import has_times
from features.checks.tables import refuse
from features.errors import UsageError
from features.findings import Finding
from features.own_folders import own_folder
from features.settings.load import load_settings
from features.settings.schema import Settings
from features.sources.workspace import PREFIX
from models.artifact.bundle import ModelBundle
from models.monitoring.prior_shift import PriorShift
from models.registry.last_champion import load_known_champion
from models.registry.store import uses_file
from pipelines.console import Console
from pipelines.prior_shift import follow_prior_shift
from pipelines.score import (
    Clock,
    choose_share,
    deliver,
    is_delivered,
    list_warnings,
    make_record,
    refuse_rejects,
    show_result,
    write_records,
    write_rejects,
)
from pipelines.scoring_run import (
    Options,
    as_reference,
    choose_format,
    choose_moment,
    identify,
    keep_input,
)
from pipelines.tracking import log_runs
from serve.destinations.files import FileDestination
from serve.destinations.open import open_destination
from serve.destinations.protocol import Delivery, Destination
from serve.runs.places import REJECTS, STANDARD_INPUT, Target, find_places, refuse_inputs
from serve.runs.record import ENDING
from serve.runs.spool import Spool, open_spool, place_of_spool
from serve.spark.output import SparkPlace, find_spark_place, stage_scores
from serve.spark.run import SparkLeads, SparkScores, open_leads
from serve.spark.session import open_session
from serve.spark.sources import split_place


@dataclass(frozen=True)
class _Checked:
    """What was said of the leads, for the record."""

    findings: tuple[Finding, ...]
    missing_columns: tuple[str, ...]
    new_columns: tuple[str, ...]


def run(
    console: Console,
    *,
    config: Path,
    leads: str | None,
    out: Path | str | None,
    options: Options,
    master: str | None,
) -> dict[str, Any]:
    """Score leads by the settings, on Spark.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    leads : str or None
        As for one machine, and what Spark reads: see `serve.spark.sources.split_place`.
    out : Path or str or None
        As for one machine, and what Spark writes: see `serve.spark.output.find_spark_place`.
    options : Options
    master : str or None
        The Spark to use; that of Spark's own configuration if None.

    Returns
    -------
    dict
        Counts and places, as `pipelines.score.run` gives them.

    Raises
    ------
    UsageError, BusyError, DataRefused
        As `pipelines.score.run` does.
    SparkError
        When Spark cannot be started, or gives up.
    """
    settings = load_settings(config)
    out = settings.score.out if out is None else str(out)
    _refuse_options(options)
    known = load_known_champion(settings)
    if known.warning:
        console.warn(known.warning)
    bundle, shift = follow_prior_shift(console, settings, known.bundle)
    place = find_spark_place(out)
    destination = None
    if place is None:
        options = choose_format(options, settings, out)
        timed = has_times(settings, bundle.table)
        destination = open_destination(out, format=options.format, settings=settings, timed=timed)
    target = _find_target(settings, out, place, destination, options)
    refuse_inputs(settings, target.written, leads)

    with (
        open_spool(
            target.folder, name=target.name, if_busy=options.if_busy, progress=console.progress
        ) as spool,
        own_folder(settings.home / "tmp", PREFIX) as stage,
    ):
        console.progress("Starting Spark")
        with open_session(master) as spark:
            FileDestination(target.rejects, kind=".csv").check()
            if place is not None:
                place.check(spark)
            elif destination is not None:
                destination.check()
            job = _Job(console, settings, bundle, shift, spool, target, options, stage)
            record = job.run(spark, leads, place, destination, known.warning)
        spool.finish()
    problem = [] if uses_file() or known.warning else log_runs(console, settings)
    return show_result(console, bundle, record, problem)


@dataclass(frozen=True)
class _Job:
    """One run, once its places are known and held."""

    console: Console
    settings: Settings
    bundle: ModelBundle
    shift: PriorShift | None
    spool: Spool
    target: Target
    options: Options
    stage: Path

    def run(
        self,
        spark: Any,
        leads: str | None,
        place: SparkPlace | None,
        destination: Destination | None,
        warning: str | None,
    ) -> dict[str, Any]:
        """Read, score, check and deliver; return the record."""
        clock = Clock(self.console)
        self.console.progress("Reading the leads")
        source = keep_input(self.spool.folder) if leads == STANDARD_INPUT else _locate(leads)
        found = open_leads(spark, self.settings, self.bundle, source, stage=self.stage)
        clock.stop("reading")
        result = self._begin(found)
        checked, tally = self._check(found, result)
        clock.stop("scoring")
        write_rejects(result.rejects, tally, self.target)
        most = choose_share(self.options, self.settings)
        refuse_rejects(self.spool, tally, self.target, most=most)
        self.console.progress(f"Writing {self.target.name}")
        delivery = self._deliver(spark, result, place, destination)
        warnings = list_warnings(delivery)
        for told in warnings:
            self.console.warn(told)
        result.free()
        clock.stop("delivering")
        warnings = [warning, *warnings] if warning else warnings
        record = make_record(
            self.spool,
            checked,
            tally,
            self.target,
            clock.seconds,
            warnings,
            self.shift,
            delivery.sending,
        )
        write_records(self.settings, record, self.target)
        return record

    def _begin(self, found: SparkLeads) -> SparkScores:
        """Begin the run, or go on with the moment of an earlier attempt at it."""
        identity = identify(self.settings, self.bundle, found.digest, self.target, self.options)
        begun = False
        while not begun:
            now = choose_moment(self.spool, self.options)
            begun = self.spool.begin(identity, scored_at=now, count=found.buckets)
        self.console.progress(f"Scoring with model {self.bundle.version}")
        return found.score(now)

    def _check(self, found: SparkLeads, result: SparkScores) -> tuple[_Checked, Any]:
        counts, tally = result.counted
        findings = found.check(counts)
        try:
            refuse(findings)
        except Exception:
            self.spool.finish()
            raise
        self.console.findings([note for note in findings if note.severity != "note"])
        return _Checked(findings, found.missing_columns, found.new_columns), tally

    def _deliver(
        self,
        spark: Any,
        result: SparkScores,
        place: SparkPlace | None,
        destination: Destination | None,
    ) -> Delivery:
        if destination is not None:
            scores = stage_scores(result.scores, self.stage / "scores")
            return deliver(destination, scores, self.spool, self.target)
        if place is not None and not is_delivered(self.spool, self.target):
            place.deliver(spark, result.scores)
            self.spool.mark_delivered()
        return Delivery(0)


def _refuse_options(options: Options) -> None:
    """Refuse what holds for one machine alone."""
    given = {
        "--changes": options.changes,
        "--dry-run": options.dry_run,
        "--threads": options.threads is not None,
        "--batch-rows": options.batch_rows is not None,
    }
    for name, asked in given.items():
        if asked:
            raise UsageError(
                f"{name} is for scoring on one machine",
                got=f"{name} with --engine spark",
                next_step=f"Leave out {name}, or --engine spark",
            )


def _find_target(
    settings: Settings,
    out: str,
    place: SparkPlace | None,
    destination: Destination | None,
    options: Options,
) -> Target:
    """Return the places of the run."""
    if place is None or destination is not None:
        name = out if destination is None else destination.name
        return find_places(out, name=name, rejects=options.rejects, home=settings.home)
    folder = place_of_spool(None, name=place.name, home=settings.home)
    path = Path(place.place)
    if place.form == "table" or "://" in place.place:
        rejects = Path(path.name + REJECTS)
        return Target(place.name, options.rejects or rejects, None, folder, None)
    rejects = options.rejects or path.with_name(path.name + REJECTS)
    return Target(place.name, rejects, path.with_name(path.name + ENDING), folder, path)


def _locate(leads: str | None) -> str | None:
    """Resolve a path where the command runs; what Spark names is left as it is."""
    if leads is None or split_place(leads)[0] is not None:
        return leads
    return as_reference(leads)
