"""Calibrated probabilities mean what they say, follow the newest leads, and lie in an interval."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from features.errors import DataRefused
from models.estimator.calibration import (
    SHIFT_SD,
    SLOPE_SD,
    Calibration,
    fit_calibration,
    weigh_by_age,
)

Floats = NDArray[np.float64]


def draw(
    n: int, *, slope: float = 0.5, shift: float = -0.4, seed: int = 0
) -> tuple[Floats, Floats]:
    """Log-odds twice as extreme as they should be, and too high; decisions by the true rate."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1.5, n)
    return z, (rng.random(n) < expit(slope * z + shift)).astype(float)


def draw_jump(n: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Leads whose newest quarter is accepted less, by one log-odds, than the model says."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1, n)
    newest = np.arange(n) >= 0.75 * n
    return z, (rng.random(n) < expit(z - newest)).astype(float)


SMALL = st.lists(st.tuples(st.floats(-50, 50), st.integers(0, 1)), min_size=20, max_size=60)


@given(rows=SMALL, posterior_sd=st.floats(0, 3), ordered=st.booleans())
def test_probability_and_limits_rise_with_the_score_and_stay_in_order(
    rows: list[tuple[float, int]], posterior_sd: float, ordered: bool
) -> None:
    z, y = np.array(rows, dtype=float).T
    fitted = fit_calibration(z, y, posterior_sd=posterior_sd, ordered=ordered)
    asked = np.sort(np.r_[z, np.linspace(-60, 60, 500)])
    p, (low, high) = fitted.probability(asked), fitted.interval(asked)
    assert (p > 0).all() and (p < 1).all()
    assert (low >= 0).all() and (high <= 1).all()
    assert (low <= p).all() and (p <= high).all()
    for rising in (p, low, high):
        assert (np.diff(rising) >= -1e-12).all()


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(("slope", "shift"), [(0.5, -0.4), (1.4, 0.5), (1.0, 0.0)])
def test_many_leads_give_slope_and_shift_away(ordered: bool, slope: float, shift: float) -> None:
    z, y = draw(60_000, slope=slope, shift=shift)
    fitted = fit_calibration(z, y, posterior_sd=0.3, ordered=ordered)
    assert (fitted.slope, fitted.shift) == pytest.approx((slope, shift), abs=0.06)


@pytest.mark.parametrize("ordered", [True, False])
def test_with_many_leads_it_is_a_logistic_regression(ordered: bool) -> None:
    z, y = draw(20_000)
    fitted = fit_calibration(z, y, posterior_sd=0.3, ordered=ordered)
    weights = 0.5 ** (np.arange(20_000)[::-1] / 5_000) if ordered else None
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(z[:, None], y, sample_weight=weights)
    expected = oracle.predict_proba(z[:, None])[:, 1]
    assert fitted.probability(z) == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("n", [20, 60, 500])
def test_slope_and_shift_are_the_most_probable_ones(n: int, ordered: bool) -> None:
    z, y = draw(n)
    half_life = max(20, n / 4)
    weights = [0.5 ** ((n - 1 - i) / half_life) if ordered else 1.0 for i in range(n)]

    def surprise(theta: Floats) -> float:
        slope, shift = theta
        found = -np.sum(weights * stats.bernoulli.logpmf(y, expit(slope * z + shift)))
        before = stats.norm.logpdf(slope, 1, SLOPE_SD) + stats.norm.logpdf(shift, 0, SHIFT_SD)
        return float(found - before)

    simplex = [[1.0, 0.0], [0.7, 0.1], [1.1, -0.2]]
    options = {"initial_simplex": simplex, "xatol": 1e-7, "fatol": 1e-10}
    oracle = optimize.minimize(surprise, [1.0, 0.0], method="Nelder-Mead", options=options)
    assert oracle.success
    fitted = fit_calibration(z, y, posterior_sd=0.3, ordered=ordered)
    assert [fitted.slope, fitted.shift] == pytest.approx(oracle.x, abs=1e-4)


def test_a_lead_counts_half_after_a_quarter_of_the_leads() -> None:
    weights = weigh_by_age(400)
    assert weights[-1] == 1
    assert weights[[-101, -201, -301]] == pytest.approx([0.5, 0.25, 0.125])
    assert (np.diff(weights) > 0).all()
    # Where there are few leads, forgetting the older ones would leave too few.
    assert weigh_by_age(40)[[-1, -21]] == pytest.approx([1, 0.5])


def test_a_jump_among_the_newest_leads_is_followed() -> None:
    z, y = draw_jump(8_000)
    newest = slice(6_000, None)

    def miss(**options: bool) -> float:
        p = fit_calibration(z, y, posterior_sd=0.3, **options).probability(z[newest])
        return float(p.mean() - y[newest].mean())

    assert 0 < miss() < 0.7 * miss(ordered=False)
    # The same leads the other way round: what is long past hardly counts.
    backwards = fit_calibration(z[::-1], y[::-1], posterior_sd=0.3)
    assert abs(backwards.shift) < 0.15
    assert fit_calibration(z, y, posterior_sd=0.3).shift < -0.4


def test_order_does_not_matter_where_there_is_none() -> None:
    z, y = draw_jump(400)
    mixed = np.random.default_rng(1).permutation(400)
    one = fit_calibration(z, y, posterior_sd=0.3, ordered=False)
    two = fit_calibration(z[mixed], y[mixed], posterior_sd=0.3, ordered=False)
    assert (two.slope, two.shift) == pytest.approx((one.slope, one.shift), abs=1e-6)
    timed = fit_calibration(z, y, posterior_sd=0.3)
    shuffled = fit_calibration(z[mixed], y[mixed], posterior_sd=0.3)
    assert shuffled.shift - timed.shift > 0.1


def test_the_model_is_believed_until_evidence_comes_in() -> None:
    def distance(n: int) -> float:
        fits = [fit_calibration(*draw(n, seed=seed), posterior_sd=0.3) for seed in range(12)]
        return float(np.mean([np.hypot(fit.slope - 1, fit.shift) for fit in fits]))

    few, some, many = distance(20), distance(400), distance(20_000)
    assert few < some < many
    assert many == pytest.approx(np.hypot(0.5, 0.4), abs=0.05)
    assert few < 0.5 * many


@pytest.mark.parametrize("decision", [0, 1])
def test_decisions_all_alike_move_the_level_and_stay_finite(decision: int) -> None:
    means = []
    for n in (20, 200, 2_000):
        z = np.linspace(-3, 3, n)
        fitted = fit_calibration(z, np.full(n, decision), posterior_sd=0.4)
        assert np.isfinite([fitted.slope, fitted.shift]).all()
        p = fitted.probability(z)
        assert ((p > 0) & (p < 1)).all()
        means.append(abs(float(p.mean()) - decision))
    assert 0.5 > means[0] > means[1] > means[2] > 0
    assert means[0] > 0.2, "twenty leads do not make a certainty"


def test_swapping_accepted_and_rejected_mirrors_everything() -> None:
    z, y = draw(500)
    fitted, mirrored = (
        fit_calibration(s * z, d, posterior_sd=0.5) for s, d in ((1, y), (-1, 1 - y))
    )
    asked = np.linspace(-5, 5, 101)
    assert mirrored.probability(-asked) == pytest.approx(1 - fitted.probability(asked), abs=1e-6)
    low, high = fitted.interval(asked)
    low_mirrored, high_mirrored = mirrored.interval(-asked)
    assert low_mirrored == pytest.approx(1 - high, abs=1e-6)
    assert high_mirrored == pytest.approx(1 - low, abs=1e-6)


def test_scores_against_the_decisions_do_not_turn_the_ranking_round() -> None:
    z, y = draw(5_000, slope=1.0)
    fitted = fit_calibration(-z, y, posterior_sd=0.3)
    assert 0 < fitted.slope < 0.1
    assert np.ptp(fitted.probability(z)) < 0.2


def test_separated_leads_get_a_finite_slope() -> None:
    z = np.r_[np.linspace(-50, -1, 30), np.linspace(1, 50, 30)]
    fitted = fit_calibration(z, (z > 0).astype(int), posterior_sd=0.3)
    assert 0.5 < fitted.slope < 5


@pytest.mark.parametrize("posterior_sd", [0.3, 0.6, 1.0])
def test_the_interval_holds_nine_in_ten_of_the_true_probabilities(posterior_sd: float) -> None:
    rng = np.random.default_rng(5)
    middle = rng.normal(-0.5, 1.2, 40_000)
    true = middle + posterior_sd * rng.normal(size=40_000)
    accepted = (rng.random(40_000) < expit(true)).astype(float)
    # A calibrated model says how many of such leads are accepted.
    said = logit(expected_rate(middle, posterior_sd))
    fitted = fit_calibration(said[:30_000], accepted[:30_000], posterior_sd=posterior_sd)
    low, high = fitted.interval(said[30_000:])
    held = (low <= expit(true[30_000:])) & (expit(true[30_000:]) <= high)
    assert held.mean() == pytest.approx(0.90, abs=0.015)
    # Not only on average: the best leads and the worst too.
    ranks = np.argsort(said[30_000:])
    for part in np.array_split(held[ranks], 4):
        assert part.mean() == pytest.approx(0.90, abs=0.03)


def expected_rate(middle: Floats, posterior_sd: float) -> Floats:
    """The accepted share of leads whose log-odds are normal, by Gauss-Hermite quadrature."""
    at, weight = np.polynomial.hermite_e.hermegauss(40)
    return np.asarray(expit(middle[:, None] + posterior_sd * at) @ weight / np.sqrt(2 * np.pi))


@pytest.mark.parametrize("posterior_sd", [0.25, 0.5, 1.0])
def test_the_probability_is_the_mean_of_what_the_interval_is_cut_from(posterior_sd: float) -> None:
    fitted = Calibration(slope=0.8, shift=-0.3, posterior_sd=posterior_sd, n_leads=100)
    low, high = fitted.interval(z := np.linspace(-4, 4, 9))
    middle = (logit(low) + logit(high)) / 2
    assert logit(high) - logit(low) == pytest.approx(2 * 1.6448536 * posterior_sd)
    assert fitted.probability(z) == pytest.approx(expected_rate(middle, posterior_sd), abs=0.012)


def test_the_interval_widens_with_the_spread_alone() -> None:
    z, y = draw(400)
    asked = np.linspace(-3, 3, 50)
    fits = [fit_calibration(z, y, posterior_sd=posterior_sd) for posterior_sd in (0, 0.25, 0.5, 1)]
    reach = [np.subtract(*fit.interval(asked)[::-1]) for fit in fits]
    assert reach[0] == pytest.approx(np.zeros(50), abs=1e-12)
    for narrow, wide in pairwise(reach):
        assert (narrow < wide).all()
    for fit in fits:
        assert (fit.probability(asked) == fits[0].probability(asked)).all()


def test_what_is_stored_as_json_comes_back_equal() -> None:
    fitted = fit_calibration(*draw(300), posterior_sd=0.4)
    stored = json.loads(json.dumps(fitted.to_dict(), allow_nan=False))
    assert Calibration.from_dict(stored) == fitted
    assert stored["n_leads"] == 300


@pytest.mark.parametrize(
    "change",
    [
        {"slope": None},
        {"method": "platt"},
        {"slope": 0.0},
        {"slope": -1.0},
        {"shift": float("nan")},
        {"spread": -0.1},
        {"spread": float("inf")},
    ],
)
def test_a_stored_calibration_that_does_not_hold_together_is_refused(
    change: dict[str, Any],
) -> None:
    stored = fit_calibration(*draw(100), posterior_sd=0.4).to_dict() | change
    if stored["slope"] is None:
        del stored["slope"]
    with pytest.raises(ValueError, match="stored calibration"):
        Calibration.from_dict(stored)


def test_too_few_leads_are_refused() -> None:
    assert fit_calibration(*draw(20), posterior_sd=0.3).n_leads == 20
    with pytest.raises(DataRefused, match=r"Too few decided leads.*19.*at least 20") as caught:
        fit_calibration(*draw(19), posterior_sd=0.3)
    assert caught.value.code == "too_few_to_calibrate"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_missing_or_infinite_score_is_a_fault(bad: float) -> None:
    z, y = draw(30)
    fitted = fit_calibration(z, y, posterior_sd=0.3)
    calls: list[Callable[[Floats], Any]] = [
        fitted.probability,
        fitted.interval,
        lambda z: fit_calibration(z, y, posterior_sd=0.3),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="finite"):
            call(np.r_[bad, z[1:]])


@pytest.mark.parametrize(
    ("y", "posterior_sd", "words"),
    [
        (np.full(30, 2.0), 0.3, "0 or 1"),
        (np.full(30, np.nan), 0.3, "0 or 1"),
        (np.zeros(29), 0.3, "one length"),
        (np.zeros(30), -0.1, "not negative"),
        (np.zeros(30), np.nan, "finite"),
    ],
)
def test_a_fault_of_the_caller_is_a_value_error(y: Floats, posterior_sd: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fit_calibration(np.linspace(-1, 1, 30), y, posterior_sd=posterior_sd)
