"""The figures agree with independent computations, obey their laws, and refuse what they must."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit
from sklearn import metrics

from features.errors import DataRefused
from models.evaluation import (
    Figures,
    Interval,
    auc_by_part,
    auc_interval,
    average_precision_interval,
    calibration_error,
    calibration_table,
    curves,
    judge,
    judge_by_group,
    skill,
    wilson_interval,
)

Floats = NDArray[np.float64]
Sample = tuple[Floats, Floats]

FEW = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=40
).filter(lambda rows: len({y for y, _ in rows}) == 2)  # fmt: skip


def draw(n: int = 400, *, seed: int = 0, ties: bool = False) -> Sample:
    """Return decisions drawn from calibrated probabilities."""
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(-0.5, 1.2, n))
    if ties:
        p = np.round(p, 1).clip(0.1, 0.9)
    return (rng.random(n) < p).astype(float), p


def count_pairs(y: Floats, p: Floats) -> tuple[float, float]:
    """Return AUC and DeLong's standard error by looking at every pair."""
    yes, no = p[y == 1], p[y == 0]
    wins = np.array([[1.0 if a > b else 0.5 if a == b else 0.0 for b in no] for a in yes])
    by_yes, by_no = wins.mean(axis=1), wins.mean(axis=0)
    variance = by_yes.var(ddof=1) / len(yes) + by_no.var(ddof=1) / len(no)
    return float(wins.mean()), float(np.sqrt(variance))


def width(interval: Interval) -> float:
    """Return the length of an interval."""
    return interval.high - interval.low


def rows_to_sample(rows: list[tuple[int, int]]) -> Sample:
    """Return drawn rows as decisions and probabilities with many ties."""
    y, tenths = np.array(rows, dtype=float).T
    return y, (tenths + 1) / 10


@pytest.mark.parametrize("ties", [False, True])
def test_auc_is_that_of_counting_pairs(ties: bool) -> None:
    y, p = draw(150, ties=ties)
    value, error = count_pairs(y, p)
    got = auc_interval(y, p)
    assert got.value == pytest.approx(value)
    assert got.value == pytest.approx(metrics.roc_auc_score(y, p))
    reach = stats.norm.ppf(0.975) * error / (value * (1 - value))
    assert logit(got.low) == pytest.approx(logit(value) - reach)
    assert logit(got.high) == pytest.approx(logit(value) + reach)


def test_auc_interval_covers_the_true_auc() -> None:
    # Two normals one standard deviation apart have an AUC of Phi(1 / sqrt(2)).
    truth, rng, hits = stats.norm.cdf(np.sqrt(0.5)), np.random.default_rng(3), 0
    y = np.repeat([1.0, 0.0], [30, 70])
    for _ in range(400):
        got = auc_interval(y, rng.normal(size=100) + y)
        hits += got.low <= truth <= got.high
    assert 0.92 <= hits / 400 <= 0.99


def test_average_precision_and_its_interval_match_a_plain_bootstrap() -> None:
    y, p = draw(250, seed=4)
    rng = np.random.default_rng(8)
    draws = []
    for _ in range(600):
        rows = rng.integers(0, len(y), len(y))
        draws.append(metrics.average_precision_score(y[rows], p[rows]))
    got = average_precision_interval(y, p)
    assert got.value == pytest.approx(metrics.average_precision_score(y, p))
    error = np.std(draws) / (got.value * (1 - got.value))
    assert logit(got.high) - logit(got.value) == pytest.approx(1.96 * error, rel=0.15)
    assert logit(got.value) - logit(got.low) == pytest.approx(1.96 * error, rel=0.15)


def test_average_precision_interval_depends_on_the_seed_alone() -> None:
    y, p = draw()
    again = average_precision_interval(y, p, seed=1)
    assert again == average_precision_interval(y, p, seed=1)
    assert again != average_precision_interval(y, p, seed=2)


def test_resamples_are_fewer_for_many_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    y, p = draw(1_000)
    monkeypatch.setattr("models.evaluation.RESAMPLING_BUDGET", 60_000)
    asked_for_1000 = average_precision_interval(y, p, n_resamples=1_000)
    assert asked_for_1000 == average_precision_interval(y, p, n_resamples=60)
    assert asked_for_1000 != average_precision_interval(y, p, n_resamples=59)


def test_losses_and_top_shares_match_plain_sums() -> None:
    y, p = draw(400)
    got = judge(y, p, reference_rate=0.3)
    assert (got.n, got.n_accepted, got.base_rate) == (400, int(y.sum()), y.mean())
    assert got.brier == pytest.approx(np.mean((p - y) ** 2))
    assert got.log_loss == pytest.approx(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    assert got.brier_of_base_rate == pytest.approx(np.mean((0.3 - y) ** 2))
    said = y.mean() * np.log(0.3) + (1 - y.mean()) * np.log(0.7)
    assert got.log_loss_of_base_rate == pytest.approx(-said)
    ranked = y[np.argsort(-p)]
    for top, n in zip(got.top, (40, 80, 120), strict=True):
        assert top.n == n
        assert top.precision.value == pytest.approx(ranked[:n].mean())
        assert top.lift == pytest.approx(ranked[:n].mean() / y.mean())
        assert top.recall == pytest.approx(ranked[:n].sum() / y.sum())
        assert top.precision.low < top.precision.value < top.precision.high


def test_leads_tied_at_the_border_of_a_top_share_count_as_their_average() -> None:
    y = np.array([1, 0, 1, 1, 0, 0, 0, 0, 0, 0], dtype=float)
    p = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    top = judge(y, p, reference_rate=0.3).top[2]
    assert top.precision.value == pytest.approx((1 + 2 * 0.5) / 3)


def test_wilson_interval_is_that_of_scipy() -> None:
    pairs = [(0, 1), (1, 1), (0, 7), (7, 7), (3, 10), (499, 1_000)]
    low, high = wilson_interval([k for k, _ in pairs], [n for _, n in pairs])
    for i, (k, n) in enumerate(pairs):
        expected = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert (low[i], high[i]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_calibration_table_holds_equal_bins_and_every_lead() -> None:
    y, p = draw(400)
    table = calibration_table(y, p)
    assert [part.n for part in table] == [40] * 10
    ranked = np.argsort(p).reshape(10, 40)
    for part, rows in zip(table, ranked, strict=True):
        assert part.mean_predicted == pytest.approx(p[rows].mean())
        assert part.accepted.value == pytest.approx(y[rows].mean())
    plain = np.mean([abs(p[rows].mean() - y[rows].mean()) for rows in ranked])
    assert calibration_error(y, p) == pytest.approx(plain)


@settings(deadline=None, max_examples=50)
@given(rows=FEW)
def test_tied_leads_share_a_bin(rows: list[tuple[int, int]]) -> None:
    y, p = rows_to_sample(rows)
    table = calibration_table(y, p)
    assert sum(part.n for part in table) == len(y)
    means = [part.mean_predicted for part in table]
    assert means == sorted(means)
    edges = np.cumsum([0, *(part.n for part in table)])
    ranked = np.sort(p)
    assert all(ranked[edge - 1] < ranked[edge] for edge in edges[1:-1])


def test_calibration_error_tells_a_shifted_model_from_an_honest_one() -> None:
    y, p = draw(20_000)
    assert calibration_error(y, p) < 0.02
    assert calibration_error(y, p * 0.5) == pytest.approx((p / 2).mean(), abs=0.02)
    certain = np.array([0.0, 0.0, 1.0, 1.0])
    assert calibration_error(certain, certain) == 0


@settings(deadline=None, max_examples=30)
@given(rows=FEW, seed=st.integers(0, 99))
def test_row_order_does_not_matter(rows: list[tuple[int, int]], seed: int) -> None:
    y, p = rows_to_sample(rows)
    mixed = np.random.default_rng(seed).permutation(len(y))
    before = judge(y, p, reference_rate=0.4, n_resamples=20)
    after = judge(y[mixed], p[mixed], reference_rate=0.4, n_resamples=20)
    assert flatten(after) == pytest.approx(flatten(before), abs=1e-12)


def flatten(figures: Figures) -> list[float]:
    """Return all numbers of a judgement."""
    return [
        *(getattr(figures.auc, end) for end in ("value", "low", "high")),
        *(getattr(figures.average_precision, end) for end in ("value", "low", "high")),
        *(top.precision.low for top in figures.top),
        *(part.mean_predicted for part in figures.calibration),
        *(part.accepted.high for part in figures.calibration),
        figures.ece,
        figures.brier,
        figures.log_loss,
    ]


def test_only_the_ranking_counts_for_auc_and_average_precision() -> None:
    y, p = draw(ties=True)
    stretched = logit(p) * 3 + 1
    assert auc_interval(y, stretched) == auc_interval(y, p)
    assert average_precision_interval(y, stretched) == average_precision_interval(y, p)


def test_twice_the_same_leads_give_the_same_figures_and_narrower_intervals() -> None:
    y, p = draw(300)
    once = judge(y, p, reference_rate=0.4)
    twice = judge(np.tile(y, 2), np.tile(p, 2), reference_rate=0.4)
    for name in ("auc", "average_precision"):
        one, two = getattr(once, name), getattr(twice, name)
        assert two.value == pytest.approx(one.value)
        assert width(two) / width(one) == pytest.approx(np.sqrt(0.5), rel=0.08)
    assert (twice.brier, twice.log_loss) == pytest.approx((once.brier, once.log_loss))
    assert twice.ece == pytest.approx(once.ece)
    for one, two in zip(once.top, twice.top, strict=True):
        assert two.precision.value == pytest.approx(one.precision.value)
        assert width(two.precision) < width(one.precision)


@settings(deadline=None, max_examples=50)
@given(rows=FEW)
def test_every_interval_holds_its_value_and_stays_within_0_and_1(
    rows: list[tuple[int, int]],
) -> None:
    figures = judge(*rows_to_sample(rows), reference_rate=0.5, n_resamples=20)
    intervals = [figures.auc, figures.average_precision]
    intervals += [top.precision for top in figures.top]
    intervals += [part.accepted for part in figures.calibration]
    for interval in intervals:
        assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_perfect_separation_of_few_leads_is_not_taken_for_certain() -> None:
    y = np.array([0.0] * 6 + [1.0] * 4)
    got = judge(y, 0.1 + 0.8 * y, reference_rate=0.4)
    assert got.auc == Interval(1.0, pytest.approx(0.025 ** (1 / 4)), 1.0)
    assert got.average_precision.value == 1
    assert got.average_precision.low < 0.5
    assert auc_interval(y, -y) == Interval(0.0, 0.0, pytest.approx(1 - 0.025 ** (1 / 4)))


@pytest.mark.parametrize("n_accepted", range(2, 60))
def test_average_precision_of_a_perfect_ranking_is_bounded_by_the_accepted_leads(
    n_accepted: int,
) -> None:
    y = np.r_[np.ones(n_accepted), np.zeros(60)]
    got = average_precision_interval(y, np.linspace(1, 0, len(y)), n_resamples=5)
    assert got == Interval(1.0, pytest.approx(0.025 ** (1 / n_accepted)), 1.0)


def test_one_lead_of_a_class_says_nothing() -> None:
    y, p = np.array([0.0, 0.0, 1.0]), np.array([0.2, 0.7, 0.6])
    assert auc_interval(y, p) == Interval(0.5, 0.0, 1.0)
    assert average_precision_interval(y, p) == Interval(0.5, 0.0, 1.0)


def test_a_constant_probability_shows_no_skill() -> None:
    y, _ = draw(200)
    got = judge(y, np.full(200, 0.4), reference_rate=0.4)
    assert got.auc == Interval(0.5, 0.5, 0.5)
    assert got.average_precision.value == pytest.approx(y.mean())
    assert len(got.calibration) == 1
    assert [top.lift for top in got.top] == pytest.approx([1, 1, 1])
    assert skill(got) == "none"


@pytest.mark.parametrize(
    ("low", "log_loss", "verdict"),
    [
        (0.5, 0.6, "none"),
        (0.51, 0.6, "weak"),
        (0.6, 0.6, "good"),
        (0.6, 0.7, "weak"),
        (0.7, 0.69, "weak"),
    ],
)
def test_skill_follows_the_lower_limit_and_the_base_rate(
    low: float, log_loss: float, verdict: str
) -> None:
    y, p = draw(100)
    figures = replace(
        judge(y, p, reference_rate=0.5, n_resamples=20),
        auc=Interval(0.8, low, 0.9),
        log_loss=log_loss,
        log_loss_of_base_rate=0.69,
    )
    assert skill(figures) == verdict


def around(auc: float, reach: float) -> Interval:
    """An AUC and its limits, this far from it in log-odds."""
    low, high = expit(logit(auc) + np.array([-reach, reach]))
    return Interval(auc, float(low), float(high))


@pytest.mark.parametrize(
    ("newest", "earlier", "verdict"),
    [
        (around(0.55, 0.25), [], "none"),
        (around(0.55, 0.25), [around(0.56, 0.25)] * 5, "weak"),
        # Older leads alone are no proof of skill on the newest ones.
        (around(0.50, 0.25), [around(0.70, 0.25)] * 5, "none"),
        (around(0.49, 0.02), [around(0.70, 0.25)] * 5, "none"),
        (around(0.55, 0.25), [around(0.48, 0.25)] * 5, "none"),
        # Nor do they undo what the newest leads show.
        (around(0.65, 0.25), [around(0.48, 0.05)] * 5, "weak"),
        (Interval(0.55, 0.0, 1.0), [around(0.70, 0.25)] * 5, "none"),
        (Interval(0.5, 0.5, 0.5), [around(0.70, 0.25)] * 5, "none"),
        (around(0.55, 0.25), [Interval(1.0, 0.4, 1.0), Interval(0.5, 0.5, 0.5)], "none"),
    ],
)
def test_older_leads_bear_out_what_the_newest_hint_at(
    newest: Interval, earlier: list[Interval], verdict: str
) -> None:
    y, p = draw(100)
    figures = replace(judge(y, p, reference_rate=0.5, n_resamples=20), auc=newest)
    assert skill(figures, earlier=earlier) == verdict


def test_chance_seldom_shows_skill_and_the_older_leads_change_that_little() -> None:
    rng = np.random.default_rng(8)
    y = (rng.random(900) < 0.3).astype(float)
    template = judge(y[:300], rng.random(300), reference_rate=0.3, n_resamples=20)
    seen = 0
    for _ in range(400):
        p = rng.random(900)
        newest, *earlier = auc_by_part(y, p, [300, 200, 200, 200])
        seen += skill(replace(template, auc=newest), earlier=earlier) != "none"
    assert seen / 400 <= 0.045


def test_the_auc_by_part_is_that_of_each_part_with_both_decisions() -> None:
    y, p = draw(120)
    y[50:60] = 1.0
    got = auc_by_part(y, p, [50, 10, 60])
    assert got == (auc_interval(y[:50], p[:50]), auc_interval(y[60:], p[60:]))
    with pytest.raises(ValueError, match="add up"):
        auc_by_part(y, p, [50, 10])


@pytest.mark.parametrize(
    ("accepted", "verdict"), [(4, "none"), (5, "good"), (95, "good"), (96, "none")]
)
def test_skill_needs_five_leads_of_either_decision(accepted: int, verdict: str) -> None:
    y, p = draw(100)
    figures = replace(
        judge(y, p, reference_rate=0.5, n_resamples=20),
        n_accepted=accepted,
        auc=Interval(0.8, 0.7, 0.9),
        log_loss=0.1,
    )
    assert skill(figures) == verdict


@pytest.mark.parametrize("y", [[], [0, 0, 0], [1, 1, 1]])
def test_one_decision_alone_is_refused(y: list[int]) -> None:
    p = np.full(len(y), 0.5)
    calls: list[Any] = [lambda: judge(y, p, reference_rate=0.5), lambda: auc_interval(y, p)]
    calls += [lambda: average_precision_interval(y, p), lambda: curves(y, p)]
    for call in calls:
        with pytest.raises(DataRefused, match="all have the same decision") as refused:
            call()
        assert refused.value.code == "one_class"


@pytest.mark.parametrize(
    ("y", "p", "words"),
    [
        ([0, 1], [0.5, np.nan], "missing"),
        ([0, 1], [0.5, np.inf], "infinite"),
        ([0, 1], [0.5, 1.5], "between 0 and 1"),
        ([0, 1], [-0.1, 0.5], "between 0 and 1"),
        ([0, 2], [0.5, 0.5], "0 or 1"),
        ([0, np.nan], [0.5, 0.5], "0 or 1"),
        ([0, 1, 1], [0.5, 0.5], "one length"),
    ],
)
def test_a_fault_of_the_caller_is_a_value_error(y: Any, p: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        judge(y, p, reference_rate=0.5)


def test_reference_rate_must_be_a_rate() -> None:
    with pytest.raises(ValueError, match="reference rate"):
        judge([0, 1], [0.2, 0.3], reference_rate=44)


def test_no_leads_have_no_calibration() -> None:
    with pytest.raises(ValueError, match="no leads"):
        calibration_error([], [])


def test_figures_are_plain_types() -> None:
    y, p = draw(100)
    stored = json.loads(json.dumps(judge(y, p, reference_rate=0.5).to_dict()))
    assert set(stored["auc"]) == {"value", "low", "high"}
    assert len(stored["top"]) == 3
    assert len(stored["calibration"]) == 10


def test_groups_hold_every_lead_once_and_match_the_leads_taken_alone() -> None:
    y, p = draw(700)
    groups = pd.Series(["web"] * 300 + [None] * 200 + ["fair"] * 150 + ["fax"] * 30 + ["ad"] * 20)
    got = judge_by_group(y, p, groups)
    assert [(g.group, g.kind, g.n) for g in got] == [
        ("web", "level", 300),
        ("(not entered)", "missing", 200),
        ("fair", "level", 150),
        ("(all others)", "other", 50),
    ]
    for part, rows in zip(got, (slice(300), slice(300, 500), slice(500, 650)), strict=False):
        assert part.accepted.value == pytest.approx(y[rows].mean())
        assert part.mean_predicted == pytest.approx(p[rows].mean())
        assert part.auc == auc_interval(y[rows], p[rows])


def test_groups_beyond_the_largest_are_pooled() -> None:
    y, p = draw(600)
    groups = pd.Series(np.repeat(["a", "b", "c", "d"], [100, 200, 150, 150]))
    assert [g.group for g in judge_by_group(y, p, groups)] == ["b", "c", "d", "a"]
    got = judge_by_group(y, p, groups, max_groups=3)
    assert [(g.group, g.n) for g in got] == [("b", 200), ("c", 150), ("(all others)", 250)]


def test_groups_go_by_position_and_may_be_numbers_or_categories() -> None:
    y, p = draw(200)
    plain = pd.Series(np.repeat([1, 2], 100))
    expected = judge_by_group(y, p, plain)
    assert judge_by_group(y, p, plain.set_axis(range(200, 0, -1))) == expected
    assert judge_by_group(y, p, plain.astype("category")) == expected
    mixed = np.random.default_rng(5).permutation(200)
    shuffled = judge_by_group(y[mixed], p[mixed], plain.iloc[mixed])
    for got, wanted in zip(shuffled, expected, strict=True):
        assert (got.group, got.n) == (wanted.group, wanted.n)
        assert got.auc is not None and wanted.auc is not None
        assert got.auc.low == pytest.approx(wanted.auc.low)


def test_a_group_with_hardly_any_of_one_decision_gets_no_auc() -> None:
    y = np.r_[np.ones(4), np.zeros(60), np.ones(5), np.zeros(55)]
    p = np.linspace(0.1, 0.9, len(y))
    groups = pd.Series(np.repeat(["four", "five"], [64, 60]))
    four, five = judge_by_group(y, p, groups)
    assert four.auc is None
    assert five.auc is not None


def test_groups_of_another_length_are_a_fault() -> None:
    with pytest.raises(ValueError, match="one length"):
        judge_by_group([0, 1], [0.5, 0.5], pd.Series(["a"]))


@pytest.mark.parametrize("ties", [False, True])
def test_curves_pass_through_the_points_of_scikit_learn(ties: bool) -> None:
    y, p = draw(150, ties=ties)
    got = curves(y, p)
    false_rate, true_rate, _ = metrics.roc_curve(y, p, drop_intermediate=False)
    assert got["roc"].to_numpy() == pytest.approx(np.column_stack([false_rate, true_rate]))
    precision, recall, _ = metrics.precision_recall_curve(y, p)
    expected = np.column_stack([recall, precision])[-2::-1]
    assert got["precision_recall"].to_numpy() == pytest.approx(expected)
    lift = got["lift"]
    assert lift["lift"].to_numpy() == pytest.approx(
        got["precision_recall"]["recall"] / lift["share"]
    )


def test_curves_of_many_leads_are_thinned_and_keep_their_ends() -> None:
    y, p = draw(5_000)
    got = curves(y, p)
    assert all(len(curve) <= 200 for curve in got.values())
    roc = got["roc"]
    assert roc.iloc[0].tolist() == [0, 0]
    assert roc.iloc[-1].tolist() == [1, 1]
    area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
    assert area == pytest.approx(metrics.roc_auc_score(y, p), abs=0.005)
    assert got["lift"].iloc[-1].tolist() == [1, 1]
