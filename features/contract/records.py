"""Records: a project's leads and what sales decided about them, read before anything else.

They say which hand-overs can be learned from, and are read in a moment; activities and the further
columns of leads are most of the reading, and are read after them, where they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from features.columns.arrow import to_frame
from features.columns.categories import without_categories
from features.columns.kinds import Column, Kind
from features.contract.as_of import AsOf, withhold_later
from features.contract.columns import find_column, find_columns
from features.contract.correction_match import match_corrections
from features.contract.corrections import read_corrections
from features.contract.decision_match import ANSWER_KEYS, match_decisions
from features.contract.decisions import add_flat_decision, read_decisions
from features.contract.leads import Leads, Order, choose_order, make_episodes, store_leads
from features.errors import SettingsError
from features.findings import Finding
from features.settings.load import require_decision
from features.settings.preset import apply_preset
from features.settings.schema import Settings
from features.sources.database import check_connection
from features.sources.paths import find_files, is_empty_pattern
from features.sources.tables import SourceTable, open_table
from features.sources.workspace import UNKNOWN, Workspace

EVENTS = ("activities", "outcomes")
"""The tables that are no records: what happened to leads, and what became of them."""


@dataclass(frozen=True)
class Records:
    """Leads and decisions of a project, as of a moment.

    Attributes
    ----------
    named : Settings
        As the user wrote them.
    settings : Settings
        With the preset's names filled in, for leads and decisions.
    leads : SourceTable
        The rows that existed at the moment.
    order : {"time", "order", "file", "none"}
        What distinguishes older leads from newer ones.
    episodes : DataFrame
        As in `features.contract.tables.Tables`.
    decisions : DataFrame or None
        The same.
    decision_columns : mapping of str to int
        The same.
    as_of, now : Timestamp or None
        The newest moment that hand-overs and decisions speak of, and the moment of reading.
    seen : AsOf or None
        The moment that was asked for.
    findings : tuple of Finding
        What was noticed while reading.
    columns : tuple of Column
        How the columns of leads were read that hand-overs and decisions come from.
    workspace : Workspace
        The database that the leads are in.
    """

    named: Settings
    settings: Settings
    leads: SourceTable
    order: Order
    episodes: pd.DataFrame
    decisions: pd.DataFrame | None
    decision_columns: Mapping[str, int]
    as_of: pd.Timestamp | None
    now: pd.Timestamp
    seen: AsOf | None
    findings: tuple[Finding, ...]
    columns: tuple[Column, ...]
    workspace: Workspace


def read_records(
    settings: Settings,
    *,
    kinds: Mapping[str, Kind] | None = None,
    time_formats: Mapping[str, str] | None = None,
    now: pd.Timestamp | None = None,
    as_of: AsOf | None = None,
) -> Records:
    """Read the leads and decisions of a project; parameters and errors as for `read_tables`."""
    check_connection(settings.tables.connection)
    wanted = list_tables(settings)
    workspace = Workspace(settings.home, size=measure(settings, wanted.items()))
    opened = {
        name: open_named(workspace.connection, settings, name, reference)
        for name, reference in wanted.items()
        if name not in EVENTS
    }
    available = {name: table.columns for name, table in opened.items()}
    named, settings = (
        settings,
        complete_settings(settings, available, decided=True, kinds=kinds, joined=wanted),
    )
    now = now if now is not None else pd.Timestamp.now("UTC").tz_localize(None)
    findings = [note for table in opened.values() for note in table.notes]
    if as_of is not None:
        opened, found = withhold_later(opened, settings, as_of)
        findings, now = [*findings, *found], as_of.moment
    order = choose_order(settings)
    leads = _find_leads(opened["leads"], settings, order, time_formats or {})
    keys = leads.read_keys().reset_index(drop=True)
    frame = without_categories(to_frame(leads.read_columns(), keys.index))
    episodes, decisions, decision_columns, found = _add_decisions(
        make_episodes(keys, order=order), frame, opened.get("decisions"), settings
    )
    findings += found
    if "corrections" in opened:
        episodes, found = _add_corrections(episodes, opened["corrections"], settings, now, as_of)
        findings += found
    return Records(
        named=named,
        settings=settings,
        leads=opened["leads"],
        order=order,
        episodes=episodes,
        decisions=decisions,
        decision_columns=decision_columns,
        as_of=_find_latest(episodes, now) if order == "time" else None,
        now=now,
        seen=as_of,
        findings=tuple(findings),
        columns=(*leads.key_columns, *leads.columns.values()),
        workspace=workspace,
    )


def _find_leads(
    table: SourceTable, settings: Settings, order: Order, time_formats: Mapping[str, str]
) -> Leads:
    """Return the leads with no columns but those that hold their decisions, if any does."""
    lead, decision = settings.leads, settings.decision
    if order == "order" and lead.order is not None:
        find_column(lead.order, table.columns, key="[leads] order", settings=settings)
    found: dict[str, str] = {}
    if settings.tables.decisions is None:
        found = find_columns(decision.named, table.columns, table="decision", settings=settings)
    held: dict[str, Kind] = {found["decided_at"]: "time"} if "decided_at" in found else {}
    held |= {found[key]: "text" for key in ANSWER_KEYS if key in found}
    return store_leads(
        table,
        settings=settings,
        kinds=held,
        time_formats=time_formats,
        wanted=found.values(),
    )


def list_tables(settings: Settings) -> dict[str, str]:
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


def measure(settings: Settings, wanted: Iterable[tuple[str, str]]) -> int:
    """Return the bytes of the files that will be read; tables of a database may be any size.

    Parameters
    ----------
    settings : Settings
    wanted : iterable of tuple of str
        The name of each table, and what it refers to.
    """
    # All are looked for, so that a file that is missing is refused whatever the others are.
    found = [find_files(where, name=name, root=settings.root) for name, where in wanted]
    if not all(found):
        return UNKNOWN
    return sum(path.stat().st_size for paths in found for path in paths)


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


def complete_settings(
    settings: Settings,
    opened: Mapping[str, Sequence[str]],
    *,
    decided: bool,
    kinds: Mapping[str, Kind] | None,
    joined: Iterable[str] = (),
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
    joined : iterable of str
        Tables that are joined to leads later, beside those that were opened.

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
    others = [name for name in (*joined, *opened) if name != "leads"]
    if others and settings.leads.id is None:
        raise SettingsError(
            f"[leads] id is missing, and the table of {others[0]} names leads by it",
            where=str(settings.file),
            expected="the column of leads that holds the lead's id",
            next_step="Name it in id under [leads]",
        )
    return settings


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


def _find_latest(episodes: pd.DataFrame, now: pd.Timestamp) -> pd.Timestamp | None:
    """Return the newest hand-over or decision that does not lie in the future."""
    moments = [episodes["handed_over_at"], episodes["decided_at"]]
    found = [latest for times in moments if not pd.isna(latest := times[times <= now].max())]
    return max(found) if found else None
