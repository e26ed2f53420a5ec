"""Decision vocabulary: the usual meaning of a status value, in English and Spanish."""

from __future__ import annotations

import re

import pandas as pd

from features.settings.schema import DecisionSettings

# In the order in which a value is asked: "not qualified" is no "qualified".
_MEANING: dict[str, re.Pattern[str]] = {
    "recycled": re.compile(r"recycl|nurtur|recicl|bad.?timing|\blater\b"),
    "rejected": re.compile(
        r"^(no|n|0|false|f)$|disqualif|unqualif|unaccept|unsuccess|reject|junk|\blost\b|declin|spam|"
        r"cannot contact|cancel|rechaz|descart|descalific|perdid|"
        r"\b(not?|never|no longer) (qualif|accept|convert|won|interest|a fit|fit\b|"
        r"aceptad|ganad|cu?alific|interes)"
    ),
    "accepted": re.compile(
        r"^(yes|y|1|true|t|si|sí|sal|sql)$|^(?!.*marketing).*qualif|accept|convert|\bwon\b|"
        r"opportunit|open.?deal|aceptad|ganad|cu?alificad|customer|success"
    ),
    "undecided": re.compile(
        r"open|new|work|contact|connect|progress|pending|attempt|waiting|unread|marketing|mql|"
        r"nuev|abiert|pendient"
    ),
}


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
    result: dict[str, list[str]] = {name: [] for name in (*_MEANING, "unsure")}
    given = {
        value.casefold(): meaning
        for meaning in (_MEANING if known is not None else ())
        for value in getattr(known, meaning)
    }
    for value in values.dropna().value_counts().index:
        text = f"{value:g}" if isinstance(value, float) else str(value).strip()
        if text:
            result[given.get(text.casefold()) or _guess_meaning(text)].append(text)
    return {meaning: tuple(texts) for meaning, texts in result.items()}


def _guess_meaning(text: str) -> str:
    plain = re.sub(r"[\s_]+", " ", text).casefold()
    return next((m for m, pattern in _MEANING.items() if pattern.search(plain)), "unsure")
