"""Excluded columns: what sales writes is left out, and what was known stays."""

from __future__ import annotations

import pandas as pd
import pytest

from features.proposal.exclusions import find_excluded, list_owners
from tests.tables import make_column

N = 120
ACCEPTED = pd.Series([1.0, 0.0] * (N // 2))
TIMES = pd.Series(pd.date_range("2024-01-01", periods=N))


def exclude(frame: pd.DataFrame, *, used: tuple[str, ...] = ()) -> dict[str, str]:
    columns = {name: make_column(name, frame[name]) for name in frame}
    return find_excluded(frame, columns, preset=None, used=used, accepted=ACCEPTED)


@pytest.mark.parametrize(
    "name",
    [
        *["Lost Reason", "Probability (%)", "Forecast", "Next step", "Closed Lost Reason"],
        *["Motivo de pérdida", "Probabilidad", "Motivo da perda", "Raison de la perte"],
        *["Verlustgrund", "Wahrscheinlichkeit", "Probabilità", "Причина отказа", "Вероятность"],
        *["IsClosed", "Closed", "Cerrado", "Geschlossen", "Закрыта"],
        *["LessonLearn__c", "Process__c", "Sales Notes", "Call outcome", "Notas de ventas"],
        *["Lecciones aprendidas", "Notes du commercial", "Vertriebsnotizen", "Note commerciali"],
        *["Comentários de vendas", "Результат звонка"],
        *["Recycle_Reason__c", "Negócios em aberto", "num_calls", "num_emails_sent"],
    ],
)
def test_what_sales_writes_is_excluded(name: str) -> None:
    assert list(exclude(pd.DataFrame({name: ["a", "b"] * (N // 2)}))) == [name]


@pytest.mark.parametrize("name", ["Close Date", "Expected close date", "Last modified", "Geändert"])
def test_late_dates_are_excluded(name: str) -> None:
    frame = pd.DataFrame({name: TIMES})
    assert list(exclude(frame)) == [name]
    assert exclude(frame, used=(name,)) == {}


@pytest.mark.parametrize(
    "name",
    [
        "Industry",
        "Processing time",
        "Business process",
        "Notes",
        "Amount",
        "Lead Source",
        "Marital Status",
        "Country",
        "Sector",
        "Budget",
    ],
)
def test_what_was_known_stays(name: str) -> None:
    assert exclude(pd.DataFrame({name: ["a", "b"] * (N // 2)})) == {}
    assert exclude(pd.DataFrame({"Created": TIMES})) == {}


def test_an_answer_that_settles_the_decision_is_excluded() -> None:
    copy = pd.DataFrame({"Won": ["y", "n"] * (N // 2), "Accepted before": ["y", "n"] * (N // 2)})
    assert list(exclude(copy)) == ["Won"]
    other = pd.DataFrame({"Won": ["y", "y", "n"] * (N // 3)})
    assert exclude(other) == {}


def test_the_reps_columns_are_listed_apart() -> None:
    frame = pd.DataFrame({"Owner": ["a", "b"] * (N // 2), "Won": ["y", "n"] * (N // 2)})
    assert list(exclude(frame)) == ["Won"]
    assert list_owners(list(frame)) == ("Owner",)
