"""Packed columns: the script that reads them gets back what was written, and JSON stays JSON."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.report.html.packing import (
    SIGNS,
    pack_ids,
    pack_lists,
    pack_numbers,
    pack_texts,
    write_json,
)

SENTENCES = st.lists(
    st.lists(st.text(st.sampled_from("ab: é"), min_size=1), max_size=4), max_size=6
)


def read_numbers(packed: dict[str, Any]) -> list[int]:
    """Read as the page's script does: place by place."""
    width, signs = packed["width"], packed["signs"]
    numbers = []
    for start in range(0, len(signs), width):
        number = 0
        for sign in signs[start : start + width]:
            number = 64 * number + SIGNS.index(sign)
        numbers.append(number + packed["least"])
    return numbers


def read_texts(packed: dict[str, Any], language: int) -> list[str]:
    words = packed["words"][min(language, len(packed["words"]) - 1)]
    return [words[place] for place in read_numbers(packed["at"])]


def read_lists(packed: dict[str, Any], language: int) -> list[list[list[str]]]:
    """The sentences of each lead, group by group."""
    halves = zip(
        read_texts(packed["heads"], language), read_texts(packed["tails"], language), strict=True
    )
    flat = (head + tail for head, tail in halves)
    groups = [
        [[text for text in islice(flat, count) if text] for count in read_numbers(column)]
        for column in packed["counts"]
    ]
    assert next(flat, None) is None
    return groups


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_numbers_come_back(numbers: list[int]) -> None:
    packed = pack_numbers(numbers)
    assert read_numbers(packed) == numbers
    assert len(packed["signs"]) == packed["width"] * len(numbers)


@pytest.mark.parametrize(("most", "width"), [(0, 1), (63, 1), (64, 2), (4_095, 2), (4_096, 3)])
def test_a_number_takes_no_more_signs_than_the_largest_needs(most: int, width: int) -> None:
    assert pack_numbers(np.array([0, most]))["width"] == width
    assert pack_numbers(np.array([7, 7 + most]))["width"] == width


def test_signs_are_64_different_ones_that_mean_nothing_elsewhere() -> None:
    assert len(set(SIGNS)) == len(SIGNS) == 64
    assert not set(SIGNS) & set("<>&\"'\\")


@given(st.lists(st.tuples(st.text(), st.text())))
def test_texts_come_back_in_each_language(pairs: list[tuple[str, str]]) -> None:
    english, spanish = [a for a, _ in pairs], [b for _, b in pairs]
    packed = pack_texts([english, spanish])
    assert read_texts(packed, 0) == english
    assert read_texts(packed, 1) == spanish
    assert len(packed["words"]) == (1 if english == spanish else 2)


def read_ids(packed: dict[str, Any]) -> list[str]:
    width, rests = packed.get("width"), packed["rests"]
    if width:
        rests = [rests[place : place + width] for place in range(0, len(rests), width)]
    return [packed["start"] + rest for rest in rests]


@given(st.lists(st.text(max_size=4) | st.from_regex("00Q[a-c0-9]{4}", fullmatch=True)))
def test_ids_come_back(ids: list[str]) -> None:
    assert read_ids(pack_ids(ids)) == ids


def test_ids_of_one_length_take_what_differs_and_no_more() -> None:
    packed = pack_ids([f"00Q{i:05d}" for i in range(1_000)])
    assert len(packed["rests"]) == 3_000 and isinstance(packed["rests"], str)


@given(SENTENCES, SENTENCES, st.randoms())
def test_sentences_come_back_whole(
    lists: list[list[str]], more: list[list[str]], random: Any
) -> None:
    groups = [
        (own, [[text.upper() for text in texts if random.random() < 0.7] for texts in own])
        for own in (lists, more)
    ]
    packed = pack_lists(*groups)
    for language in (0, 1):
        assert read_lists(packed, language) == [versions[language] for versions in groups]


@given(st.text(st.characters()))
def test_json_in_a_page_holds_no_sign_of_html_and_stays_the_same(text: str) -> None:
    written = write_json({"text": f"</script><!-- & {text}"})
    assert not set(written) & set("<>&\u2028\u2029")
    written.encode("utf-8")
    assert json.loads(written) == {"text": f"</script><!-- & {text}"}


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(float("nan"))
