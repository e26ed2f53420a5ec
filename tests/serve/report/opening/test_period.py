"""The opening sentence's numbers beside plain counts, and its interval beside simulated months."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from serve.report.opening.period import drift_of_share, interval_of_share, open_report
from tests.serve.report.conftest import Company


@pytest.mark.parametrize("days", [1, 30, 10_000])
def test_the_last_days_are_counted(company: Company, days: int) -> None:
    hand_overs = company.scored.hand_overs
    found = open_report(company.scored, days=days)
    dates = hand_overs["handed_over_at"].dt.date
    assert found.end == dates.max()
    assert found.start is not None
    assert (found.end - found.start).days == days - 1
    mine = hand_overs[dates >= found.start]
    waiting = mine[mine["decision"] == "waiting"]
    assert found.handed_over == len(mine)
    assert found.answered == len(mine) - len(waiting)
    assert found.accepted == (mine["decision"] == "accepted").sum()
    assert found.waiting == len(waiting)
    assert found.overdue == waiting["overdue"].sum()
    assert found.expected == pytest.approx(waiting["probability"].mean())
    assert found.expected_low is not None
    assert found.expected_high is not None
    assert found.expected is not None
    assert 0 <= found.expected_low < found.expected < found.expected_high <= 1


def test_without_times_everything_is_counted(company: Company) -> None:
    scored = replace(company.scored, timed=False)
    found = open_report(scored, days=30)
    assert (found.start, found.end) == (None, None)
    assert found.handed_over == len(company.scored.hand_overs)


def test_where_nobody_waits_nothing_is_expected(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    scored = replace(company.scored, hand_overs=hand_overs[hand_overs["decision"] != "waiting"])
    found = open_report(scored, days=30)
    assert found.waiting == found.overdue == 0
    assert (found.expected, found.expected_low, found.expected_high) == (None, None, None)


def test_the_interval_holds_the_share_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    p = rng.beta(2, 3, 300)
    for drift in (0.0, 0.05):
        low, high = interval_of_share(p, drift)
        shares = [
            (rng.random(300) < np.clip(p + drift * rng.normal(), 0, 1)).mean() for _ in range(2_000)
        ]
        held = np.mean([low <= share <= high for share in shares])
        assert held == pytest.approx(0.9, abs=0.03), drift


def test_the_interval_stays_within_all_shares() -> None:
    assert interval_of_share(np.array([0.99]), 0.0)[1] == 1.0
    assert interval_of_share(np.array([0.01]), 0.2)[0] == 0.0


def drifting(company: Company, drift: float, months: int = 60) -> float:
    """Drift found where every 30 days' leads are off by a draw of their own."""
    rng = np.random.default_rng(1)
    n = months * 200
    p = rng.beta(2, 3, n)
    off = np.repeat(drift * rng.normal(size=months), 200)
    won = rng.random(n) < np.clip(p + off, 0, 1)
    hand_overs = pd.DataFrame(
        {
            "before_answer": p,
            "decision": np.where(won, "accepted", "rejected"),
            "fresh": True,
            "place": np.arange(n) * (30 * 86_400 / 200),
        }
    )
    return drift_of_share(replace(company.scored, hand_overs=hand_overs), days=30)


def test_drift_is_what_chance_does_not_explain(company: Company) -> None:
    assert drifting(company, 0.08) == pytest.approx(0.08, abs=0.02)
    assert drifting(company, 0.0) < 0.02


def test_without_leads_to_tell_it_from_there_is_no_drift(company: Company) -> None:
    hand_overs = company.scored.hand_overs.assign(fresh=False)
    assert drift_of_share(replace(company.scored, hand_overs=hand_overs), days=30) == 0.0
    untimed = replace(company.scored, timed=False)
    assert drift_of_share(untimed, days=30) >= 0.0
