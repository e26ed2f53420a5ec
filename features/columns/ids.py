"""Lead ids: one record has one id, however a CRM or a spreadsheet wrote it."""

from __future__ import annotations

import re
from collections.abc import Collection

from features.columns.sql import matches, read_text
from features.columns.time_words import bind

_SHORT, _GROUP = 15, 5
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
# The key of an object and a number of base 62, which nearly always holds a letter.
_SALESFORCE = r"^(?:00[1-9A-Za-z]|[57]0[01]|a[0-9][0-9A-Za-z])[0-9A-Za-z]{12}$"
_LETTER_BEYOND_KEY = r"^...[0-9]*[A-Za-z]"
ROUNDED = r"^[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}$"
"""How a spreadsheet writes a whole number that it shows, and exports, rounded."""


def complete_id(text: str) -> str:
    """Return the id by which a record is known here: of Salesforce's two forms the longer.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        An id of 15 signs of Salesforce with the three that say which of its letters are capitals;
        any other text as it is.

    Examples
    --------
    >>> complete_id("00Q5e00000AbCdE")
    '00Q5e00000AbCdEEAV'
    """
    if re.search(_SALESFORCE, text) is None or re.search(_LETTER_BEYOND_KEY, text) is None:
        return text
    groups = [text[start : start + _GROUP] for start in range(0, _SHORT, _GROUP)]
    capitals = [sum(1 << n for n, sign in enumerate(part) if "A" <= sign <= "Z") for part in groups]
    return text + "".join(_LETTERS[number] for number in capitals)


def read_id(column: str, kind: str, missing: Collection[str]) -> str:
    """Return SQL for a column of ids as `complete_id` writes them, null where there is none.

    Parameters
    ----------
    column : str
        SQL.
    kind : str
        The column's type.
    missing : collection of str
        What means "nothing entered".
    """
    return bind(read_text(column, kind, missing), "id", _complete("id"))


def _complete(text: str) -> str:
    """Return SQL for an id in its longer form."""
    groups = [
        " + ".join(
            f"CASE WHEN substr({text}, {start + n + 1}, 1) BETWEEN 'A' AND 'Z'"
            f" THEN {1 << n} ELSE 0 END"
            for n in range(_GROUP)
        )
        for start in range(0, _SHORT, _GROUP)
    ]
    signs = " || ".join(f"substr('{_LETTERS}', 1 + {number}, 1)" for number in groups)
    short = f"{matches(text, _SALESFORCE)} AND {matches(text, _LETTER_BEYOND_KEY)}"
    return f"CASE WHEN length({text}) = {_SHORT} AND {short} THEN {text} || {signs} ELSE {text} END"
