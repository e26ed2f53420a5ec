"""Text for readers: one line, no control characters."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.text import ELLIPSIS, clean, escape_controls, fit_lines, fit_text, is_long, is_utf8


@given(st.text(max_size=200))
def test_cleaned_text_fits_one_line(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= 60 and cleaned.isprintable()
    assert cleaned == cleaned.strip() and clean(cleaned) == cleaned


@given(st.text())
def test_what_can_be_written_is_utf8(text: str) -> None:
    assert is_utf8(text)
    assert not is_utf8(text + "\udcff")


TEXTS = st.text(st.sampled_from("ab\n\U0001f600\u00e9"), max_size=30)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(TEXTS, st.integers(1, 30))
def test_what_fits_stays_and_the_rest_is_cut_to_size(text: str, size: int) -> None:
    for fit in (fit_text, fit_lines):
        short = fit(text, size)
        assert units(short) <= size
        if units(text) <= size:
            assert short == text
        else:
            assert short.endswith(ELLIPSIS) and text.startswith(short[:-1].rstrip("\n"))
    assert is_long(pa.array([None, text], pa.string()), size) or units(text) <= size


@given(st.lists(st.text("ab ", min_size=1, max_size=6), min_size=1, max_size=5), st.integers(8, 30))
def test_lines_stay_whole_where_one_fits(lines: list[str], size: int) -> None:
    short = fit_lines("\n".join(lines), size)
    kept = short.removesuffix("\n" + ELLIPSIS).split("\n")
    assert kept == lines[: len(kept)]
    if len(kept) < len(lines):
        assert units("\n".join(lines[: len(kept) + 1])) + 2 > size


@pytest.mark.parametrize(
    ("text", "size", "short"),
    [
        ("first\nsecond\nthird", 14, "first\nsecond\n\u2026"[:14]),
        ("first\nsecond", 8, "first\n\u2026"),
        ("first\nsecond", 5, "firs\u2026"),
        ("\U0001f600\U0001f600", 3, "\U0001f600\u2026"),
    ],
)
def test_examples(text: str, size: int, short: str) -> None:
    assert fit_lines(text, size) == short


@given(st.text())
def test_nothing_that_commands_a_terminal_is_left(text: str) -> None:
    shown = escape_controls(text)
    assert not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in shown)
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    if text.isprintable():
        assert shown == text


def test_words_of_any_language_stay_and_controls_are_seen() -> None:
    assert escape_controls("\x1b[31mRED\r\n\u202e") == r"\x1b[31mRED\r\n\u202e"
    for text in ("nbsp\u00a0here", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "Łódź"):
        assert escape_controls(text) == text
