"""History: what was known of a lead's earlier hand-overs, and nothing that came later."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.matrix.history import count_history, plan_history

START = pd.Timestamp("2025-01-01")
NAMES = ["earlier hand-overs", "earlier rejections", "days since earlier hand-over"]

Row = tuple[str | None, str | None, str | None, str | None]


def make_episodes(rows: Sequence[Row]) -> pd.DataFrame:
    """Lead, hand-over, decision, moment of the decision."""
    frame = pd.DataFrame(rows, columns=["lead_id", "handed_over_at", "decision", "decided_at"])
    for name in ("handed_over_at", "decided_at"):
        frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]")
    return frame.astype({"lead_id": object, "decision": object})


def count(rows: Sequence[Row]) -> list[list[float]]:
    episodes = make_episodes(rows)
    result = count_history(episodes, episodes, episodes.index)
    assert list(result.columns) == NAMES
    return [[float(value) for value in row] for row in result.fillna(-1).to_numpy()]


def test_a_recycled_lead_brings_its_history() -> None:
    rows: list[Row] = [
        ("A", "2025-01-01", "recycled", "2025-01-04 10:00"),
        ("A", "2025-03-02", "rejected", "2025-03-04 10:00"),
        ("A", "2025-03-12", None, None),
        ("B", "2025-03-12", "accepted", "2025-03-13 10:00"),
    ]
    assert count(rows) == [[0, 0, -1], [1, 1, 60], [2, 2, 10], [0, 0, -1]]


def test_an_acceptance_is_no_rejection() -> None:
    rows: list[Row] = [
        ("A", "2025-01-01", "accepted", "2025-01-04 10:00"),
        ("A", "2025-01-11", None, None),
    ]
    assert count(rows)[1] == [1, 0, 10]


def test_what_was_decided_after_the_hand_over_was_not_known_then() -> None:
    def later(decided_at: str | None) -> list[float]:
        return count(
            [
                ("A", "2025-01-01 09:00", "rejected", decided_at),
                ("A", "2025-01-11 09:00", None, None),
            ]
        )[1]

    assert later("2025-01-11 08:59") == [1, 1, 10]
    assert later("2025-01-11 09:00") == [1, 0, 10]
    assert later("2025-02-01 08:59") == [1, 0, 10]
    assert later(None) == [1, 0, 10]
    # A date alone may be the evening of that day.
    assert later("2025-01-11") == [1, 0, 10]
    assert later("2025-01-10") == [1, 1, 10]


def test_copies_count_once_and_the_decided_copy_speaks() -> None:
    rows: list[Row] = [
        ("A", "2025-01-01", None, None),
        ("A", "2025-01-01", "rejected", "2025-01-04 10:00"),
        ("A", "2025-01-11", None, None),
    ]
    assert count(rows) == [[0, 0, -1], [0, 0, -1], [1, 1, 10]]


def test_rows_without_lead_or_time_have_no_history() -> None:
    rows: list[Row] = [
        (None, "2025-01-01", "rejected", "2025-01-02"),
        (None, "2025-01-11", None, None),
        ("A", None, "rejected", "2025-01-02"),
        ("A", "2025-01-11", None, None),
    ]
    assert count(rows) == [[0, 0, -1]] * 4


def test_new_leads_find_their_history_among_the_older_ones() -> None:
    older = make_episodes([("A", "2025-01-01", "rejected", "2025-01-04 10:00")])
    new = make_episodes([("B", "2025-02-01", None, None), ("A", "2025-01-31", None, None)])
    result = count_history(new, older, pd.Index([1, 0]))
    assert result.loc[1].to_list() == [1.0, 1.0, 30.0]
    assert result.loc[0].to_list()[:2] == [0.0, 0.0]
    assert np.isnan(result.loc[0, NAMES[2]])


def test_history_is_planned_only_where_a_lead_comes_again() -> None:
    once = make_episodes([("A", "2025-01-01", None, None), ("B", "2025-01-01", None, None)])
    assert plan_history(once) == ()
    again = make_episodes([("A", "2025-01-01", None, None), ("A", "2025-02-01", None, None)])
    assert [feature.name for feature in plan_history(again)] == NAMES


ROWS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.integers(0, 60),
        st.sampled_from([None, "accepted", "rejected", "recycled"]),
        st.integers(0, 30),
    ),
    unique_by=lambda row: row[:2],
    max_size=14,
)


def drawn(rows: list[tuple[str, int, str | None, int]]) -> pd.DataFrame:
    return make_episodes(
        [
            (
                lead,
                str(START + pd.Timedelta(days=day, hours=9)),
                answer,
                None if answer is None else str(START + pd.Timedelta(days=day + delay, hours=11)),
            )
            for lead, day, answer, delay in rows
        ]
    )


@given(ROWS)
def test_counting_agrees_with_looking_at_each_pair(
    rows: list[tuple[str, int, str | None, int]],
) -> None:
    episodes = drawn(rows)
    result = count_history(episodes, episodes, episodes.index)
    for i, (lead, day, _, _) in enumerate(rows):
        earlier = [row for row in rows if row[0] == lead and row[1] < day]
        rejected = [
            row for row in earlier if row[2] in ("rejected", "recycled") and row[1] + row[3] < day
        ]
        assert result.iloc[i, 0] == len(earlier)
        assert result.iloc[i, 1] == len(rejected)
        if earlier:
            assert result.iloc[i, 2] == day - max(row[1] for row in earlier)
        else:
            assert np.isnan(result.iloc[i, 2])


@settings(max_examples=30)
@given(ROWS, st.integers(0, 60), st.randoms(use_true_random=False))
def test_neither_row_order_nor_the_future_changes_a_history(
    rows: list[tuple[str, int, str | None, int]], today: int, rng: random.Random
) -> None:
    known = drawn([row for row in rows if row[1] <= today])
    unaware = known.copy()
    late = unaware["decided_at"] > START + pd.Timedelta(days=today + 1)
    unaware.loc[late, "decision"], unaware.loc[late, "decided_at"] = None, pd.NaT
    everything = drawn(rng.sample(rows, len(rows)))
    before = count_history(known, unaware, known.index)
    after = count_history(known, everything, known.index)
    pd.testing.assert_frame_equal(before, after)
