"""Which hand-overs a model has seen: looked up by number, never named."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from models.artifact.training_membership import (
    NO_MEMBERS,
    TrainingMembership,
    key_hand_overs,
    record_membership,
)
from tests.tables import make_episodes


def test_older_leads_are_seen_and_newer_ones_keep_what_was_said() -> None:
    episodes = make_episodes(10)
    seen = record_membership(episodes[:5], episodes[5:8], np.array([0.1, 0.2, 0.3]))
    found = seen.find(episodes)
    assert found["seen"].tolist() == [True] * 8 + [False] * 2
    np.testing.assert_array_equal(
        found["probability"], [*[np.nan] * 5, 0.1, 0.2, 0.3, np.nan, np.nan]
    )


def test_the_order_of_the_rows_has_no_say() -> None:
    episodes = make_episodes(30)
    said = np.linspace(0, 1, 10)
    seen = record_membership(episodes[:20], episodes[20:], said)
    mixed = np.random.default_rng(0).permutation(10)
    again = record_membership(episodes[:20].iloc[::-1], episodes[20:].iloc[mixed], said[mixed])
    pd.testing.assert_frame_equal(seen.to_frame(), again.to_frame())
    shuffled = episodes.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        seen.find(shuffled).sort_index(), seen.find(episodes).sort_index()
    )


def test_what_cannot_be_told_apart_was_seen_but_nothing_was_said_of_it() -> None:
    untimed = make_episodes(3, lead_id=["A", "A", "B"], handed_over_at=pd.NaT)
    found = record_membership(untimed[:0], untimed, np.array([0.4, 0.6, 0.8])).find(untimed)
    assert found["seen"].all()
    np.testing.assert_array_equal(found["probability"], [np.nan, np.nan, 0.8])


def test_another_hand_over_of_the_same_lead_is_another() -> None:
    episodes = make_episodes(2, lead_id=["A", "A"])
    assert record_membership(episodes[:1], episodes[:0], np.empty(0)).find(episodes)[
        "seen"
    ].tolist() == [True, False]


def test_a_model_that_noted_nothing_has_seen_nothing() -> None:
    assert not NO_MEMBERS.find(make_episodes(3))["seen"].any()
    assert NO_MEMBERS.find(make_episodes(3))["probability"].isna().all()
    assert NO_MEMBERS.find(make_episodes(0)).empty


def test_it_comes_back_from_storage() -> None:
    episodes = make_episodes(6)
    seen = record_membership(episodes[:3], episodes[3:], np.array([0.1, 0.5, 0.9]))
    again = TrainingMembership.from_frame(seen.to_frame())
    np.testing.assert_array_equal(again.keys, seen.keys)
    np.testing.assert_array_equal(again.probability, seen.probability)


@given(st.lists(st.text(), unique=True, max_size=30))
def test_keys_depend_on_id_and_moment_alone(ids: list[str]) -> None:
    episodes = make_episodes(len(ids), lead_id=pd.Series(ids, dtype=object))
    keys = key_hand_overs(episodes)
    assert keys.dtype == np.uint64
    assert len(np.unique(keys)) == len(ids)
    other = episodes.assign(row=7, decision="accepted").iloc[::-1]
    np.testing.assert_array_equal(key_hand_overs(other)[::-1], keys)
    finer = episodes.assign(handed_over_at=episodes["handed_over_at"].astype("datetime64[ns]"))
    np.testing.assert_array_equal(key_hand_overs(finer), keys)
