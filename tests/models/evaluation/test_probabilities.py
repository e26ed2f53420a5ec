"""The verdict on probabilities: what is calibrated passes, what misleads is named, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from features.language import language, list_languages
from models.evaluation.metrics import evaluate
from models.evaluation.probabilities import (
    DETAILS,
    HEADS,
    ProbabilityVerdict,
    describe_probabilities,
    doubt_probabilities,
    judge_probabilities,
)

Floats = NDArray[np.float64]


def judge(
    y: Floats, p: Floats, *, rate: float = 0.4, baseline: Floats | None = None, seed: int = 0
) -> ProbabilityVerdict:
    figures = evaluate(y, p, reference_rate=rate, n_resamples=5)
    return judge_probabilities(y, p, figures, reference_rate=rate, baseline=baseline, seed=seed)


def draw(n: int, seed: int, *, level: float = -0.4, spread: float = 1.3) -> tuple[Floats, Floats]:
    """Decisions and their true probabilities."""
    rng = np.random.default_rng(seed)
    truth = expit(rng.normal(level, spread, n))
    return (rng.random(n) < truth).astype(float), truth


@pytest.mark.parametrize(("n", "level"), [(30, 0.0), (80, -2.0), (400, -0.4)])
def test_calibrated_probabilities_are_seldom_called_off(n: int, level: float) -> None:
    alarms, seen = 0, 0
    for seed in range(100):
        y, truth = draw(n, seed, level=level)
        if not 2 <= y.sum() <= n - 2:
            continue
        noise = np.random.default_rng(seed).normal(0, 0.4, n)
        rival = expit(logit(truth) + noise)
        found = judge(y, truth, rate=float(truth.mean()), baseline=rival, seed=seed)
        alarms += found.grade in ("off", "useless")
        seen += 1
    assert seen > 90
    assert alarms <= 0.05 * seen


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        (lambda z: z + 0.8, "off"),
        (lambda z: 2.0 * z, "off"),
        (lambda z: 0.3 * z, "off"),
        # Right in level and slope, wrong in the middle and at both ends.
        (lambda z: z + 1.2 * (np.abs(z) < 1.0) - 0.8 * (np.abs(z) >= 1.0), "off"),
        (lambda z: z + 3.5, "useless"),
        (lambda z: -z, "useless"),
    ],
)
def test_what_is_wrong_is_named(change: Callable[[Floats], Floats], grade: str) -> None:
    y, truth = draw(1_500, 3)
    found = judge(y, expit(change(logit(truth))))
    assert found.grade == grade
    assert "calibration" in found.reasons


def test_a_share_won_that_rose_makes_few_probabilities_useless_though_the_order_is_good() -> None:
    # Learned where 26 % were won; of the 78 newest leads four of five were.
    y, truth = draw(78, 5, level=2.0, spread=1.2)
    p = expit(logit(truth) - 3.5)
    figures = evaluate(y, p, reference_rate=0.26, n_resamples=5)
    assert figures.auc.low > 0.6
    found = judge_probabilities(y, p, figures, reference_rate=0.26, seed=0)
    assert found.grade == "useless"


def test_a_clearly_better_logistic_regression_is_named_and_an_equal_one_is_not() -> None:
    y, truth = draw(3_000, 6)
    blurred = expit(logit(truth) * 0.2 - 0.3)
    assert "logistic_regression" in judge(y, blurred, baseline=truth).reasons
    assert judge(y, truth, baseline=truth).reasons == ()


def test_differences_too_small_to_matter_are_no_fault_however_many_leads_show_them() -> None:
    y, truth = draw(60_000, 7)
    assert judge(y, expit(logit(truth) + 0.07)).grade == "good"


def test_no_better_than_the_rate_as_chance_may_have_it_is_unproven() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(200) < 0.4).astype(float)
    p = expit(logit(0.4) + rng.normal(0, 0.2, 200))
    found = judge(y, p)
    assert (found.grade, found.reasons) == ("unproven", ("base_rate",))


def test_one_probability_for_all_and_certainty_are_judged_without_fault() -> None:
    y, _ = draw(200, 8)
    assert judge(y, np.full(200, y.mean()), rate=float(y.mean())).grade in ("good", "unproven")
    assert judge(y, y, rate=0.4).grade == "good"
    assert judge(y, 1 - y, rate=0.4).grade == "useless"


def test_the_order_of_the_leads_does_not_matter() -> None:
    y, truth = draw(300, 9)
    turned = np.random.default_rng(0).permutation(300)
    assert judge(y, truth) == replace(
        judge(y[turned], truth[turned]), expected=pytest.approx(truth.mean())
    )


def make_figures(verdict: str, *reasons: str) -> dict[str, Any]:
    y, truth = draw(300, 9)
    judged = asdict(evaluate(y, truth, reference_rate=0.4, n_resamples=5))
    found = {"verdict": verdict, "reasons": list(reasons), "expected": 0.412}
    return {"judged": judged, "logistic_regression": judged, "probabilities": found}


@pytest.mark.parametrize("code", list_languages())
@pytest.mark.parametrize("verdict", HEADS)
def test_each_verdict_and_reason_is_said_in_each_language(verdict: str, code: str) -> None:
    phrases = describe_probabilities(make_figures(verdict, "base_rate", *DETAILS))
    said = [language(code).phrase(phrase) for phrase in phrases]
    assert len(said) == 1 + len(DETAILS) and all("{" not in text for text in said)
    assert ("41.2" if code == "en" else "41,2") in said[1]


def test_only_what_is_not_good_is_doubted_and_a_model_of_before_not_at_all() -> None:
    assert doubt_probabilities(make_figures("good")) == ()
    assert len(doubt_probabilities(make_figures("off", "calibration"))) == 2
    assert describe_probabilities({}) == doubt_probabilities({}) == ()
