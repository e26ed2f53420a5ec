"""Table contract: canonical names and types, whatever the CRM calls its tables and columns.

One row of `episodes` is one hand-over of one lead. The CRM's other columns stand beside it in
`attributes`; activities stay where they are until they are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from features.columns.arrow import to_frame
from features.columns.categories import without_categories
from features.columns.kinds import Column, Kind
from features.columns.notes import note_readings
from features.contract.as_of import AsOf, withhold_later
from features.contract.columns import list_styles
from features.contract.correction_match import match_corrections
from features.contract.corrections import read_corrections
from features.contract.decision_match import match_decisions
from features.contract.decisions import add_flat_decision, read_decisions
from features.contract.events import read_activities, read_outcomes
from features.contract.leads import Order, choose_order, list_taken, make_episodes, store_leads
from features.contract.progress import add_progress
from features.errors import SettingsError
from features.findings import Finding
from features.settings.load import require_decision
from features.settings.preset import apply_preset
from features.settings.schema import Settings
from features.sources.database import check_connection
from features.sources.duckdb_relation import Relation, keep, query_rows
from features.sources.paths import find_files, is_empty_pattern
from features.sources.sql import literal
from features.sources.tables import SourceTable, open_table
from features.sources.workspace import UNKNOWN, Workspace


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
        The newest moment the data speak of, and the moment of reading.
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
    check_connection(settings.tables.connection)
    wanted = _list_tables(settings)
    workspace = Workspace(settings.home, size=measure(settings, wanted.items()))
    opened = {
        name: open_named(workspace.connection, settings, name, reference)
        for name, reference in wanted.items()
    }
    available = {name: table.columns for name, table in opened.items()}
    settings = complete_settings(settings, available, decided=True, kinds=kinds)
    now = now if now is not None else pd.Timestamp.now("UTC").tz_localize(None)
    findings = [note for table in opened.values() for note in table.notes]
    if as_of is not None:
        opened, found = withhold_later(opened, settings, as_of)
        findings, now = [*findings, *found], as_of.moment

    leads = store_leads(opened["leads"], settings=settings, kinds=kinds, time_formats=time_formats)
    columns, keys = leads.columns, leads.read_keys().reset_index(drop=True)
    frame = without_categories(to_frame(leads.read_columns(), keys.index))
    attributes = frame.drop(columns=list_taken(settings, frame.columns))
    episodes, decisions, decision_columns, found = _add_decisions(
        make_episodes(keys, order=leads.order), frame, opened.get("decisions"), settings
    )
    findings += found
    if "corrections" in opened:
        episodes, found = _add_corrections(episodes, opened["corrections"], settings, now, as_of)
        findings += found
    activities, outcomes, found = _read_events(opened, settings)
    findings += found
    episodes = add_progress(episodes, frame, activities, settings=settings, now=now)

    return Tables(
        settings=settings,
        episodes=episodes,
        attributes=attributes,
        columns={name: columns[name] for name in attributes.columns},
        activities=activities,
        outcomes=outcomes,
        decision_columns=decision_columns,
        order=leads.order,
        as_of=_find_latest(episodes, activities, now) if leads.timed else None,
        now=now,
        findings=(*findings, *note_readings(columns.values())),
        origin=leads.table.origin,
        decisions=decisions,
        time_formats=list_styles(columns.values()),
        workspace=workspace,
    )


def measure(settings: Settings, wanted: Iterable[tuple[str, str]]) -> int:
    """Return the bytes of the files that will be read; tables of a database may be any size.

    Parameters
    ----------
    settings : Settings
    wanted : iterable of tuple of str
        The name of each table, and what it refers to.
    """
    files: list[Path] = []
    for name, reference in wanted:
        found = find_files(reference, name=name, root=settings.root)
        if not found:
            return UNKNOWN
        files += found
    return sum(path.stat().st_size for path in files)


def open_named(connection: Any, settings: Settings, name: str, reference: str) -> SourceTable:
    """Open a table of a project as its settings say.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    settings : Settings
    name : str
        "leads", "activities", "decisions", "outcomes" or "corrections".
    reference : str
        A file, glob or table.
    """
    # Corrections are not the CRM's: they are written as the report exports them.
    own = name == "corrections"
    return open_table(
        connection,
        reference,
        name=name,
        root=settings.root,
        url=settings.tables.connection,
        separator=None if own else settings.csv.separator,
        encoding=None if own else settings.csv.encoding,
    )


def _list_tables(settings: Settings) -> dict[str, str]:
    """Return the tables that the settings name, and what they refer to."""
    tables = settings.tables
    named = {
        "leads": tables.leads,
        "activities": tables.activities,
        "decisions": tables.decisions,
        "outcomes": tables.outcomes,
    }
    # Nothing is noted before the first meeting, and the settings may be ready for it.
    noted = tables.corrections
    if noted and not is_empty_pattern(noted, root=settings.root):
        named["corrections"] = noted
    return {name: reference for name, reference in named.items() if reference}


def _add_decisions(
    episodes: pd.DataFrame, frame: pd.DataFrame, source: SourceTable | None, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame | None, dict[str, int], list[Finding]]:
    """Put beside each hand-over what sales decided; with it, the table of decisions if any."""
    if source is None:
        return add_flat_decision(episodes, frame, settings=settings), None, {}, []
    decisions, further, findings = read_decisions(source, settings=settings)
    matched = match_decisions(episodes, decisions, timed=choose_order(settings) == "time")
    episodes = episodes.assign(**{str(name): matched[name] for name in matched})
    return episodes, decisions, further, findings


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


def _add_corrections(
    episodes: pd.DataFrame,
    source: SourceTable,
    settings: Settings,
    now: pd.Timestamp,
    as_of: AsOf | None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Put beside each hand-over what the teams agreed on, where they did."""
    replay = as_of is not None and as_of.replay
    corrections, findings = read_corrections(source, settings=settings, now=now, replay=replay)
    corrected, found = match_corrections(
        episodes, corrections, timed=choose_order(settings) == "time", replay=replay
    )
    return episodes.assign(corrected=corrected), [*findings, *found]


def complete_settings(
    settings: Settings,
    opened: Mapping[str, Sequence[str]],
    *,
    decided: bool,
    kinds: Mapping[str, Kind] | None,
) -> Settings:
    """Fill in the preset's names and refuse what cannot be read with them.

    Parameters
    ----------
    settings : Settings
    opened : mapping of str to sequence of str
        The columns of each table that was opened.
    decided : bool
        Whether decisions are needed.
    kinds : mapping of str to Kind, optional
        What columns of leads held in training.

    Raises
    ------
    SettingsError
        When a column that is needed is not named.
    """
    columns = dict(opened)
    # What was an attribute in training is one still: of two possible times of hand-over an
    # export without the first must not quietly be counted from the second.
    columns["leads"] = [name for name in columns["leads"] if name not in (kinds or {})]
    settings = apply_preset(settings, columns)
    if decided:
        require_decision(settings)
    joined = [name for name in opened if name != "leads"]
    if joined and settings.leads.id is None:
        raise SettingsError(
            f"[leads] id is missing, and the table of {joined[0]} names leads by it",
            where=str(settings.file),
            expected="the column of leads that holds the lead's id",
            next_step="Name it in id under [leads]",
        )
    return settings


def _find_latest(
    episodes: pd.DataFrame, activities: Relation | None, now: pd.Timestamp
) -> pd.Timestamp | None:
    """Return the newest moment in the data that does not lie in the future."""
    moments = [episodes["handed_over_at"], episodes["decided_at"]]
    known = [times[times <= now].max() for times in moments]
    if activities is not None:
        known.append(find_last(activities, now))
    found = [moment for moment in known if not pd.isna(moment)]
    return max(found) if found else None


def find_last(activities: Relation, now: pd.Timestamp) -> pd.Timestamp | None:
    """Return the moment of the newest activity that does not lie in the future."""
    moment = f"CAST({literal(now.isoformat(sep=' '))} AS TIMESTAMP)"
    query = f'SELECT max("at") AS last FROM {activities.place} WHERE "at" <= {moment}'
    last = query_rows(activities.connection, query)[0]["last"]
    return None if last is None else pd.Timestamp(last)
