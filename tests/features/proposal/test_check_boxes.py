"""Check boxes: what nobody ticked is a no only where the decision's date is filled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.proposal.check_boxes import find_check_boxes
from features.proposal.decision import choose_decision, name_column, to_accepted

N = 300
TRUTH = np.random.default_rng(14).choice(["yes", "no", "open"], N, p=[0.3, 0.5, 0.2])


def export(box: str, date: str, *, yes: str, no: str | None, dated: str = "yes no") -> pd.DataFrame:
    days = pd.Series(pd.date_range("2025-01-01", periods=N, freq="D"))
    return pd.DataFrame(
        {
            "Created": days,
            "Plan": ["a", "b"] * (N // 2),
            box: [yes if said == "yes" else no for said in TRUTH],
            date: days.where([said in dated.split() for said in TRUTH]),
        }
    )


@pytest.mark.parametrize(
    ("box", "date", "yes", "no"),
    [
        ("SQL?", "Reviewed on", "checked", None),
        ("Qualified", "Decision date", "✓", None),
        ("Aprovado?", "Data da análise", "TRUE", "FALSE"),
        ("¿Aceptado?", "Fecha de revisión", "Sí", "No"),
        ("Accepté", "Évaluation le", "VRAI", "FAUX"),
        ("Angenommen", "Geprüft am", "x", None),
        ("Approvato", "Data valutazione", "1", "0"),
    ],
)
def test_an_answer_counts_where_its_date_is_filled(
    box: str, date: str, yes: str, no: str | None
) -> None:
    frame = export(box, date, yes=yes, no=no)
    choice = choose_decision(frame)
    assert (choice.column, choice.chosen and choice.chosen.closed) == (box, date)
    assert choice.chosen is not None
    answer = to_accepted(choice.chosen, frame)
    assert [{1.0: "yes", 0.0: "no"}.get(value, "open") for value in answer] == list(TRUTH)
    assert any(f"{date} is filled" in note for note in choice.notes)
    named = name_column(box, frame)
    assert (named.closed, dict(named.values)) == (date, dict(choice.chosen.values))


@pytest.mark.parametrize("dated", ["yes", "yes no open", "no"])
def test_a_box_without_such_a_date_is_asked_about(dated: str) -> None:
    frame = export("SQL?", "Reviewed on", yes="checked", no=None, dated=dated)
    choice = choose_decision(frame)
    assert choice.chosen is None
    assert [candidate.column for candidate in choice.asked] == ["SQL?"]
    assert "still open" in choice.asked[0].evidence[0]


def test_an_answer_that_is_empty_for_open_records_needs_no_date() -> None:
    frame = export("Qualified", "Decision date", yes="t", no="f")
    frame["Qualified"] = [{"yes": "t", "no": "f"}.get(said) for said in TRUTH]
    choice = choose_decision(frame)
    assert choice.chosen is not None and choice.chosen.closed is None


def test_a_column_of_another_name_is_no_box() -> None:
    assert find_check_boxes(export("Newsletter", "Reviewed on", yes="x", no=None)) == []
