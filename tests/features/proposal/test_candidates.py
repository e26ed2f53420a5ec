"""Choices: the likeliest wins, and equals are asked about."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from features.proposal.candidates import EQUAL, Candidate, choose

SCORES = st.lists(st.floats(0, 5, width=16), max_size=6)


def test_without_candidates_nothing_is_chosen_or_asked() -> None:
    choice = choose([])
    assert choice.column is None and choice.asked == ()


@given(SCORES)
def test_either_one_is_chosen_or_the_equals_are_asked_about(scores: list[float]) -> None:
    candidates = [Candidate(str(place), score) for place, score in enumerate(scores)]
    choice = choose(candidates)
    if choice.chosen is not None:
        assert choice.asked == ()
        others = [c.score for c in candidates if c is not choice.chosen]
        assert all(score <= choice.chosen.score - EQUAL for score in others)
    elif candidates:
        assert len(choice.asked) > 1
        assert choice.asked[0].score - choice.asked[-1].score < EQUAL


def test_a_candidate_is_sorted_with_a_yes_and_a_no() -> None:
    assert Candidate("a", 1, values={"accepted": ("1",), "rejected": ("0",)}).is_sorted
    assert not Candidate("a", 1, values={"accepted": ("1",)}).is_sorted
