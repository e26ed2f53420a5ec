"""Table contract: canonical names and types, whatever the CRM calls its tables and columns.

One row of `episodes` is one hand-over of one lead. The CRM's other columns stand beside it in
`attributes`; activities stay where they are until they are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from features.columns.arrow import to_frame
from features.columns.categories import without_categories
from features.columns.kinds import Column, Kind
from features.columns.notes import note_readings
from features.contract.as_of import AsOf, withhold_later
from features.contract.columns import list_styles
from features.contract.events import read_activities, read_outcomes
from features.contract.leads import Order, list_taken, store_leads
from features.contract.progress import add_progress
from features.contract.records import EVENTS, Records, list_tables, open_named, read_records
from features.findings import Finding
from features.settings.preset import apply_preset
from features.settings.schema import Settings
from features.sources.duckdb_relation import Relation, keep, query_rows
from features.sources.sql import literal
from features.sources.tables import SourceTable
from features.sources.workspace import Workspace


@dataclass(frozen=True)
class Tables:
    """A project's data in canonical form.

    Attributes
    ----------
    settings : Settings
        With the preset's names filled in.
    episodes : DataFrame of shape (n_episodes, ...)
        ``row`` (1-based place in the source), ``lead_id`` (text), ``handed_over_at`` (UTC),
        ``sequence`` (float, where an order stands in for time), ``decision`` ("accepted",
        "rejected", "recycled" or missing), ``decided_at``, ``reason``, ``rep``, ``early``,
        ``unknown`` (a decision value that no list names); where there are corrections also
        ``corrected`` ("accepted", "rejected" or missing), which counts instead of ``decision``
        for what is learned; where the settings say how it is known also ``started`` (bool: sales
        has begun to work on it).
    attributes : DataFrame
        The other columns of leads, same index: float64, datetime64 or text.
    columns : mapping of str to Column
        What each attribute holds.
    activities : Relation or None
        ``lead_id``, ``at``, ``type``.
    outcomes : DataFrame or None
        ``lead_id``, ``opportunity_at``, ``won_at``, ``amount``.
    decision_columns : mapping of str to int
        The decisions table's further columns and how many of its rows fill them. None of them
        exists before a decision, so none is ever a feature.
    order : {"time", "order", "file", "none"}
        What tells older leads from newer ones.
    as_of, now : Timestamp or None
        The newest moment that hand-overs and decisions speak of, and the moment of reading.
    findings : tuple of Finding
        What was noticed while reading.
    origin : str
        The file or table of leads as the user wrote it.
    decisions : DataFrame or None
        The table of decisions, undecided rows left out: ``row``, ``lead_id``, ``decided_at``,
        ``decision``, ``reason``, ``rep``. None where decisions are columns of leads.
    time_formats : mapping of str to str
        Of columns of leads, the format that tells whether days come before months.
    workspace : Workspace or None
        The database that the activities are in; it stays as long as the tables do.
    computed : dict
        Columns of features that were computed of these tables, by what they depend on; other
        tables, made of these, begin without any. See `features.matrix.planning`.
    """

    settings: Settings
    episodes: pd.DataFrame
    attributes: pd.DataFrame
    columns: Mapping[str, Column]
    activities: Relation | None
    outcomes: pd.DataFrame | None
    decision_columns: Mapping[str, int]
    order: Order
    as_of: pd.Timestamp | None
    now: pd.Timestamp
    findings: tuple[Finding, ...]
    origin: str
    decisions: pd.DataFrame | None = None
    time_formats: Mapping[str, str] = field(default_factory=dict)
    workspace: Workspace | None = field(default=None, repr=False, compare=False)
    computed: dict[tuple[object, ...], pd.Series] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def timed(self) -> bool:
        """Tell whether hand-overs have times."""
        return self.order == "time"


def read_tables(
    settings: Settings,
    *,
    kinds: Mapping[str, Kind] | None = None,
    time_formats: Mapping[str, str] | None = None,
    now: pd.Timestamp | None = None,
    as_of: AsOf | None = None,
) -> Tables:
    """Read a project's tables in canonical form.

    Parameters
    ----------
    settings : Settings
    kinds : mapping of str to Kind, optional
        What columns held in training; a new export is read the same way.
    time_formats : mapping of str to str, optional
        How times of leads were written in training, for exports that leave day and month open.
    now : Timestamp, optional
        The moment of reading; hand-overs after it lie in the future.
    as_of : AsOf, optional
        Read the world as it stood then: what is dated later is not there, and then is now.

    Returns
    -------
    Tables

    Raises
    ------
    SettingsError
        When the settings name a table or column that is not there.
    SourceError
        When a file cannot be read.
    """
    records = read_records(settings, kinds=kinds, time_formats=time_formats, now=now, as_of=as_of)
    return complete(records, kinds=kinds, time_formats=time_formats)


def outline(records: Records) -> Tables:
    """Return records as tables in which nothing but hand-overs and decisions is known."""
    return Tables(
        settings=records.settings,
        episodes=records.episodes,
        attributes=pd.DataFrame(index=records.episodes.index),
        columns={},
        activities=None,
        outcomes=None,
        decision_columns=records.decision_columns,
        order=records.order,
        as_of=records.as_of,
        now=records.now,
        findings=(*records.findings, *note_readings(records.columns)),
        origin=records.leads.origin,
        decisions=records.decisions,
        workspace=records.workspace,
    )


def complete(
    records: Records,
    *,
    kinds: Mapping[str, Kind] | None = None,
    time_formats: Mapping[str, str] | None = None,
) -> Tables:
    """Read what records lack: the further columns of leads, activities and outcomes.

    Parameters
    ----------
    records : Records
    kinds, time_formats : mapping, optional
        Those that the records were read with.

    Returns
    -------
    Tables
    """
    named, connection = records.named, records.workspace.connection
    events = {
        name: open_named(connection, named, name, reference)
        for name, reference in list_tables(named).items()
        if name in EVENTS
    }
    findings = [*records.findings, *(note for table in events.values() for note in table.notes)]
    available = {name: table.columns for name, table in events.items()}
    settings = apply_preset(records.settings, available)
    if records.seen is not None:
        events, found = withhold_later(events, settings, records.seen)
        findings += found
    leads = store_leads(records.leads, settings=settings, kinds=kinds, time_formats=time_formats)
    columns, index = leads.columns, records.episodes.index
    frame = without_categories(to_frame(leads.read_columns(), index))
    attributes = frame.drop(columns=list_taken(settings, frame.columns))
    activities, outcomes, found = _read_events(events, settings)
    now, episodes = records.now, records.episodes
    return replace(
        outline(records),
        settings=settings,
        episodes=add_progress(episodes, frame, activities, settings=settings, now=now),
        attributes=attributes,
        columns={name: columns[name] for name in attributes.columns},
        activities=activities,
        outcomes=outcomes,
        findings=(*findings, *found, *note_readings(columns.values())),
        time_formats=list_styles(columns.values()),
    )


def _read_events(
    opened: Mapping[str, SourceTable], settings: Settings
) -> tuple[Relation | None, pd.DataFrame | None, list[Finding]]:
    """Return activities and outcomes, as far as there are tables of them."""
    activities: Relation | None = None
    outcomes: pd.DataFrame | None = None
    findings: list[Finding] = []
    if "activities" in opened:
        found, findings = read_activities(opened["activities"], settings=settings)
        # Several jobs ask for them, and a query would read their text each time.
        activities = keep(found.connection, f"SELECT * FROM {found.place}")
    if "outcomes" in opened:
        outcomes = read_outcomes(opened["outcomes"], settings=settings)
    return activities, outcomes, findings


def find_last(activities: Relation, now: pd.Timestamp) -> pd.Timestamp | None:
    """Return the moment of the newest activity that does not lie in the future."""
    moment = f"CAST({literal(now.isoformat(sep=' '))} AS TIMESTAMP)"
    query = f'SELECT max("at") AS last FROM {activities.place} WHERE "at" <= {moment}'
    last = query_rows(activities.connection, query)[0]["last"]
    return None if last is None else pd.Timestamp(last)
