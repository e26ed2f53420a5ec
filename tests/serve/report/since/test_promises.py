"""Promises beside what came: counted from the same period again, judged once enough is answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from serve.report.contents import Aims, Opening
from serve.report.since.promises import judge_promises, make_promise

START, END = dt.date(2026, 5, 1), dt.date(2026, 5, 30)
THEN = Opening(START, END, 100, 60, 24, 40, 0.5, 0.4, 0.6, 3)
PROMISE = make_promise(THEN, Aims(accepted=0.45), "m1")
JULY = dt.date(2026, 7, 1)


def month(accepted: int, rejected: int, waiting: int, day: str = "2026-05-30") -> pd.DataFrame:
    decision = ["accepted"] * accepted + ["rejected"] * rejected + ["waiting"] * waiting
    return pd.DataFrame({"decision": decision, "handed_over_at": pd.Timestamp(day)})


@pytest.mark.parametrize(
    ("accepted", "rejected", "verdict"),
    [(15, 15, "kept"), (12, 18, "kept"), (11, 19, "less"), (19, 11, "more"), (9, 10, "open")],
)
def test_what_came_is_the_difference_of_two_counts(
    accepted: int, rejected: int, verdict: str
) -> None:
    assert PROMISE is not None
    hand_overs = pd.concat(
        [
            month(24 + accepted, 36 + rejected, 40 - accepted - rejected),
            month(50, 50, 0, "2026-05-31"),
            month(50, 50, 0, "2026-04-30 23:59"),
        ]
    )
    (kept,) = judge_promises([PROMISE], hand_overs, JULY)
    assert (kept.answered, kept.accepted, kept.verdict) == (accepted + rejected, accepted, verdict)


def test_only_earlier_months_that_still_fit_the_tables_are_judged() -> None:
    assert PROMISE is not None
    whole = month(44, 56, 0)
    assert judge_promises([PROMISE], whole, END) == ()
    assert judge_promises([PROMISE], whole, None) == ()
    assert judge_promises([PROMISE], month(10, 10, 80), JULY) == ()
    older = replace(PROMISE, start=dt.date(2026, 4, 1), end=dt.date(2026, 4, 29))
    two = pd.concat([whole, month(44, 56, 0, "2026-04-02")])
    both = judge_promises([older, PROMISE], two, JULY)
    assert [kept.promise for kept in both] == [PROMISE, older]


def test_a_promise_needs_a_period_and_leads_that_wait() -> None:
    assert PROMISE is not None and PROMISE.aim == 0.45 and PROMISE.waiting == 40
    for opening in (
        replace(THEN, start=None, end=None),
        replace(THEN, waiting=9),
        replace(THEN, waiting=0, expected=None, expected_low=None, expected_high=None),
    ):
        assert make_promise(opening, Aims(), "m1") is None
