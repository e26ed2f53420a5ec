"""Columns of other databases, read by their types: here of a DuckDB that stands for one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest

from features.columns.ibis_columns import profile_foreign, type_foreign
from features.columns.profile import profile_columns, type_columns
from features.sources.tables import ROW, SourceTable

VALUES = {
    "text": ["a", " b ", "Select", None],
    "digits": ["1", "2", "", "n/a"],
    "number": [1.5, float("nan"), 999.0, None],
    "whole": [1, 2, None, 999],
    "long": [10**16, 2, 3, None],
    "time": [datetime(2020, 1, 1), None, datetime(2021, 5, 4, 3, 2), None],
    "truth": [True, False, None, True],
    "empty": pa.nulls(4, pa.string()),
}
MISSING = ["Select", "999"]


@pytest.fixture(scope="module")
def data() -> Any:
    table = pa.table({**VALUES, ROW: [1, 2, 3, 4]})
    return ibis.duckdb.connect().create_table("leads", table)


def test_types_tell_what_a_column_holds(data: Any) -> None:
    kinds = {name: column.kind for name, column in profile_foreign(data, missing=MISSING).items()}
    assert kinds == {
        "text": "text",
        "digits": "text",
        "number": "number",
        "whole": "number",
        "long": "text",
        "time": "time",
        "truth": "text",
        "empty": "empty",
    }


def test_values_are_read_as_on_duckdb(data: Any) -> None:
    kinds: Any = {"digits": "text", "truth": "number"}
    source = SourceTable("leads", data, "leads", (), ())
    ours = profile_columns(source, missing=MISSING, kinds=kinds)
    theirs = profile_foreign(data, missing=MISSING, kinds=kinds)
    assert {n: (c.kind, c.n_missing, c.n_distinct) for n, c in ours.items()} == {
        n: (c.kind, c.n_missing, c.n_distinct) for n, c in theirs.items()
    }
    expected = type_columns(source, ours, missing=MISSING).order_by(ROW).to_pyarrow()
    found = type_foreign(data, theirs, missing=MISSING).order_by(ROW).to_pyarrow()
    assert found.to_pylist() == expected.to_pylist()
