"""Proposed settings as text: they load whatever the names are, and say why."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.proposal.candidates import Candidate
from features.proposal.proposal import Proposal
from features.proposal.settings_text import describe_candidate, to_toml
from features.settings.load import load_settings

PLAIN = Proposal(
    leads="leads.csv",
    preset=None,
    id="Id",
    handed_over_at="Created",
    order=None,
    decision="Status",
    values={"accepted": ("Won",), "rejected": ("Lost",)},
    missing=(),
    display=(),
    suspects={},
    decided_at="Closed at",
    owners=("Asesor",),
    notes={"decision": ("not IsWon: open is not rejected",)},
)
# Letters at both ends, as blanks there are stripped when settings are read.
HOSTILE = st.text(st.characters(codec="utf-8"), max_size=20).map("a{}z".format)


def test_a_proposal_is_written_with_its_reasons() -> None:
    text = to_toml(PLAIN)
    read = tomllib.loads(text)
    assert read["decision"]["decided_at"] == "Closed at"
    assert "#   not IsWon: open is not rejected" in text
    assert "# The rep is never learned from: Asesor" in text


def test_a_question_is_written_as_comments_that_become_settings() -> None:
    values = {"accepted": ("1",), "rejected": ("0",)}
    asked = tuple(
        Candidate(name, 3, values=values, counts={"0": 7, "1": 5}) for name in ("Won", "Sold")
    )
    open_ = replace(PLAIN, decision=None, decided_at=None, values={}, asked={"decision": asked})
    text = to_toml(open_)
    assert "column" not in tomllib.loads(text)["decision"]
    assert "# Sold (0: 7, 1: 5)" in text.replace("#     ", "# ")
    begin = text.index('# column = "Sold"')
    chosen = text[begin:].replace("# column", "column", 1)
    answered = chosen.replace("#     accepted", "accepted", 1).replace(
        "#     rejected", "rejected", 1
    )
    read = tomllib.loads("[decision]\n" + answered)["decision"]
    assert read == {"column": "Sold", "accepted": ["1"], "rejected": ["0"]}


def test_a_candidate_without_counts_shows_its_evidence() -> None:
    assert describe_candidate(Candidate("Day", 1, ("a date",))) == "Day, a date"
    many = Candidate("S", 1, counts={str(n): n for n in range(20)})
    assert describe_candidate(many).endswith(", ...)")


@given(HOSTILE, HOSTILE, st.lists(HOSTILE, min_size=2, max_size=4, unique=True), HOSTILE)
def test_any_names_make_settings_that_load(
    tmp_path_factory: pytest.TempPathFactory, name: str, file: str, values: list[str], why: str
) -> None:
    asked = Candidate(name, 1, (why,), {"accepted": (why,)}, {why: 3})
    proposal = Proposal(
        leads=file,
        preset=None,
        id=name,
        handed_over_at=None,
        order=name,
        decision=name,
        values={"accepted": (values[0],), "rejected": tuple(values[1:]), "unsure": (why,)},
        missing=(why,),
        display=(name,),
        suspects={name: why},
        decided_at=name,
        closed=name,
        closed_values=(why,),
        owners=(name,),
        asked={"decision": (asked, asked), "handed_over_at": (asked,)},
        notes={"decision": (why,), "decided_at": (name,), "handed_over_at": (why,)},
    )
    path = tmp_path_factory.mktemp("hostile") / "leadaccord.toml"
    path.write_text(to_toml(proposal), encoding="utf-8", newline="")
    settings = load_settings(path)
    assert settings.leads.id == settings.leads.order == settings.decision.column == name
    assert settings.decision.accepted == (values[0],)
    assert settings.decision.decided_at == name
    assert settings.features.exclude == (name,)
    assert settings.decision.others == "undecided"
