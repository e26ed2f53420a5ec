"""Words of names: one spelling for all of them, and phrases that match whole words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.crm.vocabulary import Phrases, split_phrases, to_core, to_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CreatedDate", "created date"),
        ("created_date", "created date"),
        ("HSLeadStatus", "hs lead status"),
        ("LEADID", "leadid"),
        ("Étape de l'affaire", "etape de l affaire"),
        ("Größe", "grosse"),
        ("Дата создания", "дата создания"),
        ("СтатусЛида", "статус лида"),
        ("properties.hs_is_closed", "hs is closed"),
        ("Note__c", "note"),
        ("Cmp3", "cmp 3"),
        ("--", ""),
    ],
)
def test_names_become_words(name: str, words: str) -> None:
    assert to_words(name) == words


@given(st.text(max_size=30))
def test_words_stay_as_they_are(name: str) -> None:
    words = to_words(name)
    assert to_words(words) == words
    assert words == words.strip() and "  " not in words


def test_filler_goes_unless_nothing_else_is_there() -> None:
    filler = frozenset({"deal", "is"})
    assert to_core("deal stage", filler) == "stage"
    assert to_core("is deal", filler) == "is deal"


def test_phrases_match_whole_words_in_a_row() -> None:
    phrases = Phrases(["close date, =won, clos*, *datum", ""])
    assert phrases.within("the close date") and phrases.within("closing")
    assert phrases.within("abschlussdatum") and phrases.within("won")
    assert not phrases.within("won deals") and not phrases.within("enclosed")
    assert phrases.all_of("close date") and not phrases.all_of("the close date")


def test_without_phrases_nothing_matches() -> None:
    assert not Phrases([""]).within("") and not Phrases([]).all_of("a")
    assert split_phrases(" a b ,\n c,, ") == ["a b", "c"]
