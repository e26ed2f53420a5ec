"""Tally: counts add up, in any grouping, and are kept as plain types."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from serve.scoring.tally import Tally

COUNTS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 9), max_size=3)
TALLIES = st.builds(Tally, st.integers(0, 9), st.integers(0, 9), COUNTS, COUNTS, COUNTS)


@given(TALLIES, TALLIES, TALLIES)
def test_counts_add_up_in_any_grouping(one: Tally, two: Tally, three: Tally) -> None:
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + Tally() == one
    assert sum((one + two).rejected.values()) == sum(one.rejected.values()) + sum(
        two.rejected.values()
    )


@given(TALLIES)
def test_they_come_back_from_json(tally: Tally) -> None:
    assert Tally.from_dict(json.loads(json.dumps(tally.to_dict()))) == tally
