"""The script's words: all that it says is there, in each language, and nothing else."""

from __future__ import annotations

import re
import string

import pytest

from features.language import Language
from serve.pages.rendering import read_part
from serve.report.html.page import SCRIPT
from serve.report.html.script_words import WORDS, write_words
from serve.report.model_summary import DECISIONS


def said_by_the_script() -> set[str]:
    """The keys that the script asks for."""
    script = read_part(SCRIPT)
    plain = set(re.findall(r'say\(\s*"(\w+)"', script))
    counted = set(re.findall(r'count\(\s*"(\w+)"', script)) | {"kept", "lost"}
    listed = set(
        re.findall(r'\["step", "points", "", "after"\]|\["lead", "score", "answer"\]', script)
    )
    named = {word for text in listed for word in re.findall(r'"(\w+)"', text)}
    chosen = {"opportunity", "won", "won_now", "won_since", "decision_answered"}
    return plain | chosen | named | {"for", "against"} | counted | {f"{key}_one" for key in counted}


def test_the_script_says_nothing_that_has_no_words_and_no_word_is_idle() -> None:
    assert said_by_the_script() == set(WORDS)


@pytest.mark.parametrize("code", ["en", "es"])
def test_gaps_are_left_open_for_the_script(code: str) -> None:
    said = write_words(Language(code))
    for key, phrase in WORDS.items():
        gaps = [
            {name for _, name, _, _ in string.Formatter().parse(t)} for t in (phrase, said[key])
        ]
        assert gaps[0] == gaps[1], key
    assert {key for key in said if key.startswith("decision_")} == {
        f"decision_{d}" for d in (*DECISIONS, "answered")
    }


def test_each_band_has_a_word() -> None:
    said = write_words(Language("es"))
    assert [said[f"band_{place}"] for place in range(4)] == [
        "caliente",
        "templado",
        "tibio",
        "frío",
    ]
