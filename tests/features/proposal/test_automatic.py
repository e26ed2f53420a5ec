"""Automatic answers: a no that a program set is no decision of sales."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.columns.kinds import Column
from features.proposal.decision import choose_decision, to_accepted
from features.proposal.proposal import propose
from tests.tables import make_column

N = 300
TRUTH = np.random.default_rng(6).choice(
    ["yes", "no", "no reason", "auto", "open"], N, p=[0.3, 0.3, 0.1, 0.2, 0.1]
)


def export(answer: str, reason: str, *, yes: str, no: str, program: str) -> pd.DataFrame:
    answers = {"yes": yes, "no": no, "no reason": no, "auto": no, "open": None}
    reasons = [["budget", "rival", "timing"][n % 3] for n in range(N)]
    return pd.DataFrame(
        {
            answer: [answers[said] for said in TRUTH],
            reason: [
                {"no": given, "auto": program}.get(said)
                for said, given in zip(TRUTH, reasons, strict=True)
            ],
        }
    )


EXPORTS = [
    ("qualified", "disqualify_reason", "t", "f", "auto_timeout"),
    ("Accepted", "Reject reason", "Yes", "No", "Expired after 30 days"),
    ("Aceptado", "Motivo de rechazo", "Sí", "No", "Cierre automático"),
    ("Angenommen", "Ablehnungsgrund", "ja", "nein", "Automatisch geschlossen"),
]


@pytest.mark.parametrize(("answer", "reason", "yes", "no", "program"), EXPORTS)
def test_what_a_program_refused_is_undecided(
    answer: str, reason: str, yes: str, no: str, program: str
) -> None:
    frame = export(answer, reason, yes=yes, no=no, program=program)
    choice = choose_decision(frame)
    assert choice.chosen is not None and choice.chosen.values["undecided"] == (program,)
    expected = {"yes": 1.0, "no": 0.0, "no reason": 0.0}
    got = to_accepted(choice.chosen, frame).tolist()
    assert np.array_equal(got, [expected.get(said, np.nan) for said in TRUTH], equal_nan=True)
    assert any(program in note for note in choice.notes)


@pytest.mark.parametrize("named", ["qualified", "disqualify_reason", None])
def test_to_name_the_answer_keeps_what_stands_beside_it(named: str | None) -> None:
    frame = export(*EXPORTS[0][:2], yes="t", no="f", program="auto_timeout")
    columns: dict[str, Column] = {str(name): make_column(name, frame[name]) for name in frame}
    proposal = propose(frame, columns, leads="leads.csv", decision=named)
    assert (proposal.decision, proposal.closed) == ("disqualify_reason", "qualified")


def test_reasons_of_people_change_nothing() -> None:
    frame = export("qualified", "disqualify_reason", yes="t", no="f", program="no autonomy")
    choice = choose_decision(frame)
    assert choice.column == "qualified"
