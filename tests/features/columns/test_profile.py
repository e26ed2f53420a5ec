"""Promises of `features.columns.profile`: what a column holds, and its values as that."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.columns.kinds import Column
from features.columns.profile import profile_columns, type_columns
from features.errors import SettingsError
from features.sources.tables import open_table
from tests.profiles import profile, put, read

NOW = datetime(2018, 12, 31, 13, 5)


def test_the_users_markers_are_taken_exactly() -> None:
    missing = ("Select", "999", "1900-01-01")
    assert read(["Select", "select", " Select "], missing) == [None, "select", None]
    assert read(["999", "999.0", "1"], missing) == [None, 999, 1]
    assert read(["1900-01-01", "2018-12-31"], missing) == [None, datetime(2018, 12, 31)]
    assert read([999, 1, None], missing) == [None, 1, None]
    assert read([999.0, 1.5], missing) == [None, 1.5]


def test_text_is_trimmed() -> None:
    assert read([" a ", "b\n", "\u00a0c d\t"]) == ["a", "b", "c d"]


def test_a_format_that_is_none_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(SettingsError, match="time_format"):
        profile(["2018-12-31"], time_format="%Q")


def test_known_kinds_hold() -> None:
    assert profile(["1", "2"], kinds={"x": "text"}).kind == "text"
    assert read(["1", "2"], kinds={"x": "text"}) == ["1", "2"]
    column = profile(["1,5", "many"], kinds={"x": "number"})
    assert (column.kind, column.decimal, column.n_unparsed) == ("number", ",", 1)
    assert read(["", None], kinds={"x": "number"}) == [None, None]
    assert profile(["", None], kinds={"x": "number"}).kind == "number"
    assert profile(["2018-12-31", "x"], kinds={"x": "time"}).n_unparsed == 1
    assert profile(["1", "2"], kinds={"x": "empty"}).kind == "number"
    assert read([True, False], kinds={"x": "number"}) == [1, 0]


def test_types_of_a_database_stay() -> None:
    assert read(pa.array([1, None], pa.int32())) == [1, None]
    assert read([1.5, float("nan"), float("inf"), None]) == [1.5, None, None, None]
    assert profile([1.5, float("nan"), None]).n_missing == 2
    assert read(pa.array([1, 2], pa.decimal128(5, 2))) == [1, 2]
    assert read([True, False, None]) == ["true", "false", None]
    assert read(pa.array([NOW], pa.timestamp("ns"))) == [NOW]
    assert read(pa.array([NOW.date()])) == [datetime(2018, 12, 31)]
    assert profile(pa.array([NOW])).kind == "time"
    assert profile([1, 2, 2]).n_distinct == 2


def test_times_with_a_zone_become_utc() -> None:
    moments = pa.array([NOW], pa.timestamp("us", tz="UTC")).cast(
        pa.timestamp("us", tz="Asia/Tokyo")
    )
    assert read(moments) == [NOW]


def test_ids_that_are_numbers_keep_their_digits() -> None:
    assert read([1234567890123456789, 1]) == ["1234567890123456789", "1"]
    assert read([17, None], kinds={"x": "text"}) == ["17", None]
    assert read([17.0, 2.5, None], kinds={"x": "text"}) == ["17", "2.5", None]


def test_many_columns_and_odd_names() -> None:
    names = [f"column {n} \"'ñ" for n in range(60)]
    source = put(**{name: ["1", "x"] if n % 2 else ["1", "2"] for n, name in enumerate(names)})
    columns = profile_columns(source.relation, missing=())
    assert list(columns) == names
    assert [columns[name].kind for name in names] == ["number", "text"] * 30
    assert type_columns(source.relation, columns, missing=()).column_names[:-1] == names


def test_text_of_sqlite_is_read_as_that_of_a_file(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "crm.sqlite") as made:
        made.execute("create table leads (n integer, r real, t text, m text)")
        made.executemany("insert into leads values (?, ?, ?, ?)", [(1, 0.5, " 1 ", "Select")] * 2)
    made.close()
    url = f"sqlite://{tmp_path / 'crm.sqlite'}"
    source = open_table(duckdb.connect(), "leads", name="leads", root=tmp_path, url=url)
    columns = profile_columns(source.relation, missing=["Select"])
    assert [columns[name].kind for name in "nrtm"] == ["number", "number", "number", "empty"]
    typed = type_columns(source.relation, columns, missing=["Select"]).to_pandas()
    assert typed[["n", "r", "t"]].iloc[0].tolist() == [1.0, 0.5, 1.0]
    assert typed["m"].isna().all()


@settings(max_examples=5)
@given(st.permutations(["1.5", "2", "x", "", "2018-12-31", "-", "1,5"]))
def test_the_order_of_rows_changes_nothing_but_the_example(values: list[str]) -> None:
    assert profile(values, times=["x"]).n_unparsed == 4
    assert sorted(map(str, read(values))) == sorted(map(str, read(sorted(values))))


def test_a_large_table_agrees_with_pandas() -> None:
    rng = np.random.default_rng(7)
    n = 20_000
    moments = pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s")
    table = pd.DataFrame(
        {
            "id": [f"{value:032x}" for value in rng.integers(0, 2**62, n)],
            "amount": np.round(rng.normal(0, 1e4, n), 2),
            "at": moments,
            "group": rng.choice(["a", "b", "c"], n),
        }
    ).mask(rng.random((n, 4)) < 0.1)
    text = table.assign(at=table["at"].dt.strftime("%d/%m/%Y %H:%M:%S")).astype(object)
    source = put(
        **{
            name: pa.array(
                text[name].map(str, na_action="ignore").tolist(), pa.string(), from_pandas=True
            )
            for name in text
        }
    )
    columns = profile_columns(source.relation, missing=())
    assert [column.kind for column in columns.values()] == ["text", "number", "time", "text"]
    for name, column in columns.items():
        assert column.n_missing == table[name].isna().sum()
        assert column.n_distinct == text[name].nunique()
        assert column.n_unparsed == 0
    typed = type_columns(source.relation, columns, missing=()).to_pandas()
    pd.testing.assert_frame_equal(typed[list(table)], table, check_dtype=False)


@pytest.mark.real
def test_real_columns(real_data: Path) -> None:
    def look(name: str, *missing: str) -> dict[str, Column]:
        source = open_table(duckdb.connect(), name, name="leads", root=real_data)
        return profile_columns(source.relation, missing=missing)

    leads = look("xeducation_leads.csv", "Select")
    assert sum(column.kind == "number" for column in leads.values()) == 7
    assert leads["Specialization"].n_missing == 1942 + 1438
    assert look("olist_marketing_qualified_leads_dataset.csv")["first_contact_date"].kind == "time"
    assert look("olist_closed_deals_dataset.csv")["won_date"].formats == ("%Y-%m-%d %H:%M:%S",)
    bank = look("bank_additional_full.csv")
    assert [name for name, column in bank.items() if column.kind == "number"] == [
        *("age", "duration", "campaign", "pdays", "previous", "emp.var.rate"),
        *("cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"),
    ]
