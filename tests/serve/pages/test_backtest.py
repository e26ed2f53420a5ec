"""What is said of a backtest: one sentence that never claims more than its interval."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.language import Phrase, language
from models.promotion.backtest import CANDIDATES, Month, MonthMetrics, evaluate_month, sum_up
from serve.pages.backtest import describe_worth, summarise_backtest

HOSTILE = '<script>alert(1)</script>"'


def evaluate(seed: int, noise: float) -> MonthMetrics:
    rng = np.random.default_rng(seed)
    truth = 1.3 * rng.normal(size=500)
    y = (rng.random(500) < 1 / (1 + np.exp(-truth))).astype(float)
    first, second = (
        1 / (1 + np.exp(-(truth + part))) for part in (noise * rng.normal(size=500), 0)
    )
    if noise < 0:
        first, second = second, first
    found = evaluate_month(
        y, {"kept": first, "retrained": second, "gated": first}, top_share=0.2, seed=1
    )
    assert isinstance(found, MonthMetrics)
    return found


def make_months(noise: float) -> list[Month]:
    """A first month, two that count, one of too few leads, and one that was refused."""
    months = []
    for place in range(5):
        start = pd.Timestamp(2026, 1 + place, 1)
        models: Any = {"kept": "m0", "retrained": f"m{place}", "gated": "m0"}
        figures: Any = evaluate(place, noise) if place < 3 else Phrase("too few")
        said = "promoted" if place == 0 else "held" if place < 4 else None
        why = (Phrase("{text}", {"text": HOSTILE}),)
        months.append(Month(start, start + pd.DateOffset(months=1), models, said, why, figures))
    return months


def summarise(code: str = "en", noise: float = 1.0) -> dict[str, Any]:
    months = make_months(noise)
    worth = {way: sum_up(months, way) for way in CANDIDATES}
    return summarise_backtest(months, worth, top_share=0.2, language=language(code))


@pytest.mark.parametrize(
    ("noise", "verdict", "head"),
    [
        (1.0, "better", "Monthly retraining was worth it:"),
        (-1.0, "worse", "Monthly retraining did harm:"),
        (0.0, "equal", "What monthly retraining was worth cannot be told from chance:"),
    ],
)
def test_the_sentence_says_what_the_interval_allows(noise: float, verdict: str, head: str) -> None:
    found = summarise(noise=noise)
    assert found["verdict"] == verdict
    assert found["sentence"].startswith(head)
    assert "on 1,000 leads of 2 months" in found["sentence"]
    gain = found["worth"]["retrained"]["gains"]["log_loss"]
    assert f"{gain['value']:+.3f}" in found["sentence"].replace("+0.000", f"{gain['value']:+.3f}")
    assert (gain["low"] > 0, gain["high"] < 0) == (verdict == "better", verdict == "worse")


def test_without_a_later_month_nothing_is_claimed() -> None:
    said = language("en").phrase(describe_worth(sum_up(make_months(1.0)[:1], "retrained")))
    assert "cannot be told yet" in said


def test_the_gate_and_the_months_that_do_not_count_are_told() -> None:
    found = summarise()
    assert found["more"][0].startswith("With the gate, none of 3 later models")
    assert found["more"][1].startswith("2 of 5 months do not count")
    assert [month["figures"] is None for month in found["months"]] == [False] * 3 + [True] * 2
    assert found["months"][3]["why"] == "Too few"


@pytest.mark.parametrize("code", ["en", "es"])
def test_it_is_plain_json(code: str) -> None:
    found = summarise(code)
    assert json.loads(json.dumps(found, allow_nan=False))["language"] == code
    assert HOSTILE in found["months"][0]["reasons"][0]
