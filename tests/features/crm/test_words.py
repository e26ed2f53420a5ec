"""Words of all languages: columns and values are understood in each of them."""

from __future__ import annotations

import pytest

from features.crm.vocabulary import FIELDS, split_phrases
from features.crm.words import LANGUAGES, is_about, is_named

NEEDED = set(FIELDS) - {"filler", "not_owner"}


@pytest.mark.parametrize("words", LANGUAGES, ids=lambda words: words.language)
def test_every_language_has_words_for_everything(words: object) -> None:
    assert {about for about in NEEDED if not split_phrases(getattr(words, about))} == set()


def test_there_are_seven_languages() -> None:
    assert [words.language for words in LANGUAGES] == [
        *("English", "Spanish", "Portuguese", "French", "German", "Italian", "Russian"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        *["Deal Stage", "deal_stage", "DealStage", "STAGE_NAME", "opportunity_stage", "Status"],
        *["Estado del lead", "Etapa da negociação", "Statut", "Leadstatus", "Stato", "Стадия"],
    ],
)
def test_a_stage_is_known_by_its_name(name: str) -> None:
    assert is_named("stage", name)


@pytest.mark.parametrize(
    "name", ["Marital_Status", "Estado civil", "Familienstand", "Order status"]
)
def test_a_status_of_something_else_is_told_apart(name: str) -> None:
    assert is_about("other_status", name)


@pytest.mark.parametrize("name", ["Stagecoach", "Statuses seen", "wonder", "Target audience"])
def test_longer_words_are_other_words(name: str) -> None:
    assert not is_named("stage", name) and not is_named("flag", name)
