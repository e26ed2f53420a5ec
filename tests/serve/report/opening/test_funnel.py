"""The month's funnel beside plain counts, and the month before as it stood."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from serve.report.contents import Aims
from serve.report.opening.funnel import count_funnel
from serve.report.outcomes import add_outcomes
from tests.serve.report.conftest import Company

DAYS = 30


def test_every_step_is_counted_and_the_month_before_at_the_same_age(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    found = {f.key: f for f in count_funnel(company.scored, Aims(accepted=0.5), days=DAYS)}
    assert set(found) == {"handed_over", "answered", "accepted"}
    end = hand_overs["handed_over_at"].max().normalize() + pd.Timedelta(days=1)
    length = pd.Timedelta(days=DAYS)
    at = hand_overs["handed_over_at"]
    mine = hand_overs[at >= end - length]
    accepted = mine["decision"] == "accepted"
    answered = mine["decision"] != "waiting"
    assert found["handed_over"].count == len(mine)
    assert (found["answered"].count, found["answered"].whole) == (answered.sum(), len(mine))
    assert (found["accepted"].count, found["accepted"].whole) == (accepted.sum(), answered.sum())
    assert found["accepted"].value == pytest.approx(accepted.sum() / answered.sum())
    assert (found["accepted"].aim, found["answered"].aim) == (0.5, None)
    older = hand_overs[(at >= end - 2 * length) & (at < end - length)]
    newest = max(at.max(), hand_overs["decided_at"].max())
    known = (older["decision"] != "waiting") & (older["decided_at"] <= newest - length)
    assert found["answered"].before == pytest.approx(known.sum() / len(older))


def test_deals_are_those_won_in_the_period_of_any_lead(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    last = hand_overs["handed_over_at"].max().normalize()
    accepted = hand_overs[hand_overs["decision"] == "accepted"].drop_duplicates("lead_id")
    outcomes = pd.DataFrame(
        {
            "lead_id": accepted["lead_id"],
            "opportunity_at": accepted["decided_at"],
            "won_at": last - pd.to_timedelta([DAYS * (i % 4) for i in range(len(accepted))], "D"),
            "amount": 100.0,
        }
    )
    scored = replace(company.scored, hand_overs=add_outcomes(hand_overs, outcomes))
    found = {f.key: f for f in count_funnel(scored, Aims(), days=DAYS)}
    won = scored.hand_overs["won_at"] > last - pd.Timedelta(days=DAYS)
    assert found["won"].count == found["amount"].count == won.sum() > 0
    assert found["amount"].value == 100.0 * won.sum()
    assert found["won"].before is not None and found["won"].side == "near"
    assert found["opportunity"].whole == found["accepted"].count


def test_without_times_all_are_counted_and_nothing_is_compared(company: Company) -> None:
    scored = replace(company.scored, timed=False)
    found = count_funnel(scored, Aims(), days=DAYS)
    assert found[0].count == len(scored.hand_overs)
    assert {f.before for f in found} == {None}
    empty = replace(scored, hand_overs=scored.hand_overs.iloc[:0])
    assert [f.value for f in count_funnel(empty, Aims(), days=DAYS)] == [0.0, None, None]


def test_answers_without_a_day_cannot_be_compared(company: Company) -> None:
    hand_overs = company.scored.hand_overs.assign(decided_at=pd.NaT)
    scored = replace(company.scored, hand_overs=hand_overs)
    assert {f.before for f in count_funnel(scored, Aims(), days=DAYS)} == {None}
