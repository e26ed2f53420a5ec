"""Ranking: the strongest topics, each through the feature that moves it most."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.reasons.topics import (
    MAX_REASONS,
    MIN_CONTRIBUTION,
    MIN_GAP,
    NONE,
    Topics,
    rank_features,
)

TOPICS = Topics(
    ("a", "b", "c", "d", "e", "f", "g"), ((0, 3), (1,), (2,), (4, 5, 6), (7,), (8,), (9,))
)
FEATURES = 10


def rank_one(row: np.ndarray, typical: np.ndarray) -> list[int]:
    """The same for one lead, by sorting."""
    found = []
    for sign in (1.0, -1.0):
        own = {i: row[i] * sign for i in range(FEATURES)}
        apart = [i for i in own if own[i] > 0 and own[i] - sign * typical[i] >= MIN_GAP]
        speakers = {
            topic: max(set(members) & set(apart), key=lambda i: (own[i], -i))
            for topic, members in enumerate(TOPICS.members)
            if set(members) & set(apart)
        }
        strength = {topic: sum(own[i] for i in TOPICS.members[topic]) for topic in speakers}
        order = sorted(speakers, key=lambda topic: (-strength[topic], topic))
        told = [topic for topic in order if strength[topic] >= MIN_CONTRIBUTION][:MAX_REASONS]
        found += [speakers[topic] for topic in told] + [NONE] * (MAX_REASONS - len(told))
    return found


@given(st.integers(0, 10_000), st.sampled_from([0, 1, 2]))
@settings(deadline=None)
def test_it_agrees_with_sorting_each_lead(seed: int, digits: int) -> None:
    rng = np.random.default_rng(seed)
    # Rounded so that topics and features tie.
    contributions = rng.normal(0, 0.5, (20, FEATURES + 1)).round(digits)
    typical = rng.normal(0, 0.3, FEATURES).round(digits)
    ranked = rank_features(contributions, TOPICS, typical)
    assert ranked.tolist() == [rank_one(row, typical) for row in contributions]
    nobody = np.full(FEATURES, -9.0)
    assert rank_features(contributions, TOPICS)[:, :MAX_REASONS].tolist() == [
        rank_one(row, nobody)[:MAX_REASONS] for row in contributions
    ]


def test_a_lead_ranks_alone_as_among_many() -> None:
    contributions = np.random.default_rng(3).normal(0, 0.5, (5_000, FEATURES + 1))
    ranked = rank_features(contributions, TOPICS)
    for row in (0, 2_047, 2_048, 4_999):
        alone = rank_features(contributions[row : row + 1], TOPICS)
        assert alone.tolist() == ranked[row : row + 1].tolist()


def test_fewer_topics_than_reasons_leave_the_rest_empty() -> None:
    ranked = rank_features(np.array([[0.4, -0.3, 0.0]]), Topics(("a", "b"), ((0,), (1,))))
    assert ranked.tolist() == [[0, *[NONE] * 4, 1, *[NONE] * 4]]
    assert rank_features(np.empty((0, 3)), Topics(("a", "b"), ((0,), (1,)))).shape == (0, 10)


def test_what_the_typical_lead_has_is_no_reason() -> None:
    topics = Topics(("a", "b"), ((0, 1), (2,)))
    row = np.array([[0.5, 0.2, -0.4, 0.0]])
    assert rank_features(row, topics, np.zeros(3))[0, [0, 5]].tolist() == [0, 2]
    # Another feature speaks for the topic; where none is apart from the typical lead, none does.
    assert rank_features(row, topics, np.array([0.5, 0.0, -0.4]))[0, [0, 5]].tolist() == [1, NONE]
    better = np.array([0.6, 0.2, 0.3])
    assert rank_features(row, topics, better)[0, [0, 5]].tolist() == [NONE, 2]
