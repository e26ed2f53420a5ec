"""The latest hand-over of each lead, checked against pandas."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from serve.destinations.latest_scores import keep_latest
from tests.serve.score_tables import in_batches, make_scores

LEADS = st.lists(st.tuples(st.sampled_from("abc\x00\u00e9"), st.none() | st.integers(0, 3)))


@given(LEADS, st.integers(1, 4))
def test_of_each_lead_the_latest_stays(leads: list[tuple[str, int | None]], rows: int) -> None:
    table = make_scores([lead for lead, _ in leads])
    times = pa.array([time for _, time in leads], pa.timestamp("us"))
    table = table.set_column(1, "handed_over_at", times)
    scores, left_out = keep_latest(in_batches(table, rows))
    for _ in range(2):
        kept = pa.concat_tables([table.slice(0, 0), *scores()])
        frame = table.to_pandas()
        ordered = frame.sort_values("handed_over_at", kind="stable", na_position="first")
        expected = ordered.drop_duplicates("lead_id", keep="last").sort_index()
        pd.testing.assert_frame_equal(
            kept.to_pandas().reset_index(drop=True), expected.reset_index(drop=True)
        )
    assert left_out == len(leads) - len(expected)


def test_without_a_second_hand_over_the_scores_are_given_as_they_are() -> None:
    scores = in_batches(make_scores(["a", "b"]), 1)
    assert keep_latest(scores) == (scores, 0)
