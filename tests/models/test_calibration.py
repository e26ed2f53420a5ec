"""Calibrated probabilities mean what they say, and their intervals hold the true rate."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from features.errors import DataRefused
from models.calibration import TILT, Calibration, fit_calibration

Floats = NDArray[np.float64]
Truth = Callable[[Floats], Floats]


def confident(z: Floats) -> Floats:
    """Scores twice as extreme as they should be, and too high."""
    return expit(0.5 * z - 0.7)


def bent(z: Floats) -> Floats:
    """A curve that no logistic fits: flat on the left, steep on the right."""
    return expit(np.where(z < 0, 0.2 * z, 2.5 * z) - 1)


def stepped(z: Floats) -> Floats:
    """Two kinds of leads."""
    return np.where(z < 0, 0.2, 0.7)


def draw(n: int, truth: Truth = confident, *, seed: int = 0) -> tuple[Floats, Floats]:
    """Return log-odds and decisions drawn from a known rate."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1.5, n)
    return z, (rng.random(n) < truth(z)).astype(float)


SMALL = st.lists(
    st.tuples(st.floats(-50, 50), st.integers(0, 1), st.floats(0.1, 5)), min_size=20, max_size=60
)


@settings(deadline=None, max_examples=50)
@given(rows=SMALL)
def test_probability_and_limits_rise_with_the_score_and_stay_in_order(
    rows: list[tuple[float, int, float]],
) -> None:
    z, y, w = np.array(rows, dtype=float).T
    fitted = fit_calibration(z, y, weights=w)
    asked = np.sort(np.r_[z, np.linspace(-60, 60, 500)])
    p, (low, high) = fitted.probability(asked), fitted.interval(asked)
    assert (p > 0).all() and (p < 1).all()
    assert (low >= 0).all() and (high <= 1).all()
    assert (low <= p).all() and (p <= high).all()
    for rising in (p, low, high):
        assert (np.diff(rising) >= -1e-12).all()


@pytest.mark.parametrize(("truth", "n"), [(confident, 300), (bent, 3_000), (stepped, 3_000)])
def test_every_kind_of_curve_keeps_the_ranking(truth: Truth, n: int) -> None:
    fitted = fit_calibration(*draw(n, truth))
    p = fitted.probability(np.linspace(-6, 6, 1_000))
    assert (np.diff(p) > 0).all()


def test_platt_is_a_logistic_regression_when_leads_are_many() -> None:
    z, y = draw(5_000)
    fitted = fit_calibration(z, y)
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(z[:, None], y)
    assert fitted.method == "platt"
    assert fitted.slope == pytest.approx(oracle.coef_[0, 0], rel=0.01)
    assert fitted.probability(z) == pytest.approx(oracle.predict_proba(z[:, None])[:, 1], abs=0.003)


def test_platt_with_its_prior_is_a_ridge_towards_slope_one() -> None:
    z, y = draw(60)
    fitted = fit_calibration(z, y)

    def cost(slope: float, intercept: float) -> float:
        p = expit(slope * z + intercept)
        nll = -np.sum(np.where(y == 1, np.log(p), np.log(1 - p)))
        return float(nll + (slope - 1) ** 2 / (2 * 0.25))

    best = cost(fitted.slope, fitted.intercept)
    for step in (-0.02, 0.02):
        assert cost(fitted.slope + step, fitted.intercept) > best
        assert cost(fitted.slope, fitted.intercept + step) > best
        assert cost(fitted.slope + step, fitted.intercept - step) > best
        assert cost(fitted.slope + step, fitted.intercept + step) > best


@pytest.mark.parametrize("n", [30, 900, 5_000])
def test_the_mean_probability_is_the_accepted_share(n: int) -> None:
    z, y = draw(n)
    assert fit_calibration(z, y).probability(z).mean() == pytest.approx(y.mean(), abs=1e-5)


def test_the_slope_leaves_one_only_as_evidence_comes_in() -> None:
    slopes = [fit_calibration(*draw(n)).slope for n in (40, 400, 40_000)]
    assert abs(slopes[0] - 1) < abs(slopes[2] - 1)
    assert slopes[2] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("truth", [bent, stepped])
def test_a_curve_that_is_not_logistic_is_followed(truth: Truth) -> None:
    z, y = draw(6_000, truth)
    fitted = fit_calibration(z, y)
    assert fitted.method != "platt"
    z_new, y_new = draw(20_000, truth, seed=1)
    logistic = LogisticRegression(C=np.inf).fit(z[:, None], y)
    platt, p = logistic.predict_proba(z_new[:, None])[:, 1], fitted.probability(z_new)
    assert log_loss(y_new, p) < log_loss(y_new, platt)
    assert np.mean(np.abs(p - truth(z_new))) < 0.8 * np.mean(np.abs(platt - truth(z_new)))


def test_beta_calibration_is_the_formula_of_its_paper() -> None:
    def beta(z: Floats) -> Floats:
        s = expit(z)
        return expit(0.4 * np.log(s) - 1.6 * np.log(1 - s) - 1)

    z, y = draw(6_000, beta)
    fitted = fit_calibration(z, y)
    assert fitted.method == "beta"
    design = np.column_stack([np.log(expit(z)), -np.log(1 - expit(z))])
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(design, y)
    ends = [fitted.slope - fitted.bend, fitted.slope + fitted.bend]
    assert ends == pytest.approx(oracle.coef_[0], rel=0.03)
    assert fitted.probability(z) == pytest.approx(oracle.predict_proba(design)[:, 1], abs=0.005)
    by_hand = expit(design @ ends + fitted.intercept)
    assert fitted.probability(z) == pytest.approx(by_hand, abs=1e-9)


def test_platt_stays_unless_clearly_beaten() -> None:
    methods = [fit_calibration(*draw(1_500, seed=seed)).method for seed in range(12)]
    assert methods.count("platt") >= 10


@pytest.mark.parametrize("truth", [confident, bent, stepped])
@pytest.mark.parametrize("n", [60, 400, 3_000])
def test_the_interval_holds_the_true_rate(truth: Truth, n: int) -> None:
    held, reach = [], []
    for seed in range(12):
        low, high = (fitted := fit_calibration(*draw(n, truth, seed=seed))).interval(
            z := draw(500, seed=seed + 1_000)[0]
        )
        assert fitted.level == 0.90
        held.append(np.mean((low <= truth(z)) & (truth(z) <= high)))
        reach.append(np.mean(high - low))
    assert np.mean(held) >= 0.90
    # A rate measured on n^(2/3) leads is this uncertain; a step costs more around it.
    assert np.mean(reach) < 5 * 0.5 / np.sqrt(n ** (2 / 3)) + 0.05


def test_the_interval_holds_at_the_ends_where_the_best_leads_are() -> None:
    held = []
    for seed in range(40):
        fitted = fit_calibration(*draw(400, seed=seed))
        z = np.array([-4.0, -3.0, 3.0, 4.0])
        low, high = fitted.interval(z)
        held.append((low <= confident(z)) & (confident(z) <= high))
    assert (np.mean(held, axis=0) >= 0.90).all()


def test_the_interval_narrows_with_more_leads_and_widens_with_the_level() -> None:
    z, y = draw(2_000)
    asked = np.linspace(-2, 2, 50)

    def reach(fitted: Calibration) -> float:
        low, high = fitted.interval(asked)
        return float(np.mean(high - low))

    assert reach(fit_calibration(*draw(30_000))) < reach(fit_calibration(z, y)) * 0.6
    narrow, wide = (reach(fit_calibration(z, y, level=level)) for level in (0.5, 0.99))
    assert narrow < reach(fit_calibration(z, y)) < wide
    assert reach(fit_calibration(np.tile(z, 4), np.tile(y, 4))) < reach(fit_calibration(z, y))


def test_limits_are_those_of_a_plain_loop() -> None:
    z, y = draw(300)
    z = np.round(z, 1)
    fitted = fit_calibration(z, y)

    def lower(z: Floats, y: Floats, cut: float) -> float:
        """Clopper-Pearson over the leads up to the cut and the fewer just above it."""
        ranked, decided = np.sort(z), y[np.argsort(z, kind="stable")]
        upto = int((z <= cut).sum())
        below = min(int(np.ceil(TILT * len(z) ** (2 / 3))), upto)
        above = upto + int(below * (1 / TILT - 1))
        rows = ranked >= ranked[upto - below]
        if above < len(z):
            rows &= ranked < ranked[above]
        found = decided[rows]
        return float(
            stats.binomtest(int(found.sum()), len(found), alternative="greater")
            .proportion_ci(0.95, method="exact")
            .low
        )

    cuts = np.unique(z)
    low = np.array([lower(z, y, cut) for cut in cuts])
    high = np.array([1 - lower(-z, 1 - y, -cut) for cut in cuts])
    low = [low[i:].min() for i in range(len(low))]
    high = [high[: i + 1].max() for i in range(len(high))]
    assert fitted.cuts == pytest.approx(cuts)
    assert fitted.low == pytest.approx(low)
    assert fitted.high == pytest.approx(high)


def test_beyond_the_scores_seen_the_outer_limit_is_open() -> None:
    z, y = draw(500)
    fitted = fit_calibration(z, y)
    low, high = fitted.interval([z.min() - 1, z.max() + 1])
    assert (low[0], high[1]) == (0, 1)
    assert high[0] < 1 and low[1] > 0


def test_swapping_accepted_and_rejected_mirrors_everything() -> None:
    z, y = draw(500)
    fitted, mirrored = fit_calibration(z, y), fit_calibration(-z, 1 - y)
    asked = np.linspace(-5, 5, 101)
    assert mirrored.probability(-asked) == pytest.approx(1 - fitted.probability(asked), abs=1e-5)
    low, high = fitted.interval(asked)
    low_mirrored, high_mirrored = mirrored.interval(-asked)
    assert low_mirrored == pytest.approx(1 - high, abs=1e-5)
    assert high_mirrored == pytest.approx(1 - low, abs=1e-5)


@pytest.mark.parametrize("n", [80, 2_000])
def test_row_order_does_not_matter(n: int) -> None:
    z, y = draw(n, bent)
    z, w = np.round(z, 1), np.random.default_rng(2).random(n)
    mixed = np.random.default_rng(1).permutation(n)
    shuffled = fit_calibration(z[mixed], y[mixed], weights=w[mixed])
    assert shuffled == fit_calibration(z, y, weights=w)


def test_weights_of_one_change_nothing_and_weights_of_zero_leave_leads_out() -> None:
    z, y = draw(400)
    plain = fit_calibration(z, y)
    assert fit_calibration(z, y, weights=np.ones(400)) == plain
    more_z, more_y = np.r_[z, draw(100, seed=9)[0]], np.r_[y, np.ones(100)]
    assert fit_calibration(more_z, more_y, weights=np.repeat([1, 0], [400, 100])) == plain


def test_a_common_factor_on_the_weights_leaves_the_interval_alone() -> None:
    z, y = draw(400)
    w = np.random.default_rng(3).random(400) + 0.5
    one, ten = (fit_calibration(z, y, weights=w * factor) for factor in (1, 10))
    assert ten.low == pytest.approx(one.low)
    assert ten.high == pytest.approx(one.high)


def test_many_leads_are_averaged_without_losing_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    z, y = draw(15_000, bent)
    exact = fit_calibration(z, y)
    monkeypatch.setattr("models.calibration.MAX_FIT_POINTS", 2_000)
    thinned = fit_calibration(z, y)
    asked = np.linspace(-4, 4, 100)
    assert thinned.probability(asked) == pytest.approx(exact.probability(asked), abs=0.003)
    assert thinned.cuts == exact.cuts


@pytest.mark.parametrize("truth", [confident, bent, stepped])
def test_what_is_stored_as_json_comes_back_equal(truth: Truth) -> None:
    fitted = fit_calibration(*draw(2_000, truth))
    stored = json.loads(json.dumps(fitted.to_dict(), allow_nan=False))
    assert Calibration.from_dict(stored) == fitted


@pytest.mark.parametrize(
    "change", [{"slope": None}, {"method": "magic"}, {"low": [0.1]}, {"knots": [1.0]}, {"odd": 1}]
)
def test_a_stored_calibration_that_does_not_hold_together_is_refused(
    change: dict[str, Any],
) -> None:
    stored = fit_calibration(*draw(100)).to_dict() | change
    if stored["slope"] is None:
        del stored["slope"]
    with pytest.raises(ValueError, match="stored calibration"):
        Calibration.from_dict(stored)


@pytest.mark.parametrize("score", [-50.0, 0.0, 3.0, 50.0])
def test_constant_scores_give_the_accepted_share_and_its_exact_limits(score: float) -> None:
    z, y = np.full(50, score), np.repeat([1, 0], [20, 30])
    fitted = fit_calibration(z, y)
    assert fitted.probability(z) == pytest.approx(np.full(50, 0.4), abs=1e-5)
    low, high = fitted.interval(z)
    exact = stats.binomtest(20, 50).proportion_ci(0.90, method="exact")
    assert (low[0], high[0]) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("decision", [0, 1])
def test_decisions_all_alike_set_the_level_only(decision: int) -> None:
    z = np.linspace(-3, 3, 40)
    fitted = fit_calibration(z, np.full(40, decision))
    assert (fitted.method, fitted.slope) == ("level", 1.0)
    assert fitted.probability(z).mean() == pytest.approx(41 / 42 if decision else 1 / 42)
    low, high = fitted.interval(z)
    assert (high if decision else 1 - low) == pytest.approx(np.ones(40))
    assert (high - low).min() > 0.05


def test_scores_against_the_decisions_do_not_turn_the_ranking_round() -> None:
    z, y = draw(500)
    fitted = fit_calibration(-z, y)
    assert 0 < fitted.slope < 0.1
    assert np.ptp(fitted.probability(z)) < 0.2


def test_separated_leads_get_a_finite_slope() -> None:
    z = np.r_[np.linspace(-50, -1, 30), np.linspace(1, 50, 30)]
    fitted = fit_calibration(z, (z > 0).astype(int))
    assert 0.5 < fitted.slope < 5
    assert fitted.interval([50.0])[0][0] < 1


def test_too_few_leads_are_refused() -> None:
    assert fit_calibration(*draw(20)).n_leads == 20
    with pytest.raises(DataRefused, match=r"Too few decided leads.*19.*at least 20"):
        fit_calibration(*draw(19))
    with pytest.raises(DataRefused, match="Too few"):
        fit_calibration(*draw(30), weights=np.repeat([1, 0], [19, 11]))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_missing_or_infinite_score_is_a_fault(bad: float) -> None:
    z, y = draw(30)
    fitted = fit_calibration(z, y)
    for call in (fitted.probability, fitted.interval, lambda z: fit_calibration(z, y)):
        with pytest.raises(ValueError, match="finite"):
            call(np.r_[bad, z[1:]])


@pytest.mark.parametrize(
    ("y", "options", "words"),
    [
        (np.full(30, 2.0), {}, "0 or 1"),
        (np.full(30, np.nan), {}, "0 or 1"),
        (np.zeros(29), {}, "one length"),
        (np.zeros(30), {"weights": np.ones(29)}, "one length"),
        (np.zeros(30), {"weights": np.full(30, -1.0)}, "not negative"),
        (np.zeros(30), {"level": 90}, "level"),
    ],
)
def test_a_fault_of_the_caller_is_a_value_error(
    y: Floats, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        fit_calibration(np.linspace(-1, 1, 30), y, **options)
