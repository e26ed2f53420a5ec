"""Columns of numbers and texts as a page carries them: few bytes each, and plain to read.

A page is one file that travels by mail. It may not hold compressed blocks, which mail filters
take for hidden programs, so columns are written as text that a script reads in a few lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from os.path import commonprefix
from typing import Any

import numpy as np

SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
"""The 64 signs that numbers are written in, lowest first; none is special in JSON or HTML."""


def pack_numbers(values: Sequence[int] | np.ndarray) -> dict[str, Any]:
    """Return whole numbers in a fixed number of signs each.

    Parameters
    ----------
    values : array-like of int
        Non-negative after the least of them is taken away; any sign.

    Returns
    -------
    dict
        ``least``, which is to be added to each; ``width``, signs per number; and ``signs``,
        highest place first.
    """
    numbers = np.asarray(values, dtype=np.int64)
    if not len(numbers):
        return {"least": 0, "width": 1, "signs": ""}
    least = int(numbers.min())
    above = numbers - least
    width = max(1, -(-int(above.max()).bit_length() // 6))
    places = 6 * np.arange(width - 1, -1, -1)
    signs = np.frombuffer(SIGNS.encode("ascii"), dtype=np.uint8)
    written = signs[(above[:, None] >> places) & 63]
    return {"least": least, "width": width, "signs": written.tobytes().decode("ascii")}


def pack_ids(ids: Sequence[str]) -> dict[str, Any]:
    """Return texts that all differ.

    Parameters
    ----------
    ids : sequence of str

    Returns
    -------
    dict
        ``start``, with which all begin; and ``rests``: a list, or where all are of one length one
        text, of which each is ``width`` characters.
    """
    start = commonprefix(list(ids))  # noqa: RUF071  # character by character, as meant
    rests = [text[len(start) :] for text in ids]
    widths = set(map(len, rests))
    if len(widths) != 1 or 0 in widths or not all(map(str.isascii, rests)):
        return {"start": start, "rests": rests}
    return {"start": start, "width": widths.pop(), "rests": "".join(rests)}


def pack_texts(versions: Sequence[Iterable[str]]) -> dict[str, Any]:
    """Return texts as places in a list of the different ones.

    Parameters
    ----------
    versions : sequence of iterable of str
        The same texts in each language, all of one length.

    Returns
    -------
    dict
        ``words``, one list per language, or one alone where the languages do not differ; and
        ``at``, the packed places.
    """
    places: dict[tuple[str, ...], int] = {}
    at = [places.setdefault(texts, len(places)) for texts in zip(*versions, strict=True)]
    words = [list(texts) for texts in zip(*places, strict=True)] or [[]]
    same = all(texts == words[0] for texts in words)
    return {"words": words[:1] if same else words, "at": pack_numbers(at)}


def pack_lists(
    *groups: Sequence[Sequence[Sequence[str]]], marks: Sequence[str] = (": ", "; ")
) -> dict[str, Any]:
    """Return lists of sentences, each cut in two where its last colon or semicolon stands.

    What stands before it differs from lead to lead; what follows are few counts.

    Parameters
    ----------
    *groups : sequence of sequence of sequence of str
        Lists that share many sentences. Of each per language and lead the sentences. Where one
        language has fewer, empty ones are added.
    marks : sequence of str
        Where sentences are cut: at the last place where one of these stands.

    Returns
    -------
    dict
        ``counts``, packed sentences per lead, one column for each group; and ``heads`` and
        ``tails`` of all groups, one after the other, as `pack_texts` gives them; head and tail
        together are the sentence.
    """
    counts = [[max(map(len, lists)) for lists in zip(*group, strict=True)] for group in groups]
    heads: list[list[str]] = [[] for _ in groups[0]]
    tails: list[list[str]] = [[] for _ in groups[0]]
    for group, sizes in zip(groups, counts, strict=True):
        for language, lists in enumerate(group):
            padded = chain.from_iterable(
                (*sentences, *[""] * (count - len(sentences)))
                for sentences, count in zip(lists, sizes, strict=True)
            )
            for head, tail in (_cut(sentence, marks) for sentence in padded):
                heads[language].append(head)
                tails[language].append(tail)
    return {
        "counts": [pack_numbers(sizes) for sizes in counts],
        "heads": pack_texts(heads),
        "tails": pack_texts(tails),
    }


def write_json(data: Any) -> str:
    """Return data as JSON that may stand inside an element of a page.

    No character is left that could end the element, begin one, or stand for another character.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    # Half of a pair of surrogates has no form in UTF-8.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _cut(sentence: str, marks: Sequence[str]) -> tuple[str, str]:
    place = max(sentence.rfind(mark) for mark in marks)
    return (sentence[:place], sentence[place:]) if place >= 0 else (sentence, "")
