"""The columns of scores, and the key."""

from __future__ import annotations

from serve.score_table import COLUMNS, empty_scores, key_columns


def test_the_columns_are_those_of_the_design() -> None:
    reasons = [f"{side}_{place}" for side in ("reason", "against") for place in range(1, 6)]
    assert list(COLUMNS) == [
        "lead_id",
        "handed_over_at",
        *("probability", "probability_low", "probability_high", "score", "grade"),
        *reasons,
        "model_version",
        "scored_at",
    ]
    assert empty_scores().column_names == list(COLUMNS) and empty_scores().num_rows == 0


def test_untimed_scores_have_no_time_in_their_key() -> None:
    assert set(key_columns(timed=True)) - set(key_columns(timed=False)) == {"handed_over_at"}
    assert set(key_columns(timed=True)) <= set(COLUMNS)
