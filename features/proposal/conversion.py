"""Conversion beside a status: an answer of which each of two columns says only a part.

Zoho freezes a lead's status when it is converted, HubSpot leaves what was refused at its stage of
marketing, Odoo archives what was lost at the stage it had reached, and where sales has a pipeline
of its own, records lost there have the stage of those refused before. Read alone, the one column
takes accepted records for open or rejected ones, the other open records for rejected ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from features.crm.words import is_named
from features.proposal.candidates import Candidate
from features.proposal.decision_words import speaks, to_text

MIN_BEYOND = 0.05
"""Of the converted records, those that the status does not say are accepted."""
_NEARLY_ALL, _HARDLY_ANY = 0.95, 0.05
_NAMED = 2.0 / 3
_MANY = 50


def join_conversion(candidates: Sequence[Candidate], frame: pd.DataFrame) -> Candidate | None:
    """Join the status that knows the rejections and the column that knows the acceptances.

    Parameters
    ----------
    candidates : sequence of Candidate
        Columns that could hold a decision, without those that a status explains.
    frame : DataFrame

    Returns
    -------
    Candidate or None
        The status with `converted`, where hardly a converted record is one that it says was
        rejected. None where a column says all by itself.
    """
    statuses = [
        status
        for c in candidates
        if (status := _read_archive(c) or c).values["rejected"] and len(c.counts) > 1
    ]
    joined = [
        joint
        for status in statuses
        for other in candidates
        if other.column != status.column and _knows_acceptances(other)
        if (joint := _join(status, other, frame)) is not None
    ]
    joined += [
        joint
        for status in candidates
        if status.is_sorted and len(status.counts) > 2
        if (joint := _join_pipeline(status, frame)) is not None
    ]
    return max(joined, key=lambda joint: joint.score, default=None)


def is_converted(candidate: Candidate, frame: pd.DataFrame) -> pd.Series:
    """Return of each row whether the record was taken over, whatever its status."""
    if candidate.converted is None:
        return pd.Series(False, index=frame.index)
    texts = frame[candidate.converted].map(to_text, na_action="ignore")
    return texts.isin(candidate.converted_values)


def _read_archive(candidate: Candidate) -> Candidate | None:
    """Return whether records are in use as a status: what is archived was lost, the rest is open.

    Of a status with more values it is None, and of a column of another name.
    """
    if len(candidate.counts) != 2 or not is_named("active", candidate.column):
        return None
    lost, in_use = candidate.values["rejected"], candidate.values["accepted"]
    values = {**candidate.values, "accepted": (), "rejected": lost, "undecided": in_use}
    return replace(candidate, values=values)


def _knows_acceptances(candidate: Candidate) -> bool:
    """Say whether a column is named as one with a decision, and of refusals says nothing sure."""
    if candidate.score < _NAMED or not candidate.values["accepted"]:
        return False
    if len(candidate.counts) == 2:
        return candidate.is_sorted and is_named("flag", candidate.column)
    said = candidate.values
    return speaks(said["accepted"]) and not (said["rejected"] or said["recycled"])


def _join(status: Candidate, other: Candidate, frame: pd.DataFrame) -> Candidate | None:
    texts = frame[status.column].map(to_text, na_action="ignore")
    joint = replace(
        status, converted=other.column, converted_values=tuple(other.values["accepted"])
    )
    taken = is_converted(joint, frame)
    share = taken.groupby(texts).mean()
    refused = [v for v in status.values["rejected"] if share.get(v, 0.0) < _NEARLY_ALL]
    if not taken.any() or not refused or any(share.get(v, 0.0) > _HARDLY_ANY for v in refused):
        return None
    if (taken & ~texts.isin(status.values["accepted"])).sum() < MIN_BEYOND * taken.sum():
        return None
    said = ", ".join(joint.converted_values)
    evidence = (
        f"sales took over what {other.column} says is {said}, whatever this column says of it",
    )
    return replace(
        joint,
        values=_move(status, share, refused),
        score=max(status.score, other.score),
        evidence=(*status.evidence, *evidence),
    )


def _join_pipeline(status: Candidate, frame: pd.DataFrame) -> Candidate | None:
    """Join a status and the pipelines of sales: what is in them was taken over, lost or not.

    A pipeline before sales has many refused records and none that was won; of its open stages
    none is one of sales' pipelines, as parallel ones for two products would have.
    """
    stages = frame[status.column].map(to_text, na_action="ignore")
    for name in frame.columns:
        if name == status.column or not is_named("pipeline", str(name)):
            continue
        pipelines = frame[name].map(to_text, na_action="ignore")
        won = set(pipelines[stages.isin(status.values["accepted"])].dropna())
        refused = pipelines[stages.isin(status.values["rejected"])].value_counts()
        before = {str(value) for value, n in refused.items() if n >= _MANY and value not in won}
        ends = (*status.values["accepted"], *status.values["rejected"], *status.values["recycled"])
        going = ~stages.isin(ends) & stages.notna()
        first, later = (set(stages[going & pipelines.isin(among)]) for among in (before, won))
        if not won or not first or first & later or before | won < set(pipelines.dropna()):
            continue
        joint = replace(status, converted=str(name), converted_values=tuple(sorted(map(str, won))))
        share = is_converted(joint, frame).groupby(stages).mean()
        evidence = (
            f"sales took over what {name} says is {', '.join(joint.converted_values)}, whatever "
            f"this column says of it: {', '.join(sorted(before))} holds none that was won",
        )
        values = _move(status, share, status.values["rejected"])
        return replace(joint, values=values, evidence=(*status.evidence, *evidence))
    return None


def _move(
    status: Candidate, share: pd.Series, refused: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the status's values: accepted are those whose records were nearly all taken over."""
    moved: dict[str, list[str]] = {meaning: [] for meaning in status.values}
    for meaning, listed in status.values.items():
        for value in listed:
            taken = float(share.get(value, 0.0))
            if meaning in ("accepted", "rejected") and value not in refused:
                meaning_now = "accepted" if taken >= _NEARLY_ALL else "undecided"
            else:
                meaning_now = meaning
            moved[meaning_now].append(value)
    return {meaning: tuple(listed) for meaning, listed in moved.items()}
