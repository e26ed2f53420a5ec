"""The columns of scores, and the key."""

from __future__ import annotations

from functools import partial

import pyarrow as pa
import pytest

from features.errors import DestinationError
from serve.scoring.score_table import COLUMNS, check_unicode, conform, empty_scores, key_columns
from tests.serve.score_tables import make_scores


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


def test_scores_conform_however_their_text_is_held() -> None:
    for dictionaries in (True, False):
        table = make_scores(["a", "b"], dictionaries=dictionaries).append_column("more", [[1, 2]])
        assert conform(table, timed=True).schema.equals(empty_scores().schema)


@pytest.mark.parametrize("dictionaries", [True, False])
def test_text_that_is_not_unicode_is_told(dictionaries: bool) -> None:
    bounds = pa.array([0, 2], pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(pa.string(), 1, [None, bounds, pa.py_buffer(b"a\xff")])
    if dictionaries:
        broken = pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), broken)
    table = make_scores(["a"]).set_column(0, "lead_id", broken)
    for refuse in (check_unicode, partial(conform, timed=True)):
        with pytest.raises(DestinationError, match=r"not Unicode.*as UTF-8; nothing was changed"):
            refuse(table)


def test_a_key_has_to_be_whole() -> None:
    table = make_scores(["a", "b"], timed=False)
    assert conform(table, timed=False).num_rows == 2
    with pytest.raises(DestinationError, match="2 scores have no handed_over_at"):
        conform(table, timed=True)
