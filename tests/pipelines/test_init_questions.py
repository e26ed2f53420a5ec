"""Questions of init: answered by number on a terminal, and open where nobody answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pytest

from features.proposal.proposal import Proposal, propose
from pipelines.console import Console
from pipelines.init import read_export
from pipelines.init_questions import answer_questions, list_open_questions

TIED = {"Converted": [1, 0] * 60, "Response": [1, 1, 0] * 40}
ODD = {"Outcome": ["alpha", "beta", "gamma"] * 40}


class Answering(Console):
    """A console at which somebody answers what was foreseen, in this order."""

    def __init__(self, answers: Sequence[Sequence[int]]) -> None:
        super().__init__(as_json=False)
        self._answers: Iterator[Sequence[int]] = iter(answers)
        self.asked: list[str] = []

    def choose(self, question: str, options: Sequence[str], *, several: bool = False) -> list[int]:
        self.asked.append(question)
        return list(next(self._answers))


def ask(folder: Path, columns: dict[str, list[object]], *answers: Sequence[int]) -> Proposal:
    rows = pd.DataFrame({"Id": range(120), **columns})
    rows.to_csv(folder / "leads.csv", index=False)
    frame, kinds = read_export(folder / "leads.csv")
    proposal = propose(frame, kinds, leads="leads.csv")
    assert list_open_questions(proposal)
    return answer_questions(Answering(answers), proposal, frame, kinds)


@pytest.mark.parametrize(("place", "column"), [(0, "Converted"), (1, "Response")])
def test_the_answer_is_taken(tmp_path: Path, place: int, column: str) -> None:
    proposal = ask(tmp_path, dict(TIED), [place])
    assert proposal.decision == column and proposal.values["accepted"] == ("1",)
    assert list_open_questions(proposal) == []


def test_without_an_answer_the_question_stays_open(tmp_path: Path) -> None:
    proposal = ask(tmp_path, dict(TIED), [])
    assert proposal.decision is None
    lines = list_open_questions(proposal)
    assert lines[0] == "Which column says what sales decided?"
    assert lines[1:] == ["  1. Converted (1: 60, 0: 60)", "  2. Response (1: 80, 0: 40)"]


def test_values_that_nobody_can_guess_are_asked_for(tmp_path: Path) -> None:
    proposal = ask(tmp_path, dict(ODD), [0], [0, 2], [0])
    assert proposal.decision == "Outcome"
    assert proposal.values["accepted"] == ("alpha", "gamma")
    assert proposal.values["rejected"] == ("beta",) and proposal.values["unsure"] == ()
    assert list_open_questions(proposal) == []


def test_a_value_without_an_answer_stays_open(tmp_path: Path) -> None:
    lines = list_open_questions(ask(tmp_path, dict(ODD), [0], [0], []))
    assert lines == ["no value of Outcome is known to mean rejected; not clear: beta, gamma"]
