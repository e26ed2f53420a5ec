"""Promises of `features.columns.kinds`: how many values must read before a column is of a kind."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.columns.kinds import Texts
from features.sources.duckdb_relation import from_arrow


def texts(present: int, filler: int = 0) -> Texts:
    nothing = from_arrow(pa.table({"text": [""]}))
    return Texts(nothing, rows=1_000, present=present, filler=filler, digitless=0, distinct=1)


@pytest.mark.parametrize(
    ("present", "unread", "enough"),
    [(1, 0, True), (0, 0, False), (199, 1, False), (200, 1, True), (200, 2, False), (400, 2, True)],
)
def test_a_share_may_be_unread_once_there_are_enough_values(
    present: int, unread: int, enough: bool
) -> None:
    assert texts(present).is_enough(present - unread) is enough


def test_what_means_nothing_among_numbers_does_not_count() -> None:
    assert texts(10, filler=4).count == 6
    assert texts(10, filler=4).is_enough(6)
    assert not texts(4, filler=4).is_enough(0)
