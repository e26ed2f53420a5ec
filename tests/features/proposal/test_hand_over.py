"""The hand-over: never the date of the answer, a plan or a last change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.proposal.hand_over import choose_hand_over

N = 60
START = pd.Series(pd.date_range("2024-01-01 08:17", periods=N, freq="31h"))


def shift(days: float) -> pd.Series:
    return START + pd.Timedelta(days=days)


def table(**times: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({name.replace("_", " "): values for name, values in times.items()})


@pytest.mark.parametrize(
    "late",
    [
        *["Close Date", "Expected close date", "Last Modified Date", "Next activity date"],
        *["Fecha de cierre", "Abschlussdatum", "Data de fechamento", "Дата закрытия"],
    ],
)
def test_late_dates_are_never_the_hand_over(late: str) -> None:
    frame = pd.DataFrame({late: shift(40), "Create Date": START})
    choice = choose_hand_over(frame)
    assert choice.column == "Create Date"
    assert any(note.startswith(f"not {late}: ") for note in choice.notes)
    assert choose_hand_over(frame[[late]]).column is None


def test_the_hand_over_comes_before_the_creation() -> None:
    frame = table(Created=START, MQL_at=shift(5))
    assert choose_hand_over(frame).column == "MQL at"
    seldom = frame.assign(**{"MQL at": frame["MQL at"].where(np.arange(N) % 4 == 0)})
    assert choose_hand_over(seldom).column == "Created"


def test_an_assignment_after_the_answer_is_none() -> None:
    frame = table(Created=START, Assigned_at=shift(50), Closed_at=shift(20))
    assert choose_hand_over(frame).column == "Created"


def test_of_dates_that_say_nothing_the_first_in_the_rows_is_taken() -> None:
    assert choose_hand_over(table(x=shift(3), y=START)).column == "y"
    assert choose_hand_over(table(x=START)).column == "x"


def test_a_time_of_day_speaks_for_a_date_entered_by_a_program() -> None:
    mixed = START.dt.normalize() + pd.to_timedelta(np.where(np.arange(N) % 2, -3, 3), unit="D")
    assert choose_hand_over(table(x=mixed, y=START)).column == "y"


def test_dates_that_nothing_tells_apart_are_asked_about() -> None:
    mixed = START + pd.to_timedelta(np.where(np.arange(N) % 2, -3, 3), unit="D")
    choice = choose_hand_over(table(x=mixed, y=START))
    assert choice.column is None
    assert {candidate.column for candidate in choice.asked} == {"x", "y"}


def test_the_date_of_what_the_rows_are_is_taken() -> None:
    frame = table(Contact_created=shift(-200), Deal_created=START)
    assert choose_hand_over(frame, subject="Deal ID").column == "Deal created"
    assert choose_hand_over(frame, subject="Contact ID").column == "Contact created"
