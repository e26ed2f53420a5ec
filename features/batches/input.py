"""All that a run of scoring reads, opened once and handed out in batches of equal size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.batches.activities import count_activities, read_behaviour, store_activities
from features.batches.checks import check_leads, find_repeats
from features.batches.digest import digest_input
from features.batches.history import count_earlier, read_history
from features.batches.leads import StoredLeads, store_leads
from features.checks.leads import note_activities
from features.contract.leads import list_taken
from features.contract.tables import complete_settings
from features.errors import SettingsError
from features.findings import Finding, sort_by_severity
from features.matrix.feature_table import FeatureTable
from features.settings.schema import Settings
from features.sources.file import ROW
from features.sources.paths import find_files
from features.sources.tables import StoredTable, store_table
from features.sources.workspace import UNKNOWN, keep_less, open_workspace


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
    leads : StoredLeads
    digest : str
    findings : tuple of Finding
        Errors first.
    missing_columns, new_columns : tuple of str
        Columns of leads that the model learned from and the input lacks; and those it has that
        training did not see.
    rows : int
        Of a batch, save the last.
    """

    leads: StoredLeads
    plan: FeatureTable
    digest: str
    findings: tuple[Finding, ...]
    missing_columns: tuple[str, ...]
    new_columns: tuple[str, ...]
    rows: int
    _repeats: np.ndarray
    _counted: frozenset[str]

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
        last = min(first + self.rows - 1, self.leads.total)
        connection = self.leads.table.stored.connection.cursor()
        try:
            found = self.leads.read(connection, first, last)
            behaved = self._read_behaviour(connection, found.keys)
            past = read_history(connection, found.keys) if "history" in self._counted else None
        finally:
            connection.close()
        at = found.keys["handed_over_at"]
        values = self.plan.arrange(found.attributes, at, behaved=behaved, past=past)
        return FeatureRows(found.keys, self._find_rejects(found.keys), values)

    def _read_behaviour(self, connection: Any, keys: pd.DataFrame) -> pd.DataFrame | None:
        if not self.plan.needs("behaviour"):
            return None
        if "behaviour" not in self._counted:
            return self.plan.without_activities(keys.index)
        return read_behaviour(connection, self.plan.types, keys)

    def _find_rejects(self, keys: pd.DataFrame) -> pd.Series:
        place = np.searchsorted(self._repeats, [keys["row"].iloc[0], keys["row"].iloc[-1] + 1])
        repeated = keys["row"].isin(self._repeats[place[0] : place[1]])
        return code_rejects(keys, repeated, timed=self.leads.timed)


def has_times(settings: Settings, plan: FeatureTable) -> bool:
    """Tell whether every lead that is scored has a time of hand-over; else none has.

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
    wanted = _list_tables(settings, plan, leads)
    with ExitStack() as stack:
        size = _measure(settings, wanted)
        workspace = stack.enter_context(open_workspace(settings.home, threads=threads, size=size))
        opened = {name: _store(workspace, settings, *where) for name, where in wanted.items()}
        prepared = _prepare(settings, plan, opened, given=leads is not None, now=now, rows=rows)
        keep_less(workspace, size=size, columns=len(prepared.leads.columns))
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


def _measure(settings: Settings, wanted: Mapping[str, tuple[str, str]]) -> int:
    """Return the bytes of the files that will be read; tables of a database may be any size."""
    files: list[Path] = []
    for name, reference in wanted.values():
        found = find_files(reference, name=name, root=settings.root)
        if not found:
            return UNKNOWN
        files += found
    return sum(path.stat().st_size for path in files)


def _store(workspace: Any, settings: Settings, name: str, reference: str) -> StoredTable:
    return store_table(
        workspace,
        reference,
        name=name,
        root=settings.root,
        url=settings.tables.connection,
        separator=settings.csv.separator,
        encoding=settings.csv.encoding,
    )


def _prepare(
    written: Settings,
    plan: FeatureTable,
    opened: Mapping[str, StoredTable],
    *,
    given: bool,
    now: pd.Timestamp,
    rows: int,
) -> ScoringInput:
    """Count across all leads what no batch can know by itself."""
    shown = {name: opened[name] for name in ("leads", "activities") if name in opened}
    available = {name: list(table.stored.types) for name, table in shown.items()}
    settings = complete_settings(written, available, decided=False, kinds=plan.kinds)
    if not has_times(written, plan):
        untimed = settings.leads.model_copy(update={"handed_over_at": None})
        settings = settings.model_copy(update={"leads": untimed})
    leads = store_leads(opened["leads"], settings=settings, plan=plan, given=given)
    if plan.order == "time" and not leads.timed:
        raise make_untimed(leads.table.origin)
    findings = [note for table in shown.values() for note in table.notes]
    findings += check_leads(leads, now=now)
    counted = set()
    if leads.total and "activities" in opened:
        findings += store_activities(opened["activities"], settings)
        counts = count_activities(leads.table.stored.connection) if leads.timed else None
        findings += note_activities(counts, settings.activities, learning=False)
        counted |= {"behaviour"} if leads.timed else set()
    if leads.total and plan.needs("history"):
        own = opened.get("own", opened["leads"])
        count_earlier(own, opened.get("decisions"), settings=written, plan=plan)
        counted.add("history")
    missing, new = _compare_columns(plan, leads)
    return ScoringInput(
        leads=leads,
        plan=plan,
        digest=digest_input(written, opened.values()),
        findings=sort_by_severity(findings),
        missing_columns=missing,
        new_columns=new,
        rows=rows,
        _repeats=find_repeats(leads),
        _counted=frozenset(counted),
    )


def _compare_columns(
    plan: FeatureTable, leads: StoredLeads
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    available = [name for name in leads.table.stored.types if name != ROW]
    taken = {*list_taken(leads.settings, available), *_decision_columns(leads.settings)}
    missing = tuple(name for name in plan.sources if name not in leads.columns)
    return missing, tuple(n for n in available if n not in taken and n not in plan.kinds)


def _decision_columns(settings: Settings) -> set[str | None]:
    decision = settings.decision
    return {decision.column, decision.decided_at, decision.reason, decision.rep}


def make_untimed(origin: str) -> SettingsError:
    """Return the error for leads without a time where the model counts from one."""
    return SettingsError(
        "the model counts from the time of hand-over, and the leads have no column for it",
        where=origin,
        expected="the column that held it in training",
        next_step="Add it to the leads, or name it in handed_over_at under [leads]",
    )
