"""Ids: known by their name and by a value of their own for every lead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.proposal.lead_id import rank_ids
from tests.tables import make_column

N = 60


def find_id(frame: pd.DataFrame) -> str | None:
    ranked = rank_ids(frame, {name: make_column(name, frame[name]) for name in frame})
    return ranked[0].column if ranked else None


@pytest.mark.parametrize(
    "name",
    [
        *["lead_id", "ID", "Lead Id", "LeadID", "leadid", "LEADID", "uuid", "Código", "Record ID"],
        *["Identifiant", "Kundennummer", "Codice", "Номер", "Deal - ID", "hs_object_id"],
    ],
)
def test_an_id_is_known_by_its_name(name: str) -> None:
    frame = pd.DataFrame({"Remark": [f"r{i}" for i in range(N)], name: [f"i{i}" for i in range(N)]})
    assert find_id(frame) == name


def test_the_ids_of_other_things_come_last() -> None:
    ids = {name: [f"{name}{i}" for i in range(N)] for name in ("Account ID", "Owner Id", "Id")}
    assert find_id(pd.DataFrame(ids)) == "Id"
    assert find_id(pd.DataFrame(ids)[["Owner Id", "Account ID"]]) == "Account ID"


@pytest.mark.parametrize(
    "name",
    [
        *["Postal Code", "Zip code", "Código Postal", "Code postal", "Postleitzahl", "CAP"],
        *["Phone number", "Numéro de téléphone", "Telefonnummer", "Почтовый индекс"],
    ],
)
def test_the_code_of_a_town_and_a_telephone_number_are_no_ids(name: str) -> None:
    values = [f"c{i}" for i in range(N)]
    assert find_id(pd.DataFrame({name: values})) is None
    assert find_id(pd.DataFrame({name: values, "Quote No": values})) == "Quote No"


def test_personal_data_measures_and_times_are_no_ids() -> None:
    frame = pd.DataFrame(
        {
            "Email": [f"a{i}@example.org" for i in range(N)],
            "Phone": [f"+34 600 {i:06}" for i in range(N)],
            "Rate": np.arange(N) / 7,
            "Plan": ["a", "b"] * (N // 2),
            "Id time": pd.date_range("2024-01-01", periods=N),
        }
    )
    assert find_id(frame) is None
    assert find_id(frame.assign(Ticket=[f"t{i}" for i in range(N)])) == "Ticket"
    assert find_id(frame.iloc[:0]) is None


def test_an_amount_that_is_text_is_no_id() -> None:
    amounts = [f"{i + 20},{i % 90 + 10} €" for i in range(N)]
    frame = pd.DataFrame({"Spend": [*amounts[:-3], "n/k", "don't know", "?"]})
    assert find_id(frame) is None
    assert find_id(frame.assign(Ticket=[f"t-{i}" for i in range(N)])) == "Ticket"
