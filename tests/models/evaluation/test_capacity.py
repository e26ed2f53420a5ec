"""Weekly capacity: equal volumes for all ways, exact sums, and promises that chance can hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.capacity import (
    WeeklyLeads,
    count_by_score,
    describe_volume,
    fill_capacity,
    measure_yield,
    simulate_queue,
)

N_WEEKS = 12


def draw_leads(
    n: int = 1_200, *, seed: int = 1, judged: float = 0.7, groups: int = 1
) -> WeeklyLeads:
    """Leads whose probabilities are right, answered in an order that chance decides."""
    rng = np.random.default_rng(seed)
    probability = rng.random(n)
    return WeeklyLeads(
        week=rng.integers(0, N_WEEKS, n),
        group=rng.integers(0, groups, n),
        probability=probability,
        judged=rng.random(n) < judged,
        accepted=rng.random(n) < probability,
        arrival=rng.random(n),
        answered=rng.random(n),
        n_weeks=N_WEEKS,
    )


def test_the_threshold_is_the_score_with_which_the_volume_comes_nearest() -> None:
    leads = draw_leads()
    volume = fill_capacity(count_by_score(leads), 30.0)
    latest = leads.week >= N_WEEKS - 8
    each = [((leads.scores >= score) & latest).sum() / 8 for score in range(102)]
    assert volume.leads == pytest.approx(each[volume.score])
    assert abs(volume.leads - 30.0) == min(abs(n - 30.0) for n in each)


def test_counts_of_chance_alone_promise_what_poisson_does() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(100.0, (4_000, 9))
    inside, promised, kept = [], [], []
    for *past, after in counts:
        volume = describe_volume(np.array(past), 50)
        inside.append(volume.low <= after <= volume.high)
        promised.append(volume.within)
        kept.append(abs(after - volume.leads) <= 0.1 * volume.leads)
    assert 0.78 <= np.mean(inside) <= 0.86
    assert np.mean(promised) == pytest.approx(np.mean(kept), abs=0.06)


def test_a_score_that_knows_brings_what_it_says() -> None:
    """Beside plain sums: the best of each week, as many as fit, of leads that are all judged."""
    leads = draw_leads(judged=1.0)
    found = measure_yield(leads, {0: 20.0}, {0: 25.0})
    best, first = [], []
    for week in range(N_WEEKS):
        mine = np.flatnonzero(leads.week == week)
        best.append(leads.accepted[mine[np.argsort(-leads.probability[mine])][:20]].mean())
        first.append(leads.accepted[mine[np.argsort(leads.arrival[mine])][:20]].mean())
    assert found.by_score.value == pytest.approx(20 * np.mean(best))
    assert found.first_come.value == pytest.approx(20 * np.mean(first))
    gain = found.over_first_come
    assert gain.value == pytest.approx(found.by_score.value - found.first_come.value)
    assert 0 < gain.low < gain.value < gain.high
    assert 0 < found.one_more.value < 5


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10_000), st.floats(0.5, 60.0), st.integers(1, 3))
def test_no_way_brings_more_than_there_is_room_and_leads_for(
    seed: int, room: float, groups: int
) -> None:
    leads = draw_leads(300, seed=seed, groups=groups)
    capacity = {group: room for group in range(groups)}
    found = measure_yield(leads, capacity, {group: room + 1 for group in capacity})
    most = sum(np.minimum(count_by_score(leads, group)[:, 0], room).mean() for group in capacity)
    assert found.practice is not None
    for way in (found.by_score, found.first_come, found.practice):
        assert -1e-9 <= way.low <= way.high <= most + 1e-9


def test_where_everything_fits_no_order_counts() -> None:
    leads = draw_leads(600, seed=4)
    found = measure_yield(leads, {0: 1_000.0}, {0: 1_001.0})
    assert found.over_first_come.value == found.over_first_come.high == 0.0
    assert found.one_more.value == 0.0


def test_the_order_of_answers_is_left_out_where_it_is_not_known() -> None:
    leads = draw_leads()
    unknown = replace(leads, answered=np.full(len(leads.week), np.inf))
    found = measure_yield(unknown, {0: 20.0}, {0: 21.0})
    assert found.practice is None and found.over_practice is None


def test_of_95_in_100_samples_the_interval_holds_the_true_gain() -> None:
    """The truth: the mean over many companies of the same kind."""
    found = [
        measure_yield(draw_leads(800, seed=seed), {0: 15.0}, {0: 16.0}).over_first_come
        for seed in range(150)
    ]
    truth = np.mean([gain.value for gain in found])
    held = np.mean([gain.low <= truth <= gain.high for gain in found])
    assert 0.87 <= held <= 1.0  # twelve weeks are few blocks


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.floats(1.0, 40.0))
def test_a_queue_loses_nobody(arrivals: list[int], capacity: float) -> None:
    worked, waiting = simulate_queue(arrivals, capacity)
    assert worked.max() <= capacity
    assert worked.sum() + waiting[-1] == pytest.approx(sum(arrivals))
