"""Assembly of the report from a model and a project's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from features.contract.tables import Tables
from features.language import Language
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.artifact.promises import Promise
from serve.report.changes import list_changes
from serve.report.contents import Aims, Leads, Report, ScoreChanges
from serve.report.disagreements import list_disagreements
from serve.report.fields import Fields, find_fields
from serve.report.groupings import count_rejections, list_groupings
from serve.report.leads import show_leads
from serve.report.model_summary import summarise_model
from serve.report.opening.advice import advise
from serve.report.opening.funnel import count_funnel
from serve.report.opening.period import open_report
from serve.report.planning.capacity import fill_report
from serve.report.redaction import redact_fields, redact_leads, redact_sources
from serve.report.results.by_group import count_results
from serve.report.scored_hand_overs import ScoredHandOvers
from serve.report.selection import Selection, select_leads
from serve.report.since.movers import summarise_since
from serve.report.since.promises import judge_promises

NEWEST, DAYS = 20_000, 30
NO_CHANGES = ScoreChanges()


def assemble(
    bundle: ModelBundle,
    tables: Tables,
    scored: ScoredHandOvers,
    languages: Sequence[Language],
    *,
    newest: int = NEWEST,
    days: int = DAYS,
    redact: bool = False,
    changes: ScoreChanges = NO_CHANGES,
    promises: Sequence[Promise] = (),
) -> list[Report]:
    """Count everything the report says.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    tables : Tables
        The project's own, with its decisions.
    scored : ScoredHandOvers
        The hand-overs of these tables.
    languages : sequence of Language
        Everything is counted once and said in each of them.
    newest : int
        How many leads at most are shown one by one; all are counted.
    days : int
        The period of the opening sentence.
    redact : bool
        Leave out what `display` names, who has a lead, and what else may name a person (see
        `serve.report.redaction`).
    changes : ScoreChanges
        In each of these languages.
    promises : sequence of Promise
        Of earlier reports.

    Returns
    -------
    list of Report
        One for each language, in their order.
    """
    limits = tables.settings.bands
    capacity = fill_report(tables, scored, redact=redact)
    if redact:
        tables, scored = redact_sources(tables, scored)
    selection = select_leads(bundle, tables, scored, newest=newest)
    opening = open_report(scored, days=days)
    funnel = count_funnel(scored, read_aims(tables.settings), days=days)
    disagreements = list_disagreements(selection.labels, scored.hand_overs)
    kept = judge_promises(promises, scored.hand_overs, opening.end)
    reports = []
    for language in languages:
        fields, leads = describe_leads(
            bundle, tables, scored, selection, language, redact=redact, changes=changes
        )
        groupings = list_groupings(scored, fields, language)
        choices = list_changes(scored, fields, language)
        reports.append(
            Report(
                language=language.code,
                summary=summarise_model(bundle, tables, language),
                days=days,
                opening=opening,
                funnel=funnel,
                advice=advise(scored, choices, groupings, language, days=days),
                groupings=groupings,
                results=count_results(scored, fields, language, bands=tables.settings.bands),
                currency=tables.settings.outcomes.currency,
                rejections=count_rejections(scored, fields, language),
                changes=choices,
                leads=leads,
                disagreements=disagreements,
                since=summarise_since(scored, fields, leads, kept, limits, language, days=days),
                capacity=capacity,
            )
        )
    return reports


def show_every_lead(
    report: Report,
    bundle: ModelBundle,
    tables: Tables,
    scored: ScoredHandOvers,
    language: Language,
    *,
    redact: bool = False,
    changes: ScoreChanges = NO_CHANGES,
) -> Report:
    """Return a report that shows all leads one by one; itself where it does already.

    Parameters
    ----------
    report : Report
        Of the same hand-overs.
    bundle, tables, scored, redact, changes
        As for `assemble`.
    language : Language
        That of the report.
    """
    total = report.leads.total
    if len(report.leads.frame) == total:
        return report
    if redact:
        tables, scored = redact_sources(tables, scored)
    selection = select_leads(bundle, tables, scored, newest=total)
    _fields, leads = describe_leads(
        bundle, tables, scored, selection, language, redact=redact, changes=changes
    )
    disagreements = list_disagreements(selection.labels, scored.hand_overs)
    return replace(report, leads=leads, disagreements=disagreements)


def describe_leads(
    bundle: ModelBundle,
    tables: Tables,
    scored: ScoredHandOvers,
    selection: Selection,
    language: Language,
    *,
    redact: bool,
    changes: ScoreChanges = NO_CHANGES,
) -> tuple[Fields, Leads]:
    """Return what all leads are grouped by and the selected ones, in words that may be shown."""
    fields = find_fields(tables, scored.hand_overs.index, language)
    fields = redact_fields(fields) if redact else fields
    leads = show_leads(bundle, tables, scored, selection, fields, language, changes)
    return fields, redact_leads(leads) if redact else leads


def read_aims(settings: Settings) -> Aims:
    """Return what the teams agreed on."""
    agreed = settings.agreement
    return Aims(accepted=agreed.accepted, answered=agreed.answered)
