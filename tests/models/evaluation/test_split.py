"""The split: test data are always newer than training data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.contract.leads import Order
from features.errors import DataRefused
from models.evaluation.split import Split, SplitKind, require_both_decisions, split_leads
from tests.tables import START, make_episodes


def split(
    moments: list[int], *, order: Order = "time", share: float = 0.25, used: pd.Series | None = None
) -> Split:
    n = len(moments)
    episodes = make_episodes(
        n,
        handed_over_at=[START + pd.Timedelta(days=day) for day in moments],
        sequence=np.array(moments, dtype=float),
    )
    used = pd.Series(True, index=episodes.index) if used is None else used
    return split_leads(episodes, used, order=order, test_share=share, seed=3)


@given(
    moments=st.lists(st.integers(0, 40), min_size=10, max_size=80),
    order=st.sampled_from(["time", "order", "file"]),
    share=st.floats(0.06, 0.5),
)
def test_no_lead_of_the_test_part_is_older(moments: list[int], order: Order, share: float) -> None:
    if len(set(moments)) == 1:
        with pytest.raises(DataRefused, match="same moment"):
            split(moments, order=order, share=share)
        return
    found = split(moments, order=order, share=share)
    at = pd.Series(moments)
    assert at[found.train].max() <= at[found.test].min()
    assert sorted(found.both) == list(range(len(moments)))
    assert at[found.both].is_monotonic_increasing
    assert found.kind == order
    assert len(found.train) == round(len(moments) * (1 - share))


def test_where_moments_differ_the_test_part_is_strictly_newer() -> None:
    moments = np.random.default_rng(0).permutation(1_000).tolist()
    found = split(moments)
    at = pd.Series(moments)
    assert (len(found.train), len(found.test)) == (750, 250)
    assert at[found.train].max() < at[found.test].min()


def test_leads_without_a_label_stand_aside() -> None:
    used = pd.Series([True, False] * 50)
    found = split(list(range(100)), used=used)
    assert set(found.both) == set(used.index[used])


def test_leads_of_one_moment_are_newer_the_later_they_stand_in_the_file() -> None:
    found = split([5, 1, 5, 1, 9, 9])
    assert found.both.tolist() == [1, 3, 0, 2, 4, 5]


def test_without_any_order_the_leads_are_shuffled_alike_each_time() -> None:
    found = split([0] * 100, order="none")
    again = split([0] * 100, order="none")
    assert found.kind == "shuffled"
    assert (len(found.train), len(found.test)) == (75, 25)
    assert sorted(found.both) == list(range(100))
    assert found.train.tolist() == again.train.tolist() != sorted(found.train)


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(DataRefused, match="Name another column") as caught:
        split([7] * 10)
    assert caught.value.code == "one_moment"


@pytest.mark.parametrize(("kind", "said"), [("time", "older"), ("shuffled", "chosen at random")])
def test_both_parts_need_both_decisions(kind: SplitKind, said: str) -> None:
    leads = pd.RangeIndex(8)
    found = Split(leads[:6], leads[6:], kind)
    require_both_decisions(found, pd.Series([0, 1, 0, 0, 0, 0, 1, 0]))
    with pytest.raises(DataRefused, match=f"learned from all had.*6 {said} of 8") as caught:
        require_both_decisions(found, pd.Series([1, 1, 1, 1, 1, 1, 1, 0]))
    assert caught.value.code == "one_class"
    with pytest.raises(DataRefused, match=r"evaluated on all had.*0 accepted and 2 rejected"):
        require_both_decisions(found, pd.Series([0, 1, 0, 0, 0, 0, 0, 0]))
