"""Two models on the same leads: the differences are right, and as sure as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from features.errors import DataRefused
from models.evaluation.comparison import MEASURES, compare, compare_groups, compare_measures


def draw(n: int, seed: int, noise: tuple[float, float] = (0.3, 0.6)) -> tuple[np.ndarray, ...]:
    """Decisions, and two models that see the same truth through more or less noise."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-1.3 * truth))).astype(float)
    models = (1 / (1 + np.exp(-1.3 * truth + size * rng.normal(size=n))) for size in noise)
    return y, *models


def delong(y: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """The paired difference in AUC and its standard error by DeLong's structural components."""
    parts = []
    for p in (one, other):
        wins = (p[y == 1][:, None] > p[y == 0]) + 0.5 * (p[y == 1][:, None] == p[y == 0])
        parts.append((wins.mean(axis=1), wins.mean(axis=0)))
    yes, no = (parts[1][i] - parts[0][i] for i in (0, 1))
    variance = yes.var(ddof=1) / len(yes) + no.var(ddof=1) / len(no)
    return float(yes.mean()), float(np.sqrt(variance))


def top(y: np.ndarray, p: np.ndarray, share: float) -> float:
    """The precision of the best share, by sorting, where no two leads are tied."""
    n = round(share * len(y))
    return float(y[np.argsort(-p)][:n].mean())


@pytest.mark.parametrize("seed", range(3))
def test_the_figures_are_those_of_scikit_learn(seed: int) -> None:
    y, old, new = draw(500, seed)
    found = compare_measures(y, old, new, top_share=0.2)
    for p, side in ((old, "champion"), (new, "challenger")):
        values = {name: getattr(found[name], side).value for name in MEASURES}
        assert values["auc"] == pytest.approx(roc_auc_score(y, p))
        assert values["average_precision"] == pytest.approx(average_precision_score(y, p))
        assert values["log_loss"] == pytest.approx(log_loss(y, p))
        assert values["top_precision"] == pytest.approx(top(y, p, 0.2))
    for paired in found.values():
        gap = paired.challenger.value - paired.champion.value
        assert paired.difference.value == pytest.approx(gap)
        assert paired.difference.low <= gap <= paired.difference.high


def test_ties_count_as_in_scikit_learn() -> None:
    y, old, new = draw(400, 5)
    old, new = np.round(old, 1).clip(0.05, 0.95), np.round(new, 1).clip(0.05, 0.95)
    found = compare_measures(y, old, new, top_share=0.2)
    assert found["auc"].champion.value == pytest.approx(roc_auc_score(y, old))
    average = average_precision_score(y, new)
    assert found["average_precision"].challenger.value == pytest.approx(average)


@pytest.mark.parametrize("seed", range(4))
def test_the_difference_in_auc_is_as_sure_as_delong_says(seed: int) -> None:
    y, old, new = draw(800, seed)
    value, error = delong(y, old, new)
    found = compare_measures(y, old, new, top_share=0.2, measures=("auc",))["auc"].difference
    assert found.value == pytest.approx(value)
    width = (found.high - found.low) / (2 * stats.norm.ppf(0.975))
    assert width == pytest.approx(error, rel=0.15)


def test_the_difference_in_log_loss_is_as_sure_as_a_mean() -> None:
    y, old, new = draw(800, 2)
    loss = [-np.where(y == 1, np.log(p), np.log1p(-p)) for p in (old, new)]
    gaps = loss[1] - loss[0]
    found = compare_measures(y, old, new, top_share=0.2, measures=("log_loss",))["log_loss"]
    assert found.difference.value == pytest.approx(gaps.mean())
    width = (found.difference.high - found.difference.low) / (2 * stats.norm.ppf(0.975))
    assert width == pytest.approx(gaps.std() / np.sqrt(len(y)), rel=0.12)


@pytest.mark.slow
def test_the_intervals_hold_what_they_promise() -> None:
    # Two models of one quality: the true difference is 0, and 95 of 100 intervals should hold it.
    held = dict.fromkeys(MEASURES, 0)
    for seed in range(150):
        y, old, new = draw(300, 1_000 + seed, noise=(0.5, 0.5))
        for name, paired in compare_measures(y, old, new, top_share=0.2, seed=seed).items():
            held[name] += paired.difference.low <= 0 <= paired.difference.high
    # A fair 95 % falls below 133 of 150 once in 1,000 times.
    assert min(held.values()) >= 133, held


@given(st.integers(0, 50), st.sampled_from([0.1, 0.3, 1.0]))
def test_a_model_is_no_better_than_itself(seed: int, share: float) -> None:
    y, old, _ = draw(60, seed)
    if not 0 < y.sum() < len(y):
        return
    for paired in compare_measures(y, old, old, top_share=share, seed=seed).values():
        assert paired.difference.value == paired.difference.low == paired.difference.high == 0
        assert paired.champion == paired.challenger


def test_exchanging_the_models_turns_the_sign() -> None:
    y, old, new = draw(300, 1)
    one = compare_measures(y, old, new, top_share=0.3)
    other = compare_measures(y, new, old, top_share=0.3)
    for name in MEASURES:
        assert one[name].difference.low == pytest.approx(-other[name].difference.high)
        assert one[name].difference.value == pytest.approx(-other[name].difference.value)


def test_the_order_of_the_leads_does_not_count_but_for_the_draws() -> None:
    y, old, new = draw(300, 1)
    turned = compare_measures(y[::-1], old[::-1], new[::-1], top_share=0.3)
    for name, paired in compare_measures(y, old, new, top_share=0.3).items():
        assert turned[name].difference.value == pytest.approx(paired.difference.value)


def test_all_leads_worked_are_accepted_as_often_as_leads_are() -> None:
    y, old, new = draw(200, 8)
    found = compare_measures(y, old, new, top_share=1.0)["top_precision"]
    assert found.champion.value == pytest.approx(y.mean())
    assert found.difference.value == pytest.approx(0)


def test_segments_are_told_largest_first_and_small_ones_left_out() -> None:
    y, old, new = draw(400, 3)
    groups = pd.Series(["Web"] * 200 + ["Fair"] * 120 + [None] * 60 + ["Rare"] * 20, dtype=object)
    found = compare_groups(y, old, new, groups)
    assert [(group.group, group.n) for group in found] == [
        ("Web", 200),
        ("Fair", 120),
        ("(not entered)", 60),
    ]
    web = found[0]
    assert web.auc is not None
    gap = roc_auc_score(y[:200], new[:200]) - roc_auc_score(y[:200], old[:200])
    assert web.auc.difference.value == pytest.approx(gap)
    assert web.n_accepted == y[:200].sum()


def test_a_segment_of_one_decision_has_no_auc() -> None:
    y, old, new = draw(200, 3)
    y[:80] = 0
    found = compare_groups(y, old, new, pd.Series(["a"] * 80 + ["b"] * 120))
    assert {group.group: group.auc is None for group in found} == {"a": True, "b": False}


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(DataRefused, match="all have the same decision"):
        compare([1, 1], [0.5, 0.6], [0.5, 0.6], top_share=0.2)
    with pytest.raises(ValueError, match="one length"):
        compare([1, 0], [0.5, 0.6], [0.5], top_share=0.2)


def test_the_comparison_is_repeatable_and_plain() -> None:
    y, old, new = draw(150, 3)
    segments = {"Source": pd.Series(np.where(np.arange(150) % 2, "a", "b"))}
    first = compare(y, old, new, top_share=0.2, segments=segments)
    assert first == compare(y, old, new, top_share=0.2, segments=segments)
    plain = first.to_dict()
    assert plain["measures"]["auc"]["difference"]["value"] == first.measures["auc"].difference.value
    assert [group["group"] for group in plain["segments"]["Source"]] == ["a", "b"]
