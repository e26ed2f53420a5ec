"""Conversion: acceptances and rejections that two columns know only together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from features.proposal.candidates import Candidate
from features.proposal.decision import choose_decision, to_accepted

N = 900
TRUTH = np.random.default_rng(4).choice(["accepted", "rejected", "open"], N, p=[0.3, 0.4, 0.3])


def show(meanings: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a value for each lead, one of those that its kind may have."""
    return [meanings[kind][place % len(meanings[kind])] for place, kind in enumerate(TRUTH)]


OPEN = ("Not Contacted", "Contacted", "Pre-Qualified")
EXPORTS = {
    # The status stays as it was when the lead was converted.
    "zoho": pd.DataFrame(
        {
            "Lead Status": show(
                {"accepted": OPEN, "rejected": ("Junk Lead", "Not Qualified"), "open": OPEN}
            ),
            "Is Converted": show(
                {"accepted": ("true",), "rejected": ("false",), "open": ("false",)}
            ),
        }
    ),
    # What sales refused stays at the stage of marketing.
    "hubspot": pd.DataFrame(
        {
            "Lifecycle Stage": show(
                {
                    "accepted": ("Sales Qualified Lead", "Opportunity", "Customer"),
                    "rejected": ("Marketing Qualified Lead",),
                    "open": ("Marketing Qualified Lead",),
                }
            ),
            "Lead Status": show(
                {
                    "accepted": ("Connected", "Open deal"),
                    "rejected": ("Unqualified",),
                    "open": ("New", "Connected", "In progress"),
                }
            ),
        }
    ),
    # What was lost is archived at the stage it had reached.
    "odoo": pd.DataFrame(
        {
            "Étape": show(
                {
                    "accepted": ("Gagné",),
                    "rejected": ("Nouveau", "Qualifié"),
                    "open": ("Nouveau", "Qualifié", "Proposition"),
                }
            ),
            "Actif": show({"accepted": ("VRAI",), "rejected": ("FAUX",), "open": ("VRAI",)}),
        }
    ),
    # A deal that was lost later had been accepted first.
    "freshsales": pd.DataFrame(
        {
            "Status": show(
                {
                    "accepted": ("Qualificado", "Perdido", "Ganho"),
                    "rejected": ("Não qualificado",),
                    "open": ("Novo", "Contatado"),
                }
            ),
            "Estágio do ciclo de vida": show(
                {
                    "accepted": ("Lead qualificado de vendas", "Cliente"),
                    "rejected": ("Lead",),
                    "open": ("Lead",),
                }
            ),
        }
    ),
}


def choose(frame: pd.DataFrame) -> Candidate:
    choice = choose_decision(frame)
    assert choice.chosen is not None, choice.asked
    return choice.chosen


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("turned", [False, True])
def test_every_lead_gets_the_answer_that_both_columns_give(name: str, turned: bool) -> None:
    frame = EXPORTS[name]
    chosen = choose(frame[list(frame.columns)[::-1]] if turned else frame)
    said = to_accepted(chosen, frame).map({1.0: "accepted", 0.0: "rejected"}).fillna("open")
    assert said.tolist() == TRUTH.tolist()
    assert chosen.converted is not None


def test_a_status_that_says_all_by_itself_stands_alone() -> None:
    status = show({"accepted": ("Qualified",), "rejected": ("Unqualified",), "open": ("Working",)})
    later = [said == "Qualified" and place % 3 > 0 for place, said in enumerate(status)]
    chosen = choose(pd.DataFrame({"Lead Status": status, "Converted": later}))
    assert (chosen.column, chosen.converted) == ("Lead Status", None)


def test_an_answer_to_something_else_is_not_joined() -> None:
    rng = np.random.default_rng(5)
    status = show({"accepted": ("Qualified",), "rejected": ("Unqualified",), "open": ("Working",)})
    frame = pd.DataFrame({"Lead Status": status, "Responded": rng.choice(["Y", "N"], N)})
    choice = choose_decision(frame)
    assert [c.converted for c in choice.asked] == [None, None]


def test_whether_a_record_is_in_use_is_never_an_answer_by_itself() -> None:
    choice = choose_decision(EXPORTS["odoo"][["Actif"]])
    assert choice.chosen is None and [c.column for c in choice.asked] == ["Actif"]
