"""Outcomes beside hand-overs: of a lead that came twice, the one before it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from serve.report.outcomes import COLUMNS, add_outcomes, find_opportunities

DAYS = pd.to_datetime(["2026-01-01", "2026-03-01", "2026-01-05"])


def make_hand_overs(*, timed: bool = True) -> pd.DataFrame:
    """A lead that was handed over twice, and another."""
    return pd.DataFrame(
        {
            "lead_id": ["a", "a", "b"],
            "handed_over_at": DAYS if timed else pd.NaT,
            "place": [0.0, 2.0, 1.0],
        },
        index=[10, 11, 12],
    )


def make_outcomes(**columns: object) -> pd.DataFrame:
    base = {"opportunity_at": pd.NaT, "won_at": pd.NaT, "amount": np.nan}
    return pd.DataFrame(base | columns)


def test_an_outcome_belongs_to_the_last_hand_over_before_it() -> None:
    came = pd.to_datetime(["2026-02-01", "2026-03-05", "2026-03-06"])
    won = pd.to_datetime([None, "2026-03-20", "2026-03-25"])
    outcomes = make_outcomes(
        lead_id=["a", "a", "a"], opportunity_at=came, won_at=won, amount=[1.0, 2.0, 4.0]
    )
    found = add_outcomes(make_hand_overs(), outcomes)
    assert found["opportunity"].tolist() == [True, True, False]
    assert found["won"].tolist() == [False, True, False]
    assert found["opportunity_at"][11] == came[1] and found["won_at"][11] == won[1]
    assert np.isnan(found["amount"][10]) and found["amount"][11] == 6.0


def test_without_times_it_belongs_to_the_first_and_strangers_to_none() -> None:
    outcomes = make_outcomes(lead_id=["a", "stranger"])
    found = add_outcomes(make_hand_overs(timed=False), outcomes)
    assert found["opportunity"].tolist() == [True, False, False]
    assert not found["won"].any()


def test_without_outcomes_nothing_is_added() -> None:
    assert not set(COLUMNS) & set(add_outcomes(make_hand_overs(), None))
    empty = make_outcomes(lead_id=[])
    assert not add_outcomes(make_hand_overs(), empty)["opportunity"].any()


def test_a_deal_counts_as_won_since_every_hand_over_of_the_lead_before_it() -> None:
    won = pd.to_datetime(["2026-03-20"])
    outcomes = make_outcomes(lead_id=["a"], opportunity_at=won, won_at=won)
    assert add_outcomes(make_hand_overs(), outcomes)["won_since"].tolist() == [True, True, False]
    early = make_outcomes(lead_id=["a"], opportunity_at=DAYS[:1], won_at=DAYS[:1])
    assert add_outcomes(make_hand_overs(), early)["won_since"].tolist() == [True, False, False]


def test_an_opportunity_counts_where_sales_accepted() -> None:
    came = pd.DataFrame(
        {"decision": ["accepted", "accepted", "rejected"], "opportunity": [True, False, True]}
    )
    assert find_opportunities(came).tolist() == [True, False, False]
