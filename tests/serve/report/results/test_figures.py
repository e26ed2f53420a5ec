"""Figures: intervals that hold what they count, and sides beyond chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from serve.report.results.figures import find_side, make_share, make_total, share_variance


@given(whole=st.integers(1, 5_000), data=st.data())
def test_a_share_lies_in_its_interval_and_counts_its_leads(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    figure = make_share("accepted", part, whole)
    assert figure.value == part / whole and (figure.count, figure.whole) == (part, whole)
    assert 0 <= figure.low <= figure.value <= figure.high <= 1  # type: ignore[operator]


def test_no_leads_have_no_share() -> None:
    figure = make_share("accepted", 0, 0, before=(3, 9), aim=0.5)
    assert (figure.value, figure.before, figure.side, figure.aim) == (None, None, "near", 0.5)


@pytest.mark.parametrize(
    ("now", "before", "side"),
    [((60, 100), (40, 100), "above"), ((40, 100), (60, 100), "below"), ((5, 10), (4, 10), "near")],
)
def test_a_side_is_named_where_a_test_of_two_shares_rejects(
    now: tuple[int, int], before: tuple[int, int], side: str
) -> None:
    table = [[now[0], now[1] - now[0]], [before[0], before[1] - before[0]]]
    assert (stats.chi2_contingency(table, correction=False).pvalue < 0.05) == (side != "near")
    assert make_share("accepted", *now, before=before).side == side


def test_a_total_leaves_out_what_is_not_known() -> None:
    figure = make_total("amount", np.array([100.0, np.nan, 300.0]), before=np.array([np.nan]))
    assert (figure.value, figure.count, figure.before) == (400.0, 2, 0.0)
    assert figure.low == 0.0 and figure.high == pytest.approx(400 + 1.96 * 316.23, rel=1e-3)


def test_two_totals_differ_where_neither_could_be_the_other_by_chance() -> None:
    assert make_total("won", np.ones(200), before=np.ones(100)).side == "above"
    assert make_total("won", np.ones(12), before=np.ones(10)).side == "near"


def test_no_share_is_certain() -> None:
    assert share_variance(0, 10) > 0 and share_variance(10, 10) > 0
    assert find_side(0.0, 0.0) == "near"
