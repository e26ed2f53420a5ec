"""Scoring input: all that a run reads, opened once and given out as partitions of equal size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.batches.digest import digest_input
from features.batches.history import collect_earlier
from features.checks.ids import note_ids
from features.checks.leads import (
    NO_LEADS,
    count_activities,
    mark_hand_overs,
    note_activities,
    note_hand_overs,
    note_missing_share,
    note_order,
    select_repeats,
)
from features.columns.notes import note_readings
from features.columns.profile import read_column
from features.contract.events import read_activities
from features.contract.leads import Leads, among, list_taken, store_leads
from features.contract.partition import Partition, cluster, read_part
from features.contract.tables import complete_settings, measure, open_named
from features.errors import SettingsError
from features.findings import Finding, sort_by_severity
from features.matrix.feature_table import FeatureTable, compute_features
from features.settings.schema import Settings
from features.sources.database import check_connection
from features.sources.duckdb_relation import Relation, query_rows, query_table
from features.sources.file import ROW
from features.sources.sql import quote
from features.sources.tables import SourceTable
from features.sources.workspace import MEMORY_MB, Workspace

_COLUMNS_AT_ONCE = 40


@dataclass(frozen=True)
class FeatureRows:
    """Some of the leads with their features.

    Attributes
    ----------
    keys : DataFrame
        ``row``, ``lead_id``, ``handed_over_at`` of every row of the batch.
    code : Series of object
        What keeps a row from being scored; missing if nothing.
    values : DataFrame
        The features of every row, texts as categories.
    """

    keys: pd.DataFrame
    code: pd.Series
    values: pd.DataFrame


@dataclass(frozen=True)
class ScoringInput:
    """What is read to score leads; see `open_input`.

    Attributes
    ----------
    leads : Leads
    plan : FeatureTable
    digest : str
    findings : tuple of Finding
        Errors first.
    missing_columns, new_columns : tuple of str
        Columns of leads that the model learned from and the input lacks; and those it has that
        training did not see.
    rows : int
        Of a batch, save the last.
    idle : tuple of int or None
        Leads without an activity before their hand-over, and all leads; None where activities
        are not counted.
    """

    leads: Leads
    plan: FeatureTable
    digest: str
    findings: tuple[Finding, ...]
    missing_columns: tuple[str, ...]
    new_columns: tuple[str, ...]
    rows: int
    idle: tuple[int, int] | None
    _repeats: np.ndarray
    _activities: Relation | None
    _earlier: Relation | None

    @property
    def count(self) -> int:
        """Return the number of batches."""
        return -(-self.leads.total // self.rows)

    def read(self, number: int) -> FeatureRows:
        """Read a batch and compute its features; from any thread, always the same.

        Parameters
        ----------
        number : int
            From 0.
        """
        first = number * self.rows + 1
        rows = range(first, min(first + self.rows, self.leads.total + 1))
        connection = self.leads.keys.connection.cursor()
        try:
            keys = self.leads.read_keys(connection, where=among(rows))
            partition = self._read_partition(connection, number, rows)
        finally:
            connection.close()
        values = compute_features(partition, self.plan).set_axis(keys.index)
        return FeatureRows(keys.drop(columns="place"), self._find_rejects(keys), values)

    def find_newest(self, count: int) -> np.ndarray | None:
        """Return the rows of so many leads, those handed over last; None where that is all.

        Parameters
        ----------
        count : int

        Returns
        -------
        ndarray of int or None
            Rising. Without times the last rows count as the newest.
        """
        if self.leads.total <= count:
            return None
        keys = self.leads.keys
        query = (
            f"SELECT {ROW} FROM {keys.place} "
            f"ORDER BY handed_over_at DESC NULLS LAST, {ROW} DESC LIMIT {count:d}"
        )
        return np.sort(query_table(keys.connection, query)[ROW].to_numpy())

    def _read_partition(self, connection: Any, number: int, rows: range) -> Partition:
        """Return all that is known of the leads of a batch."""
        keys = f"SELECT lead_id, handed_over_at FROM {self.leads.keys.place}"
        parts = {
            name: None if relation is None else read_part(relation, number, connection)
            for name, relation in (("activities", self._activities), ("earlier", self._earlier))
        }
        return Partition(
            hand_overs=query_table(connection, f"{keys} {among(rows)} ORDER BY {ROW}"),
            attributes=self.leads.read_columns(connection, where=among(rows)),
            **parts,
        )

    def _find_rejects(self, keys: pd.DataFrame) -> pd.Series:
        place = np.searchsorted(self._repeats, [keys["row"].iloc[0], keys["row"].iloc[-1] + 1])
        repeated = keys["row"].isin(self._repeats[place[0] : place[1]])
        return code_rejects(keys, repeated, timed=self.leads.timed)


def has_times(settings: Settings, plan: FeatureTable) -> bool:
    """Return whether every lead that is scored has a time of hand-over; without, none has.

    Parameters
    ----------
    settings : Settings
        As the user wrote them.
    plan : FeatureTable
        Of the model: one that counts from the time of hand-over needs it.

    Notes
    -----
    A model without times may score leads whose settings name a time by now. What only a preset
    would take for the hand-over does not count, as training did not see it.
    """
    return plan.order == "time" or settings.leads.handed_over_at is not None


def code_rejects(keys: pd.DataFrame, repeated: pd.Series, *, timed: bool) -> pd.Series:
    """Return, per hand-over, the code of what keeps it from being scored; missing if nothing.

    Parameters
    ----------
    keys : DataFrame
        ``lead_id``, ``handed_over_at``.
    repeated : Series of bool
        Whether the same hand-over stands in an earlier row.
    timed : bool
        Whether a time of hand-over is needed.
    """
    code = pd.Series(None, index=keys.index, dtype=object)
    code[repeated] = "duplicate"
    if timed:
        code[keys["handed_over_at"].isna()] = "missing_hand_over"
    code[keys["lead_id"].isna()] = "missing_id"
    return code


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
    wanted = _list_tables(settings, plan, leads)
    size = measure(settings, wanted.values())
    with Workspace(settings.home, threads=threads, size=size, memory_mb=MEMORY_MB) as workspace:
        opened = {
            part: open_named(workspace.connection, settings, *where)
            for part, where in wanted.items()
        }
        prepared = _prepare(settings, plan, opened, given=leads is not None, now=now, rows=rows)
        workspace.keep_less(columns=len(prepared.leads.columns))
        yield prepared


def _list_tables(
    settings: Settings, plan: FeatureTable, leads: str | None
) -> dict[str, tuple[str, str]]:
    """Return the tables that are read: by their part in scoring, their name and reference."""
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


def _prepare(
    written: Settings,
    plan: FeatureTable,
    opened: Mapping[str, SourceTable],
    *,
    given: bool,
    now: pd.Timestamp,
    rows: int,
) -> ScoringInput:
    """Count across all leads what no batch can know by itself."""
    settings = _complete(written, plan, opened)
    taken = set(list_taken(settings, opened["leads"].columns))
    wanted = [name for name in (*plan.sources, *plan.complete) if name not in taken]
    leads = store_leads(
        opened["leads"],
        settings=settings,
        kinds=plan.kinds,
        time_formats=plan.time_formats,
        wanted=wanted,
        given=given,
    )
    if plan.order == "time" and not leads.timed:
        raise make_untimed(leads.table.origin)
    findings = [note for part in ("leads", "activities") for note in _notes(opened.get(part))]
    findings += _check(leads, now)
    activities, found, idle = _cluster_activities(opened.get("activities"), leads, rows)
    findings += found
    earlier = None
    if leads.total and plan.needs("history"):
        own = opened.get("own", opened["leads"])
        known = collect_earlier(
            own, opened.get("decisions"), leads.keys, settings=written, plan=plan
        )
        earlier = cluster(known, leads.keys, rows=rows)
    missing, new = _compare_columns(plan, leads)
    repeats = select_repeats(leads.keys.place, "lead_id, handed_over_at")
    return ScoringInput(
        leads=leads,
        plan=plan,
        digest=digest_input(written, opened.values()),
        findings=sort_by_severity(findings),
        missing_columns=missing,
        new_columns=new,
        rows=rows,
        idle=idle,
        _repeats=np.sort(query_table(leads.keys.connection, repeats)[ROW].to_numpy()),
        _activities=activities,
        _earlier=earlier,
    )


def _complete(written: Settings, plan: FeatureTable, opened: Mapping[str, SourceTable]) -> Settings:
    """Return the settings with the preset's names, without a time that training did not see."""
    available = {name: opened[name].columns for name in ("leads", "activities") if name in opened}
    settings = complete_settings(written, available, decided=False, kinds=plan.kinds)
    if has_times(written, plan):
        return settings
    untimed = settings.leads.model_copy(update={"handed_over_at": None})
    return settings.model_copy(update={"leads": untimed})


def _notes(table: SourceTable | None) -> tuple[Finding, ...]:
    return () if table is None else table.notes


def _check(leads: Leads, now: pd.Timestamp) -> list[Finding]:
    """Look through the leads to score, as `features.checks.tables` does through a project's."""
    if not leads.total:
        return [NO_LEADS]
    marked = mark_hand_overs(leads.keys, now=now, timed=leads.timed)
    return [
        *note_readings([*leads.key_columns, *leads.columns.values()]),
        *note_hand_overs(marked, total=leads.total, lead=leads.settings.leads, timed=leads.timed),
        *note_ids(leads.keys, leads.settings.leads),
        *note_order(leads.order, leads.total, leads.settings.leads),
        *note_missing_share(_share_missing(leads)),
    ]


def _cluster_activities(
    source: SourceTable | None, leads: Leads, rows: int
) -> tuple[Relation | None, list[Finding], tuple[int, int] | None]:
    """Put beside each batch what its leads did, and say what is wrong with the activities."""
    if source is None or not leads.total:
        return None, [], None
    named = leads.settings.activities
    activities, findings = read_activities(source, settings=leads.settings)
    if not leads.timed:
        return None, [*findings, *note_activities(None, named, learning=False)], None
    counts = count_activities(activities, leads.keys)
    findings += note_activities(counts, named, learning=False)
    query = f"SELECT count(DISTINCT lead_id) AS n FROM {leads.keys.place}"
    known = int(query_rows(leads.keys.connection, query)[0]["n"])
    # Of an empty table, or one of other leads only, that is said already.
    idle = (known - counts["before"], known) if counts["before"] else None
    return cluster(activities, leads.keys, rows=rows), findings, idle


def _share_missing(leads: Leads) -> pd.Series:
    """Return the share of the leads for which each column is missing."""
    relation, names = leads.table.relation, list(leads.columns)
    missing = leads.settings.leads.missing
    shares: dict[str, float] = {}
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        some = names[start : start + _COLUMNS_AT_ONCE]
        read = {
            name: read_column(name, relation.types[name], leads.columns[name], missing)
            for name in some
        }
        present = ", ".join(f"count({sql}) AS {quote(name)}" for name, sql in read.items())
        row = query_rows(relation.connection, f"SELECT {present} FROM {relation.place}")[0]
        shares |= {name: 1 - row[name] / leads.total for name in some}
    return pd.Series(shares, dtype=float)


def _compare_columns(plan: FeatureTable, leads: Leads) -> tuple[tuple[str, ...], tuple[str, ...]]:
    available, decision = leads.table.columns, leads.settings.decision
    taken = {*list_taken(leads.settings, available), *decision.named.values()}
    missing = tuple(name for name in plan.sources if name not in leads.columns)
    return missing, tuple(n for n in available if n not in taken and n not in plan.kinds)


def make_untimed(origin: str) -> SettingsError:
    """Return the error for leads without a time where the model counts from one."""
    return SettingsError(
        "the model counts from the time of hand-over, and the leads have no column for it",
        where=origin,
        expected="the column that held it in training",
        next_step="Add it to the leads, or name it in handed_over_at under [leads]",
    )
