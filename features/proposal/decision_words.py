"""Decision vocabulary: the usual meaning of a status value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import permutations

import pandas as pd

from features.crm.vocabulary import to_words
from features.crm.words import phrases
from features.settings.schema import DecisionSettings

MEANINGS = ("recycled", "rejected", "accepted", "undecided")

# In the order in which a value is asked: "not qualified" is no "qualified".
_ASKED: Mapping[str, str] = {
    "recycled": "recycled",
    "no": "rejected",
    "yes": "accepted",
    "lost": "rejected",
    "still_open": "undecided",
    "won": "accepted",
    "accepted": "accepted",
    "qualified": "accepted",
    "undecided": "undecided",
}
_YES_NO = re.compile(r"[^\W\d_]|[01]|true|false", re.I)
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_NEGATION = re.compile(r"\b(no|not|non|never|nao|nicht|kein|keine|pas|sin|sem|senza|не|без|нет) ")
_MARKETING = re.compile(r"\b(mql|marketing|маркетинг)")
"""A value of a lead's life before sales had it: what is qualified beside it, sales accepted."""
_YET = re.compile(r"\b(yet|todavia|aun|ainda|encore|noch|ancora|еще)\b")


def sort_values(
    values: pd.Series, known: DecisionSettings | None = None
) -> dict[str, tuple[str, ...]]:
    """Sort a decision column's values by what they seem to mean.

    Parameters
    ----------
    values : Series
    known : DecisionSettings, optional
        What a CRM's own values mean; only the others are guessed.

    Returns
    -------
    dict of str to tuple of str
        The values as text, commonest first, by "recycled", "rejected", "accepted",
        "undecided" and "unsure".
    """
    result: dict[str, list[str]] = {name: [] for name in (*MEANINGS, "unsure")}
    given = {
        value.casefold(): meaning
        for meaning in (MEANINGS if known is not None else ())
        for value in getattr(known, meaning)
    }
    texts = list_values(values)
    guessed = _guess_meanings(texts)
    for text in texts:
        result[given.get(text.casefold()) or guessed[text]].append(text)
    return {meaning: tuple(listed) for meaning, listed in result.items()}


def list_values(values: pd.Series) -> list[str]:
    """Return a column's values as text, commonest first, without empty ones."""
    listed = (to_text(value) for value in values.dropna().value_counts().index)
    return list(dict.fromkeys(text for text in listed if text))


def to_text(value: object) -> str:
    """Return a value as the settings compare it: 1 for 1.0, and no blanks around."""
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


def speaks(values: Sequence[str]) -> bool:
    """Say whether values are words, and not yes or no to a question that only the name knows."""
    return any(len(v) > 3 and not _YES_NO.fullmatch(v) and not _is_yes_or_no(v) for v in values)


def _is_yes_or_no(value: str) -> bool:
    return any(phrases(about).all_of(to_words(value)) for about in ("yes", "no"))


def _guess_meanings(texts: Sequence[str]) -> dict[str, str]:
    """Return what each value of one column seems to mean."""
    asked = {text: _find_word(text) for text in texts}
    if "won" in asked.values() and not any(_MARKETING.search(to_words(text)) for text in texts):
        # Where deals are won, being qualified is a stage on the way there.
        asked = {t: "undecided" if about == "qualified" else about for t, about in asked.items()}
    if "lost" in asked.values():
        # Where the lost have a value of their own, what is closed otherwise was won.
        asked = {
            t: "won" if not about and phrases("closed").all_of(to_words(t)) else about
            for t, about in asked.items()
        }
    meanings = {text: _ASKED.get(about, "unsure") for text, about in asked.items()}
    return meanings | _go_on(meanings) | _oppose(meanings)


def _find_word(text: str) -> str:
    if _NUMBER.fullmatch(text):
        return {"1": "yes", "0": "no"}.get(text, "")
    words = to_words(text)
    found = _look_up(words)
    if found in ("won", "accepted", "qualified") and _NEGATION.search(words):
        return "undecided" if _YET.search(words) else "lost"
    return "undecided" if found == "lost" and _YET.search(words) else found


def _look_up(words: str) -> str:
    return next((about for about in _ASKED if phrases(about).within(words)), "")


def _go_on(meanings: Mapping[str, str]) -> dict[str, str]:
    """Return as accepted what goes on from an accepted value: "Qualified - Lost"."""
    accepted = [f"{to_words(text)} " for text, said in meanings.items() if said == "accepted"]
    lost = (text for text, said in meanings.items() if said == "rejected")
    return {text: "accepted" for text in lost if to_words(text).startswith(tuple(accepted))}


def _oppose(meanings: Mapping[str, str]) -> dict[str, str]:
    """Return the meaning of two values of which one is the other with a "not" before it."""
    if len(meanings) == 2:
        for yes, no in permutations(meanings):
            negated = _NEGATION.sub("", to_words(no), count=1)
            opposed = negated and negated == to_words(yes) != to_words(no)
            # "Contacted" and "not contacted" are two ways of being open.
            if opposed and meanings[yes] == "unsure":
                return {yes: "accepted", no: "rejected"}
    return {}
