"""Metrics of groups: every lead in one, each as if it were evaluated alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.evaluation.intervals import auc_interval
from models.evaluation.segments import evaluate_by_group
from tests.samples import draw


def test_groups_hold_every_lead_once_and_match_the_leads_taken_alone() -> None:
    y, p = draw(700)
    groups = pd.Series(["web"] * 300 + [None] * 200 + ["fair"] * 150 + ["fax"] * 30 + ["ad"] * 20)
    got = evaluate_by_group(y, p, groups)
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
    assert [g.group for g in evaluate_by_group(y, p, groups)] == ["b", "c", "d", "a"]
    got = evaluate_by_group(y, p, groups, max_groups=3)
    assert [(g.group, g.n) for g in got] == [("b", 200), ("c", 150), ("(all others)", 250)]


def test_groups_go_by_position_and_may_be_numbers_or_categories() -> None:
    y, p = draw(200)
    plain = pd.Series(np.repeat([1, 2], 100))
    expected = evaluate_by_group(y, p, plain)
    assert evaluate_by_group(y, p, plain.set_axis(range(200, 0, -1))) == expected
    assert evaluate_by_group(y, p, plain.astype("category")) == expected
    mixed = np.random.default_rng(5).permutation(200)
    shuffled = evaluate_by_group(y[mixed], p[mixed], plain.iloc[mixed])
    for got, wanted in zip(shuffled, expected, strict=True):
        assert (got.group, got.n) == (wanted.group, wanted.n)
        assert got.auc is not None and wanted.auc is not None
        assert got.auc.low == pytest.approx(wanted.auc.low)


def test_a_group_with_hardly_any_of_one_decision_gets_no_auc() -> None:
    y = np.r_[np.ones(4), np.zeros(60), np.ones(5), np.zeros(55)]
    p = np.linspace(0.1, 0.9, len(y))
    groups = pd.Series(np.repeat(["four", "five"], [64, 60]))
    four, five = evaluate_by_group(y, p, groups)
    assert four.auc is None
    assert five.auc is not None


def test_groups_of_another_length_are_a_fault() -> None:
    with pytest.raises(ValueError, match="one length"):
        evaluate_by_group([0, 1], [0.5, 0.5], pd.Series(["a"]))
