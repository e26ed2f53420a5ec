"""Cells: nothing begins with a sign that a spreadsheet runs, and nothing is lost."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serve.destinations.spreadsheet_safety import neutralise_array, neutralise_text
from tests.serve.cell_texts import PAYLOADS, RUNS, TEXTS


@given(TEXTS)
def test_taking_one_apostrophe_away_gives_the_original(text: str) -> None:
    safe = neutralise_text(text)
    assert isinstance(safe, str)
    assert safe.removeprefix("'") == text
    assert not text.startswith("'") or safe == "'" + text


@given(TEXTS)
@example('" =1+1')
@example("\u00a0=1+1")
@example("\ufeff=1+1")
@example("\x0b\uff1d1")
def test_nothing_begins_with_a_sign_that_runs(text: str) -> None:
    safe = str(neutralise_text(text))
    assert not re.match(rf'[\s"]*[{re.escape(RUNS)}]', safe)


@pytest.mark.parametrize("text", ["a=b", "Acme", "", " ", "5", "(1)", "né@x", "a\n=b", "\u200b"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert neutralise_text(text) == text


@pytest.mark.parametrize("value", [1, -1.5, None, np.nan, True, pd.Timestamp("2026-01-01"), pd.NA])
def test_what_is_no_text_stays_as_it_is(value: object) -> None:
    assert neutralise_text(value) is value


@pytest.mark.parametrize("payload", PAYLOADS)
def test_known_attacks_are_neutralised(payload: str) -> None:
    assert neutralise_text(payload) == "'" + payload


@given(st.lists(st.none() | TEXTS, max_size=8))
def test_an_array_is_neutralised_as_its_texts_are(texts: list[str | None]) -> None:
    safe = neutralise_array(pa.array(texts, pa.string()))
    assert safe.type == pa.string()
    assert safe.to_pylist() == [neutralise_text(text) for text in texts]


def test_every_blank_of_unicode_is_looked_behind() -> None:
    blanks = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    texts = [blank + sign for blank in [*blanks, "\ufeff", '"', "\x00"] for sign in "=\uff0b"]
    assert neutralise_array(pa.array(texts)).to_pylist() == ["'" + text for text in texts]
