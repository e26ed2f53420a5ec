"""Score command: score new leads batch by batch, deliver the result whole, record the run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from features.batches.rows import has_times
from features.errors import DataRefused
from features.files import follow_link, raising_resumable_error
from features.findings import Finding
from features.language import language
from features.settings.load import load_settings
from features.settings.schema import Settings
from features.text import escape_controls
from models.artifact.bundle import ModelBundle
from models.monitoring.prior_shift import PriorShift
from models.reasons.sentences import label_of
from models.registry.last_champion import load_known_champion
from models.registry.scoring_runs import waiting_folder
from models.registry.store import uses_file
from pipelines.console import Console, wrap
from pipelines.prior_shift import describe_shift, follow_prior_shift
from pipelines.score_keeping import keep_scores, read_kept, refuse_changes
from pipelines.scoring_run import Options, choose_format, open_run
from pipelines.tracking import log_runs
from serve.destinations.files import FileDestination
from serve.destinations.open import open_destination
from serve.destinations.protocol import Delivery, Destination, Scores, Sending
from serve.runs.places import Target, find_places, refuse_inputs
from serve.runs.record import RunRecord, write_record
from serve.runs.spool import Spool, open_spool
from serve.scoring.batches import Batches
from serve.scoring.tally import Tally

if TYPE_CHECKING:
    import pandas as pd

USUAL = Options()


def run(
    console: Console,
    *,
    config: Path,
    leads: str | None,
    out: Path | str | None,
    options: Options = USUAL,
) -> dict[str, Any]:
    """Score leads by the settings.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    leads : str or None
        A file, glob or table of leads, "-" for standard input; the project's own if None.
    out : Path or str or None
        Where the result goes: a file, or the URL of a table; as the settings say if None.
    options : Options

    Returns
    -------
    dict
        Counts and places, as shown with --json.

    Raises
    ------
    UsageError
        When no model is in use, or `out` is not a place for a table.
    BusyError
        When another run writes to the same destination.
    DataRefused
        When the leads cannot be scored, or too many of them are rejected.
    """
    settings = load_settings(config)
    out = settings.score.out if out is None else str(out)
    options = choose_format(options, settings, out)
    if options.changes:
        refuse_changes(settings, out, options.format)
    known = load_known_champion(settings)
    if known.warning:
        console.warn(known.warning)
    bundle, shift = follow_prior_shift(console, settings, known.bundle)
    destination = open_destination(
        out,
        format=options.format,
        settings=settings,
        timed=has_times(settings, bundle.table),
        dry_run=options.dry_run,
    )
    target = find_places(out, name=destination.name, rejects=options.rejects, home=settings.home)
    refuse_inputs(settings, target.written, leads)

    with (
        open_spool(
            target.folder, name=target.name, if_busy=options.if_busy, progress=console.progress
        ) as spool,
        printing_how_to_resume(console, spool),
    ):
        destination.check()
        FileDestination(target.rejects, kind=".csv").check()
        clock = Clock(console)
        console.progress("Reading the leads")
        with open_run(settings, bundle, leads, spool, target, options) as batches:
            console.findings([found for found in batches.findings if found.severity != "note"])
            clock.stop("reading")
            score_batches(console, batches, spool, version=bundle.version)
            clock.stop("scoring")
        tally = spool.tally()
        write_rejects(spool.rejects, tally, target)
        refuse_rejects(spool, tally, target, most=choose_share(options, settings))
        delivery, warnings = send_scores(console, destination, spool, target)
        clock.stop("delivering")
        warnings = [known.warning, *warnings] if known.warning else warnings
        record = make_record(
            spool, batches, tally, target, clock.seconds, warnings, shift, delivery.sending
        )
        kept = None if options.dry_run else write_kept(settings, record, target, spool)
        spool.finish()
    lost = keep_scores(console, settings, bundle.version, kept)
    # With a server MLflow is loaded by now, as it was asked for the model in use.
    # One that did not answer then is not asked again: the record waits for the next job.
    problem = [] if uses_file() or known.warning else log_runs(console, settings)
    return show_result(console, bundle, record, [*problem, *lost])


def show_result(
    console: Console, bundle: ModelBundle, record: Mapping[str, Any], problems: Sequence[str]
) -> dict[str, Any]:
    """Show and return the result of a run: its record, and what went wrong after it."""
    result = {**record, "seconds": console.elapsed(), "timings": record["seconds"]}
    result["warnings"] = [*record["warnings"], *problems]
    console.result(result, describe(result, label_columns(bundle)))
    return result


def send_scores(
    console: Console, destination: Destination, spool: Spool, target: Target
) -> tuple[Delivery, list[str]]:
    """Deliver the scores, and return with that what has to be said of it."""
    console.progress(f"Writing {target.name}")
    delivery = deliver(destination, spool.scores, spool, target)
    warnings = list_warnings(delivery)
    for warning in warnings:
        console.warn(warning)
    return delivery, warnings


def write_kept(
    settings: Settings, record: Mapping[str, Any], target: Target, spool: Spool
) -> pd.DataFrame | None:
    """Write the records of a run, and return the scores that the home is to keep."""
    write_records(settings, record, target)
    return read_kept(spool)


class Clock:
    """Takes the seconds of each step."""

    def __init__(self, console: Console) -> None:
        self.seconds: dict[str, float] = {}
        self._console, self._last = console, console.elapsed()

    def stop(self, step: str) -> None:
        """Note what has passed since the step before."""
        now = self._console.elapsed()
        self.seconds[step], self._last = now - self._last, now


def score_batches(console: Console, batches: Batches, spool: Spool, *, version: str) -> None:
    """Score the batches that are not yet on the disk."""
    missing = spool.missing()
    console.progress(f"Scoring with model {version}")
    with console.counting("batches scored", total=len(missing)) as advance:
        for number in missing:
            spool.keep(number, batches.score(number))
            advance()


def write_rejects(rejects: Scores, tally: Tally, target: Target) -> None:
    """Write the rejected rows, or remove those of an earlier run where there are none."""
    if tally.rejected:
        FileDestination(target.rejects, kind=".csv").deliver(rejects)
        return
    with raising_resumable_error(target.rejects):
        follow_link(target.rejects).unlink(missing_ok=True)


def refuse_rejects(spool: Spool, tally: Tally, target: Target, *, most: float) -> None:
    """End the run without a result where too many rows were rejected.

    Raises
    ------
    DataRefused
        When more than the share `most` of the rows were rejected.
    """
    rejected = sum(tally.rejected.values())
    if rejected <= most * tally.leads:
        return
    spool.finish()
    raise DataRefused(
        "too many rows were rejected, so nothing was delivered",
        where=str(target.rejects),
        got=f"{rejected:,} of {tally.leads:,} rows ({_list_codes(tally.rejected)})",
        expected=f"at most {most:.0%}",
        next_step="Look at the rows named there; if it is right to leave them out, allow more "
        "with --max-rejected or max_rejected under [score]",
        code="too_many_rejected",
    )


def deliver(destination: Destination, scores: Scores, spool: Spool, target: Target) -> Delivery:
    """Bring the result to its destination in one step, unless an earlier attempt did.

    A file that is not there any more is written again: the run is not over before its end.
    """
    if is_delivered(spool, target):
        return Delivery(0)
    delivery = destination.deliver(scores)
    if delivery.sending is not None:
        write_refused(delivery.sending.refused, target.refused)
    spool.mark_delivered()
    return delivery


def write_refused(refused: Mapping[str, str], place: Path) -> None:
    """Write what a CRM did not take, or remove what an earlier run wrote of it."""
    import pyarrow as pa

    if refused:
        columns = {"lead_id": list(refused), "reason": list(refused.values())}
        table = pa.table(columns, schema=pa.schema({name: pa.string() for name in columns}))
        FileDestination(place, kind=".csv").deliver(lambda: iter([table]))
    else:
        with raising_resumable_error(place):
            follow_link(place).unlink(missing_ok=True)


def list_warnings(delivery: Delivery) -> list[str]:
    """Return what had to be done for the scores to fit."""
    return [f"{sentence} ({count:,})" for sentence, count in delivery.warnings.items()]


def is_delivered(spool: Spool, target: Target) -> bool:
    """Whether an earlier attempt at the run has brought its result where it still is."""
    gone = target.result is not None and not target.result.exists()
    return spool.journal is None or (spool.journal.delivered and not gone)


class Checked(Protocol):
    """Leads that were looked through, wherever they are."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed about them."""

    @property
    def missing_columns(self) -> tuple[str, ...]:
        """Columns that the model learned from and that are not there."""

    @property
    def new_columns(self) -> tuple[str, ...]:
        """Columns that training never saw."""


def make_record(
    spool: Spool,
    batches: Checked,
    tally: Tally,
    target: Target,
    seconds: Mapping[str, float],
    warnings: Sequence[str],
    shift: PriorShift | None = None,
    sending: Sending | None = None,
) -> dict[str, Any]:
    """Return the record of the run as plain types."""
    if spool.journal is None:
        raise ValueError("no run was begun")
    record = RunRecord(
        journal=spool.journal,
        tally=tally,
        findings=batches.findings,
        missing_columns=batches.missing_columns,
        new_columns=batches.new_columns,
        seconds=seconds,
        resumed_from=spool.resumed_from,
        places={"out": target.name, "rejects": str(target.rejects) if tally.rejected else None},
        warnings=[
            *(found.message for found in batches.findings if found.severity == "warning"),
            *warnings,
        ],
        prior_shift=None if shift is None else shift.to_dict(),
        crm=None if sending is None else sending.to_dict(str(target.refused)),
    )
    return record.to_dict()


def write_records(settings: Settings, record: Mapping[str, Any], target: Target) -> None:
    """Write the record where it waits for the tracking store, and beside the result."""
    write_record(record, waiting_folder(settings) / f"{record['run_id']}.json")
    if target.record is not None:
        write_record(record, target.record)


@contextmanager
def printing_how_to_resume(console: Console, spool: Spool) -> Iterator[None]:
    """Print on an interruption that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        if spool.journal is not None:
            console.say(
                f"{len(spool.segments):,} of {spool.journal.count:,} batches are kept; "
                "the same command resumes there"
            )
        raise


def label_columns(bundle: ModelBundle) -> dict[str, str]:
    """Return the name of each feature in English, the language of the terminal."""
    english = language("en")
    return {feature.name: label_of(feature, english) for feature in bundle.table.features}


def describe(result: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns.

    Parameters
    ----------
    result : mapping
        As shown with --json.
    labels : mapping of str to str
        What readers call each feature, by its name.
    """
    lines = [
        f"Scored {result['scored']:,} of {result['leads']:,} leads with model "
        f"{result['model_version']}: {result['out']}"
    ]
    lines += describe_sending(result["crm"]) + wrap(describe_shift(result["prior_shift"]))
    if result["rejected"]:
        codes = _list_codes(result["rejected_by_code"])
        lines += wrap(f"{result['rejected']:,} rows not scored ({codes}): {result['rejects']}")
    if result["missing_columns"]:
        names = ", ".join(result["missing_columns"][:8])
        lines += wrap(f"Columns missing from the leads, taken as empty: {names}")
    if result["new_columns"]:
        names = ", ".join(result["new_columns"][:8])
        lines += wrap(f"Columns unknown to the model, ignored: {names}")
    if result["unknown_levels"]:
        levels = _list_counts(result["unknown_levels"], labels)
        lines += wrap(f"Leads with new or rare values, by field: {levels}")
    if result["out_of_range"]:
        levels = _list_counts(result["out_of_range"], labels)
        lines += wrap(f"Leads with numbers outside the range of training, by field: {levels}")
    return lines


def describe_sending(crm: Mapping[str, Any] | None) -> list[str]:
    """Return in lines what a CRM was sent, or would be."""
    if crm is None:
        return []
    shown = crm["shown"]
    lines = [
        f"{crm['sent']:,} records {'to send' if shown else 'sent'}, {crm['unchanged']:,} unchanged"
    ]
    if crm["refused"]:
        lines += wrap(f"{crm['refused']:,} records refused: {crm['refused_file']}")
    for record in shown:
        lines += wrap(escape_controls(json.dumps(record, ensure_ascii=False)), indent="  ")
    return lines


def _list_codes(rejected: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {code}" for code, n in rejected.items())


def _list_counts(counts: Mapping[str, int], labels: Mapping[str, str]) -> str:
    """Return the five highest counts, by the names of the features."""
    named = sorted(counts.items(), key=lambda item: -item[1])[:5]
    return ", ".join(f"{labels.get(name, name)} ({n:,})" for name, n in named)


def choose_share(options: Options, settings: Settings) -> float:
    """Return the share of rejected rows that is allowed."""
    return settings.score.max_rejected if options.max_rejected is None else options.max_rejected
