"""The figures agree with independent computations, obey their laws, and refuse what they must."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import DataRefused
from models.evaluation.intervals import Interval
from models.evaluation.metrics import (
    METRICS,
    Metrics,
    calibration_error,
    calibration_table,
    evaluate,
    list_metrics,
)
from tests.samples import FEW, draw, rows_to_sample


def width(interval: Interval) -> float:
    """Return the length of an interval."""
    return interval.high - interval.low


def test_losses_and_top_shares_match_plain_sums() -> None:
    y, p = draw(400)
    got = evaluate(y, p, reference_rate=0.3)
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
    top = evaluate(y, p, reference_rate=0.3).top[2]
    assert top.precision.value == pytest.approx((1 + 2 * 0.5) / 3)


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
    before = evaluate(y, p, reference_rate=0.4, n_resamples=20)
    after = evaluate(y[mixed], p[mixed], reference_rate=0.4, n_resamples=20)
    assert flatten(after) == pytest.approx(flatten(before), abs=1e-12)


def flatten(figures: Metrics) -> list[float]:
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


def test_twice_the_same_leads_give_the_same_figures_and_narrower_intervals() -> None:
    y, p = draw(300)
    once = evaluate(y, p, reference_rate=0.4)
    twice = evaluate(np.tile(y, 2), np.tile(p, 2), reference_rate=0.4)
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
    figures = evaluate(*rows_to_sample(rows), reference_rate=0.5, n_resamples=20)
    intervals = [figures.auc, figures.average_precision]
    intervals += [top.precision for top in figures.top]
    intervals += [part.accepted for part in figures.calibration]
    for interval in intervals:
        assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_a_constant_probability_ranks_as_chance_does() -> None:
    y, _ = draw(200)
    got = evaluate(y, np.full(200, 0.4), reference_rate=0.4)
    assert got.auc == Interval(0.5, 0.5, 0.5)
    assert got.average_precision.value == pytest.approx(y.mean())
    assert len(got.calibration) == 1
    assert [top.lift for top in got.top] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("y", [[], [0, 0, 0], [1, 1, 1]])
def test_one_decision_alone_is_refused(y: list[int]) -> None:
    p = np.full(len(y), 0.5)
    with pytest.raises(DataRefused, match="all have the same decision") as refused:
        evaluate(y, p, reference_rate=0.5)
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
        evaluate(y, p, reference_rate=0.5)


def test_reference_rate_must_be_a_rate() -> None:
    with pytest.raises(ValueError, match="reference rate"):
        evaluate([0, 1], [0.2, 0.3], reference_rate=44)


def test_no_leads_have_no_calibration() -> None:
    with pytest.raises(ValueError, match="no leads"):
        calibration_error([], [])


def test_figures_are_plain_types() -> None:
    y, p = draw(100)
    stored = json.loads(json.dumps(evaluate(y, p, reference_rate=0.5).to_dict()))
    assert set(stored["auc"]) == {"value", "low", "high"}
    assert len(stored["top"]) == 3
    assert len(stored["calibration"]) == 10


def test_every_metric_has_its_line_and_every_line_its_figure() -> None:
    y, p = np.r_[np.ones(40), np.zeros(60)], np.linspace(0.9, 0.1, 100)
    judged = evaluate(y, p, reference_rate=0.4, n_resamples=20)
    plain, flat = judged.to_dict(), judged.flatten()
    context = {"n", "n_accepted", "base_rate", "top", "calibration"}
    beside = {metric.chance for metric in METRICS.values()}
    beside |= {metric.blind for metric in METRICS.values() if isinstance(metric.blind, str)}
    assert set(plain) - context - beside == set(METRICS)
    for name in METRICS:
        figure = plain[name]
        if isinstance(figure, dict):
            ends = (flat[name], flat[f"{name}_low"], flat[f"{name}_high"])
            assert ends == (figure["value"], figure["low"], figure["high"])
        else:
            assert flat[name] == figure and f"{name}_low" not in flat
    assert flat["ece_by_chance"] == judged.ece_by_chance


def test_a_table_sets_each_metric_beside_what_it_is_compared_with() -> None:
    y, p = np.r_[np.ones(40), np.zeros(60)], np.linspace(0.9, 0.1, 100)
    judged = evaluate(y, p, reference_rate=0.4, n_resamples=20).to_dict()
    constant = evaluate(y, np.full(100, 0.4), reference_rate=0.4, n_resamples=20).to_dict()
    rows = {row["name"]: row for row in list_metrics(judged, constant)}
    assert list(rows) == list(METRICS)
    for row in rows.values():
        if row["blind"] is not None:
            # Whoever gives all the same probability gets what is named as blind.
            assert row["baseline"]["value"] == pytest.approx(row["blind"])
            better = row["model"]["value"] < row["blind"]
            assert better == row["lower"]
    assert rows["ece"]["chance"] == judged["ece_by_chance"]
    older = {name: figure for name, figure in judged.items() if name != "brier"}
    assert [row["name"] for row in list_metrics(older, constant)] == [
        n for n in METRICS if n != "brier"
    ]
