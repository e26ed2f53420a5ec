"""Id candidates: the columns with a value of its own for nearly every lead."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from features.columns.kinds import Column
from features.crm.block_lists import is_owner, roles
from features.crm.vocabulary import to_words
from features.crm.words import is_about, is_named
from features.proposal.candidates import Candidate

_UNIQUE = 0.9
_UNNAMED_UNIQUE = 0.95
_FILLED = 0.98
_MOSTLY = 0.5
_AMOUNT = r"(?!\d+$)(?:[€$£¥₹]\s?|[A-Z]{3}\s)?\d[\d.,\s']*\s?(?:[€$£¥₹%]|[A-Za-z]{1,3}\d?)?"
_OF_OTHERS = re.compile(
    r"\b(account|company|campaign|organi[sz]ation|user|parent|master|external|legacy|old|"
    r"cuenta|empresa|conta|compte|entreprise|firma|konto|azienda|компании|компания)\b"
)


def rank_ids(frame: pd.DataFrame, columns: Mapping[str, Column]) -> list[Candidate]:
    """Rank the columns that could name a lead, likeliest first.

    Parameters
    ----------
    frame : DataFrame
    columns : mapping of str to Column

    Returns
    -------
    list of Candidate
        Only columns whose values are nearly all different; those named as an id come first. What
        is personal, a time or a measure is none.
    """
    unique = [name for name, column in columns.items() if _is_unique(frame[name], column)]
    personal = roles(unique)
    candidates = []
    for place, name in enumerate(unique):
        words = to_words(name)
        if is_about("not_id", name):
            continue
        named = not is_owner(name) and is_about("id", name)
        if not named and (name in personal or not _looks_like_id(frame[name], columns[name])):
            continue
        score = 2.0 * named + (named and is_named("id", name)) - bool(_OF_OTHERS.search(words))
        said = "named as an id" if named else "text that differs in every row"
        candidates.append(Candidate(name, score - place / 1e3, (said,)))
    return sorted(candidates, key=lambda candidate: -candidate.score)


def _is_unique(values: pd.Series, column: Column) -> bool:
    known = values.dropna()
    if column.kind == "time" or not len(values) or len(known) < _FILLED * len(values):
        return False
    return bool(known.nunique() >= _UNIQUE * len(known)) and not _is_fraction(known)


def _looks_like_id(values: pd.Series, column: Column) -> bool:
    """Say whether a text without the name of an id may be one: no amount, and hardly a value twice.

    Amounts are text where somebody wrote "unknown" among them.
    """
    texts = values.dropna().astype(str)
    if column.kind != "text" or texts.nunique() < _UNNAMED_UNIQUE * len(texts):
        return False
    return bool(texts.str.fullmatch(_AMOUNT).mean() < _MOSTLY)


def _is_fraction(values: pd.Series) -> bool:
    numbers = pd.to_numeric(values, errors="coerce").dropna()
    return len(numbers) == len(values) and bool((numbers != numbers.round()).any())
