"""Lead list: the leads that a table names, each by the id that the project knows it by."""

from __future__ import annotations

import pandas as pd

from features.columns.ids import read_id
from features.columns.sql import read_text
from features.contract.columns import find_lead_id
from features.contract.records import measure, open_named
from features.errors import SourceError
from features.settings.preset import apply_preset
from features.settings.schema import Settings
from features.sources.duckdb_relation import query_table
from features.sources.file import ROW
from features.sources.sql import quote
from features.sources.tables import SourceTable
from features.sources.workspace import Workspace

GROUP = "group"


def read_lead_list(
    settings: Settings, reference: str | None, *, group: bool = False
) -> pd.DataFrame:
    """Read the lead of each row of a table.

    Parameters
    ----------
    settings : Settings
    reference : str or None
        A path, glob or table; the project's own leads if None.
    group : bool
        Whether the table has to have a column ``group``.

    Returns
    -------
    DataFrame
        ``lead_id`` and, if asked for, ``group``, in the order of the rows; None where nothing was
        entered.

    Raises
    ------
    SettingsError
        When no column is known to name the lead.
    SourceError
        When the table cannot be read or has no column ``group``.
    """
    reference = reference or settings.tables.leads
    with Workspace(settings.home, size=measure(settings, [("leads", reference)])) as workspace:
        table = open_named(workspace.connection, settings, "leads", reference)
        settings = apply_preset(settings, {"leads": table.columns})
        missing, types = settings.leads.missing, table.relation.types
        key = find_lead_id(None, table.columns, table="leads", settings=settings)
        columns = {"lead_id": read_id(quote(key), types[key], missing)}
        if group:
            _require_group(table)
            columns[GROUP] = read_text(quote(GROUP), types[GROUP], missing)
        listed = ", ".join(f"{sql} AS {quote(name)}" for name, sql in columns.items())
        query = f"SELECT {listed} FROM {table.relation.place} ORDER BY {ROW}"
        found = query_table(workspace.connection, query).to_pydict()
    return pd.DataFrame(found, columns=list(columns), dtype=object)


def _require_group(table: SourceTable) -> None:
    if GROUP not in table.columns:
        raise SourceError(
            f'the table of leads and their groups lacks the column "{GROUP}"',
            where=table.origin,
            got="the columns " + ", ".join(f'"{name}"' for name in table.columns[:8]),
            next_step="Give that name to the column that holds the group",
            code="column_missing",
        )
