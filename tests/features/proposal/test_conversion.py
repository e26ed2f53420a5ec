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


LOST_LATER = np.random.default_rng(5).random(N) < 0.4
"""Of the accepted leads those that sales lost after it had taken them over."""


def make_pipelines(name: str, before: str, sales: str, *, stages: tuple[str, ...]) -> pd.DataFrame:
    lost, early, late, won = stages
    said = {"rejected": (before, lost), "open": (before, early)}
    rows = [
        said.get(kind) or (sales, lost if lost_later else (won, late)[place % 2])
        for place, (kind, lost_later) in enumerate(zip(TRUTH, LOST_LATER, strict=True))
    ]
    return pd.DataFrame(rows, columns=[name, "Status"])


@pytest.mark.parametrize(
    ("name", "before", "sales", "stages"),
    [
        ("Pipeline", "SDR", "Sales", ("Closed lost", "New", "Negotiation", "Closed won")),
        ("Embudo de ventas", "Previo", "Cierre", ("Perdido", "Nuevo", "Propuesta", "Ganado")),
        ("Funil", "Pré-venda", "Venda", ("Perdido", "Novo", "Proposta", "Ganho")),
        ("Воронка", "Квалификация", "Продажи", ("Проигран", "Новый", "Переговоры", "Выигран")),
    ],
)
def test_what_is_in_the_pipeline_of_sales_was_taken_over_though_it_was_lost(
    name: str, before: str, sales: str, stages: tuple[str, ...]
) -> None:
    frame = make_pipelines(name, before, sales, stages=stages)
    choice = choose_decision(frame)
    assert choice.chosen is not None
    assert (choice.chosen.converted, choice.chosen.converted_values) == (name, (sales,))
    answer = to_accepted(choice.chosen, frame)
    assert [{1.0: "accepted", 0.0: "rejected"}.get(value, "open") for value in answer] == list(
        TRUTH
    )


def test_pipelines_of_two_products_say_nothing_of_the_answer() -> None:
    stages = ("Closed lost", "New", "Negotiation", "Closed won")
    frame = make_pipelines("Pipeline", "SDR", "Sales", stages=stages)
    frame["Pipeline"] = ["Boats", "Cars"] * (N // 2)
    chosen = choose_decision(frame).chosen
    assert chosen is not None and chosen.converted is None
    # None was won in one of them, but its open records have the stages of the other.
    frame.loc[frame["Status"] != "Closed won", "Pipeline"] = "Boats"
    frame.loc[frame["Status"] == "Closed won", "Pipeline"] = "Cars"
    frame.loc[frame.index[frame["Status"] == "New"][:20], "Pipeline"] = "Cars"
    chosen = choose_decision(frame).chosen
    assert chosen is not None and chosen.converted is None
