"""Scoring input: all that a run reads, opened once and given out as partitions of equal size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from features.batches.digest import digest_input
from features.batches.rows import LeadRows, gather
from features.checks.row_counts import RowCounts, note_rows_to_score
from features.contract.leads import Leads, list_taken
from features.contract.records import measure, open_named
from features.findings import Finding, sort_by_severity
from features.matrix.feature_table import FeatureTable
from features.settings.schema import Settings
from features.sources.database import check_connection
from features.sources.tables import SourceTable
from features.sources.workspace import MEMORY_MB, Workspace


@dataclass(frozen=True)
class ScoringInput(LeadRows):
    """What is read to score leads; see `open_input`.

    Attributes
    ----------
    digest : str
    findings : tuple of Finding
        Errors first.
    missing_columns, new_columns : tuple of str
        Columns of leads that the model learned from and the input lacks; and those it has that
        training did not see.
    """

    digest: str
    findings: tuple[Finding, ...]
    missing_columns: tuple[str, ...]
    new_columns: tuple[str, ...]


@contextmanager
def open_input(
    settings: Settings,
    plan: FeatureTable,
    leads: str | None,
    *,
    now: pd.Timestamp,
    rows: int,
    threads: int,
) -> Iterator[ScoringInput]:
    """Read all that scoring needs into a database that is gone afterwards.

    Parameters
    ----------
    settings : Settings
    plan : FeatureTable
        Which features there are, and how training read the columns.
    leads : str or None
        A path, glob or table; the project's own leads if None.
    now : Timestamp
        Hand-overs after it lie in the future.
    rows : int
        Of a batch.
    threads : int

    Yields
    ------
    ScoringInput

    Raises
    ------
    SettingsError
        When the settings name a table or column that is not there, or the model counts from
        the time of hand-over and the leads have no column for it.
    SourceError
        When a file cannot be read, or leads that were given lack a column they need.
    """
    check_connection(settings.tables.connection)
    wanted = list_scored(settings, plan, leads)
    size = measure(settings, wanted.values())
    with Workspace(settings.home, threads=threads, size=size, memory_mb=MEMORY_MB) as workspace:
        opened = {
            part: open_named(workspace.connection, settings, *where)
            for part, where in wanted.items()
        }
        found = gather(settings, plan, opened, given=leads is not None, now=now, rows=rows)
        missing, new = compare_columns(plan, found.leads)
        prepared = ScoringInput(
            **vars(found),
            digest=digest_input(settings, opened.values()),
            findings=check_rows(opened, found),
            missing_columns=missing,
            new_columns=new,
        )
        workspace.keep_less(columns=len(prepared.leads.columns))
        yield prepared


def list_scored(
    settings: Settings, plan: FeatureTable, leads: str | None
) -> dict[str, tuple[str, str]]:
    """Return the tables that are read: by their part in scoring, their name and reference.

    Parameters
    ----------
    settings : Settings
    plan : FeatureTable
    leads : str or None
        Of leads that are not the project's own.
    """
    tables = settings.tables
    wanted = {"leads": ("leads", leads or tables.leads)}
    if tables.activities:
        wanted["activities"] = ("activities", tables.activities)
    if plan.needs("history"):
        if leads is not None:
            wanted["own"] = ("leads", tables.leads)
        if tables.decisions:
            wanted["decisions"] = ("decisions", tables.decisions)
    return wanted


def check_rows(
    opened: Mapping[str, SourceTable], rows: LeadRows, counts: RowCounts | None = None
) -> tuple[Finding, ...]:
    """Return what is to be said of leads to score, errors first.

    Parameters
    ----------
    opened : mapping of str to SourceTable
        By their part in scoring.
    rows : LeadRows
        How they are read.
    counts : RowCounts, optional
        Of all rows, where `rows` are not all.
    """
    notes = [
        note for part in ("leads", "activities") if part in opened for note in opened[part].notes
    ]
    found = note_rows_to_score(
        rows.leads, counts or rows.counts, rows.notes, activities="activities" in opened
    )
    return sort_by_severity([*notes, *found])


def compare_columns(plan: FeatureTable, leads: Leads) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns that training knew and leads lack, and those it did not know.

    Parameters
    ----------
    plan : FeatureTable
    leads : Leads
    """
    available, decision = leads.table.columns, leads.settings.decision
    taken = {*list_taken(leads.settings, available), *decision.named.values()}
    missing = tuple(name for name in plan.sources if name not in leads.columns)
    return missing, tuple(n for n in available if n not in taken and n not in plan.kinds)
