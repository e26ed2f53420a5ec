"""What the model promises where the truth is known: close to it, honest about it, silent on noise.

The figures over many more and larger worlds stand in docs/accuracy.md; these are alarms.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.estimator.baseline import predict_logistic
from tests.benchmarks import known_worlds, worlds
from tests.benchmarks.known_worlds import KnownWorld, expected_auc, keep_company, make_weak
from tests.benchmarks.tangled_worlds import FAMILIES, make_tangled
from tests.benchmarks.worlds_page import render, share_with_skill

SMALL, MIDDLE = 300, 2_000


@cache
def make_small() -> list[KnownWorld]:
    """Companies of 300 leads."""
    return [known_worlds.make_company(SMALL, seed=seed) for seed in (201, 202, 203, 204)]


def draw(seed: int = 0, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """True probabilities, and scores with ties that go with them."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(size=n)
    return truth, np.round(truth + rng.normal(0, 0.4, n), 1)


@pytest.mark.slow
def test_few_leads_are_ranked_as_well_as_by_a_logistic_regression() -> None:
    gaps = []
    for world in make_small():
        newer = world.X[world.newer]
        ours = worlds.fit(world).predict_proba(newer)[:, 1]
        logistic = predict_logistic(
            world.X[world.older], world.accepted[world.older], newer, world.table
        )
        truth = world.truth[world.newer]
        gaps.append(expected_auc(truth, ours) - expected_auc(truth, logistic))
    assert np.mean(gaps) >= -0.01


@pytest.mark.slow
def test_the_interval_holds_the_truth_on_average_where_acceptance_is_no_sum() -> None:
    found = [
        worlds.judge_world(make_tangled(family, 1_500, seed=200, useless=useless))["coverage"]
        for family, useless in zip(FAMILIES, (0, 20, 5, 60, 0, 10, 30, 5), strict=True)
    ]
    assert 0.8 <= np.mean(found) <= 0.97


def test_the_true_probabilities_of_tangled_worlds_are_those_the_decisions_follow() -> None:
    for family in FAMILIES:
        world = make_tangled(family, 4_000, seed=201, useless=3)
        assert world.X.shape == (4_000, 10)
        off = (world.accepted - world.truth).sum()
        assert abs(off) < 4 * np.sqrt((world.truth * (1 - world.truth)).sum())


@pytest.mark.slow
def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    found = [
        worlds.judge_world(known_worlds.make_company(MIDDLE, seed=seed)) for seed in (205, 206)
    ]
    assert 0.85 <= np.mean([figures["coverage"] for figures in found]) <= 0.97
    assert np.mean([figures["true_error"] for figures in found]) < 0.06


@pytest.mark.slow
def test_decisions_dealt_out_anew_show_no_skill() -> None:
    found = [worlds.judge_skill(world.shuffle(seed)) for world in make_small() for seed in range(3)]
    # Of twelve with a chance of one in forty each, more than two show skill once in 300 times.
    assert share_with_skill(found) <= 2 / 12


@pytest.mark.slow
def test_a_weak_signal_is_mostly_seen() -> None:
    found = [worlds.judge_skill(make_weak(3_000, seed=seed)) for seed in range(210, 216)]
    assert share_with_skill(found) >= 0.5
    assert 0.55 < np.mean([figures["expected_auc"] for figures in found]) < 0.60


def test_the_expected_auc_counts_every_pair_by_its_chance() -> None:
    truth, scores = draw()
    won = total = 0.0
    for i in range(len(truth)):
        for j in range(len(truth)):
            chance = truth[i] * (1 - truth[j])
            total += chance
            won += chance * ((scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j]))
    assert expected_auc(truth, scores) == pytest.approx(won / total)
    unknown = np.r_[truth, np.nan]
    assert expected_auc(unknown, np.r_[scores, 9.0]) == pytest.approx(won / total)


def test_the_true_error_is_of_groups_of_similar_score() -> None:
    truth = np.repeat([0.2, 0.6], 50)
    assert worlds.true_error(truth, truth) == pytest.approx(0)
    assert worlds.true_error(truth, truth + 0.1) == pytest.approx(0.1)
    # Within a group, errors that cancel do not count.
    assert worlds.true_error(truth + np.tile([0.1, -0.1], 50), truth) == pytest.approx(0)


def test_a_weak_world_is_as_weak_as_asked_and_a_shuffled_one_keeps_its_leads() -> None:
    world = make_weak(2_000, seed=3, auc=0.62)
    assert expected_auc(world.truth, world.truth) == pytest.approx(0.62, abs=1e-6)
    assert world.truth.mean() == pytest.approx(1 / 3, abs=1e-6)
    assert world.accepted.mean() == pytest.approx(1 / 3, abs=0.05)
    assert world.X.shape == (2_000, len(world.table.features))
    dealt = world.shuffle(5)
    assert dealt.X is world.X
    assert dealt.accepted.sum() == world.accepted.sum()
    assert (dealt.accepted != world.accepted).any()
    assert (world.shuffle(5).accepted == dealt.accepted).all()
    assert (world.shuffle(6).accepted != dealt.accepted).any()


def test_an_encoded_company_is_kept_until_the_code_changes(tmp_path: Path) -> None:
    made: list[int] = []
    weak = make_weak(50, seed=1)

    def make(n_leads: int, /, *, seed: int) -> KnownWorld:
        made.append(seed)
        return replace(weak, truth=np.r_[np.nan, weak.truth[1:]])

    first = keep_company(tmp_path, 50, seed=4, make=make)
    again = keep_company(tmp_path, 50, seed=4, make=make)
    assert made == [4]
    for kept, given in zip(_arrays(again), _arrays(first), strict=True):
        np.testing.assert_array_equal(kept, given)
    assert again.table == first.table
    keep_company(tmp_path, 50, seed=5, make=make)
    keep_company(tmp_path, 50, seed=4, make=make, digest="other code")
    assert made == [4, 5, 4]


def test_the_page_tells_every_size_and_both_shares_of_skill() -> None:
    auc = {"ours": 0.7, "logistic": 0.71, "truth": 0.8}
    company = dict.fromkeys("coverage width ece ece_by_chance true_error cpu_seconds".split(), 0.5)
    companies: list[dict[str, Any]] = [
        {**company, "leads": leads, "n_train": 75, "n_test": 25, "expected_auc": auc}
        for leads in (300, 300, 1_000)
    ]
    verdict = {"n": 850, "expected_auc": 0.57, "expected_auc_of_truth": 0.6}
    seen = {**verdict, "skill": "weak", "skill_alone": "none", "skill_of_truth": "weak"}
    unseen = {**verdict, "skill": "none", "skill_alone": "none", "skill_of_truth": "none"}
    page = render(
        {"first_seed": 100, "companies": companies, "null": [unseen] * 4, "weak": [seen, unseen]}
    )
    assert "| 300 | 2 | 75 | 0.7000 | 0.7100 | 0.8000 | 66.7% | 87.5% | -0.0100 ± 0.0000 |" in page
    assert "| 1,000 | 1 | 75 | 0.7000 | 0.7100 | 0.8000 | 66.7% | 87.5% | -0.0100 |" in page
    assert "| decisions shuffled | none | 100% | 51% to 100% | 95 % |" in page
    assert "| weak signal | weak or good | 50% | 9% to 91% | 80 % |" in page
    assert "| weak signal, by the newest leads alone | weak or good | 0% |" in page


def _arrays(world: KnownWorld) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return world.X, world.accepted, world.truth
