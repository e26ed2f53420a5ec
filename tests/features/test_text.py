"""Text for readers: one line, no control characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from features.text import clean


@given(st.text(max_size=200))
def test_cleaned_text_fits_one_line(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= 60 and cleaned.isprintable()
    assert cleaned == cleaned.strip() and clean(cleaned) == cleaned
