"""Tables in a DuckDB of our own, for tests of what is counted there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from features.batches.leads import StoredLeads, store_leads
from features.contract.tables import Tables
from features.matrix.feature_table import FeatureTable
from features.settings.schema import Settings
from features.sources.duckdb_relation import describe
from features.sources.file import ROW
from features.sources.tables import StoredTable


def connect() -> Any:
    return duckdb.connect(config={"python_enable_replacements": False})


def store(connection: Any, name: str, frame: pd.DataFrame | pa.Table) -> StoredTable:
    """Put rows into the database as a source would, numbered from 1."""
    table = (
        frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    )
    table = table.append_column(ROW, pa.array(range(1, len(table) + 1), pa.int64()))
    connection.register("given", table)
    connection.execute(f"CREATE TABLE source_{name} AS SELECT * FROM given")
    connection.unregister("given")
    return StoredTable(name, describe(connection, f"source_{name}"), f"{name}.csv", (Path(),), ())


def store_episodes(
    connection: Any, tables: Tables, plan: FeatureTable, settings: Settings
) -> StoredLeads:
    """Put the leads of tables in memory into the database, under the names of the contract."""
    keys = tables.episodes[["lead_id", "handed_over_at"]]
    frame = pd.concat([keys, tables.attributes], axis=1)
    leads = store(connection, "leads", frame)
    return store_leads(leads, settings=settings, plan=plan, given=False)
