"""The time of the decision: there for accepted and rejected leads, and after hand-over."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.proposal.decided_at import choose_decided_at

N = 90
CREATED = pd.Series(pd.date_range("2024-01-01 08:17", periods=N, freq="31h"))
ACCEPTED = pd.Series([1.0, 0.0, np.nan] * (N // 3))
LATER = CREATED + pd.Timedelta(days=12)


def choose(name: str, times: pd.Series, **others: pd.Series) -> str | None:
    frame = pd.DataFrame({"Created": CREATED, name: times, **others})
    return choose_decided_at(frame, handed_over_at="Created", accepted=ACCEPTED).column


@pytest.mark.parametrize("name", ["Close Date", "Fecha de cierre", "Abschlussdatum", "closed_at"])
def test_the_date_of_the_answer_is_found_by_its_name(name: str) -> None:
    assert choose(name, LATER) == name
    assert choose(name, LATER.where(ACCEPTED.notna())) == name
    assert choose(name, LATER.dt.normalize()) == name


def test_a_date_that_only_decided_leads_have_is_found_by_that() -> None:
    assert choose("x", LATER.where(ACCEPTED.notna())) == "x"
    assert choose("x", LATER) is None


def test_a_date_of_acceptances_alone_is_no_date_of_decisions() -> None:
    assert choose("Converted Date", LATER.where(ACCEPTED == 1)) is None


def test_a_date_before_hand_over_is_none() -> None:
    assert choose("Close Date", CREATED - pd.Timedelta(days=9)) is None
    assert choose("Close Date", CREATED.dt.normalize()) == "Close Date"


@pytest.mark.parametrize("name", ["Expected close date", "Last Modified Date", "Birth date"])
def test_plans_and_changes_are_none(name: str) -> None:
    assert choose(name, LATER.where(ACCEPTED.notna())) is None


def test_a_name_counts_more_than_being_filled() -> None:
    filled = LATER.where(ACCEPTED.notna())
    assert choose("x", filled, **{"Close Date": filled}) == "Close Date"


def test_without_a_hand_over_or_decisions_nothing_is_compared() -> None:
    frame = pd.DataFrame({"Close Date": LATER})
    assert choose_decided_at(frame, handed_over_at=None, accepted=ACCEPTED).column is None
    none = pd.Series(np.nan, index=ACCEPTED.index)
    frame["Created"] = CREATED
    assert choose_decided_at(frame, handed_over_at="Created", accepted=none).column is None
