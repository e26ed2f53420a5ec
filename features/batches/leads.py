"""Leads to score, read into a database once and handed out in batches as they were typed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.columns.profile import Column, Kind, kind_by_type, profile_stored, read_column
from features.columns.sql import BLANKS, MISSING, is_text, is_time, read_text
from features.contract.columns import find_column
from features.contract.leads import Order, choose_order, list_taken
from features.matrix.feature_table import FeatureTable
from features.settings.schema import Settings
from features.sources.duckdb_relation import Stored, fetch
from features.sources.file import ROW
from features.sources.sql import quote
from features.sources.tables import StoredTable

if TYPE_CHECKING:
    import pyarrow as pa

KEYS = "keys"
_ID, _AT, _PLACE = "lead_id", "handed_over_at", "place"


@dataclass(frozen=True)
class LeadRows:
    """Some of the leads.

    Attributes
    ----------
    keys : DataFrame
        ``row``, ``lead_id`` (text or None), ``handed_over_at`` (UTC, NaT where there is no time).
    attributes : DataFrame
        The columns that features are made from, same index: float64, datetime64 or category.
    """

    keys: pd.DataFrame
    attributes: pd.DataFrame


@dataclass(frozen=True)
class StoredLeads:
    """The leads to score, stored and keyed.

    Attributes
    ----------
    table : StoredTable
    settings : Settings
        With the preset's names filled in.
    columns : mapping of str to Column
        What the columns hold that features are made from.
    order : {"time", "order", "file", "none"}
    total : int
        Rows.
    """

    table: StoredTable
    settings: Settings
    columns: Mapping[str, Column]
    order: Order
    total: int
    _queries: Mapping[str, str] = field(default_factory=dict)

    @property
    def timed(self) -> bool:
        """Tell whether hand-overs have times."""
        return self.order == "time"

    def read(self, connection: Any, first: int, last: int) -> LeadRows:
        """Read some rows, the first and the last included, in their order.

        Parameters
        ----------
        connection : duckdb.DuckDBPyConnection
            A cursor of the calling thread's own.
        first, last : int
            Numbers of rows, from 1.
        """
        asked = f"WHERE {ROW} BETWEEN {first} AND {last}"
        keys = _in_order(fetch(connection, f"SELECT {ROW}, {_ID}, {_AT} FROM {KEYS} {asked}"))
        index = pd.RangeIndex(first - 1, last)
        shown = pd.DataFrame(
            {
                "row": keys[ROW].to_numpy(),
                _ID: pd.Series(keys[_ID].to_pylist(), index=index, dtype=object),
                _AT: keys[_AT].to_pandas().astype("datetime64[us]").to_numpy(),
            },
            index=index,
        )
        return LeadRows(shown, self._read_attributes(connection, asked, index))

    def _read_attributes(self, connection: Any, asked: str, index: pd.Index) -> pd.DataFrame:
        if not self.columns:
            return pd.DataFrame(index=index)
        listed = ", ".join(f"{sql} AS {quote(name)}" for name, sql in self._queries.items())
        query = f"SELECT {ROW}, {listed} FROM {self.table.stored.place} {asked}"
        found = _in_order(fetch(connection, query))
        missing = self.settings.leads.missing
        columns = {
            name: _to_pandas(found[name], column.kind, missing, index)
            for name, column in self.columns.items()
        }
        return pd.DataFrame(columns, index=index)


def _in_order(found: pa.Table) -> pa.Table:
    """Return rows in the order of their numbers, in which they are stored and come.

    Having DuckDB sort them would take room in its memory for all texts of a batch at once.
    """
    numbers = found[ROW].to_numpy()
    return found if (np.diff(numbers) > 0).all() else found.take(np.argsort(numbers))


def store_leads(
    table: StoredTable, *, settings: Settings, plan: FeatureTable, given: bool
) -> StoredLeads:
    """Find out how the leads are to be read, and keep their keys beside them.

    Parameters
    ----------
    table : StoredTable
    settings : Settings
        With the preset's names filled in.
    plan : FeatureTable
        What training read, and how.
    given : bool
        Whether the leads are others than the settings name.

    Raises
    ------
    SettingsError, SourceError
        When the settings name a column that is not there; the latter where `given`.
    """
    available = [name for name in table.stored.types if name != ROW]
    lead = settings.leads
    named = {"id": lead.id, "handed_over_at": lead.handed_over_at}
    origin = table.origin if given else None
    for key, name in named.items():
        if name is not None:
            find_column(name, available, key=f"[leads] {key}", settings=settings, origin=origin)
    taken = set(list_taken(settings, available))
    wanted = [
        n
        for n in dict.fromkeys([*plan.sources, *plan.complete])
        if n in available and n not in taken
    ]
    columns = _profile(table, settings, plan, wanted)
    order = choose_order(settings)
    _keep_keys(table, columns, settings, order)
    total = table.stored.connection.execute(f"SELECT count(*) FROM {KEYS}").fetchall()[0][0]
    attributes = {name: columns[name] for name in wanted}
    queries = {
        name: _select(name, table.stored.types[name], column, settings)
        for name, column in attributes.items()
    }
    return StoredLeads(table, settings, attributes, order, int(total), queries)


def _profile(
    table: StoredTable, settings: Settings, plan: FeatureTable, wanted: list[str]
) -> dict[str, Column]:
    """Say what columns hold: as in training where that is known, else by their values."""
    lead, types = settings.leads, table.stored.types
    kinds: dict[str, Kind] = {name: plan.kinds[name] for name in wanted if name in plan.kinds}
    kinds |= {lead.id: "text"} if lead.id is not None else {}
    kinds |= {lead.handed_over_at: "time"} if lead.handed_over_at is not None else {}
    ordered = lead.order if choose_order(settings) == "order" and lead.order in types else None
    names = [name for name in (*kinds, *wanted, ordered) if name is not None]
    return profile_few(
        table.stored, names, kinds, settings=settings, time_formats=plan.time_formats
    )


def profile_few(
    stored: Stored,
    names: Sequence[str],
    kinds: Mapping[str, Kind],
    *,
    settings: Settings,
    time_formats: Mapping[str, str],
) -> dict[str, Column]:
    """Say what some columns hold, looking only at those whose values have to tell it.

    Parameters
    ----------
    stored : Stored
    names : sequence of str
    kinds : mapping of str to Kind
        What columns are known to hold. Only numbers and times that are written as text are then
        looked at, for how they are written.
    settings : Settings
    time_formats : mapping of str to str
        Formats in which columns were read before.
    """
    types, known = stored.types, dict[str, Column]()
    for name in dict.fromkeys(names):
        kind = kinds.get(name)
        if kind == "text" or (kind is not None and _fits(types[name], kind)):
            known[name] = Column(name, kind_by_type(types[name], kind, 1))
    written = [name for name in dict.fromkeys(names) if name not in known]
    if not written:
        return known
    listed = ", ".join(quote(name) for name in [*written, ROW])
    part = Stored(
        stored.connection,
        f"(SELECT {listed} FROM {stored.place})",
        {name: types[name] for name in [*written, ROW]},
    )
    return known | profile_stored(
        part,
        missing=settings.leads.missing,
        times=[name for name in written if kinds.get(name) == "time"],
        time_format=settings.leads.time_format,
        kinds={name: kind for name, kind in kinds.items() if name in written},
        time_formats=time_formats,
    )


def _fits(kind: str, wanted: Kind) -> bool:
    """Tell whether a type of DuckDB is what a column is wanted to hold."""
    return is_time(kind) if wanted == "time" else wanted == "number" and not is_text(kind)


def _keep_keys(
    table: StoredTable, columns: Mapping[str, Column], settings: Settings, order: Order
) -> None:
    """Make the table of keys: ``_row``, ``lead_id``, ``handed_over_at``, ``place``."""
    lead, types = settings.leads, table.stored.types
    missing = lead.missing
    lead_id = f"CAST({ROW} AS VARCHAR)"
    if lead.id is not None:
        lead_id = read_text(quote(lead.id), types[lead.id], missing)
    at = place = "CAST(NULL AS TIMESTAMP)"
    if lead.handed_over_at is not None:
        name = lead.handed_over_at
        at = read_column(name, types[name], columns[name], missing)
    if order != "time":
        place = ROW
        if order == "order" and lead.order is not None and lead.order in columns:
            place = read_column(lead.order, types[lead.order], columns[lead.order], missing)
    table.stored.connection.execute(
        f"CREATE TABLE {KEYS} AS SELECT {ROW}, {lead_id} AS {_ID}, {at} AS {_AT},"
        f" {place} AS {_PLACE} FROM {table.stored.place} ORDER BY {ROW}"
    )


def _select(name: str, kind: str, column: Column, settings: Settings) -> str:
    """Return SQL for a column; texts come as they are and are cleaned value by value."""
    if column.kind in ("text", "empty") and kind == "VARCHAR":
        return quote(name)
    return read_column(name, kind, column, settings.leads.missing)


def _to_pandas(
    values: pa.ChunkedArray, kind: Kind, missing: Collection[str], index: pd.Index
) -> pd.Series:
    if kind == "number":
        numbers = values.to_pandas().to_numpy(dtype=np.float64, na_value=np.nan)
        return pd.Series(numbers, index=index)
    if kind == "time":
        return pd.Series(values.to_pandas().astype("datetime64[us]").to_numpy(), index=index)
    return pd.Series(_to_category(values, missing), index=index)


def _to_category(values: pa.ChunkedArray, missing: Collection[str]) -> pd.Categorical:
    """Return texts by their different values, each cleaned once."""
    encoded = values.combine_chunks().dictionary_encode()
    texts = clean_texts(encoded.dictionary, missing).dictionary_encode()
    codes = texts.indices.take(encoded.indices).fill_null(-1).to_numpy(zero_copy_only=False)
    dtype = pd.CategoricalDtype(pd.Index(texts.dictionary.to_pylist(), dtype=object))
    return pd.Categorical.from_codes(codes, dtype=dtype)


def clean_texts(texts: pa.Array, missing: Collection[str]) -> pa.Array:
    """Return the values of a column of text as `features.columns.sql.read_text` does."""
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim(texts, BLANKS)
    marked = pc.is_in(trimmed, pa.array(["", *missing], pa.string()))
    nothing = pc.or_(marked, pc.is_in(pc.utf8_lower(trimmed), pa.array(MISSING, pa.string())))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), trimmed)
