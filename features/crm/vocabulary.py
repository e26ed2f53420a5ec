"""Vocabulary: the words by which one language names the columns and values of a CRM."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Vocabulary:
    """Words of one language, each field a list of phrases between commas.

    A phrase matches where its words follow each other in a name. A star stands for any letters
    at the start or end of a word; a phrase that begins with "=" has to be the whole name.

    Attributes
    ----------
    language : str
    filler : str
        Words of names that say nothing about what a column holds, such as "deal" or "of".
    stage, flag, closed, active : str
        Names of a status with many values, of an answer with two, of whether a record is closed,
        and of whether it is in use: archived records were lost.
    pipeline : str
        Names of the funnel in which a record is, where there are several.
    other_status : str
        What makes a status one of something else than the lead, such as "marital".
    earlier : str
        What makes an answer one of an earlier time.
    won, accepted, qualified, lost, recycled, still_open, undecided : str
        Values of a status. `still_open` is asked before those that sound like a yes. What is
        `qualified` is a yes, except beside a value that is `won`: then it is a stage before.
    yes, no : str
        Values of an answer with two.
    hand_over, created, decided, planned, changed, other_time : str
        Names of dates. `decided` are those of the answer, `planned` of what is to come,
        `changed` of the last change to a record.
    date : str
        Words that any date may have in its name.
    owner, not_owner : str
        Names of the rep's columns, and what sounds like them.
    sales_field : str
        What sales fills in about an answer: the reason of a loss, a probability.
    automatic : str
        Reasons of an answer that a program gave, as nobody did in time.
    id, not_id : str
        Names of a record's id, and of what has a code or number too: a town, a telephone.
    """

    language: str
    filler: str = ""
    stage: str = ""
    flag: str = ""
    closed: str = ""
    active: str = ""
    pipeline: str = ""
    other_status: str = ""
    earlier: str = ""
    won: str = ""
    accepted: str = ""
    qualified: str = ""
    lost: str = ""
    recycled: str = ""
    still_open: str = ""
    undecided: str = ""
    yes: str = ""
    no: str = ""
    hand_over: str = ""
    created: str = ""
    decided: str = ""
    planned: str = ""
    changed: str = ""
    other_time: str = ""
    date: str = ""
    owner: str = ""
    not_owner: str = ""
    sales_field: str = ""
    automatic: str = ""
    id: str = ""
    not_id: str = ""


FIELDS = tuple(field.name for field in fields(Vocabulary) if field.name != "language")


def to_words(name: str) -> str:
    """Return a name as its words: lower case, without accents, one blank between words.

    Parameters
    ----------
    name : str
        A column's name or a value; "CreatedDate", "created_date" and "Créé le" are understood,
        and what custom fields and warehouses add ("__c", "properties.") does not count.

    Returns
    -------
    str

    Examples
    --------
    >>> to_words("IsWon"), to_words("Deal - Créé le"), to_words("Dt_Customer__c")
    ('is won', 'deal cree le', 'dt customer')
    """
    bare = re.sub(r"^propert(y|ies)[._]|__c$", "", name.strip(), flags=re.I)
    parted = _split_case(unicodedata.normalize("NFC", bare))
    letters = unicodedata.normalize("NFKD", parted).casefold()
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W\d_]+|\d+", plain))


def _split_case(name: str) -> str:
    """Return the name with a blank wherever a capital begins a word: "IsWon", "HSLeadStatus"."""
    parted = []
    for place, letter in enumerate(name):
        before, after = name[max(place - 1, 0) : place], name[place + 1 : place + 2]
        begins = before.islower() or before.isdigit() or (before.isupper() and after.islower())
        parted.append(f" {letter}" if letter.isupper() and begins else letter)
    return "".join(parted)


def to_core(words: str, filler: frozenset[str]) -> str:
    """Return the words that say what a column holds, all of them where none does."""
    return " ".join(word for word in words.split() if word not in filler) or words


def split_phrases(text: str) -> list[str]:
    """Return the phrases of one list, as `to_words` writes names, stars and "=" kept."""
    return [phrase for part in text.split(",") if (phrase := " ".join(part.split()))]


class Phrases:
    """Phrases of all languages about one thing, looked for in names and values.

    Parameters
    ----------
    lists : iterable of str
        Lists as `Vocabulary` holds them.
    """

    def __init__(self, lists: Iterable[str]) -> None:
        anywhere: list[str] = []
        whole: list[str] = []
        for phrase in (phrase for text in lists for phrase in split_phrases(text)):
            (whole if phrase.startswith("=") else anywhere).append(_to_pattern(phrase))
        # What cannot match stands for an empty list.
        self._anywhere = re.compile(rf"(?:^| )(?:{'|'.join(anywhere) or '(?!)'})(?= |$)")
        self._whole = re.compile("|".join([*whole, *anywhere]) or "(?!)")

    def within(self, words: str) -> bool:
        """Say whether a phrase is found among the words, or is all of them."""
        return self.all_of(words) or self._anywhere.search(words) is not None

    def all_of(self, words: str) -> bool:
        """Say whether the words are one of the phrases and nothing more."""
        return self._whole.fullmatch(words) is not None


def _to_pattern(phrase: str) -> str:
    words = []
    for word in phrase.removeprefix("=").split():
        bare = word.strip("*")
        middle = re.escape(to_words(bare.lower()) or bare)
        words.append(("\\w*" if word[0] == "*" else "") + middle + ("\\w*" * (word[-1] == "*")))
    return " ".join(words)
