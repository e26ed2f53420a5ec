"""Text for readers: one line, no control characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from features.text import clean, is_utf8


@given(st.text(max_size=200))
def test_cleaned_text_fits_one_line(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= 60 and cleaned.isprintable()
    assert cleaned == cleaned.strip() and clean(cleaned) == cleaned


@given(st.text())
def test_what_can_be_written_is_utf8(text: str) -> None:
    assert is_utf8(text)
    assert not is_utf8(text + "\udcff")
