"""How fast sales answers: counts by part, and lights only for clear slowness."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.language import Phrase
from models.monitoring.answers import compare_answers, evaluate_answers

NAMES = {0: Phrase("(not given)"), 2: "Web", 3: "Fair"}


def make_leads(n: int, *, answered: float, expected: float = 0.8, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    said = rng.random(n) < answered
    at = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(n) % 28, "D")
    return pd.DataFrame(
        {
            "handed_over_at": at,
            "answered": said,
            "delay": np.where(said, 3.0, np.nan),
            "expected": expected,
            "mature": np.arange(n) % 28 < 7,
        }
    )


def test_every_lead_is_counted_once_in_each_breakdown() -> None:
    leads, groups = make_leads(280, answered=0.8), np.arange(280) % 2 + 2
    counted = compare_answers(leads, groups, known=5_000)
    for part in ("all", "source", "week"):
        rows = [one for one in counted if one.part == part]
        assert sum(one.leads for one in rows) == 280
        assert sum(one.answered for one in rows) == leads["answered"].sum()
        assert sum(one.untouched for one in rows) == (leads["mature"] & ~leads["answered"]).sum()
    weeks = [one.start for one in counted if one.part == "week"]
    assert weeks == list(pd.date_range("2026-01-05", periods=4, freq="7D"))
    assert all(one.median_days == 3.0 for one in counted)


def test_slow_answers_turn_the_light() -> None:
    groups = np.full(400, 2)
    slow = evaluate_answers(
        compare_answers(make_leads(400, answered=0.6), groups, known=5_000), NAMES
    )
    assert slow.colour == "red"
    usual = compare_answers(make_leads(400, answered=0.8), groups, known=5_000)
    assert evaluate_answers(usual, NAMES).colour == "green"


def test_what_is_known_of_few_leads_is_doubted() -> None:
    leads, groups = make_leads(100, answered=0.66), np.full(100, 2)
    p = [compare_answers(leads, groups, known=known)[0].p for known in (20, 100, 100_000)]
    assert p == sorted(p, reverse=True)
    assert p[0] > 10 * p[-1]


def test_small_parts_have_no_light() -> None:
    counted = compare_answers(make_leads(20, answered=0.0), np.full(20, 3), known=5_000)
    assert {one.colour for one in counted} == {"green"}


def test_nothing_to_count_is_told() -> None:
    assert evaluate_answers((), NAMES).colour == "grey"
    assert compare_answers(make_leads(0, answered=1), None, known=10) == ()
