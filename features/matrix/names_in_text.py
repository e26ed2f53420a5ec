"""Names in free text: words that are most likely names of people, so that none is learned from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pandas as pd

from features.contacts import ADDRESS, without_contacts
from features.matrix.personal_fields import plain

MAX_TEXTS = 5_000
MOSTLY = 0.8
OWN = 0.1
"""Share of a word's leads who bear it as a name from which on it is a name."""

HEAVY = 0.15
"""Share of words with a capital, and none beside, from which on capitals alone say nothing."""

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_BEGINS = re.compile(r"(?:[.!?:;\n\"“«(\[/-])\s*$")
_INTRODUCED = re.compile(
    r"(?i:\b(?:mr|mrs|ms|dr|herrn?|frau|sra?|se[nñ]ora?|mme|sig|sig\.ra|dott|name is|call me|"
    r"i am|i'm|this is|spoke (?:with|to)|talked (?:with|to)|ich bin|mein name ist|je suis|"
    r"je m'appelle|soy|me llamo|mi nombre es|habl[ée] con|meu nome [ée]|falei com|mi chiamo|"
    r"меня зовут))[.,]?\s+([^\W\d_]+)(?:\s+([^\W\d_]+))?"
)


def find_names(texts: pd.Series, people: pd.DataFrame, *, cased: bool = True) -> frozenset[str]:
    """Return the words of texts that are most likely names of people.

    Parameters
    ----------
    texts : Series of str
        Of the leads, missing left out.
    people : DataFrame
        The columns that hold names or e-mail addresses of the same leads, and the rep's.
    cased : bool
        Whether capitals say anything, as in sentences; in job titles they do not.

    Returns
    -------
    frozenset of str
        As `features.matrix.personal_fields.plain` writes words.

    Notes
    -----
    A word is taken for a name where leads who write it bear it, by their own fields or by an
    address in the text; where it has a capital inside of sentences, unless all nouns have; and
    where it follows "my name is", "Herr" and the like. A word that has a capital for another
    reason, as a product, is left out too: it is the lesser loss.
    """
    chosen = np.unique(
        np.linspace(0, len(texts) - 1, min(len(texts), MAX_TEXTS)).round().astype(int)
    )
    texts = texts.iloc[chosen].astype(str)
    found = _find_own(texts, people.reindex(texts.index))
    if cased:
        found |= _find_capitals(texts)
        found |= {word for text in texts for word in _find_introduced(text)}
    return frozenset(found)


def _find_own(texts: pd.Series, people: pd.DataFrame) -> set[str]:
    """Return the words that leads share with their own names or addresses."""
    used: Counter[str] = Counter()
    own: Counter[str] = Counter()
    for text, row in zip(texts, people.itertuples(index=False), strict=True):
        words = set(plain(without_contacts(text)).split())
        addresses = [value.partition("@")[0] for value in ADDRESS.findall(text)]
        fields = (str(value).partition("@")[0] for value in row if isinstance(value, str))
        used.update(words)
        own.update(words & _split((*fields, *addresses)))
    return {word for word, times in own.items() if times >= OWN * used[word]}


def _split(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in plain(re.sub(r"[._\d]", " ", name)).split()}


def _find_capitals(texts: pd.Series) -> set[str]:
    """Return the words that have a capital nearly wherever they do not begin a sentence.

    Where many words have one though they stand alone, as German nouns do, only those count that
    nearly always stand beside another.
    """
    seen: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    paired: Counter[str] = Counter()
    for text in texts:
        for word, is_capital, is_paired in _list_inside(without_contacts(text)):
            seen[word] += 1
            capital[word] += is_capital
            paired[word] += is_paired
    alone = sum(capital.values()) - sum(paired.values())
    said = paired if alone > HEAVY * sum(seen.values()) else capital
    return {word for word, times in said.items() if times >= MOSTLY * seen[word] > 0}


def _list_inside(text: str) -> list[tuple[str, bool, bool]]:
    """Return each word inside of a sentence, whether it has a capital, and so has one beside it.

    The first word of a sentence counts as one where a second capital follows it.
    """
    words: list[tuple[str, bool, bool]] = []  # with whether it begins a sentence
    for match in _WORD.finditer(text):
        word, start = match[0], match.start()
        begins = start == 0 or _BEGINS.search(text[max(0, start - 3) : start]) is not None
        words.append((word, word[0].isupper() and not word.isupper(), begins))
    after = [capital and not begins for _, capital, begins in words[1:]] + [False]
    before = [False] + [capital for _, capital, _ in words[:-1]]
    found = []
    for (word, capital, begins), is_after, is_before in zip(words, after, before, strict=True):
        if not begins or (capital and is_after):
            paired = capital and (is_after or (is_before and not begins))
            found += [(part, capital, paired) for part in plain(word).split()]
    return found


def _find_introduced(text: str) -> set[str]:
    names = (name for match in _INTRODUCED.finditer(text) for name in match.groups() if name)
    return {word for name in names if name[0].isupper() for word in plain(name).split()}
