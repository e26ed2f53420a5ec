"""Table contract: canonical names and types, whatever the CRM calls its tables and columns.

One row of `episodes` is one hand-over of one lead. The CRM's other columns stand beside it in
`attributes`; activities stay where they are until they are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.columns.profile import Column, Kind, type_columns
from features.contract.as_of import AsOf, withhold_later
from features.contract.columns import find_column, list_time_formats, note_columns
from features.contract.correction_match import match_corrections
from features.contract.corrections import read_corrections
from features.contract.decision_match import match_decisions
from features.contract.decisions import add_flat_decision, note_unknown_values, read_decisions
from features.contract.events import read_activities, read_outcomes
from features.contract.leads import Order, choose_order, list_taken, make_episodes, profile_leads
from features.errors import SettingsError
from features.findings import Finding
from features.settings.load import require_decision
from features.settings.preset import apply_preset
from features.settings.schema import Settings
from features.sources.database import connect
from features.sources.paths import is_empty_pattern
from features.sources.tables import ROW, SourceTable, open_table

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Order", "Tables", "find_column", "note_unknown_values", "read_tables"]


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
        for what is learned.
    attributes : DataFrame
        The other columns of leads, same index: float64, datetime64 or text.
    columns : mapping of str to Column
        What each attribute holds.
    activities : ibis Table or None
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
    """

    settings: Settings
    episodes: pd.DataFrame
    attributes: pd.DataFrame
    columns: Mapping[str, Column]
    activities: ir.Table | None
    outcomes: pd.DataFrame | None
    decision_columns: Mapping[str, int]
    order: Order
    as_of: pd.Timestamp | None
    now: pd.Timestamp
    findings: tuple[Finding, ...]
    origin: str
    decisions: pd.DataFrame | None = None
    time_formats: Mapping[str, str] = field(default_factory=dict)

    @property
    def timed(self) -> bool:
        """Tell whether hand-overs have times."""
        return self.order == "time"


def read_tables(
    settings: Settings,
    *,
    leads: str | None = None,
    decided: bool = True,
    kinds: Mapping[str, Kind] | None = None,
    time_formats: Mapping[str, str] | None = None,
    now: pd.Timestamp | None = None,
    as_of: AsOf | None = None,
) -> Tables:
    """Read a project's tables in canonical form.

    Parameters
    ----------
    settings : Settings
    leads : str, optional
        A file, glob or table to read instead of ``[tables] leads``, as for scoring.
    decided : bool
        False where no decisions are expected; then none are read.
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
        When a file cannot be read, or the leads to read instead lack a column they need.
    """
    opened = _open_tables(settings, leads, decided)
    available = {name: list(table.data.columns) for name, table in opened.items()}
    settings = complete_settings(settings, available, decided=decided, kinds=kinds)
    now = now if now is not None else pd.Timestamp.now("UTC").tz_localize(None)
    findings = [note for table in opened.values() for note in table.notes]
    if as_of is not None:
        opened, found = withhold_later(opened, settings, as_of)
        findings, now = [*findings, *found], as_of.moment

    source = opened["leads"]
    columns = profile_leads(source, settings=settings, kinds=kinds, time_formats=time_formats)
    frame = _type_leads(source, columns, settings)
    attributes = frame.drop(columns=[ROW, *list_taken(settings, frame.columns)])
    given = source.origin if leads is not None and not decided else None
    episodes = make_episodes(frame, settings=settings, decided=decided, origin=given)
    order = choose_order(settings)

    decisions: pd.DataFrame | None = None
    decision_columns: dict[str, int] = {}
    if decided:
        episodes, decisions, decision_columns, found = _add_decisions(
            episodes, frame, opened.get("decisions"), settings
        )
        findings += found
    if "corrections" in opened:
        episodes, found = _add_corrections(episodes, opened["corrections"], settings, now, as_of)
        findings += found
    activities, outcomes, found = _read_events(opened, settings)
    findings += found

    return Tables(
        settings=settings,
        episodes=episodes,
        attributes=attributes,
        columns={name: columns[name] for name in attributes.columns},
        activities=activities,
        outcomes=outcomes,
        decision_columns=decision_columns,
        order=order,
        as_of=_find_latest(episodes, activities, now) if order == "time" else None,
        now=now,
        findings=(*findings, *note_columns(columns.values())),
        origin=source.origin,
        decisions=decisions,
        time_formats=list_time_formats(columns.values()),
    )


def _open_tables(settings: Settings, leads: str | None, decided: bool) -> dict[str, SourceTable]:
    """Open the tables that the settings name, without reading what nobody asks for."""
    tables = settings.tables
    wanted = {"leads": leads or tables.leads, "activities": tables.activities}
    if decided:
        wanted |= {"decisions": tables.decisions, "outcomes": tables.outcomes}
        # Nothing is noted before the first meeting, and the settings may be ready for it.
        noted = tables.corrections
        if noted and not is_empty_pattern(noted, root=settings.root):
            wanted["corrections"] = noted
    connection: Any = connect(tables.connection)
    return {
        name: open_table(
            connection,
            reference,
            name=name,
            root=settings.root,
            # Corrections are not the CRM's: they are written as the report exports them.
            separator=settings.csv.separator if name != "corrections" else None,
            encoding=settings.csv.encoding if name != "corrections" else None,
        )
        for name, reference in wanted.items()
        if reference
    }


def _type_leads(
    source: SourceTable, columns: Mapping[str, Column], settings: Settings
) -> pd.DataFrame:
    """Return the leads with the values that their columns hold, in the order of their rows."""
    table = type_columns(source, columns, missing=settings.leads.missing)
    typed: pd.DataFrame = table.to_pandas()
    return typed.sort_values(ROW, ignore_index=True)


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
) -> tuple[ir.Table | None, pd.DataFrame | None, list[Finding]]:
    """Return activities and outcomes, as far as there are tables of them."""
    activities: ir.Table | None = None
    outcomes: pd.DataFrame | None = None
    findings: list[Finding] = []
    if "activities" in opened:
        activities, findings = read_activities(opened["activities"], settings=settings)
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
    episodes: pd.DataFrame, activities: ir.Table | None, now: pd.Timestamp
) -> pd.Timestamp | None:
    """Return the newest moment in the data that does not lie in the future."""
    moments = [episodes["handed_over_at"], episodes["decided_at"]]
    known = [times[times <= now].max() for times in moments]
    if activities is not None:
        at = activities["at"]
        known.append(pd.Timestamp(at.max(where=at <= now).to_pandas()))
    found = [moment for moment in known if not pd.isna(moment)]
    return max(found) if found else None
