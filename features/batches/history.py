"""Earlier hand-overs of the leads of a batch, counted for returning leads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.batches.leads import KEYS, profile_few
from features.columns.profile import Kind, select_typed
from features.contract.columns import find_column
from features.contract.decision_match import match_decisions
from features.contract.decisions import (
    add_flat_decision,
    find_decision_columns,
    name_keys,
    translate_decisions,
)
from features.contract.leads import make_episodes
from features.contract.tables import complete_settings
from features.matrix.feature_table import FeatureTable
from features.matrix.history import NAMES, count_history
from features.settings.schema import Settings
from features.sources.duckdb_relation import Stored, fetch
from features.sources.file import ROW
from features.sources.sql import quote
from features.sources.tables import StoredTable

if TYPE_CHECKING:
    import pyarrow as pa

HISTORY = "history"
_OWN, _DECIDED, _RETURNING = "own_leads", "own_decisions", "come_again"
_LEADS_AT_ONCE = 50_000


@dataclass(frozen=True)
class _Project:
    """Where the project's own hand-overs and decisions are, and by which settings."""

    connection: Any
    settings: Settings
    lead_id: str
    decided: tuple[str, Mapping[str, str]] | None


def count_earlier(
    leads: StoredTable, decisions: StoredTable | None, *, settings: Settings, plan: FeatureTable
) -> None:
    """Count what happened before to the leads to score, into a table in the order of the rows.

    Parameters
    ----------
    leads : StoredTable
        The project's own.
    decisions : StoredTable or None
    settings : Settings
        As the user wrote them.
    plan : FeatureTable
        How training read the leads.

    Raises
    ------
    SettingsError
        When the settings name a column that is not there.
    """
    project = _open_project(leads, decisions, settings, plan)
    connection = project.connection
    connection.execute(
        f"CREATE TABLE {_RETURNING} AS SELECT DISTINCT k.lead_id FROM {KEYS} k JOIN"
        f" (SELECT CAST({quote(project.lead_id)} AS VARCHAR) AS id,"
        f" {quote(str(project.settings.leads.handed_over_at))} AS past FROM {_OWN}) o"
        " ON k.lead_id = o.id AND o.past < k.handed_over_at"
    )
    count = connection.execute(f"SELECT count(*) FROM {_RETURNING}").fetchall()[0][0]
    parts = -(-count // _LEADS_AT_ONCE)
    connection.execute(f"CREATE TABLE counted ({ROW} BIGINT, n DOUBLE, no DOUBLE, days DOUBLE)")
    for part in range(parts):
        _count_part(project, f"hash(lead_id) % {parts} = {part}")
    connection.execute(f"CREATE TABLE {HISTORY} AS SELECT * FROM counted ORDER BY {ROW}")


def read_history(connection: Any, keys: pd.DataFrame) -> pd.DataFrame:
    """Return the history features of a batch.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A cursor of the calling thread's own.
    keys : DataFrame
        ``row``: consecutive numbers.

    Returns
    -------
    DataFrame
        As `features.matrix.history.count_history` gives it, indexed like `keys`.
    """
    first, size = int(keys["row"].iloc[0]), len(keys)
    asked = f"{ROW} BETWEEN {first} AND {first + size - 1}"
    found = fetch(connection, f"SELECT * FROM {HISTORY} WHERE {asked}")
    where = found[ROW].to_numpy() - first
    columns = {}
    for name, column, nothing in zip(NAMES, ("n", "no", "days"), (0.0, 0.0, np.nan), strict=True):
        columns[name] = np.full(size, nothing)
        columns[name][where] = found[column].to_numpy()
    return pd.DataFrame(columns, index=keys.index)


def _open_project(
    leads: StoredTable, decisions: StoredTable | None, settings: Settings, plan: FeatureTable
) -> _Project:
    opened = {"leads": list(leads.stored.types)}
    if decisions is not None:
        opened["decisions"] = list(decisions.stored.types)
    settings = complete_settings(settings, opened, decided=True, kinds=plan.kinds)
    lead, available = settings.leads, [name for name in opened["leads"] if name != ROW]
    for key, name in {"id": lead.id, "handed_over_at": lead.handed_over_at}.items():
        if name is not None:
            find_column(name, available, key=f"[leads] {key}", settings=settings)
    decision = settings.decision
    flat = [] if decisions is not None else [n for n in name_keys(decision).values() if n]
    times = [lead.handed_over_at, None if decisions is not None else decision.decided_at]
    names = [lead.id, lead.handed_over_at, *(name for name in flat if name in available)]
    _keep_typed(leads.stored, _OWN, names, times, settings, plan)
    decided = None
    if decisions is not None:
        listed = [name for name in opened["decisions"] if name != ROW]
        decided = find_decision_columns(listed, settings=settings)
        lead_id, found = decided
        dated = [found.get("decided_at")]
        _keep_typed(decisions.stored, _DECIDED, [lead_id, *found.values()], dated, settings, None)
    return _Project(leads.stored.connection, settings, lead.id or ROW, decided)


def _keep_typed(
    stored: Stored,
    view: str,
    names: list[str | None],
    times: list[str | None],
    settings: Settings,
    plan: FeatureTable | None,
) -> None:
    """Make a view of some columns as what they hold: times where they are, text elsewhere."""
    chosen = list(dict.fromkeys(name for name in names if name is not None))
    kinds: dict[str, Kind] = {name: "time" if name in times else "text" for name in chosen}
    formats = {} if plan is None else plan.time_formats
    columns = profile_few(stored, chosen, kinds, settings=settings, time_formats=formats)
    query = select_typed(stored, columns, missing=settings.leads.missing)
    stored.connection.execute(f"CREATE VIEW {view} AS {query}")


def _count_part(project: _Project, chosen: str) -> None:
    """Count for some of the returning leads, with all that is known of them."""
    connection = project.connection
    some = f"(SELECT lead_id FROM {_RETURNING} WHERE {chosen})"
    own = _take(project, _OWN, project.lead_id, some)
    episodes = make_episodes(own, settings=project.settings)
    if project.decided is None:
        episodes = add_flat_decision(episodes, own, settings=project.settings)
    else:
        lead_id, found = project.decided
        rows = _take(project, _DECIDED, lead_id, some)
        answers, _ = translate_decisions(rows, lead_id, found, decision=project.settings.decision)
        matched = match_decisions(episodes, answers, timed=True)
        episodes = episodes.assign(**{str(name): matched[name] for name in matched})
    query = f"SELECT * FROM {KEYS} WHERE lead_id IN {some} ORDER BY {ROW}"
    wanted = _to_frame(fetch(connection, query))
    counted = count_history(wanted, episodes, wanted.index).set_axis(["n", "no", "days"], axis=1)
    counted.insert(0, ROW, wanted[ROW])
    connection.register("counted_part", counted)
    connection.execute("INSERT INTO counted SELECT * FROM counted_part")
    connection.unregister("counted_part")


def _take(project: _Project, view: str, lead_id: str, some: str) -> pd.DataFrame:
    id_ = f"CAST({quote(lead_id)} AS VARCHAR)"
    query = f"SELECT * FROM {view} WHERE {id_} IN {some} ORDER BY {ROW}"
    return _to_frame(fetch(project.connection, query))


def _to_frame(table: pa.Table) -> pd.DataFrame:
    """Return the rows as the contract has them: texts as objects, times in microseconds."""
    frame: pd.DataFrame = table.to_pandas()
    for name in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            frame[name] = frame[name].astype("datetime64[us]")
        elif not pd.api.types.is_numeric_dtype(frame[name]):
            values = frame[name].astype(object)
            frame[name] = values.where(values.notna(), None)
    return frame
