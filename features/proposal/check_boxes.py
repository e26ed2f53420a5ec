"""Check boxes beside a date: a box that nobody ticked is a no only where sales has looked."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from features.crm.time_roles import find_time_role
from features.crm.words import is_named
from features.proposal.candidates import Candidate
from features.proposal.decision_words import MEANINGS, to_text

_NEARLY_ALL = 0.95
_FEWEST = 5
_NAMED = 3.0


def find_check_boxes(frame: pd.DataFrame) -> list[Candidate]:
    """Return the columns named as an answer that hold one value or nothing.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    list of Candidate
        The one value is a yes. Nothing is a no where a date says that sales has looked; without
        such a date nobody knows which records are still open, and only an answer can say it.
    """
    found = []
    for name in frame.columns:
        counts = frame[name].map(to_text, na_action="ignore").value_counts()
        if len(counts) != 1 or not frame[name].isna().any() or not is_named("flag", str(name)):
            continue
        value = str(counts.index[0])
        evidence = (f"empty or {value}: empty may also be a record that is still open",)
        values = {**dict.fromkeys((*MEANINGS, "unsure"), ()), "accepted": (value,)}
        box = Candidate(str(name), _NAMED, evidence, values, {value: int(counts.iloc[0])})
        found.append(limit_to_dated(_read_empty_as_no(box), frame) or box)
    return found


def limit_to_dated(candidate: Candidate, frame: pd.DataFrame) -> Candidate | None:
    """Let an answer count only where the date of the decision is filled.

    Parameters
    ----------
    candidate : Candidate
        An answer of nothing but yes and no.
    frame : DataFrame
        Times as datetime64.

    Returns
    -------
    Candidate or None
        With the date as `closed`; None where no such date is there for nearly every yes and for
        some of the noes only: the others are those that the box has from the beginning.
    """
    values = candidate.values
    if candidate.closed or not candidate.is_sorted:
        return None
    if any(values[meaning] for meaning in ("undecided", "unsure", "recycled")):
        return None
    texts = frame[candidate.column].map(to_text, na_action="ignore").astype(object)
    texts = texts.where(texts.notna(), "")
    yes, no = texts.isin(values["accepted"]), texts.isin(values["rejected"])
    for name in frame.select_dtypes("datetime").columns:
        if find_time_role(name) != "decided":
            continue
        filled = frame[name].notna()
        seen, unseen = int((no & filled).sum()), int((no & ~filled).sum())
        if min(seen, unseen) >= _FEWEST and filled[yes].mean() >= _NEARLY_ALL:
            shown = ", ".join(value or "nothing entered" for value in values["rejected"])
            note = (
                f"only where {name} is filled: {shown} also stands for {unseen} records without "
                "it, and open is not rejected"
            )
            return replace(candidate, closed=str(name), evidence=(note, *candidate.evidence[:1]))
    return None


def _read_empty_as_no(box: Candidate) -> Candidate:
    return replace(box, values={**box.values, "rejected": ("",)}, evidence=())
