"""Rows to score: what is read and counted of leads that lie in one database, all or some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.batches.history import collect_earlier
from features.checks.ids import count_ids
from features.checks.leads import count_activities, mark_hand_overs, select_repeats
from features.checks.row_counts import RowCounts
from features.columns.profile import read_column
from features.contract.events import read_activities
from features.contract.leads import Leads, among, list_taken, store_leads
from features.contract.partition import Partition, cluster, read_part
from features.contract.records import complete_settings
from features.errors import SettingsError
from features.findings import Finding
from features.matrix.feature_table import FeatureTable, compute_features
from features.settings.schema import Settings
from features.sources.duckdb_relation import Relation, query_rows, query_table
from features.sources.file import ROW
from features.sources.sql import quote
from features.sources.tables import SourceTable

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
class LeadRows:
    """Rows of leads with all that is known of these leads; `gather` makes it.

    Attributes
    ----------
    leads : Leads
    plan : FeatureTable
    rows : int
        Of a batch, save the last.
    counts : RowCounts
        What checks need to know of the rows.
    notes : tuple of Finding
        How the columns of activities were read.
    """

    leads: Leads
    plan: FeatureTable
    rows: int
    counts: RowCounts
    notes: tuple[Finding, ...]
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


def gather(
    written: Settings,
    plan: FeatureTable,
    opened: Mapping[str, SourceTable],
    *,
    given: bool,
    now: pd.Timestamp,
    rows: int,
) -> LeadRows:
    """Count across leads what no batch of them can know by itself.

    Parameters
    ----------
    written : Settings
        As the user wrote them.
    plan : FeatureTable
        Which features there are, and how training read the columns.
    opened : mapping of str to SourceTable
        In one database: "leads"; where there are such tables "activities", "decisions", and "own",
        the project's own leads. Of all leads, or all that concerns some of them.
    given : bool
        Whether the leads are others than the settings name.
    now : Timestamp
        Hand-overs after it lie in the future.
    rows : int
        Of a batch.

    Raises
    ------
    SettingsError, SourceError
        When the settings name a column that is not there, or the model counts from the time of
        hand-over and the leads have no column for it.
    """
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
    activities, counted, notes = _cluster_activities(opened.get("activities"), leads, rows)
    earlier = None
    if plan.needs("history"):
        own = opened.get("own", opened["leads"])
        known = collect_earlier(
            own, opened.get("decisions"), leads.keys, settings=written, plan=plan
        )
        earlier = cluster(known, leads.keys, rows=rows)
    repeats = select_repeats(leads.keys.place, "lead_id, handed_over_at")
    return LeadRows(
        leads=leads,
        plan=plan,
        rows=rows,
        counts=RowCounts(
            rows=leads.total,
            leads=_count_leads(leads.keys),
            marked=mark_hand_overs(leads.keys, now=now, timed=leads.timed),
            ids=count_ids(leads.keys),
            present=_count_present(leads),
            activities=counted,
        ),
        notes=tuple(notes),
        _repeats=np.sort(query_table(leads.keys.connection, repeats)[ROW].to_numpy()),
        _activities=activities,
        _earlier=earlier,
    )


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


def _complete(written: Settings, plan: FeatureTable, opened: Mapping[str, SourceTable]) -> Settings:
    """Return the settings with the preset's names, without a time that training did not see."""
    available = {name: opened[name].columns for name in ("leads", "activities") if name in opened}
    settings = complete_settings(written, available, decided=False, kinds=plan.kinds)
    if has_times(written, plan):
        return settings
    untimed = settings.leads.model_copy(update={"handed_over_at": None})
    return settings.model_copy(update={"leads": untimed})


def _cluster_activities(
    source: SourceTable | None, leads: Leads, rows: int
) -> tuple[Relation | None, dict[str, int] | None, list[Finding]]:
    """Put beside each batch what its leads did, and count it."""
    if source is None:
        return None, None, []
    activities, notes = read_activities(source, settings=leads.settings)
    if not leads.timed:
        return None, None, notes
    counts = count_activities(activities, leads.keys)
    return cluster(activities, leads.keys, rows=rows), counts, notes


def _count_leads(keys: Relation) -> int:
    query = f"SELECT count(DISTINCT lead_id) AS n FROM {keys.place}"
    return int(query_rows(keys.connection, query)[0]["n"])


def _count_present(leads: Leads) -> dict[str, int]:
    """Return for how many rows each column holds a value."""
    relation, names = leads.table.relation, list(leads.columns)
    missing = leads.settings.leads.missing
    found: dict[str, int] = {}
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        some = names[start : start + _COLUMNS_AT_ONCE]
        read = {
            name: read_column(name, relation.types[name], leads.columns[name], missing)
            for name in some
        }
        present = ", ".join(f"count({sql}) AS {quote(name)}" for name, sql in read.items())
        found |= query_rows(relation.connection, f"SELECT {present} FROM {relation.place}")[0]
    return found


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


def make_untimed(origin: str) -> SettingsError:
    """Return the error for leads without a time where the model counts from one."""
    return SettingsError(
        "the model counts from the time of hand-over, and the leads have no column for it",
        where=origin,
        expected="the column that held it in training",
        next_step="Add it to the leads, or name it in handed_over_at under [leads]",
    )
