"""The leads table: one row per hand-over in canonical form, and the columns beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
import pandas as pd

from features.columns.profile import Column, Kind
from features.contract.columns import (
    find_column,
    make_empty,
    make_undated,
    profile_named,
    to_text,
    to_time,
)
from features.settings.schema import Settings
from features.sources.tables import ROW, SourceTable

Order = Literal["time", "order", "file", "none"]


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
    text = [lead.id, decision.column if flat else None]
    times = [lead.handed_over_at, decision.decided_at if flat else None]
    present = set(source.data.columns)
    forced: dict[str, Kind] = {k: v for k, v in (kinds or {}).items() if k in present}
    forced |= {name: "text" for name in text if name in present and name is not None}
    return profile_named(
        source,
        [name for name in times if name in present],
        settings=settings,
        kinds=forced,
        time_formats=time_formats,
    )


def choose_order(settings: Settings) -> Order:
    """Return what tells older leads from newer ones.

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


def make_episodes(
    frame: pd.DataFrame, *, settings: Settings, decided: bool = True, origin: str | None = None
) -> pd.DataFrame:
    """Return the hand-overs in canonical form, all of them still undecided.

    Parameters
    ----------
    frame : DataFrame
        The leads as their columns hold them, with ``_row``.
    settings : Settings
        With the preset's names filled in.
    decided : bool
        False for leads to score: these need no order, and the rows' own stands in for it.
    origin : str, optional
        The file or table of the leads, where it is another than the settings name.

    Returns
    -------
    DataFrame
        The columns of `Tables.episodes`, same index.

    Raises
    ------
    SettingsError, SourceError
        When the settings name a column that is not there; the latter where `origin` is given.
    """
    lead, index, order = settings.leads, frame.index, choose_order(settings)

    def column(name: str, key: str) -> pd.Series:
        where = f"[leads] {key}"
        return frame[find_column(name, frame.columns, key=where, settings=settings, origin=origin)]

    row = frame[ROW].astype("int64")
    sequence = row.astype(float)
    if order == "order" and lead.order is not None and (decided or lead.order in frame.columns):
        sequence = _to_sequence(column(lead.order, "order"))
    handed_over = lead.handed_over_at
    return pd.DataFrame(
        {
            "row": row,
            "lead_id": to_text(row if lead.id is None else column(lead.id, "id")),
            "handed_over_at": make_undated(index)
            if handed_over is None
            else to_time(column(handed_over, "handed_over_at")),
            "sequence": np.nan if order == "time" else sequence,
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
    named = {lead.id, lead.handed_over_at, lead.order}
    if settings.tables.decisions is None:
        named |= {decision.column, decision.decided_at, decision.reason, decision.rep}
    return [name for name in available if name in named]


def _to_sequence(values: pd.Series) -> pd.Series:
    """Turn an order column into numbers: times by their moment, texts by their alphabet."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return (values - pd.Timestamp(0)).dt.total_seconds()
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float)
    # Numbers within a text count as numbers: L9 comes before L10.
    padded = to_text(values).str.replace(r"\d+", lambda found: found[0].zfill(20), regex=True)
    return padded.rank(method="dense").astype(float)
