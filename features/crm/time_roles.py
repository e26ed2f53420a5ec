"""Roles of time columns: the part a date plays in a lead's life, by its name."""

from __future__ import annotations

import re
from typing import Literal

from features.crm.vocabulary import to_words
from features.crm.words import is_about, is_named, phrases

TimeRole = Literal[
    "hand_over", "created", "decided", "planned", "changed", "other_time", "date", ""
]

_ENTERED = "date entered "
_DATED = re.compile(r"date\b|datum\b|stamp\b|\b(modified|created)on\b")


def find_time_role(name: str) -> TimeRole:
    """Return the part that a date plays, by its column's name.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        "hand_over", "created", "decided" (the answer), "planned" (still to come), "changed" (the
        last change), "other_time" (a birthday), "date" where the name says no more than that it
        is a time, or "" where it says nothing.

    Examples
    --------
    >>> find_time_role("Expected Close Date"), find_time_role("Close Date")
    ('planned', 'decided')
    >>> find_time_role("Última modificación"), find_time_role("Erstellt am")
    ('changed', 'created')
    """
    words = to_words(name)
    if phrases("hand_over").within(words) and not phrases("changed").within(
        words.replace(_ENTERED, "", 1)
    ):
        asked: tuple[TimeRole, ...] = ("other_time", "planned", "hand_over")
    else:
        asked = ("other_time", "changed", "planned", "decided", "created", "date")
    return next((role for role in asked if phrases(role).within(words)), "")


def is_late(name: str) -> bool:
    """Say whether a date is the answer's, a plan or a last change: none is the hand-over."""
    return find_time_role(name) in ("decided", "planned", "changed")


def names_a_time(name: str) -> bool:
    """Return whether a name says that the column holds times, whatever the values look like.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
        True for "Created", "Expected Closing", "Closing Date" and "modifiedon", False for "Closed"
        and "Created by".
    """
    role = find_time_role(name)
    if not role or is_about("owner", name):
        return False
    dated = is_about("date", name) or is_named("date", name) or _DATED.search(to_words(name))
    # A closing may be a flag; a plan or a last change is a time without the word "date" too.
    return role in ("hand_over", "created", "planned", "changed") or bool(dated)
