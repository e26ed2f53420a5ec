"""Drift between two counts: none for the same shares, by chance as often as it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.monitoring.drift import adjust, measure_drift, pool_rare, stability_index

COUNTS = st.lists(st.integers(0, 400), min_size=2, max_size=12).filter(lambda n: sum(n) > 0)


def paired(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Two counts by the same groups."""
    first = draw(COUNTS)
    second = draw(st.lists(st.integers(0, 400), min_size=len(first), max_size=len(first)))
    return first, [*second[:-1], second[-1] + 1]


PAIRS = st.composite(paired)()


@given(PAIRS)
def test_the_index_is_symmetric_and_never_negative(pair: tuple[list[int], list[int]]) -> None:
    before, now = pair
    assert stability_index(before, now) >= 0
    assert stability_index(before, now) == pytest.approx(stability_index(now, before))


@given(COUNTS, st.integers(1, 5))
def test_the_same_shares_show_no_drift(counts: list[int], times: int) -> None:
    drift = measure_drift(counts, [times * count for count in counts])
    assert drift.distance == pytest.approx(0)
    assert drift.psi < 0.2
    assert drift.p > 0.9


@given(PAIRS, st.randoms())
def test_the_order_of_the_groups_does_not_matter(
    pair: tuple[list[int], list[int]], random: object
) -> None:
    order = np.random.default_rng(len(pair[0])).permutation(len(pair[0]))
    before, now = (np.array(part) for part in pair)
    one, other = measure_drift(before, now), measure_drift(before[order], now[order])
    assert one.distance == pytest.approx(other.distance)
    assert one.psi == pytest.approx(other.psi)
    assert one.p == pytest.approx(other.p)


def test_the_index_is_the_sum_over_groups_written_out() -> None:
    before, now = [99.5, 299.5], [199.5, 199.5]
    by_hand = (0.5 - 0.25) * np.log(0.5 / 0.25) + (0.5 - 0.75) * np.log(0.5 / 0.75)
    assert stability_index(before, now) == pytest.approx(by_hand)


def test_chance_alone_is_found_as_often_as_the_p_value_says() -> None:
    rng = np.random.default_rng(1)
    shares = np.array([0.4, 0.3, 0.2, 0.06, 0.03, 0.008, 0.002])
    chances, indices, expected = [], [], []
    for _ in range(600):
        before, now = rng.multinomial(4_000, shares), rng.multinomial(300, shares)
        drift = measure_drift(before, now, alone=[5, 6])
        chances.append(drift.p)
        indices.append(drift.psi)
        expected.append(drift.by_chance)
    assert np.mean(np.array(chances) < 0.05) < 0.07
    assert np.mean(np.array(chances) < 0.01) < 0.02
    assert np.mean(indices) == pytest.approx(np.mean(expected), rel=0.1)


def test_the_p_value_of_frequent_groups_is_pearsons() -> None:
    before, now = [500, 300, 200], [60, 30, 40]
    expected = stats.chi2_contingency([before, now], correction=False).pvalue
    assert measure_drift(before, now).p == pytest.approx(expected)


def test_a_rise_of_missing_values_is_seen_however_rare_they_were() -> None:
    before = [0, 0, 900, 700, 400]
    assert measure_drift(before, [30, 0, 100, 80, 45], alone=[0, 1]).p < 1e-9
    assert measure_drift(before, [0, 4, 100, 80, 45], alone=[0, 1]).p < 0.01


def test_everything_moved_is_a_distance_of_one() -> None:
    drift = measure_drift([100, 0], [0, 100])
    assert drift.distance == 1
    assert drift.psi > 5
    assert drift.beyond_chance < drift.psi


@given(PAIRS)
def test_pooling_keeps_every_lead(pair: tuple[list[int], list[int]]) -> None:
    before, now = (np.array(part, dtype=float) for part in pair)
    pooled = pool_rare(before, now)
    assert pooled.sum(axis=1).tolist() == [before.sum(), now.sum()]
    if pooled.shape[1] > 1:
        share = pooled.sum(axis=0) / pooled.sum()
        assert (share * min(before.sum(), now.sum())).min() >= 5 - 1e-9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_are_those_of_holm_written_out(chances: list[float]) -> None:
    adjusted = adjust(chances)
    ranked = sorted(range(len(chances)), key=lambda i: chances[i])
    worst = 0.0
    for place, i in enumerate(ranked):
        worst = max(worst, min(1.0, (len(chances) - place) * chances[i]))
        assert adjusted[i] == pytest.approx(worst)


@pytest.mark.parametrize("wrong", [([1, 2], [1]), ([1, -1], [1, 1]), ([0, 0], [1, 1])])
def test_what_cannot_be_compared_is_a_fault(wrong: tuple[list[int], list[int]]) -> None:
    with pytest.raises(ValueError, match=r"groups|negative|no leads"):
        measure_drift(*wrong)
