"""Groups of a number: each is what its words say, and none parts equal numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from features.language import language
from models.leakage.number_groups import NumberGroup, list_number_groups

NUMBERS = st.lists(
    st.one_of(
        st.just(float("nan")),
        st.integers(-3, 12).map(float),
        st.floats(-1e6, 1e6, allow_nan=False),
    ),
    max_size=120,
)


def say(group: NumberGroup) -> str:
    return group.label if isinstance(group.label, str) else language("en").phrase(group.label)


def select(numbers: np.ndarray, words: str) -> np.ndarray:
    """The leads of which the words of a group speak."""
    if words.startswith("at least "):
        return numbers >= float(words.removeprefix("at least "))
    if words.startswith("at most "):
        return numbers <= float(words.removeprefix("at most "))
    low, _, high = words.partition(" to ")
    return (numbers >= float(low)) & (numbers <= float(high or low))


@given(NUMBERS, st.integers(1, 12), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_a_group_holds_the_leads_that_its_words_name(
    values: list[float], least: int, seed: int
) -> None:
    numbers = np.array(values, dtype=float)
    accepted = (np.random.default_rng(seed).random(len(numbers)) < 0.4).astype(float)
    groups = list_number_groups(numbers, accepted, least=least)
    for group in groups:
        mine = select(numbers, say(group))
        assert (group.leads, group.accepted) == (mine.sum(), accepted[mine].sum())
        assert group.beside <= len(numbers) - group.leads
        assert 0 <= group.beside_accepted <= min(group.beside, accepted[~mine].sum())
        assert least <= group.leads < (~np.isnan(numbers)).sum()
    assert len({(group.low, group.high) for group in groups}) == len(groups)


@given(NUMBERS)
@settings(max_examples=30, deadline=None)
def test_the_order_of_leads_changes_nothing(values: list[float]) -> None:
    numbers = np.array(values, dtype=float)
    accepted = (np.nan_to_num(numbers) > 3).astype(float)
    groups = list_number_groups(numbers, accepted, least=3)
    assert list_number_groups(numbers[::-1], accepted[::-1], least=3) == groups


def test_words_are_short() -> None:
    numbers = np.concatenate([np.linspace(0.01234567, 17.4567891, 180), np.full(20, 500.25)])
    groups = list_number_groups(numbers, np.ones(200), least=10)
    said = {say(group) for group in groups}
    assert "500.25" in said and any(words.startswith("at most ") for words in said)
    assert all(len(words) <= 18 for words in said)


def test_nothing_known_and_nothing_else_known_are_no_groups() -> None:
    assert list_number_groups(np.full(50, np.nan), np.ones(50), least=1) == []
    assert list_number_groups(np.full(50, 7.0), np.ones(50), least=1) == []
