"""Columns for tests, and what profiling and typing make of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from features.columns.kinds import Column
from features.columns.profile import profile_columns, type_columns
from features.sources.duckdb_relation import from_arrow
from features.sources.file import ROW
from features.sources.tables import SourceTable


def put(**columns: Any) -> SourceTable:
    """Put columns, as lists or arrays of any type, into a table as a source gives it."""
    table = pa.table(columns)
    table = table.append_column(ROW, pa.array(range(1, table.num_rows + 1), pa.int64()))
    return SourceTable("leads", from_arrow(table), "leads", (), ())


def look(cases: Iterable[list[Any]]) -> list[tuple[Column, list[Any]]]:
    """Profile and type many columns at once: for each its profile and the values it has."""
    lists = [list(values) for values in cases]
    longest = max(len(values) for values in lists)
    padded = [values + [""] * (longest - len(values)) for values in lists]
    source = put(**{str(place): values for place, values in enumerate(padded)})
    columns = profile_columns(source.relation, missing=())
    typed = type_columns(source.relation, columns, missing=())
    return [(column, typed[name].drop_null().to_pylist()) for name, column in columns.items()]


def profile(values: Iterable[Any], missing: tuple[str, ...] = (), **options: Any) -> Column:
    source = put(x=values if isinstance(values, pa.Array) else list(values))
    return profile_columns(source.relation, missing=missing, **options)["x"]


def read(values: Iterable[Any], missing: tuple[str, ...] = (), **options: Any) -> list[Any]:
    source = put(x=values if isinstance(values, pa.Array) else list(values))
    columns = profile_columns(source.relation, missing=missing, **options)
    typed = type_columns(source.relation, columns, missing=missing)
    assert ROW in typed.column_names
    return list(typed["x"].to_pylist())
