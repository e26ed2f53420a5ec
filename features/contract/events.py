"""Activities and outcomes under the contract's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.columns.kinds import Kind
from features.columns.profile import read_column, type_columns
from features.contract.columns import (
    find_column,
    find_columns,
    find_lead_id,
    note_columns,
    profile_few,
    profile_named,
    to_text,
)
from features.errors import SettingsError
from features.findings import Finding
from features.settings.schema import Settings
from features.sources.duckdb_relation import Relation, describe
from features.sources.sql import literal
from features.sources.tables import SourceTable

ACTIVITY = "activity"
"""What every activity is where the settings name no type."""


def read_activities(source: SourceTable, *, settings: Settings) -> tuple[Relation, list[Finding]]:
    """Put the activities under the contract's names.

    Parameters
    ----------
    source : SourceTable
    settings : Settings
        With the preset's names filled in.

    Returns
    -------
    activities : Relation
        ``lead_id``, ``at``, ``type``; "activity" where the settings name no type. A query of the
        source: nothing is copied.
    findings : list of Finding
        Times that could not be read.

    Raises
    ------
    SettingsError
        When the time is not named, or a named column is not there.
    """
    names = find_activity_columns(source.columns, settings=settings)
    missing = settings.leads.missing
    # Columns that nobody asks for may be many, and reading them costs.
    columns = profile_few(
        source,
        names.columns,
        {**names.kinds, names.at: "time"},
        settings=settings,
        time_formats={},
    )

    def read(name: str) -> str:
        return read_column(name, source.relation.types[name], columns[name], missing)

    kind = literal(ACTIVITY) if names.type is None else read(names.type)
    query = (
        f'(SELECT {read(names.lead_id)} AS lead_id, {read(names.at)} AS "at", {kind} AS type'
        f" FROM {source.relation.place})"
    )
    return (
        describe(source.relation.connection, query),
        note_columns([columns[names.at]], table="activities"),
    )


@dataclass(frozen=True)
class ActivityColumns:
    """The columns of the table of activities that are read: lead, time and, if named, type."""

    lead_id: str
    at: str
    type: str | None

    @property
    def columns(self) -> list[str]:
        """Return them, each once."""
        names = (self.lead_id, self.type, self.at)
        return list(dict.fromkeys(name for name in names if name is not None))

    @property
    def kinds(self) -> dict[str, Kind]:
        """Return what those hold that are not times."""
        return {name: "text" for name in (self.lead_id, self.type) if name is not None}


def find_activity_columns(available: Sequence[str], *, settings: Settings) -> ActivityColumns:
    """Find the columns of activities that the settings name.

    Parameters
    ----------
    available : sequence of str
    settings : Settings
        With the preset's names filled in.

    Raises
    ------
    SettingsError
        When the time is not named, or a named column is not there.
    """
    named = settings.activities
    lead_id = find_lead_id(named.id, available, table="activities", settings=settings)
    if named.at is None:
        raise SettingsError(
            "[activities] at is missing",
            where=str(settings.file),
            expected="the column with the time of each activity",
            next_step="Name it under [activities]",
        )
    at = find_column(named.at, available, key="[activities] at", settings=settings)
    if named.type is not None:
        find_column(named.type, available, key="[activities] type", settings=settings)
    return ActivityColumns(lead_id, at, named.type)


def read_outcomes(source: SourceTable, *, settings: Settings) -> pd.DataFrame:
    """Read the table of outcomes.

    Parameters
    ----------
    source : SourceTable
    settings : Settings
        With the preset's names filled in.

    Returns
    -------
    DataFrame
        ``lead_id``, ``opportunity_at``, ``won_at``, ``amount``; empty where nothing is named.

    Raises
    ------
    SettingsError
        When the settings name a column that is not there.
    """
    named = settings.outcomes
    available = source.columns
    lead_id = find_lead_id(named.id, available, table="outcomes", settings=settings)
    keys = {
        "opportunity_at": named.opportunity_at,
        "won_at": named.won_at,
        "amount": named.amount,
    }
    found = find_columns(keys, available, table="outcomes", settings=settings)
    times = [found.get("opportunity_at"), found.get("won_at")]
    columns = profile_named(source, times, settings=settings, kinds={lead_id: "text"})
    frame = type_columns(source.relation, columns, missing=settings.leads.missing).to_pandas()
    result = pd.DataFrame({"lead_id": to_text(frame[lead_id])})
    for key in keys:
        result[key] = frame[found[key]] if key in found else np.nan
    return result
