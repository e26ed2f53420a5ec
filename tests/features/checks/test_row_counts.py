"""Promises of `features.checks.row_counts`: what is said of rows follows from their counts."""

from __future__ import annotations

from dataclasses import replace

from features.checks.leads import Marked
from features.checks.row_counts import RowCounts

RULES = ("missing_id", "duplicate", "missing_hand_over", "hand_over_in_future")
NONE = RowCounts(
    rows=0,
    leads=0,
    marked=dict.fromkeys(RULES, Marked(0, None)),
    ids={"rows": 0, "rounded_first": 0},
    present={"Size": 0},
    activities={"rows": 0, "before": 0},
)


def test_the_first_row_of_two_is_the_smaller_and_none_is_no_row() -> None:
    one = replace(NONE, marked=NONE.marked | {"duplicate": Marked(2, 7)})
    other = replace(NONE, marked=NONE.marked | {"duplicate": Marked(1, 3)})
    assert (one + other).marked["duplicate"] == Marked(3, 3)
    assert (one + NONE).marked == one.marked
    first = replace(NONE, ids={"rows": 4, "rounded_first": 4})
    assert (first + NONE).ids == (NONE + first).ids == first.ids


def test_rows_get_the_numbers_they_have_elsewhere() -> None:
    counts = replace(
        NONE,
        marked=NONE.marked | {"duplicate": Marked(1, 2)},
        ids={"rows": 2, "rounded_first": 1},
    ).numbered([40, 50])
    assert counts.marked["duplicate"] == Marked(1, 50)
    assert counts.marked["missing_id"] == Marked(0, None)
    assert counts.ids == {"rows": 2, "rounded_first": 40}


def test_leads_are_idle_only_where_some_are_not() -> None:
    some = replace(NONE, leads=5, activities={"rows": 9, "before": 3})
    assert some.idle == (2, 5)
    assert replace(some, activities={"rows": 9, "before": 0}).idle is None
    assert replace(some, activities=None).idle is None
