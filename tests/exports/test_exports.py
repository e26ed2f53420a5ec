"""Exports of strangers: what `init` proposes is right, or it asks; it is never silently wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.proposal.proposal import propose
from pipelines.init import read_export
from pipelines.init_questions import list_open_questions
from tests.exports.generator import list_campaigns, list_exports, make_columns
from tests.exports.judge import Verdict, compare, judge
from tests.exports.layouts import LAYOUTS

PER_LAYOUT = 2
"""One with a status and one with flags beside it."""

SEED = 14
RIGHT = 0.95


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Verdict]:
    folder = tmp_path_factory.mktemp("exports")
    exports = list_exports(PER_LAYOUT, seed=SEED)
    # Of each layout one of both, in turn; `make exports` judges several hundred.
    turns = [one for n, one in enumerate(exports) if n % PER_LAYOUT == n // PER_LAYOUT % PER_LAYOUT]
    exports = [*list_campaigns(), *turns]
    return [judge(export, folder) for export in exports]


def test_no_proposal_is_silently_wrong(verdicts: Sequence[Verdict]) -> None:
    assert [(v.export.name, v.wrong) for v in verdicts if v.wrong and not v.asked] == []


def test_nearly_all_proposals_are_right(verdicts: Sequence[Verdict]) -> None:
    assert len(verdicts) > 50
    assert sum(v.right for v in verdicts) >= RIGHT * len(verdicts)


def test_every_crm_and_language_is_judged(verdicts: Sequence[Verdict]) -> None:
    judged = {(v.export.layout.crm, v.export.layout.language) for v in verdicts}
    assert judged >= {(one.crm, one.language) for one in LAYOUTS}
    assert len({language for _crm, language in judged}) == 7


def test_the_judge_sees_what_is_wrong(tmp_path: Path) -> None:
    export = list_exports(1, seed=SEED)[0]
    columns = make_columns(export)
    pd.DataFrame(columns).to_csv(tmp_path / "leads.csv", index=False)
    frame, kinds = read_export(tmp_path / "leads.csv")
    proposal = propose(frame, kinds, leads="leads.csv")
    assert compare(export, proposal) == []
    one = export.layout
    for spoilt in (
        replace(proposal, id=one.owner),
        replace(proposal, handed_over_at=one.closed_at),
        replace(proposal, decision=one.won),
        replace(proposal, decided_at=None),
        replace(proposal, values={**proposal.values, "rejected": one.undecided}),
        replace(proposal, suspects={}),
        replace(proposal, suspects={**proposal.suspects, one.amount: ""}),
        replace(proposal, owners=()),
    ):
        assert compare(export, spoilt) != []


def ask(folder: Path, columns: dict[str, list[str]]) -> list[str]:
    pd.DataFrame(columns).to_csv(folder / "leads.csv", index=False)
    frame, kinds = read_export(folder / "leads.csv")
    return list_open_questions(propose(frame, kinds, leads="leads.csv"))


@pytest.mark.parametrize("name", [one.name for one in LAYOUTS if one.won and one.closed])
def test_flags_without_a_status_count_for_closed_records_alone(tmp_path: Path, name: str) -> None:
    listed = (e for e in list_exports(2, seed=SEED) if e.layout.name == name and e.has_flags)
    export = replace(next(listed), open_share=0.3)
    columns, one = make_columns(export), export.layout
    del columns[one.decision]
    pd.DataFrame(columns).to_csv(tmp_path / "leads.csv", index=False)
    frame, kinds = read_export(tmp_path / "leads.csv")
    proposal = propose(frame, kinds, leads="leads.csv")
    assert list_open_questions(proposal) == []
    assert (proposal.decision, proposal.closed) == (one.won, one.closed)
    assert one.closed not in proposal.suspects


def test_answers_that_differ_are_asked_about(tmp_path: Path) -> None:
    columns = make_columns(list_campaigns()[0])
    columns["Converted"] = columns["Response"][::-1]
    lines = ask(tmp_path, columns)
    assert [line.split(" (")[0] for line in lines[1:]] == ["  1. Response", "  2. Converted"]
