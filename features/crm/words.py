"""Words of all languages and CRMs together, by what they say about a column or a value."""

from __future__ import annotations

from functools import cache

from features.crm.languages import english, french, german, italian, portuguese, russian, spanish
from features.crm.systems import SYSTEMS
from features.crm.vocabulary import Phrases, Vocabulary, split_phrases, to_core, to_words

LANGUAGES: tuple[Vocabulary, ...] = (
    english.WORDS,
    spanish.WORDS,
    portuguese.WORDS,
    french.WORDS,
    german.WORDS,
    italian.WORDS,
    russian.WORDS,
)


@cache
def phrases(about: str) -> Phrases:
    """Return the phrases of every language and CRM about one thing.

    Parameters
    ----------
    about : str
        A field of `Vocabulary`, such as "created".

    Returns
    -------
    Phrases
    """
    return Phrases(getattr(words, about) for words in (*LANGUAGES, *SYSTEMS))


def is_about(about: str, name: str) -> bool:
    """Say whether a column's name, or a value, holds a phrase about something."""
    return phrases(about).within(to_words(name))


def is_named(about: str, name: str) -> bool:
    """Say whether a column's name is a phrase about something and says nothing more.

    Parameters
    ----------
    about : str
        A field of `Vocabulary`, such as "stage".
    name : str
        "Deal stage", "deal_stage" and "STAGE_NAME" are a stage and nothing more, "Stage of
        life" is not.

    Returns
    -------
    bool
    """
    words = to_words(name)
    found = phrases(about)
    return found.all_of(words) or found.all_of(to_core(words, _filler()))


@cache
def _filler() -> frozenset[str]:
    listed = (word for words in LANGUAGES for word in split_phrases(words.filler))
    return frozenset(to_words(word) for word in listed)
