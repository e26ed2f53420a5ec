"""SQL text: any name and any text stays one."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from features.sources.sql import literal, quote


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
@settings(deadline=None, max_examples=30)
def test_names_and_texts_are_only_names_and_texts(text: str) -> None:
    connection = duckdb.connect()
    assert connection.execute(f"SELECT {literal(text)}").fetchall() == [(text,)]
    answer = connection.execute(f"SELECT 1 AS {quote(text)}")
    assert answer.description[0][0] == text
