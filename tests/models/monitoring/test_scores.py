"""Scores: their spread, what they should show, and what sales said, planted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from features.language import Phrase
from models.artifact.reference import SCORES
from models.monitoring.scores import (
    bin_scores,
    compare_decisions,
    compare_scores,
    evaluate_decisions,
    evaluate_performance,
    evaluate_scores,
    measure_performance,
)
from tests.models.monitoring.test_inputs import make_reference

NAMES: dict[int, Phrase | str] = {2: "Web", 3: "Fair"}
TRAINED: dict[str, Any] = {"auc": 0.75, "auc_low": 0.73, "auc_high": 0.77}


def draw(seed: int, n: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Honest probabilities with an AUC of about .75, and what sales said."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-rng.normal(-0.3, 1.1, n)))
    return p, (rng.random(n) < p).astype(float)


def test_scores_from_the_reference_stay_green_and_others_turn() -> None:
    reference, rng = make_reference(), np.random.default_rng(1)
    shares = reference.scores / reference.scores.sum()
    grades = rng.multinomial(300, np.full(16, 1 / 16))
    usual = compare_scores(reference, rng.multinomial(300, shares), grades)
    assert evaluate_scores(usual).colour == "green"
    higher = np.bincount(rng.integers(50, 100, 300), minlength=SCORES)
    assert evaluate_scores(compare_scores(reference, higher, grades)).colour == "red"


def test_score_groups_hold_about_a_tenth_each() -> None:
    counts = np.random.default_rng(2).poisson(np.linspace(80, 5, SCORES))
    groups = bin_scores(counts)
    assert (np.diff(groups) >= 0).all()
    sizes = np.bincount(groups, weights=counts) / counts.sum()
    assert len(sizes) == 10
    assert sizes.max() < 0.14
    assert sizes.min() > 0.06


def test_realised_figures_are_those_of_the_answered_leads() -> None:
    p, y = draw(1)
    answered = np.arange(500) % 3 > 0
    performance = measure_performance(p, answered=answered, accepted=y, chance=p)
    said = performance.realised
    assert said["auc"].value == pytest.approx(roc_auc_score(y[answered], p[answered]))
    precision = average_precision_score(y[answered], p[answered])
    assert said["average_precision"].value == pytest.approx(precision)
    assert performance.answered is not None
    assert performance.answered.n == answered.sum()
    assert performance.expected is not None
    assert performance.expected.n == 500


def test_honest_probabilities_keep_their_promise() -> None:
    colours = []
    for seed in range(20):
        p, y = draw(seed)
        found = measure_performance(p, answered=np.ones(500, bool), accepted=y, chance=p)
        colours.append(evaluate_performance(found, TRAINED).colour)
    assert colours.count("red") == 0
    assert colours.count("green") >= 18


def test_leads_that_cannot_be_told_apart_are_noticed_before_any_answer() -> None:
    flat = np.full(500, 0.4) + np.linspace(-0.05, 0.05, 500)
    unknown = np.zeros(500, bool)
    found = measure_performance(flat, answered=unknown, accepted=np.zeros(500), chance=flat)
    assert found.realised == {}
    assert evaluate_performance(found, TRAINED).colour == "red"


def test_an_order_that_no_longer_holds_is_noticed_by_answers() -> None:
    p, _ = draw(1)
    y = (np.random.default_rng(2).random(500) < p.mean()).astype(float)
    found = measure_performance(p, answered=np.ones(500, bool), accepted=y, chance=p)
    light = evaluate_performance(found, TRAINED)
    assert light.colour == "red"
    assert "so far" in light.because[0].text


def test_sales_that_accepts_fewer_is_noticed_and_one_source_alone_too() -> None:
    p, y = draw(3)
    groups = np.arange(500) % 2 + 2
    calm = compare_decisions(y, p, groups, known=5_000)
    assert evaluate_decisions(calm, NAMES).colour == "green"
    assert calm[0].group is None
    assert sum(gap.leads for gap in calm[1:]) == calm[0].leads == 500
    stricter = y * (np.random.default_rng(4).random(500) < 0.6)
    assert (
        evaluate_decisions(compare_decisions(stricter, p, groups, known=5_000), NAMES).colour
        == "red"
    )
    spoilt = np.where(groups == 3, stricter, y)
    gaps = {gap.group: gap.colour for gap in compare_decisions(spoilt, p, groups, known=5_000)}
    assert gaps[3] == "red"
    assert gaps[2] == "green"


def test_few_answers_are_not_judged() -> None:
    p, y = draw(1, n=20)
    assert compare_decisions(y, p, np.full(20, 2), known=100) == ()
    assert evaluate_decisions((), NAMES).colour == "grey"
