"""Open records: told apart from rejected ones, where an answer says no for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from features.crm.words import is_named
from features.proposal.candidates import Candidate
from features.proposal.decision_words import sort_values, to_text

_MOSTLY = 0.95
_RARELY = 0.05
_EXPLAINED = 0.9


def find_closed(frame: pd.DataFrame) -> str | None:
    """Return the column that says whether a record is closed, with two values."""
    for name in frame.columns:
        if is_named("closed", name) and frame[name].nunique() == 2:
            meaning = sort_values(frame[name])
            if meaning["accepted"] and meaning["rejected"]:
                return str(name)
    return None


def sort_by_flags(
    status: Candidate, frame: pd.DataFrame, others: Sequence[Candidate], closed: str | None
) -> Candidate:
    """Sort the values of a status by what the flags beside it say, whatever the language.

    Parameters
    ----------
    status : Candidate
    frame : DataFrame
    others : sequence of Candidate
        Among them the answers with two values.
    closed : str or None
        The column that says whether a record is closed.

    Returns
    -------
    Candidate
        A value whose records are all open is undecided, one whose records are all won is
        accepted, one whose records are closed and not won is rejected. Where the flags do not
        agree about a value, its word counts.
    """
    flag = next((c for c in others if _is_answer(c) and c.column != closed), None)
    if flag is None or status.column == flag.column:
        return status
    texts = frame[status.column].map(to_text, na_action="ignore")
    yes = _is_yes(frame[flag.column], flag.values["accepted"]).groupby(texts).mean()
    is_closed = None
    if closed is not None:
        meaning = sort_values(frame[closed])["accepted"]
        is_closed = _is_yes(frame[closed], meaning).groupby(texts).mean()
    said = {
        value: _say(float(yes[value]), None if is_closed is None else float(is_closed[value]))
        for value in yes.index
    }
    if not any(said.values()):
        return status
    moved = replace(status, values=_move(status.values, said, all_of_them=closed is not None))
    if moved.values == status.values:
        return status
    by = flag.column if closed is None else f"{flag.column} and {closed}"
    score = max(moved.score, 3.0) if moved.is_sorted else moved.score
    return replace(moved, score=score, evidence=(*status.evidence, f"values sorted by {by}"))


def _move(
    values: Mapping[str, tuple[str, ...]], said: Mapping[str, str], *, all_of_them: bool
) -> dict[str, tuple[str, ...]]:
    """Return the values by the meaning said of them; without all of them, the unsure ones only."""
    moved: dict[str, list[str]] = {meaning: [] for meaning in values}
    for meaning, listed in values.items():
        for value in listed:
            movable = all_of_them or meaning == "unsure"
            moved[(movable and said.get(value)) or meaning].append(value)
    return {meaning: tuple(listed) for meaning, listed in moved.items()}


def explains(status: Candidate, answer: Candidate, frame: pd.DataFrame) -> bool:
    """Say whether a status knows what an answer with two values says.

    Parameters
    ----------
    status : Candidate
        A status with more than two values.
    answer : Candidate
    frame : DataFrame

    Returns
    -------
    bool
        True where hardly any yes of the answer stands beside a status that is not one. A status
        of something else, such as a marital one, does not know it.
    """
    if not answer.is_sorted:
        return False
    yes = _is_yes(frame[answer.column], answer.values["accepted"])
    texts = frame[status.column].map(to_text, na_action="ignore")
    if not yes.any():
        return False
    if status.is_sorted:
        accepted = texts.isin(status.values["accepted"])
        rejected = texts.isin(status.values["rejected"])
        wrong = float(yes[rejected].mean()) if rejected.any() else 0.0
        return bool(accepted[yes].mean() >= _EXPLAINED and wrong <= 1 - _EXPLAINED)
    if not (status.values["accepted"] or status.values["undecided"] or status.values["rejected"]):
        return False
    share = yes.groupby(texts).mean()
    return bool(texts[yes].isin(share[share >= _EXPLAINED].index).mean() >= _EXPLAINED)


def describe_open(status: Candidate, answer: Candidate, frame: pd.DataFrame) -> str:
    """Say how many open records an answer with two values would have made rejections."""
    no = ~_is_yes(frame[answer.column], answer.values["accepted"])
    texts = frame[status.column].map(to_text, na_action="ignore")
    undecided = (*status.values["undecided"], *status.values["unsure"])
    still_open = int((no & texts.isin(undecided)).sum())
    said = ", ".join(answer.values["rejected"])
    if still_open:
        return (
            f"not {answer.column}: its {said} also stands for {still_open} records that are "
            "still open, and open is not rejected"
        )
    return f"not {answer.column}: it says no more than this column does"


def _is_answer(candidate: Candidate) -> bool:
    named = is_named("flag", candidate.column)
    return len(candidate.counts) == 2 and candidate.is_sorted and named


def _is_yes(values: pd.Series, accepted: Sequence[str]) -> pd.Series:
    return values.map(to_text, na_action="ignore").isin(accepted)


def _say(yes: float, closed: float | None) -> str:
    """Return what the flags say of one value of a status, or "" where they do not agree."""
    if closed is None:
        return "accepted" if yes >= _MOSTLY else ""
    if closed <= _RARELY:
        return "undecided"
    if closed < _MOSTLY:
        return ""
    return "accepted" if yes >= _MOSTLY else "rejected" if yes <= _RARELY else ""
