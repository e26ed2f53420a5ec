"""SQL text: any name and any text stays one."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from features.sources.sql import is_before, is_whole_day, literal, quote


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
@settings(deadline=None, max_examples=30)
def test_names_and_texts_are_only_names_and_texts(text: str) -> None:
    connection = duckdb.connect()
    assert connection.execute(f"SELECT {literal(text)}").fetchall() == [(text,)]
    answer = connection.execute(f"SELECT 1 AS {quote(text)}")
    assert answer.description[0][0] == text


def test_a_date_without_a_time_is_before_later_days_alone() -> None:
    connection = duckdb.connect()
    moments = ["2025-03-04", "2025-03-04 09:00:00"]
    handed = ["2025-03-04", "2025-03-04 08:00:00", "2025-03-04 10:00:00", "2025-03-05"]
    asked = [
        f"SELECT {is_whole_day('a')}, {is_before('a', 'h')} FROM"
        f" (SELECT TIMESTAMP '{a}' AS a, TIMESTAMP '{h}' AS h)"
        for a in moments
        for h in handed
    ]
    found = [connection.execute(query).fetchone() for query in asked]
    assert found == [
        *((True, before) for before in (False, False, False, True)),
        *((False, before) for before in (False, False, True, True)),
    ]
