"""What a backtest counts: the right months and leads, gains by sign, months added up."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from features.errors import DataRefused
from features.language import Phrase, language
from models.evaluation.intervals import Z95
from models.promotion.backtest import (
    Month,
    MonthMetrics,
    choose_leads,
    choose_months,
    evaluate_month,
    sum_up,
)
from tests.trained import draw_tables, label


def draw(n: int = 400, seed: int = 0) -> tuple[np.ndarray, dict[Any, np.ndarray]]:
    """Decisions of a month, and a first model that is worse than the new one."""
    rng = np.random.default_rng(seed)
    truth = 1.3 * rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-truth))).astype(float)
    new = 1 / (1 + np.exp(-truth))
    old = 1 / (1 + np.exp(-(truth + rng.normal(size=n))))
    return y, {"kept": old, "retrained": new, "gated": old}


def evaluate(seed: int = 0, n: int = 400) -> MonthMetrics:
    y, scores = draw(n, seed)
    found = evaluate_month(y, scores, top_share=0.2, seed=1)
    assert isinstance(found, MonthMetrics)
    return found


def make_month(place: int, figures: MonthMetrics | Phrase | None, model: str | None = "m") -> Month:
    start = pd.Timestamp(2026, 1 + place, 1)
    models: dict[Any, str | None] = {"kept": model, "retrained": model, "gated": model}
    return Month(start, start + pd.DateOffset(months=1), models, "held", (), figures)


def test_the_newest_months_that_had_time_to_be_decided_are_chosen() -> None:
    months = choose_months(pd.Timestamp("2026-06-20 08:00"), 30.0, 3)
    # On 21 May the leads of April were all old enough, and those of May were not.
    assert [str(start.date()) for start, _ in months] == ["2026-02-01", "2026-03-01", "2026-04-01"]
    assert months[-1][1] == pd.Timestamp("2026-05-01")
    assert all(end == following for (_, end), (following, _) in pairwise(months))
    assert choose_months(pd.Timestamp("2026-05-31"), 30.0, 1)[0][1] == pd.Timestamp("2026-05-01")
    assert choose_months(pd.Timestamp("2026-01-15"), 0.0, 1)[0][0] == pd.Timestamp("2025-12-01")


def test_a_months_leads_are_those_handed_over_in_it_and_decided() -> None:
    tables = draw_tables(120)
    labels = label(tables)
    times = tables.episodes["handed_over_at"]
    start, end = times[40], times[60]
    found = choose_leads(tables.episodes, labels, start, end)
    assert list(found) == list(range(40, 60))
    silent = replace(labels, rule=labels.rule.mask(labels.rule.index == 45, "untouched"))
    assert 45 not in choose_leads(tables.episodes, silent, start, end)


def test_each_way_is_judged_as_others_would() -> None:
    y, scores = draw()
    found = evaluate()
    assert (found.leads, found.accepted) == (len(y), int(y.sum()))
    for way, p in scores.items():
        measures = found.ways[way]
        assert measures["auc"].value == pytest.approx(roc_auc_score(y, p))
        assert measures["log_loss"].value == pytest.approx(log_loss(y, p))
        best = np.argsort(-p)[: len(y) // 5]
        assert measures["top_precision"].value == pytest.approx(y[best].mean())
        assert found.calibration[way].promised == pytest.approx(p.mean())
        assert all(one.low <= one.value <= one.high for one in measures.values())


def test_a_gain_is_better_the_more_it_is() -> None:
    y, scores = draw()
    gains = evaluate().gains["retrained"]
    lost = log_loss(y, scores["kept"]) - log_loss(y, scores["retrained"])
    assert gains["log_loss"].value == pytest.approx(lost) and lost > 0
    assert gains["log_loss"].low < lost < gains["log_loss"].high
    assert gains["auc"].value > 0
    assert all(one.value == one.low == one.high == 0 for one in evaluate().gains["gated"].values())


def test_too_few_decided_leads_do_not_count() -> None:
    y, scores = draw(400)
    y[:] = 0
    y[:19] = 1
    found = evaluate_month(y, scores, top_share=0.2, seed=1)
    assert isinstance(found, Phrase)
    assert "Only 19 accepted and 381 rejected" in language("en").phrase(found)
    nothing = {way: p[:0] for way, p in scores.items()}
    assert isinstance(evaluate_month(y[:0], nothing, top_share=0.2, seed=1), Phrase)


def test_months_add_up_by_their_leads_and_variances() -> None:
    first, small, large = evaluate(1), evaluate(2, 200), evaluate(3, 600)
    months = [make_month(i, found) for i, found in enumerate([first, small, large])]
    worth = sum_up([*months, make_month(3, Phrase("too few"))], "retrained")
    # The first month is left out: all begin with the same model.
    assert (worth.months, worth.leads) == (2, 800)
    one, two = (found.gains["retrained"]["auc"] for found in (small, large))
    value = 0.25 * one.value + 0.75 * two.value
    spread = [(gain.high - gain.low) / (2 * Z95) for gain in (one, two)]
    reach = Z95 * np.hypot(0.25 * spread[0], 0.75 * spread[1])
    assert worth.gains["auc"].value == pytest.approx(value)
    assert worth.gains["auc"].high == pytest.approx(value + reach)
    assert worth.verdict == "better"
    assert sum_up(months, "gated").verdict == "equal"


@pytest.mark.slow
def test_the_interval_holds_the_true_gain() -> None:
    """Of many histories, about 95 of 100 intervals hold the mean gain of all."""
    gains = [
        sum_up([make_month(i, evaluate(100 * k + i, 150)) for i in range(3)], "retrained").gains
        for k in range(25)
    ]
    mean = np.mean([gain["log_loss"].value for gain in gains])
    inside = [gain["log_loss"].low <= mean <= gain["log_loss"].high for gain in gains]
    assert np.mean(inside) >= 0.8


def test_months_before_the_first_model_are_not_the_first() -> None:
    months = [make_month(0, None, None), make_month(1, evaluate(1)), make_month(2, evaluate(2))]
    assert sum_up(months, "retrained").months == 1
    alone = sum_up(months[:2], "retrained")
    assert (alone.months, alone.verdict) == (0, "unknown")


def test_nothing_to_judge_is_refused() -> None:
    with pytest.raises(DataRefused, match="No month can be evaluated") as caught:
        sum_up([make_month(0, Phrase("too few"))], "retrained")
    assert caught.value.code == "too_little_history"
