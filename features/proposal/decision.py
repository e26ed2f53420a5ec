"""Decision candidates: the columns that could hold what sales decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from features.crm.words import is_about, is_named
from features.proposal.automatic import set_aside_automatic
from features.proposal.candidates import Candidate, Choice, choose
from features.proposal.check_boxes import find_check_boxes, limit_to_dated
from features.proposal.conversion import is_converted, join_conversion
from features.proposal.decision_words import list_values, sort_values, speaks, to_text
from features.proposal.open_records import describe_open, explains, find_closed, sort_by_flags
from features.settings.schema import DecisionSettings

MAX_VALUES = 15
MAX_STATUS_VALUES = 30
MAX_ASKED = 12

_BY_PRESET, _NAMED, _HINTED, _WORDED, _PLAIN = 5.0, 3.0, 2.0, 1.6, 0.5
_SURE, _EQUAL = 1.5, 0.5
_AGREE = 0.98


def choose_decision(
    frame: pd.DataFrame, known: Mapping[str, DecisionSettings] | None = None
) -> Choice:
    """Choose the column that holds sales' answer, or ask which one it is.

    Parameters
    ----------
    frame : DataFrame
        The leads.
    known : mapping of str to DecisionSettings, optional
        Columns that a CRM's preset knows, and what their values mean.

    Returns
    -------
    Choice
        An answer with two values gives way to a status that says which records are still open.
        Where it has none and counts open records as a no, or where several columns are equally
        likely, the candidates are asked about.
    """
    rated = rate_decisions(frame, known or {})
    boxes = find_check_boxes(frame)
    rated = [limit_to_dated(c, frame) or c for c in rated] + boxes
    closed = find_closed(frame)
    statuses = [
        sort_by_flags(c, frame, rated, closed) if _is_status(c) else c
        for c in rated
        if c.column != closed
    ]
    kept, notes = _drop_answers_beside_a_status(statuses, frame)
    joint = join_conversion(kept, frame)
    if joint is not None:
        return Choice(joint, notes=(*joint.evidence, *notes))
    doubtful = [c for c in kept if _counts_open(c, frame, closed)]
    if doubtful and not any(_is_status(c) and c.is_sorted for c in kept):
        said = f"says no for records that {closed} says are open: open is not rejected"
        rivals = [c for c in kept if c.is_sorted and c.score > doubtful[0].score - _EQUAL]
        if len({c.column for c in (*doubtful, *rivals)}) == 1:
            chosen, note = _limit_to_closed(doubtful[0], frame, closed)
            return Choice(chosen, notes=(note,))
        return Choice(asked=tuple(replace(c, evidence=(said, *c.evidence)) for c in doubtful))
    choice = choose(_drop_copies([c for c in kept if c.is_sorted], frame))
    if choice.chosen is not None and choice.chosen.score >= _SURE:
        beside = _find_unsorted(choice.chosen, kept, frame) or _find_surer(choice.chosen, kept)
        if beside:
            return Choice(asked=(choice.chosen, *beside))
        reasoned = set_aside_automatic(choice.chosen, frame)
        if reasoned is not None:
            return Choice(reasoned, (), (*reasoned.evidence, *notes))
        return Choice(choice.chosen, (), (*choice.notes, *notes))
    unsorted = [c for c in kept if _is_status(c) and not c.is_sorted and c.score >= _HINTED / 3]
    open_boxes = [box for box in boxes if not box.is_sorted]
    asked = [*choice.asked, *unsorted, *open_boxes]
    return Choice(asked=tuple(_likeliest(asked) or _likeliest(kept)))


def rate_decisions(frame: pd.DataFrame, known: Mapping[str, DecisionSettings]) -> list[Candidate]:
    """Return every column that could hold a decision, likeliest first.

    Parameters
    ----------
    frame : DataFrame
    known : mapping of str to DecisionSettings
    """
    rated = [_rate(name, frame[name], known.get(name)) for name in frame.columns]
    found = [candidate for candidate in rated if candidate is not None]
    return sorted(found, key=lambda candidate: -candidate.score)


def _rate(name: str, values: pd.Series, known: DecisionSettings | None) -> Candidate | None:
    if pd.api.types.is_datetime64_any_dtype(values):
        return None
    points, said = _rate_name(name, known)
    present = values.dropna()
    if not 2 <= present.nunique() <= (MAX_STATUS_VALUES if points >= _NAMED else MAX_VALUES):
        return None
    meaning = sort_values(present, known)
    counts = {to_text(value): int(n) for value, n in present.value_counts().items()}
    candidate = Candidate(name, points, (said,) if said else (), meaning, counts)
    if candidate.is_sorted:
        worded = speaks(meaning["accepted"]) and speaks(meaning["rejected"])
        if points == 0:
            points = _WORDED if worded and not is_about("earlier", name) else _PLAIN
        elif worded:
            points += 0.4
        return replace(candidate, score=points - 0.1 * min(3, len(meaning["unsure"])))
    if points == 0:
        return None
    # Its name is right, but which values mean yes or no has to be said.
    return replace(candidate, score=points / 3)


def _rate_name(name: str, known: DecisionSettings | None) -> tuple[float, str]:
    if known is not None:
        return _BY_PRESET, "the CRM's own column for it"
    if is_about("other_status", name) or is_about("owner", name):
        return 0.0, ""
    if is_about("earlier", name) or is_about("sales_field", name):
        return 0.0, ""
    for about in ("stage", "flag"):
        if is_named(about, name):
            return _NAMED, "named as a decision is"
    if is_about("stage", name) or is_about("flag", name):
        return _HINTED, "named much as a decision is"
    return 0.0, ""


def _is_status(candidate: Candidate) -> bool:
    return len(candidate.counts) > 2 and candidate.score >= _HINTED / 3


def _drop_answers_beside_a_status(
    candidates: Sequence[Candidate], frame: pd.DataFrame
) -> tuple[list[Candidate], list[str]]:
    """Drop the answers with two values that a status explains, and say so."""
    statuses = [c for c in candidates if _is_status(c) and c.is_sorted]
    kept, notes = [], []
    for candidate in candidates:
        status = next(
            (s for s in statuses if s is not candidate and explains(s, candidate, frame)), None
        )
        if len(candidate.counts) == 2 and candidate.is_sorted and status is not None:
            notes.append(describe_open(status, candidate, frame))
        else:
            kept.append(candidate)
    return kept, notes


def _counts_open(candidate: Candidate, frame: pd.DataFrame, closed: str | None) -> bool:
    """Say whether a named answer says no for records that another column says are open."""
    if closed is None or len(candidate.counts) != 2 or candidate.score < _HINTED:
        return False
    meaning = sort_values(frame[closed])
    open_now = frame[closed].map(to_text, na_action="ignore").isin(meaning["rejected"])
    no = frame[candidate.column].map(to_text, na_action="ignore").isin(candidate.values["rejected"])
    return bool((open_now & no).any())


def _limit_to_closed(
    candidate: Candidate, frame: pd.DataFrame, closed: str | None
) -> tuple[Candidate, str]:
    """Let an answer that says no for open records too count for closed ones alone, and say why."""
    if closed is None or not _counts_open(candidate, frame, closed):
        return candidate, ""
    values = sort_values(frame[closed])["accepted"]
    chosen = replace(candidate, closed=closed, closed_values=values)
    open_now = int((~is_closed(chosen, frame)).sum())
    note = (
        f"only of records that {closed} says are closed: {candidate.column} says no for the "
        f"{open_now} open ones too, and open is not rejected"
    )
    return chosen, note


def is_closed(candidate: Candidate, frame: pd.DataFrame) -> pd.Series:
    """Return of each row whether the answer counts, as the record is closed."""
    if candidate.closed is None:
        return pd.Series(True, index=frame.index)
    if not candidate.closed_values:
        return frame[candidate.closed].notna()
    texts = frame[candidate.closed].map(to_text, na_action="ignore")
    return texts.isin(candidate.closed_values)


def _find_unsorted(
    chosen: Candidate, candidates: Sequence[Candidate], frame: pd.DataFrame
) -> list[Candidate]:
    """Return the statuses that know what an answer with two values says, and cannot be sorted."""
    if len(chosen.counts) != 2:
        return []
    return [
        c for c in candidates if _is_status(c) and not c.is_sorted and explains(c, chosen, frame)
    ]


def _find_surer(chosen: Candidate, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the answers with two clear values, where the chosen column has values not understood.

    "Result: successful, failed, unknown" may be that of something earlier.
    """
    if not chosen.values["unsure"] or chosen.score >= _NAMED:
        return []
    others = (c for c in candidates if c is not chosen and c.is_sorted)
    return [c for c in others if len(c.counts) == 2 and not c.values["unsure"]]


def _drop_copies(candidates: Sequence[Candidate], frame: pd.DataFrame) -> list[Candidate]:
    """Keep one of several columns that say the same wherever both say something."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if not any(_agree(candidate, other, frame) for other in kept):
            kept.append(candidate)
    return kept


def _agree(one: Candidate, other: Candidate, frame: pd.DataFrame) -> bool:
    first, second = to_accepted(one, frame), to_accepted(other, frame)
    both = first.notna() & second.notna()
    enough = both.sum() >= 0.5 * max(1, min(first.notna().sum(), second.notna().sum()))
    return bool(enough and (first[both] == second[both]).mean() >= _AGREE)


def _likeliest(candidates: Sequence[Candidate]) -> list[Candidate]:
    ranked = sorted(candidates, key=lambda candidate: -candidate.score)
    return ranked[:MAX_ASKED]


def to_accepted(candidate: Candidate, frame: pd.DataFrame) -> pd.Series:
    """Return what a column says of each row: 1 accepted, 0 rejected or recycled, else missing."""
    answer = {
        **dict.fromkeys(candidate.values.get("accepted", ()), 1.0),
        **dict.fromkeys(candidate.values.get("rejected", ()), 0.0),
        **dict.fromkeys(candidate.values.get("recycled", ()), 0.0),
    }
    texts = frame[candidate.column].map(to_text, na_action="ignore").astype(object)
    if "" in answer:
        texts = texts.where(texts.notna(), "")
    said = texts.map(answer).astype(float).where(is_closed(candidate, frame))
    return said.mask(is_converted(candidate, frame), 1.0)


def name_column(name: str, frame: pd.DataFrame) -> Candidate:
    """Return the column that somebody named as the decision, its values sorted."""
    boxes = (box for box in find_check_boxes(frame[[name, *_times(frame, name)]]))
    found = next(boxes, None) or _rate(name, frame[name], None)
    if found is not None:
        found = limit_to_dated(found, frame) or found
        closed = find_closed(frame)
        limited, note = _limit_to_closed(found, frame, None if closed == name else closed)
        return replace(limited, evidence=(note, *limited.evidence)) if note else found
    values = sort_values(frame[name])
    texts = frame[name].map(to_text, na_action="ignore").value_counts()
    counts = {value: int(texts.get(value, 0)) for value in list_values(frame[name])}
    return Candidate(name, 0.0, ("named by hand",), values, counts)


def _times(frame: pd.DataFrame, name: str) -> list[str]:
    return [time for time in frame.select_dtypes("datetime").columns if time != name]
