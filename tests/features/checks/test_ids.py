"""Promises of `features.checks.ids`: ids that stand for many leads are refused."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.checks.ids import count_ids, note_ids
from features.settings.schema import LeadSettings
from features.sources.duckdb_relation import describe


def note(ids: Sequence[str | None], **named: str) -> list[tuple[str, str, int]]:
    connection = duckdb.connect()
    rows = list(range(1, len(ids) + 1))
    connection.register("given", pa.table({"_row": rows, "lead_id": pa.array(ids, pa.string())}))
    connection.execute("CREATE TABLE keys AS SELECT * FROM given")
    counts = count_ids(describe(connection, "keys"))
    found = note_ids(counts, LeadSettings(**(named or {"id": "Id"})))
    return [(finding.code, finding.severity, finding.count) for finding in found]


def test_ids_that_a_spreadsheet_rounded_are_refused() -> None:
    assert note(["9.12346E+18"] * 60) == [("id_rounded", "error", 60)]
    assert note([f"9,1234{n}E+18" for n in range(9)]) == [("id_rounded", "error", 9)]
    assert note([f"L{n}" for n in range(1000)] + ["1E+15"]) == [("id_rounded", "warning", 1)]


def test_ids_whose_last_digits_a_spreadsheet_cut_are_refused() -> None:
    cut = [f"{912345678900000 + n}0000" for n in range(40)]
    assert note(cut) == [("id_rounded", "error", 40)]
    whole = [str(9123456789012345000 + n) for n in range(40)]
    assert note(whole) == []


def test_an_id_of_most_rows_is_refused_and_one_of_many_is_told() -> None:
    assert note(["A"] * 30 + ["B"] * 30) == [("id_shared", "error", 60)]
    assert note([f"L{n}" for n in range(100)] + ["A"] * 12) == [("id_shared", "warning", 12)]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=60))
def test_recycled_leads_are_no_mistake(times: list[int]) -> None:
    assert note([f"L{n}" for n, often in enumerate(times) for _ in range(often)]) == []


@pytest.mark.parametrize("ids", [[None] * 30, ["A"] * 9, ["1", "2"]])
def test_little_is_said_of_little(ids: list[str | None]) -> None:
    assert note(ids) == []


def test_rows_are_their_own_ids_where_none_is_named() -> None:
    assert note(["1"] * 60, handed_over_at="When") == []
