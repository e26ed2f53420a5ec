"""Confidence sequences: fair bets, the truth kept at every look, and an oracle for each bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from models.trials.evidence import (
    RATIO_ALPHA,
    RATIO_CONCENTRATION,
    Design,
    bound_difference,
    doubt_ratio,
)
from models.trials.size import count_chances

SHARES = st.floats(0.05, 0.95)
RATES = st.floats(0.01, 0.99)
DESIGNS = st.builds(Design, SHARES, RATES, st.floats(0.001, 0.9))


def draw_counts(design: Design, n: int, rates: tuple[float, float], seed: int) -> np.ndarray:
    """Return the cells up to every lead of a trial; rates with the score and without."""
    random = np.random.default_rng(seed)
    cells = random.choice(4, size=n, p=count_chances(design.share, rates[1], rates[0]))
    return np.eye(4)[cells].cumsum(axis=0)


@given(DESIGNS, RATES, RATES)
def test_bets_are_fair_against_the_truth_whatever_was_planned(
    design: Design, with_score: float, without: float
) -> None:
    chances = count_chances(design.share, without, with_score)
    truth = with_score - without
    for bet in design.bets:
        assert chances @ (1 + bet * (design.parts - truth)) == pytest.approx(1)


@given(DESIGNS, st.floats(-1, 1))
def test_no_lead_takes_all_money(design: Design, against: float) -> None:
    for parts in (design.parts, -design.parts):
        assert (1 + np.multiply.outer(design.bets, parts - against) > 0).all()


def test_bounds_are_those_of_gamblers_who_bet_lead_by_lead() -> None:
    design = Design(0.3, 0.4, 0.2)
    counts = draw_counts(design, 150, (0.7, 0.3), seed=1)
    low, high = bound_difference(counts, design)
    cells = np.diff(counts, axis=0, prepend=np.zeros((1, 4))).argmax(axis=1)
    grid = np.linspace(-1, 1, 401)
    for side, parts in ((low, design.parts), (-high, -design.parts)):
        money = np.ones((len(grid), len(design.bets)))
        excluded = np.zeros(len(grid), dtype=bool)
        for number, cell in enumerate(cells):
            money *= 1 + np.multiply.outer(parts[cell] - grid, design.bets)
            excluded |= money.mean(axis=1) >= 2 / design.alpha
            lowest = grid[excluded].max() if excluded.any() else -1.0
            assert side[number] == pytest.approx(lowest, abs=0.0051)


@pytest.mark.parametrize(("share", "rates"), [(0.5, (0.3, 0.3)), (0.8, (0.25, 0.15))])
def test_the_truth_stays_within_at_every_look(share: float, rates: tuple[float, float]) -> None:
    design, trials, truth = Design(share, 0.25, 0.1), 300, rates[0] - rates[1]
    looks = [draw_counts(design, 400, rates, seed)[39::8] for seed in range(trials)]
    counts = np.array(looks)
    low, high = bound_difference(counts, design)
    lost = ((low[:, -1] > truth) | (high[:, -1] < truth)).mean()
    most = design.alpha + 3 * np.sqrt(design.alpha * (1 - design.alpha) / trials)
    assert lost <= most
    # The usual interval, looked at as often, loses the truth in far more: the test can fail.
    assert lose_by_usual_intervals(counts, truth).mean() > 2 * most


def lose_by_usual_intervals(counts: np.ndarray, truth: float) -> np.ndarray:
    """Return which trials' usual 95 % intervals ever exclude the truth."""
    yes, n = counts[..., [0, 2]], counts[..., [0, 2]] + counts[..., [1, 3]]
    rate = yes / n
    error = np.sqrt((rate * (1 - rate) / n).sum(axis=-1))
    off = np.abs(rate[..., 0] - rate[..., 1] - truth)
    return np.asarray((off > 1.96 * error).any(axis=-1))


def test_bounds_hold_where_rates_change_from_week_to_week() -> None:
    design, random = Design(0.5, 0.3, 0.1), np.random.default_rng(5)
    rates = 0.3 + 0.25 * np.sin(np.arange(20) + random.uniform(0, 6, size=(400, 1)))
    chances = np.array([[count_chances(0.5, rate, rate) for rate in weeks] for weeks in rates])
    low, high = bound_difference(random.multinomial(20, chances).cumsum(axis=1), design)
    assert ((low[:, -1] > 0) | (high[:, -1] < 0)).mean() <= 0.05 + 3 * np.sqrt(0.0475 / 400)


@given(DESIGNS, st.integers(0, 10_000))
def test_bounds_only_close_in_and_mirror(design: Design, seed: int) -> None:
    counts = draw_counts(design, 60, (0.5, 0.4), seed)[::6]
    low, high = bound_difference(counts, design)
    assert (np.diff(low) >= 0).all() and (np.diff(high) <= 0).all()
    other = Design(1 - design.share, design.centre, design.effect)
    swapped_low, swapped_high = bound_difference(counts[:, [2, 3, 0, 1]], other)
    np.testing.assert_allclose(swapped_low, -high, atol=1e-9)
    np.testing.assert_allclose(swapped_high, -low, atol=1e-9)


def test_without_leads_nothing_is_excluded() -> None:
    low, high = bound_difference(np.zeros((1, 4)), Design(0.5, 0.3, 0.1))
    assert (low[0], high[0]) == (-1.0, 1.0)


@pytest.mark.parametrize(("score", "other", "share"), [(30, 50, 0.5), (90, 20, 0.8)])
def test_doubt_is_the_bayes_factor_by_integration(score: int, other: int, share: float) -> None:
    prior = stats.beta(RATIO_CONCENTRATION * share, RATIO_CONCENTRATION * (1 - share))

    def weigh(ratio: float) -> float:
        against = stats.binom.pmf(score, score + other, ratio)
        return float(prior.pdf(ratio) * against)

    expected = integrate.quad(weigh, 0, 1, points=[share], limit=200)[0]
    expected /= stats.binom.pmf(score, score + other, share)
    found = doubt_ratio(np.array([float(score)]), np.array([float(other)]), share)
    assert found[0] == pytest.approx(expected, rel=1e-6)


def test_the_right_ratio_is_seldom_doubted_and_the_wrong_one_is() -> None:
    random = np.random.default_rng(3)
    for share, drawn, least, most in ((0.5, 0.5, 0, 0.025), (0.7, 0.55, 0.99, 1)):
        score = random.binomial(10, drawn, size=(400, 200)).cumsum(axis=1)
        total = 10 * np.arange(1, 201)
        doubted = (doubt_ratio(score, total - score, share)[:, -1] >= 1 / RATIO_ALPHA).mean()
        assert least <= doubted <= most
