"""Assembly of the report from a model and a project's tables."""

from __future__ import annotations

from collections.abc import Sequence

from features.contract.tables import Tables
from features.labels import Labels
from features.language import Language
from models.artifact.bundle import ModelBundle
from serve.report.changes import list_changes
from serve.report.contents import Report
from serve.report.disagreements import list_disagreements
from serve.report.fields import find_fields
from serve.report.groupings import count_rejections, list_groupings
from serve.report.leads import show_leads
from serve.report.model_summary import summarise_model
from serve.report.period import open_report
from serve.report.redaction import redact_fields, redact_hand_overs
from serve.report.scored_hand_overs import ScoredHandOvers, score_hand_overs
from serve.report.selection import select_leads

NEWEST, DAYS = 20_000, 30


def assemble(
    bundle: ModelBundle,
    tables: Tables,
    labels: Labels,
    languages: Sequence[Language],
    *,
    newest: int = NEWEST,
    days: int = DAYS,
    redact: bool = False,
    scored: ScoredHandOvers | None = None,
) -> list[Report]:
    """Count everything the report says.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    tables : Tables
        The project's own, with its decisions.
    labels : Labels
        Of the same hand-overs.
    languages : sequence of Language
        Everything is counted once and told in each of them.
    newest : int
        How many leads at most are shown one by one; all are counted.
    days : int
        The period of the opening sentence.
    redact : bool
        Leave out what `display` names, who has a lead, and what else may name a person (see
        `serve.report.redaction`).
    scored : ScoredHandOvers, optional
        Of the same hand-overs, where they were entered before: scoring them takes longest.

    Returns
    -------
    list of Report
        One for each language, in their order.
    """
    if scored is None:
        scored = score_hand_overs(bundle, tables, labels)
    if redact:
        scored = redact_hand_overs(scored, tables.settings.leads.id)
    selection = select_leads(bundle, tables, scored, newest=newest)
    opening = open_report(scored, days=days)
    disagreements = list_disagreements(selection.labels, scored.hand_overs)
    hidden = tables.settings.leads.display if redact else ()
    reports = []
    for language in languages:
        fields = find_fields(tables, scored.hand_overs.index, language, hidden=hidden)
        fields = redact_fields(fields) if redact else fields
        reports.append(
            Report(
                language=language.code,
                summary=summarise_model(bundle, tables, language),
                opening=opening,
                groupings=list_groupings(scored, fields, language),
                rejections=count_rejections(scored, fields, language),
                changes=list_changes(scored, fields, language),
                leads=show_leads(
                    bundle, tables, scored, selection, fields, language, redact=redact
                ),
                disagreements=disagreements,
            )
        )
    return reports
