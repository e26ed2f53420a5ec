"""The leads table: how its columns are read, and the key of each hand-over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from features.columns.arrow import to_typed
from features.columns.ids import read_id
from features.columns.kinds import Column, Kind
from features.columns.profile import read_column
from features.contract.columns import (
    find_column,
    make_empty,
    make_undated,
    profile_few,
    profile_named,
    to_text,
)
from features.contract.decision_match import ANSWER_KEYS
from features.settings.schema import Settings
from features.sources.duckdb_relation import Relation, keep, query_table
from features.sources.file import ROW
from features.sources.sql import quote
from features.sources.tables import SourceTable

if TYPE_CHECKING:
    import pyarrow as pa

Order = Literal["time", "order", "file", "none"]
_ID, _AT, _PLACE = "lead_id", "handed_over_at", "place"


@dataclass(frozen=True)
class Leads:
    """The leads of a source, each row keyed.

    Attributes
    ----------
    table : SourceTable
    settings : Settings
        With the preset's names filled in.
    columns : mapping of str to Column
        How each column that is read is read.
    order : {"time", "order", "file", "none"}
    keys : Relation
        ``_row``, ``lead_id`` (text), ``handed_over_at`` (UTC, null where there is no time) and
        ``place`` (what stands in for time), in the order of the rows.
    total : int
        Rows.
    key_columns : tuple of Column
        How the time of hand-over, or what stands in for it, is read.
    """

    table: SourceTable
    settings: Settings
    columns: Mapping[str, Column]
    order: Order
    keys: Relation
    total: int
    key_columns: tuple[Column, ...] = ()
    _queries: Mapping[str, str] = field(default_factory=dict)

    @property
    def timed(self) -> bool:
        """Return whether hand-overs have times."""
        return self.order == "time"

    def read_keys(self, connection: Any = None, *, where: str = "") -> pd.DataFrame:
        """Read the keys of some rows, in their order.

        Parameters
        ----------
        connection : duckdb.DuckDBPyConnection, optional
            A cursor of the calling thread's own.
        where : str
            SQL that chooses among the keys; all if left out.

        Returns
        -------
        DataFrame
            ``row``, ``lead_id`` (text or None), ``handed_over_at`` (NaT where there is none),
            ``place``; its index counts the rows of the source from 0.
        """
        query = f"SELECT * FROM {self.keys.place} {where}"
        found = _in_order(query_table(connection or self.keys.connection, query))
        index = _count_from_zero(found[ROW].to_numpy())
        return pd.DataFrame(
            {
                "row": found[ROW].to_numpy(),
                _ID: pd.Series(found[_ID].to_pylist(), index=index, dtype=object),
                _AT: found[_AT].to_pandas().astype("datetime64[us]").to_numpy(),
                _PLACE: found[_PLACE].to_pandas().set_axis(index),
            },
            index=index,
        )

    def read_columns(self, connection: Any = None, *, where: str = "") -> pa.Table:
        """Read the columns of some rows as what they hold, in their order.

        Parameters
        ----------
        connection : duckdb.DuckDBPyConnection, optional
            As for `read_keys`.
        where : str
            SQL that chooses among the rows of the source; all if left out.

        Returns
        -------
        pyarrow Table
            double, timestamp in microseconds, and text as a dictionary of its different values;
            null where nothing was entered or it could not be read.
        """
        import pyarrow as pa

        listed = "".join(f", {sql} AS {quote(name)}" for name, sql in self._queries.items())
        query = f"SELECT {ROW}{listed} FROM {self.table.relation.place} {where}"
        found = _in_order(query_table(connection or self.keys.connection, query))
        missing = self.settings.leads.missing
        columns = {
            name: to_typed(found[name], column.kind, missing)
            for name, column in self.columns.items()
        }
        return pa.table(columns) if columns else found.select([])


def store_leads(
    table: SourceTable,
    *,
    settings: Settings,
    kinds: Mapping[str, Kind] | None = None,
    time_formats: Mapping[str, str] | None = None,
    wanted: Collection[str] | None = None,
    given: bool = False,
) -> Leads:
    """Find out how the leads are to be read, and keep their keys beside them.

    Parameters
    ----------
    table : SourceTable
    settings : Settings
        With the preset's names filled in.
    kinds : mapping of str to Kind, optional
        What columns held in training; a new export is read the same way.
    time_formats : mapping of str to str, optional
        How times were written in training.
    wanted : collection of str, optional
        Columns that will be read, beside those of the keys; all if left out. With few of them
        only those are looked at whose values have to say how they are written.
    given : bool
        Whether the leads are others than the settings name.

    Raises
    ------
    SettingsError, SourceError
        When the settings name a column that is not there; the latter where `given`.
    """
    lead = settings.leads
    origin = table.origin if given else None
    for key, name in {"id": lead.id, "handed_over_at": lead.handed_over_at}.items():
        if name is not None:
            where = f"[leads] {key}"
            find_column(name, table.columns, key=where, settings=settings, origin=origin)
    order = choose_order(settings)
    if wanted is None:
        if order == "order" and lead.order is not None:
            find_column(lead.order, table.columns, key="[leads] order", settings=settings)
        columns = profile_leads(table, settings=settings, kinds=kinds, time_formats=time_formats)
        shown = list(columns)
    else:
        shown = [name for name in dict.fromkeys(wanted) if name in table.columns]
        columns = _profile_wanted(table, shown, settings, kinds or {}, time_formats or {})
    keys = keep(table.relation.connection, _select_keys(table, columns, settings, order))
    types, missing = table.relation.types, lead.missing
    return Leads(
        table=table,
        settings=settings,
        columns={name: columns[name] for name in shown},
        order=order,
        keys=keys,
        total=keys.count(),
        key_columns=tuple(
            columns[name]
            for name in (lead.handed_over_at, lead.order)
            if name in columns and name not in shown
        ),
        _queries={name: _select(name, types[name], columns[name], missing) for name in shown},
    )


def profile_leads(
    source: SourceTable,
    *,
    settings: Settings,
    kinds: Mapping[str, Kind] | None = None,
    time_formats: Mapping[str, str] | None = None,
) -> dict[str, Column]:
    """Profile the leads: ids and decisions stay text, the hand-over is a time however it looks.

    Parameters
    ----------
    source : SourceTable
    settings : Settings
        With the preset's names filled in.
    kinds : mapping of str to Kind, optional
        What columns held in training.
    time_formats : mapping of str to str, optional
        How times were written in training.
    """
    lead, decision = settings.leads, settings.decision
    flat = settings.tables.decisions is None
    text = [lead.id, *((decision.named.get(key) for key in ANSWER_KEYS) if flat else ())]
    times = [lead.handed_over_at, decision.decided_at if flat else None]
    present = set(source.columns)
    forced: dict[str, Kind] = {k: v for k, v in (kinds or {}).items() if k in present}
    # The date of the answer may say which records are closed: it stays a time.
    forced |= {n: "text" for n in text if n in present and n is not None and n not in times}
    return profile_named(
        source,
        [name for name in times if name in present],
        settings=settings,
        kinds=forced,
        time_formats=time_formats,
    )


def choose_order(settings: Settings) -> Order:
    """Return what distinguishes older leads from newer ones.

    Parameters
    ----------
    settings : Settings
        With the preset's names filled in.
    """
    if settings.leads.handed_over_at is not None:
        return "time"
    if settings.leads.order == "file":
        return "file"
    return "order" if settings.leads.order is not None else "none"


def make_episodes(keys: pd.DataFrame, *, order: Order) -> pd.DataFrame:
    """Return the hand-overs in canonical form, all of them still undecided.

    Parameters
    ----------
    keys : DataFrame
        As `Leads.read_keys` gives them.
    order : {"time", "order", "file", "none"}

    Returns
    -------
    DataFrame
        The columns of `Tables.episodes`, same index.
    """
    index = keys.index
    return pd.DataFrame(
        {
            "row": keys["row"].astype("int64"),
            "lead_id": keys["lead_id"],
            "handed_over_at": keys["handed_over_at"],
            "sequence": np.nan if order == "time" else _to_sequence(keys[_PLACE]),
            "decision": make_empty(index),
            "decided_at": make_undated(index),
            "reason": make_empty(index),
            "rep": make_empty(index),
            "early": False,
            "unknown": make_empty(index),
        }
    )


def list_taken(settings: Settings, available: Iterable[str]) -> list[str]:
    """Return the columns of leads that play a part of their own and are not attributes.

    Parameters
    ----------
    settings : Settings
        With the preset's names filled in.
    available : iterable of str
        The columns of leads.
    """
    lead, decision = settings.leads, settings.decision
    named = {lead.id, lead.handed_over_at, lead.order, lead.status}
    if settings.tables.decisions is None:
        named |= set(decision.named.values())
    return [name for name in available if name in named]


def _profile_wanted(
    table: SourceTable,
    wanted: list[str],
    settings: Settings,
    kinds: Mapping[str, Kind],
    time_formats: Mapping[str, str],
) -> dict[str, Column]:
    lead = settings.leads
    known: dict[str, Kind] = {name: kinds[name] for name in wanted if name in kinds}
    known |= {lead.id: "text"} if lead.id is not None else {}
    known |= {lead.handed_over_at: "time"} if lead.handed_over_at is not None else {}
    ordered = choose_order(settings) == "order" and lead.order in table.columns
    names = [*known, *wanted, *([str(lead.order)] if ordered else [])]
    return profile_few(table, names, known, settings=settings, time_formats=time_formats)


def _select_keys(
    table: SourceTable, columns: Mapping[str, Column], settings: Settings, order: Order
) -> str:
    """Return the query that gives the keys."""
    lead, types, missing = settings.leads, table.relation.types, settings.leads.missing
    lead_id = f"CAST({ROW} AS VARCHAR)"
    if lead.id is not None:
        lead_id = read_id(quote(lead.id), types[lead.id], missing)
    at = place = "CAST(NULL AS TIMESTAMP)"
    if lead.handed_over_at is not None:
        name = lead.handed_over_at
        at = read_column(name, types[name], columns[name], missing)
    if order != "time":
        place = ROW
        if order == "order" and lead.order is not None and lead.order in columns:
            place = read_column(lead.order, types[lead.order], columns[lead.order], missing)
    return (
        f"SELECT {ROW}, {lead_id} AS {_ID}, {at} AS {_AT}, {place} AS {_PLACE}"
        f" FROM {table.relation.place} ORDER BY {ROW}"
    )


def _select(name: str, kind: str, column: Column, missing: Collection[str]) -> str:
    """Return SQL for a column; text comes as it is and is cleaned value by value."""
    if column.kind in ("text", "empty") and kind == "VARCHAR":
        return quote(name)
    return read_column(name, kind, column, missing)


def among(rows: range) -> str:
    """Return the SQL that chooses rows by their numbers, from 1."""
    return f"WHERE {ROW} BETWEEN {rows[0]} AND {rows[-1]}"


def _count_from_zero(numbers: np.ndarray) -> pd.Index:
    """Return the rows' places in their source, as a range where none is left out."""
    first, size = int(numbers[0]) if len(numbers) else 1, len(numbers)
    whole = size == 0 or int(numbers[-1]) - first == size - 1
    return pd.RangeIndex(first - 1, first - 1 + size) if whole else pd.Index(numbers - 1)


def _in_order(found: pa.Table) -> pa.Table:
    """Return rows in the order of their numbers, in which they are stored and come.

    Having DuckDB sort them would take room in its memory for all texts of a batch at once.
    """
    numbers = found[ROW].to_numpy()
    return found if (np.diff(numbers) > 0).all() else found.take(np.argsort(numbers))


def _to_sequence(values: pd.Series) -> pd.Series:
    """Turn an order column into numbers: times by their moment, texts by their alphabet."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return (values - pd.Timestamp(0)).dt.total_seconds()
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float)
    # Numbers within a text count as numbers: L9 comes before L10.
    padded = to_text(values).str.replace(r"\d+", lambda found: found[0].zfill(20), regex=True)
    return padded.rank(method="dense").astype(float)
