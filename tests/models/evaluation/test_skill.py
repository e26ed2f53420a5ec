"""The verdict follows the intervals, and chance seldom passes for skill."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from models.estimator.rolling_origin import RollingOriginPredictions
from models.evaluation.intervals import Interval, auc_interval
from models.evaluation.metrics import evaluate
from models.evaluation.skill import evaluate_earlier, skill
from tests.samples import draw


def test_a_constant_probability_shows_no_skill() -> None:
    y, _ = draw(200)
    assert skill(evaluate(y, np.full(200, 0.4), reference_rate=0.4)) == "none"


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
        evaluate(y, p, reference_rate=0.5, n_resamples=20),
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
    figures = replace(evaluate(y, p, reference_rate=0.5, n_resamples=20), auc=newest)
    assert skill(figures, earlier=earlier) == verdict


def test_chance_seldom_shows_skill_and_the_older_leads_change_that_little() -> None:
    rng = np.random.default_rng(8)
    y = (rng.random(900) < 0.3).astype(float)
    template = evaluate(y[:300], rng.random(300), reference_rate=0.3, n_resamples=20)
    seen = 0
    for _ in range(400):
        p = rng.random(900)
        earlier = evaluate_earlier(
            RollingOriginPredictions(p[300:], y[300:], True, (200, 200, 200))
        )
        figures = replace(template, auc=auc_interval(y[:300], p[:300]))
        seen += skill(figures, earlier=earlier) != "none"
    assert seen / 400 <= 0.045


def test_earlier_models_are_judged_each_by_itself_where_both_decisions_were_met() -> None:
    y, p = draw(120)
    y[50:60] = 1.0
    got = evaluate_earlier(RollingOriginPredictions(logit(p), y, True, (50, 10, 60)))
    assert got == (auc_interval(y[:50], p[:50]), auc_interval(y[60:], p[60:]))


def test_a_drifting_acceptance_rate_is_no_skill_of_the_earlier_models() -> None:
    rng = np.random.default_rng(6)
    rates = np.repeat([0.1, 0.3, 0.5, 0.7], 400)
    y = (rng.random(1_600) < rates).astype(float)
    rolling_origin = RollingOriginPredictions(
        rates + rng.normal(0, 0.01, 1_600), y, True, (400,) * 4
    )
    assert auc_interval(y, rolling_origin.log_odds).low > 0.65
    assert all(part.low < 0.5 < part.high for part in evaluate_earlier(rolling_origin))


@pytest.mark.parametrize(
    ("accepted", "verdict"), [(4, "none"), (5, "good"), (95, "good"), (96, "none")]
)
def test_skill_needs_five_leads_of_either_decision(accepted: int, verdict: str) -> None:
    y, p = draw(100)
    figures = replace(
        evaluate(y, p, reference_rate=0.5, n_resamples=20),
        n_accepted=accepted,
        auc=Interval(0.8, 0.7, 0.9),
        log_loss=0.1,
    )
    assert skill(figures) == verdict
