"""Questions of init: asked by number on a terminal, listed in words everywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from features.columns.kinds import Column
from features.proposal.proposal import Proposal, propose
from features.proposal.settings_text import describe_candidate
from pipelines.console import Console

_ASKED = {
    "decision": "Which column says what sales decided?",
    "handed_over_at": "Which date is the moment sales got the lead?",
}
_NO_DECISION = (
    "no column looks like what sales decided: name one as column under [decision], or the table "
    "of decisions under [tables]"
)
_MEANINGS = ("accepted", "rejected")


def list_open_questions(proposal: Proposal) -> list[str]:
    """Return in lines what has to be decided before the settings can be used.

    Parameters
    ----------
    proposal : Proposal

    Returns
    -------
    list of str
        The candidates with their values and counts; empty where everything is clear.
    """
    lines = []
    for key, candidates in proposal.asked.items():
        lines.append(_ASKED[key])
        lines += [f"  {n}. {describe_candidate(c)}" for n, c in enumerate(candidates, start=1)]
    if proposal.decision is None and "decision" not in proposal.asked:
        lines.append(_NO_DECISION)
    if proposal.decision is not None:
        known = {"accepted"} if proposal.converted else set[str]()
        lacking = [m for m in _MEANINGS if not proposal.values.get(m) and m not in known]
        listed = ", ".join(proposal.values.get("unsure", ()))
        lines += [
            f"no value of {proposal.decision} is known to mean {meaning}; not clear: {listed}"
            for meaning in lacking
        ]
    return lines


def answer_questions(
    console: Console, proposal: Proposal, frame: pd.DataFrame, columns: Mapping[str, Column]
) -> Proposal:
    """Ask on the terminal which columns and values are meant, and propose anew with the answers.

    Parameters
    ----------
    console : Console
    proposal : Proposal
    frame : DataFrame
    columns : mapping of str to Column

    Returns
    -------
    Proposal
        What stays unanswered stays open.
    """
    answers: dict[str, str | None] = {"decision": None, "handed_over_at": None}
    for key, candidates in proposal.asked.items():
        shown = [describe_candidate(candidate) for candidate in candidates]
        chosen = console.choose(_ASKED[key], shown)
        answers[key] = candidates[chosen[0]].column if chosen else None
    if any(answers.values()):
        named = {key: answers[key] or getattr(proposal, key) for key in answers}
        again = propose(
            frame,
            columns,
            leads=proposal.leads,
            decision=named["decision"],
            handed_over_at=named["handed_over_at"],
        )
        left = {key: asked for key, asked in proposal.asked.items() if answers[key] is None}
        proposal = replace(again, asked=left)
    return _ask_values(console, proposal)


def _ask_values(console: Console, proposal: Proposal) -> Proposal:
    """Ask which values mean yes and which mean no, where none is known to."""
    if proposal.decision is None:
        return proposal
    values = {meaning: tuple(listed) for meaning, listed in proposal.values.items()}
    for meaning in _MEANINGS:
        unsure: Sequence[str] = values.get("unsure", ())
        if values.get(meaning) or not unsure:
            continue
        question = f"Which values of {proposal.decision} mean {meaning}? (several: 1,2)"
        chosen = [unsure[place] for place in console.choose(question, unsure, several=True)]
        values[meaning] = tuple(chosen)
        values["unsure"] = tuple(value for value in unsure if value not in chosen)
    return replace(proposal, values=values)
