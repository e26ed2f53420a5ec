"""What may be wrong with leads to score, counted in DuckDB over all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.batches.leads import KEYS, StoredLeads
from features.checks.leads import NO_LEADS, Marked, note_hand_overs, note_missing_share, note_order
from features.columns.profile import Column, read_column
from features.contract.columns import note_columns
from features.findings import Finding
from features.sources.duckdb_relation import ask, fetch
from features.sources.file import ROW
from features.sources.sql import literal, quote

_COLUMNS_AT_ONCE = 40


def check_leads(leads: StoredLeads, *, now: pd.Timestamp) -> list[Finding]:
    """Look through the leads to score, as `features.checks.tables.check_tables` does.

    Parameters
    ----------
    leads : StoredLeads
    now : Timestamp
        Hand-overs after it lie in the future.

    Returns
    -------
    list of Finding
    """
    if not leads.total:
        return [NO_LEADS]
    return [
        *note_columns(leads.columns.values()),
        *note_hand_overs(
            _mark(leads, now), total=leads.total, lead=leads.settings.leads, timed=leads.timed
        ),
        *note_order(leads.order, leads.total, leads.settings.leads),
        *note_missing_share(_share_missing(leads)),
    ]


def find_repeats(leads: StoredLeads) -> np.ndarray:
    """Return the rows whose hand-over stands in an earlier row, rising."""
    found = fetch(leads.table.stored.connection, _repeats("lead_id, handed_over_at"))
    return np.sort(found[ROW].to_numpy())


def _repeats(keys: str) -> str:
    same = " AND ".join(f"k.{name} IS NOT DISTINCT FROM g.{name}" for name in keys.split(", "))
    groups = f"SELECT {keys}, min({ROW}) AS first FROM {KEYS} GROUP BY {keys} HAVING count(*) > 1"
    joined = f"{KEYS} k JOIN ({groups}) g ON {same}"
    return f"SELECT k.{ROW}, k.lead_id FROM {joined} WHERE k.{ROW} > g.first"


def _mark(leads: StoredLeads, now: pd.Timestamp) -> dict[str, Marked]:
    connection = leads.table.stored.connection
    moment = f"CAST({literal(now.isoformat(sep=' '))} AS TIMESTAMP)"
    placed = "handed_over_at" if leads.timed else "place"
    rules = {
        "missing_id": f"{KEYS} WHERE lead_id IS NULL",
        "duplicate": f"({_repeats(f'lead_id, {placed}')}) WHERE lead_id IS NOT NULL",
        "missing_hand_over": f"{KEYS} WHERE {placed} IS NULL",
        "hand_over_in_future": f"{KEYS} WHERE handed_over_at > {moment}",
    }
    if leads.timed:
        repeats = f"({_repeats('lead_id, handed_over_at')}) r JOIN {KEYS} USING ({ROW})"
        rules["duplicate"] = f"{repeats} WHERE r.lead_id IS NOT NULL AND handed_over_at IS NOT NULL"
    marked = {}
    for rule, where in rules.items():
        row = ask(connection, f"SELECT count(*) AS n, min({ROW}) AS first FROM {where}")[0]
        marked[rule] = Marked(row["n"], row["first"])
    return marked


def _share_missing(leads: StoredLeads) -> pd.Series:
    stored, names = leads.table.stored, list(leads.columns)
    shares: dict[str, float] = {}
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        some = names[start : start + _COLUMNS_AT_ONCE]
        present = ", ".join(
            f"count({_read(leads, name, leads.columns[name])}) AS {quote(name)}" for name in some
        )
        row: dict[str, Any] = ask(stored.connection, f"SELECT {present} FROM {stored.place}")[0]
        shares |= {name: 1 - row[name] / leads.total for name in some}
    return pd.Series(shares, dtype=float)


def _read(leads: StoredLeads, name: str, column: Column) -> str:
    return read_column(name, leads.table.stored.types[name], column, leads.settings.leads.missing)
