"""When answers come: shares by age, and what early answers say of all."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact.response_times import AnswerTimes, answer_delays, time_answers

START = pd.Timestamp("2025-01-01")


def make_episodes(rng: np.random.Generator, n: int, *, answered: float = 1.0) -> pd.DataFrame:
    """Leads of which acceptances come after 2 days on average, rejections after 6."""
    p = rng.beta(2, 2, n)
    yes = rng.random(n) < p
    delay = np.where(yes, rng.exponential(2, n), rng.exponential(6, n))
    said = np.where(yes, "accepted", "rejected").astype(object)
    silent = rng.random(n) >= answered
    at = pd.Series(START + pd.to_timedelta(rng.random(n) * 90, "D"))
    return pd.DataFrame(
        {
            "handed_over_at": at,
            "decision": pd.Series(said).mask(silent, None),
            "decided_at": (at + pd.to_timedelta(delay, "D")).mask(silent),
            "p": p,
            "yes": yes,
        }
    )


@pytest.fixture(scope="module")
def times() -> AnswerTimes:
    return time_answers(make_episodes(np.random.default_rng(1), 20_000, answered=0.8))


def test_the_share_that_has_come_is_that_of_the_waiting_times(times: AnswerTimes) -> None:
    age = np.array([0.0, 0.5, 2.0, 5.0, 12.0, 1_000.0])
    assert times.answered == pytest.approx(0.8, abs=0.01)
    certain = times.share_by(age, np.ones(6)) / times.answered
    assert certain == pytest.approx(1 - np.exp(-age / 2), abs=0.02)
    rejected = times.share_by(age, np.zeros(6)) / times.answered
    assert rejected == pytest.approx(1 - np.exp(-age / 6), abs=0.02)


def test_early_answers_are_expected_to_be_kinder_than_all(times: AnswerTimes) -> None:
    new = make_episodes(np.random.default_rng(2), 40_000)
    delay = answer_delays(new).to_numpy()
    for age in (0.5, 2.0, 6.0):
        early = (delay <= age).tolist()
        expected = times.among_answered(np.full(len(new), age), new["p"])[early]
        said = new["yes"].to_numpy()[early].mean()
        assert expected.mean() == pytest.approx(said, abs=0.02)
        assert said > new["p"].mean() + 0.03


def test_of_old_leads_the_probability_stands(times: AnswerTimes) -> None:
    p = np.linspace(0.05, 0.95, 7)
    assert times.among_answered(np.full(7, 1_000.0), p) == pytest.approx(p)


@given(st.floats(0, 400), st.floats(0, 400), st.floats(0.01, 0.99))
def test_shares_rise_with_age(times: AnswerTimes, one: float, other: float, p: float) -> None:
    early, late = sorted((one, other))
    shares = times.share_by([early, late], [p, p])
    assert 0 <= shares[0] <= shares[1] + 1e-12 <= times.answered + 1e-9


def test_too_few_dated_answers_tell_no_times() -> None:
    few = make_episodes(np.random.default_rng(3), 12)
    undated = make_episodes(np.random.default_rng(3), 500).assign(decided_at=pd.NaT)
    for episodes in (few, undated):
        times = time_answers(episodes)
        assert not times.known
        assert times.among_answered([1.0], [0.3]).tolist() == [0.3]
        assert times.share_by([0.0], [0.3]) == pytest.approx(times.answered)


def test_answers_by_the_day_jump_at_the_day() -> None:
    at = pd.Series(pd.to_datetime(["2025-03-01"] * 60))
    days = pd.to_timedelta(np.repeat([0, 1, 5], 20), "D")
    said = pd.Series(np.tile(["accepted", "rejected"], 30), dtype=object)
    times = time_answers(
        pd.DataFrame({"handed_over_at": at, "decision": said, "decided_at": at + days})
    )
    shares = times.share_by([0.0, 0.9, 1.0, 5.0], [0.5] * 4)
    assert shares[0] == pytest.approx(1 / 3, abs=0.04)
    assert shares[2] == pytest.approx(2 / 3, abs=0.04)
    assert shares[3] == 1


def test_times_survive_storage(times: AnswerTimes) -> None:
    again = AnswerTimes.from_dict(json.loads(json.dumps(times.to_dict())))
    age, p = np.linspace(0, 30, 20), np.full(20, 0.4)
    assert again.share_by(age, p) == pytest.approx(times.share_by(age, p), abs=1e-4)
    none = AnswerTimes(None, None, 0.5)
    assert AnswerTimes.from_dict(json.loads(json.dumps(none.to_dict()))) == none
