"""Report command: one page for both teams with the leads to call first, and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.contract.columns import find_column
from features.contract.tables import Tables
from features.errors import LeadaccordError, UsageError
from features.files import write_file
from features.labels import label_tables
from features.language import list_languages
from features.settings.load import load_settings
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.artifact.promises import Promise, add_promise, promises_file, read_promises
from models.registry.champion import load_champion
from pipelines.console import Console, wrap
from pipelines.reading import read_own
from pipelines.score_keeping import read_earlier
from serve.report.assemble import DAYS, NEWEST, assemble, read_aims, show_every_lead
from serve.report.contents import Report
from serve.report.counts import count_report
from serve.report.html.page import render
from serve.report.redaction import find_told
from serve.report.scored_hand_overs import score_hand_overs
from serve.report.since.promises import make_promise
from serve.report.since.score_changes import find_score_changes
from serve.report.workbook.workbook import write_report_workbook
from serve.runs.places import refuse_inputs

ENDING = ".xlsx"


def run(
    console: Console,
    *,
    config: Path,
    out: Path,
    newest: int = NEWEST,
    days: int = DAYS,
    workbook: Path | None = None,
    redact: bool = False,
) -> dict[str, Any]:
    """Write the report of the model in use.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    out : Path
        The page to write.
    newest : int
        How many leads to show one by one: the newest, and the most surprising.
    days : int
        The period of the opening sentence.
    workbook : Path, optional
        An Excel workbook to write as well, with every lead.
    redact : bool
        Leave out what `display` names, and who has a lead.

    Returns
    -------
    dict
        The file and what is in it, as shown with --json.
    """
    settings = load_settings(config)
    refuse_inputs(settings, [out, *check_workbook(workbook, out)])
    bundle = load_champion(settings)
    console.progress("Reading the tables")
    tables = read_own(settings, bundle)
    check_display(tables)
    if redact:
        check_redaction(bundle, tables.settings)
    own = settings.project.language
    codes = [own, *(code for code in list_languages() if code != own)]
    console.progress(f"Counting and scoring {len(tables.episodes):,} hand-overs")
    scored = score_hand_overs(bundle, tables, label_tables(tables))
    languages = [settings.words(code) for code in codes]
    hidden = settings.leads.shown if redact else ()
    changes = find_score_changes(read_earlier(settings), bundle, scored, languages, hidden=hidden)
    record = promises_file(settings)
    reports = assemble(
        bundle,
        tables,
        scored,
        languages,
        newest=newest,
        days=days,
        redact=redact,
        changes=changes,
        promises=recall_promises(console, record),
    )
    console.progress(f"Writing {out}")
    write_file(out, render(reports).encode("utf-8"))
    keep_promise(console, record, reports[0], settings)
    if workbook is not None:
        console.progress(f"Writing {workbook}")
        words = languages[0]
        whole = show_every_lead(
            reports[0], bundle, tables, scored, words, redact=redact, changes=changes
        )
        write_report_workbook(workbook, whole, words)
    result = {
        "out": str(out),
        "workbook": None if workbook is None else str(workbook),
        **count_report(reports[0]),
        "model_version": bundle.version,
        "language": own,
        "languages": codes,
        "seconds": console.elapsed(),
    }
    console.result(result, describe(result))
    return result


def recall_promises(console: Console, record: Path) -> tuple[Promise, ...]:
    """Return what earlier reports promised; warn and go on without where that cannot be read."""
    try:
        return read_promises(record)
    except LeadaccordError as error:
        console.warn(f"The report does without what earlier ones promised: {error}")
        return ()


def keep_promise(console: Console, record: Path, report: Report, settings: Settings) -> None:
    """Keep what the report expects, for the reports of later months; warn where that fails."""
    promise = make_promise(report.opening, read_aims(settings), report.summary["version"])
    if promise is None:
        return
    try:
        add_promise(record, promise)
    except LeadaccordError as error:
        console.warn(f"The report is written, but what it promises is not kept: {error}")


def check_workbook(workbook: Path | None, out: Path) -> list[Path]:
    """Refuse a name for the workbook that Excel would not open, or that is the page's.

    Parameters
    ----------
    workbook : Path or None
    out : Path
        The page.

    Returns
    -------
    list of Path
        The workbook, if there is to be one.

    Raises
    ------
    UsageError
    """
    if workbook is None:
        return []
    if workbook.suffix.lower() != ENDING or workbook == out:
        raise UsageError(
            "--workbook needs the name of an Excel file",
            got=f'"{workbook}"',
            expected=f"a name other than the page's that ends in {ENDING}",
            next_step=f"Write for example --workbook report{ENDING}",
        )
    return [workbook]


def check_display(tables: Tables) -> None:
    """Refuse settings that show a column the leads do not have.

    Parameters
    ----------
    tables : Tables

    Raises
    ------
    SettingsError
        With the nearest names.
    """
    known = [*tables.attributes.columns, *own_columns(tables.settings)]
    leads = tables.settings.leads
    for name in leads.display:
        find_column(name, known, key="[leads] display", settings=tables.settings)
    if leads.rep_name is not None:
        columns = list(tables.attributes.columns)
        find_column(leads.rep_name, columns, key="[leads] rep_name", settings=tables.settings)


def own_columns(settings: Settings) -> list[str]:
    """Return the columns with a role; the report shows id and hand-over anyway."""
    lead, decision = settings.leads, settings.decision
    named = (lead.id, lead.handed_over_at, lead.order, *decision.named.values())
    return [name for name in named if name is not None]


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    lines = [f"Report on model {result['model_version']}: {result['out']}"]
    if result["workbook"]:
        lines.append(f"Every lead, and the same figures, in Excel: {result['workbook']}")
    return lines + wrap(
        f"It shows {result['leads']:,} of {result['total']:,} leads, {result['waiting']:,} of them "
        "without a decision yet. It is one file: open it in a browser, or send it."
    )


def check_redaction(bundle: ModelBundle, settings: Settings) -> None:
    """Refuse to redact where the model has learned from what must not be shown.

    Its reasons would show it, for a lead and for acceptance overall.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    settings : Settings

    Raises
    ------
    UsageError
        When a column that `display` names now was learned from, as before it was named there.
    """
    if told := find_told(bundle, settings.leads.shown):
        raise UsageError(
            "--redact cannot hide columns that the model in use gives as reasons",
            where="[leads] display",
            got=", ".join(f'"{name}"' for name in told),
            expected="columns that were displayed when it was trained, and so not learned from",
            next_step="Run leadaccord train, which then leaves them out, and then the report",
            code="redaction",
        )
