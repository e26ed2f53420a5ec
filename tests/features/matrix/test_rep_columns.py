"""Rep columns: by name in many languages, and by values that follow a rep's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.matrix.rep_columns import find_rep_columns

N = 240
REP = pd.Series([f"Rep {n % 8}" for n in range(N)])


@pytest.mark.parametrize(
    "name",
    [
        *["owner_rep_id", "Deal Owner", "assigned_agent", "ASSIGNED_BY_ID", "CreatedById"],
        *["Responsable", "Asesor", "BDR", "SDR", "Salesperson", "Account Executive", "Assigned To"],
        *["Propriétaire de la fiche", "Besitzer", "Zuständiger Mitarbeiter", "Proprietario"],
        *["Responsável", "Vendedor", "Commercial", "Ответственный", "Менеджер", "Кем создан"],
        *["hubspot_owner_id", "user_name", "Modified By", "Atendente", "Consulente"],
    ],
)
def test_the_reps_column_is_known_by_its_name(name: str) -> None:
    assert list(find_rep_columns(pd.DataFrame({name: REP, "Industry": "a"}))) == [name]


@pytest.mark.parametrize(
    "name",
    [
        *["Ownership", "Home owner", "Business Owner", "Number of sales reps", "User agent"],
        *["Industry", "Representation", "Commercial area", "Propietario de vivienda", "Actor"],
    ],
)
def test_what_sounds_like_a_rep_is_none(name: str) -> None:
    assert find_rep_columns(pd.DataFrame({name: REP})) == {}


def test_a_column_that_follows_the_rep_is_one() -> None:
    alias = REP.map({f"Rep {n}": f"x{n}@example.org" for n in range(8)})
    found = find_rep_columns(pd.DataFrame({"Owner": REP, "Cost centre": alias}))
    assert found["Cost centre"] == "goes one to one with Owner: the rep is never a feature"
    nearly = alias.where(np.arange(N) % 50 != 0, "x0@example.org")
    assert "Cost centre" in find_rep_columns(pd.DataFrame({"Owner": REP, "Cost centre": nearly}))


def test_what_only_one_of_the_two_tells_is_none() -> None:
    team = REP.map(lambda rep: int(rep[-1]) // 2).astype(str)
    frame = pd.DataFrame({"Owner": REP, "Plan": team, "Id": range(N), "Yes": ["y", "n"] * (N // 2)})
    assert list(find_rep_columns(frame)) == ["Owner"]


def test_a_country_with_a_rep_of_its_own_stays() -> None:
    frame = pd.DataFrame({"Owner": REP, "Country": REP.str.replace("Rep", "Land")})
    assert list(find_rep_columns(frame)) == ["Owner"]
    assert list(find_rep_columns(frame.head(40))) == ["Owner"]
