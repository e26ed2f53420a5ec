"""Hand-over candidates: the time columns that could say when sales got the lead."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from features.crm.time_roles import TimeRole, find_time_role, is_late
from features.crm.vocabulary import to_words
from features.proposal.candidates import Candidate, Choice, choose

_POINTS: Mapping[TimeRole, float] = {"hand_over": 5.0, "created": 4.0, "date": 3.0, "": 2.0}
_SAID: Mapping[TimeRole, str] = {
    "hand_over": "by its name, when sales got the lead",
    "created": "by its name, when the record was made",
    "date": "by its name, a date",
    "": "a date whose name says nothing",
}
_SUBJECTS = ("deal", "opportunity", "lead", "contact", "account", "company", "negocio", "person")
_MOSTLY_FILLED = 0.5
_MOSTLY_BEFORE = 0.9
_RARELY_AFTER = 0.2


def choose_hand_over(times: pd.DataFrame, *, subject: str = "") -> Choice:
    """Choose the time of hand-over among the time columns.

    The date of the answer, planned dates and the last change are never chosen. Of the others
    the name decides, then which comes first in the rows, then a time of day: a date that is
    entered by a program has one.

    Parameters
    ----------
    times : DataFrame of datetime64
        The time columns.
    subject : str
        A name that says what the rows are, such as the id's: "Deal ID".

    Returns
    -------
    Choice
        With a question where nothing decides between dates.
    """
    candidates = [
        candidate
        for name in times.columns
        if (candidate := _rate(name, times, to_words(subject).split())) is not None
    ]
    choice = choose(candidates)
    if choice.asked:
        choice = choose(_prefer_first([c.column for c in choice.asked], choice, times))
    late = [name for name in times.columns if is_late(name)]
    notes = [f"not {name}: {_explain_late(name)}" for name in late]
    return Choice(choice.chosen, choice.asked, (*choice.notes, *notes))


def _rate(name: str, times: pd.DataFrame, subject: list[str]) -> Candidate | None:
    role = find_time_role(name)
    if role not in _POINTS:
        return None
    score, evidence = _POINTS[role], [_SAID[role]]
    filled = float(times[name].notna().mean()) if len(times) else 0.0
    if filled < _MOSTLY_FILLED:
        score -= 3
        evidence.append(f"filled for {filled:.0%} of the rows")
    if _is_after_answer(name, times):
        score -= 3
        evidence.append("often after the date of the answer")
    spoken_of = [word for word in _SUBJECTS if word in to_words(name).split()]
    if spoken_of and subject and role != "hand_over":
        score += 0.6 if set(spoken_of) & set(subject) else -0.6
    return Candidate(name, score, tuple(evidence))


def _is_after_answer(name: str, times: pd.DataFrame) -> bool:
    """Say whether a date is often later than a day by which the answer was there."""
    for other in times.columns:
        if find_time_role(other) == "decided":
            known = times[[name, other]].dropna()
            day, answered = known[name].dt.normalize(), known[other].dt.normalize()
            if len(known) and float((day > answered).mean()) > _RARELY_AFTER:
                return True
    return False


def _prefer_first(names: list[str], choice: Choice, times: pd.DataFrame) -> list[Candidate]:
    """Raise the candidate that comes before all others in the rows, or has a time of day."""
    first = [name for name in names if all(_is_before(times, name, o) for o in names if o != name)]
    clocked = [name for name in names if _has_clock(times[name])]
    raised = []
    for candidate in choice.asked:
        score, evidence = candidate.score, list(candidate.evidence)
        if first == [candidate.column]:
            score += 1
            evidence.append("the first of such dates in the rows")
        if not first and clocked == [candidate.column]:
            score += 1
            evidence.append("the only one of such dates with a time of day")
        raised.append(Candidate(candidate.column, score, tuple(evidence)))
    return raised


def _is_before(times: pd.DataFrame, name: str, other: str) -> bool:
    known = times[[name, other]].dropna()
    differ = known[known[name] != known[other]]
    return len(differ) > 0 and float((differ[name] < differ[other]).mean()) >= _MOSTLY_BEFORE


def _has_clock(values: pd.Series) -> bool:
    known = values.dropna()
    return len(known) > 0 and bool((known != known.dt.normalize()).mean() > _MOSTLY_FILLED)


def _explain_late(name: str) -> str:
    said = {
        "decided": "the date of the answer",
        "planned": "a date still to come",
        "changed": "the date of the last change",
    }
    return f"by its name, {said[find_time_role(name)]}"
