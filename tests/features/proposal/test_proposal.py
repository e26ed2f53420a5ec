"""Proposals: a first guess that is right on plain exports, and always loads."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.columns.profile import profile_columns, type_columns
from features.proposal.proposal import (
    Proposal,
    find_order,
    find_preset,
    find_unset,
    propose,
)
from features.proposal.settings_text import to_toml
from features.settings.load import load_settings
from features.sources.file import ROW
from features.sources.tables import open_table
from tests.tables import make_column

N = 60


def look(folder: Path, frame: pd.DataFrame) -> Proposal:
    """Propose from a file, as the command does."""
    frame.to_csv(folder / "leads.csv", index=False)
    source = open_table(duckdb.connect(), "leads.csv", name="leads", root=folder)
    columns = profile_columns(source.relation, missing=())
    read = type_columns(source.relation, columns, missing=()).to_pandas().sort_values(ROW)
    return propose(read.drop(columns=ROW), columns, leads="leads.csv")


def cycle(*values: object) -> list[object]:
    return [values[i % len(values)] for i in range(N)]


def times(start: str = "2025-01-01") -> list[str]:
    return [str(pd.Timestamp(start) + pd.Timedelta(hours=13 * i)) for i in range(N)]


def guess(name: str, proposal: Proposal) -> object:
    return getattr(proposal, name)


SALESFORCE = {
    "Id": [f"00Q{i:05}" for i in range(N)],
    "CreatedDate": times("2024-11-01"),
    "Company": [f"Acme {i}" for i in range(N)],
    "Email": [f"a{i}@example.org" for i in range(N)],
    "LeadSource": cycle("Web", "Fair"),
    "Status": cycle("Qualified", "Closed - Not Converted", "Working - Contacted", "Odd one"),
    "OwnerId": cycle("005A", "005B"),
    "MQL_Date__c": times(),
}
HUBSPOT = {
    "Record ID": [str(900 + i) for i in range(N)],
    "createdate": times("2024-11-01"),
    "hubspot_owner_assigneddate": times("2025-02-01"),
    "hs_lead_status": cycle("OPEN_DEAL", "UNQUALIFIED", "NEW", "BAD_TIMING"),
    "lifecyclestage": cycle("lead", "marketingqualifiedlead"),
    "hs_lifecyclestage_marketingqualifiedlead_date": times(),
}
DYNAMICS = {
    "leadid": [f"{i:08x}-aaaa" for i in range(N)],
    "createdon": times(),
    "statecode": cycle(0, 1, 2),
    "statuscode": cycle(1, 3, 4),
    "leadsourcecode": cycle(1, 8),
}
PLAIN = {
    "Prospect ID": [f"{i:08x}" for i in range(N)],
    "Lead Number": [660_000 - 7 * i for i in range(N)],
    "Do Not Call": cycle("Yes", "No"),
    "Converted": cycle(1, 0, 0),
    "City": cycle("Select", "Mumbai", "  select "),
    "Visits": cycle(0, 3, 1, 5, 2),
}
SPANISH = {
    "Codigo": [f"C-{i}" for i in range(N)],
    "Fecha entrega": times(),
    "Estado": cycle("Aceptado", "Rechazado", "Pendiente"),
    "Provincia": cycle("Sevilla", "Seleccione"),
}


@pytest.mark.parametrize(
    ("export", "expected"),
    [
        (SALESFORCE, ("salesforce", "Id", "MQL_Date__c", None, "Status")),
        (
            HUBSPOT,
            (
                "hubspot",
                "Record ID",
                "hs_lifecyclestage_marketingqualifiedlead_date",
                None,
                "hs_lead_status",
            ),
        ),
        (DYNAMICS, ("dynamics", "leadid", "createdon", None, "statecode")),
        (PLAIN, (None, "Prospect ID", None, "Lead Number", "Converted")),
        (SPANISH, (None, "Codigo", "Fecha entrega", None, "Estado")),
    ],
)
def test_plain_exports_are_understood(
    tmp_path: Path, export: dict[str, list[object]], expected: tuple[str | None, ...]
) -> None:
    proposal = look(tmp_path, pd.DataFrame(export))
    found = [guess(n, proposal) for n in ("preset", "id", "handed_over_at", "order", "decision")]
    assert tuple(found) == expected
    (tmp_path / "leadaccord.toml").write_text(to_toml(proposal), encoding="utf-8")
    settings = load_settings(tmp_path / "leadaccord.toml")
    assert settings.leads.id == expected[1]
    assert settings.leads.handed_over_at == expected[2]
    assert settings.decision.column == expected[4]
    assert settings.decision.accepted == proposal.values["accepted"] != ()
    assert settings.decision.rejected == proposal.values["rejected"] != ()


def test_the_values_of_a_crms_own_codes_are_known(tmp_path: Path) -> None:
    values = look(tmp_path, pd.DataFrame(DYNAMICS)).values
    assert (values["accepted"], values["rejected"]) == (("1",), ("2",))
    assert (values["undecided"], values["unsure"]) == (("0",), ())


def test_values_that_nobody_can_guess_are_left_to_the_reader(tmp_path: Path) -> None:
    proposal = look(tmp_path, pd.DataFrame(SALESFORCE))
    assert proposal.values["unsure"] == ("Odd one",)
    text = to_toml(proposal)
    assert '# not clear, sort these into the lists above: ["Odd one"]' in text
    assert 'others = "undecided"' in text
    assert proposal.display == ("Company",)


def test_what_a_form_leaves_unset_is_missing(tmp_path: Path) -> None:
    found = look(tmp_path, pd.DataFrame(PLAIN)).missing
    assert {value.casefold() for value in found} == {"select"}
    assert find_unset(pd.DataFrame({"a": ["selected", "Chosen", None, 3]})) == ()


def test_without_time_or_number_the_file_gives_the_order(tmp_path: Path) -> None:
    frame = pd.DataFrame({"age": cycle(30, 41, 55), "y": cycle("no", "no", "yes")})
    proposal = look(tmp_path, frame)
    assert (proposal.id, proposal.handed_over_at, proposal.order) == (None, None, "file")
    assert (proposal.decision, proposal.values["accepted"]) == ("y", ("yes",))


def test_without_a_decision_the_settings_say_what_is_missing(tmp_path: Path) -> None:
    proposal = look(tmp_path, pd.DataFrame({"lead_id": range(N), "Size": cycle(1, 2, 3)}))
    assert proposal.decision is None and proposal.values == {}
    assert "# column =" in to_toml(proposal)


@given(st.booleans(), st.integers(1, 50), st.integers(-1_000, 1_000))
def test_a_running_number_is_an_order_either_way(down: bool, step: int, start: int) -> None:
    number = pd.Series(range(N)) * step + start
    frame = pd.DataFrame({"Noise": cycle(3, 1, 2), "No": -number if down else number})
    assert find_order(frame, ["Noise", "No"]) == "No"


def test_what_does_not_run_is_no_order() -> None:
    mixed = np.random.default_rng(1).permutation(N)
    gaps = pd.Series(range(N), dtype=float).mask(pd.Series(range(N)) % 3 == 0)
    assert find_order(pd.DataFrame({"a": mixed, "b": gaps}), ["a", "b"]) is None
    assert find_order(pd.DataFrame({"a": range(10)}), ["a"]) is None


def test_one_column_does_not_make_a_crm() -> None:
    assert find_preset(["LeadSource", "Industry"]) is None
    assert find_preset(["leadsource", "NUMBEROFEMPLOYEES"]) == "salesforce"


def test_the_day_of_qualification_goes_before_the_day_of_the_record(tmp_path: Path) -> None:
    qualified = "Fecha en que se convirtió en lead calificado para marketing"
    frame = pd.DataFrame(
        {
            "ID de registro": range(1, N + 1),
            "Etapa del ciclo de vida": cycle("Otro", "Cliente"),
            "Estado del lead": cycle("No calificado", "Negocio abierto", "Nuevo"),
            "Propietario del contacto": cycle("A", "B"),
            "Fecha de creación": times(),
            qualified: times("2025-01-03"),
        }
    )
    assert look(tmp_path, frame).handed_over_at == qualified


def test_an_age_that_ends_with_the_answer_is_excluded(tmp_path: Path) -> None:
    ages = [3 + i % 47 for i in range(N)]
    created = pd.to_datetime(times())
    frame = pd.DataFrame(
        {
            "Deal ID": range(1, N + 1),
            "Stage": cycle("Closed Won", "Closed Lost"),
            "Created": created,
            "Close Date": created + pd.to_timedelta(ages, unit="D"),
            "Age": ages,
            "Size": cycle(3, 5, 9, 11, 2, 8, 1),
        }
    )
    suspects = look(tmp_path, frame).suspects
    assert suspects["Age"] == "counts the days from Created to Close Date"
    assert "Size" not in suspects


@pytest.mark.parametrize("name", ["When", "Date"])
def test_a_date_that_only_decided_rows_have_is_not_the_hand_over(name: str) -> None:
    days = pd.Series(pd.date_range("2025-01-01", periods=60))
    answers = pd.Series([["Good", "Not good", None][n % 3] for n in range(60)])
    frame = pd.DataFrame({"Verdict": answers, name: days.where(answers.notna())})
    columns = {column: make_column(column, frame[column]) for column in frame}
    proposal = propose(frame, columns, leads="leads.csv")
    assert (proposal.decision, proposal.handed_over_at) == ("Verdict", None)
    assert proposal.decided_at is None
    full = frame.assign(**{name: days})
    assert propose(full, columns, leads="leads.csv").handed_over_at == name
