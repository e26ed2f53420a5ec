"""Matching of corrections to hand-overs, and the newest of several corrections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.contract.corrections import TABLE, TIMES, quote_value
from features.findings import Finding, Severity

_LOST: dict[str, tuple[str, str]] = {
    "correction_without_id": ("without a lead id", "Fill in lead_id, or remove the rows"),
    "correction_without_lead": (
        "of a lead that is not among the leads handed over",
        "Check that lead_id stands as the CRM writes it: a spreadsheet may have changed it",
    ),
    "correction_without_hand_over": (
        "of a hand-over that the lead did not have at that time",
        "Write handed_over_at as the report exports it, or leave it empty",
    ),
    "correction_ambiguous": (
        "of a lead that was handed over several times, without saying which time is meant",
        "Fill in handed_over_at as the report exports it",
    ),
    "correction_conflict": (
        "that contradict each other, and noted_at does not tell which is the newer",
        "Remove those that no longer hold, or fill in noted_at",
    ),
}
_MAY_BE_LATER = ("correction_without_lead", "correction_without_hand_over")

HandOver = tuple[str, pd.Timestamp | None]


@dataclass(frozen=True)
class _Row:
    """One correction as it is written."""

    row: int
    lead_id: str | None
    handed_over_at: pd.Timestamp | None
    decision: str
    noted_at: pd.Timestamp | None

    @property
    def place(self) -> str:
        named = f", lead {quote_value(self.lead_id)}" if self.lead_id else ""
        return f"row {self.row}{named}"


def match_corrections(
    episodes: pd.DataFrame, corrections: pd.DataFrame, *, timed: bool, replay: bool = False
) -> tuple[pd.Series, list[Finding]]:
    """Give every hand-over the decision that the teams agreed on, where they did.

    A correction belongs to the hand-over of its lead at its time. A time that is written without
    seconds or as a day stands for the lead's only hand-over of that minute or day; none at all,
    for the only one there is. Of several corrections of a hand-over the one noted last counts.

    Parameters
    ----------
    episodes : DataFrame
        ``lead_id``, ``handed_over_at``.
    corrections : DataFrame
        As `read_corrections` returns them.
    timed : bool
        False where hand-overs have no times: then a correction names a lead alone.
    replay : bool
        Whether a past moment is looked at; leads of later are not there then, so that they are
        missed is no error.

    Returns
    -------
    corrected : Series of object
        Indexed like `episodes`: "accepted", "rejected" or missing.
    findings : list of Finding
        Errors: of leads and hand-overs that are not there, of a lead with several hand-overs,
        and of corrections that contradict each other.
    """
    known = _list_hand_overs(episodes, set(corrections["lead_id"].dropna()), timed=timed)
    found: dict[HandOver, list[_Row]] = {}
    lost: dict[str, list[_Row]] = {}
    for row in _to_rows(corrections):
        place = _find_hand_over(row, known, timed=timed)
        if isinstance(place, str):
            lost.setdefault(place, []).append(row)
        else:
            found.setdefault(place, []).append(row)
    settled: dict[HandOver, str] = {}
    for place, rows in found.items():
        newest = _choose_newest(rows)
        if newest is None:
            lost.setdefault("correction_conflict", []).extend(rows)
        else:
            settled[place] = newest.decision
    return (
        _spread(episodes, settled, timed=timed),
        list(_note_lost(lost, len(corrections), replay=replay)),
    )


def _to_rows(corrections: pd.DataFrame) -> Iterator[_Row]:
    for row in corrections.to_dict("records"):
        times = [None if pd.isna(row[name]) else row[name] for name in TIMES]
        lead_id = None if pd.isna(row["lead_id"]) else str(row["lead_id"])
        yield _Row(int(row["row"]), lead_id, times[0], str(row["decision"]), times[1])


def _list_hand_overs(
    episodes: pd.DataFrame, leads: set[str], *, timed: bool
) -> dict[str, list[pd.Timestamp | None]]:
    """Return the hand-overs of some leads, in the order of time; a copy counts once."""
    some = episodes[episodes["lead_id"].isin(leads)]
    if not timed:
        return {str(lead): [None] * len(rows) for lead, rows in some.groupby("lead_id")}
    some = some.dropna(subset=["handed_over_at"])
    return {
        str(lead): sorted(rows["handed_over_at"].unique()) for lead, rows in some.groupby("lead_id")
    }


def _find_hand_over(
    row: _Row, known: Mapping[str, Sequence[pd.Timestamp | None]], *, timed: bool
) -> HandOver | str:
    """Return the hand-over that a correction means, or the code of why there is none."""
    if row.lead_id is None:
        return "correction_without_id"
    if row.lead_id not in known:
        return "correction_without_lead"
    there = known[row.lead_id]
    if timed and row.handed_over_at is not None:
        first, last = row.handed_over_at, _last_moment(row.handed_over_at)
        within = [at for at in there if at is not None and first <= at <= last]
        there = [first] if first in within else within
        if not there:
            return "correction_without_hand_over"
    return (row.lead_id, there[0]) if len(there) == 1 else "correction_ambiguous"


def _last_moment(at: pd.Timestamp) -> pd.Timestamp:
    """Return the last moment that a written time can stand for."""
    for unit, length in (("D", "1D"), ("min", "1min"), ("s", "1s")):
        if at == at.floor(unit):
            return at + pd.Timedelta(length) - pd.Timedelta("1us")
    return at


def _choose_newest(rows: Sequence[_Row]) -> _Row | None:
    """Return the correction noted last; None where others contradict it and may be newer."""
    times = [row.noted_at for row in rows if row.noted_at is not None]
    latest = max(times) if times else None
    candidates = [row for row in rows if row.noted_at is None or row.noted_at == latest]
    return candidates[0] if len({row.decision for row in candidates}) == 1 else None


def _spread(episodes: pd.DataFrame, settled: Mapping[HandOver, str], *, timed: bool) -> pd.Series:
    """Return the settled decisions in the rows of their hand-overs, copies too."""
    result = np.full(len(episodes), None, dtype=object)
    leads = {lead for lead, _ in settled}
    asked = episodes["lead_id"].isin(leads).to_numpy()
    some = episodes[asked]
    times = some["handed_over_at"] if timed else [None] * len(some)
    result[asked] = [
        settled.get((lead, at)) for lead, at in zip(some["lead_id"], times, strict=True)
    ]
    return pd.Series(result, index=episodes.index, dtype=object)


def _note_lost(
    lost: Mapping[str, Sequence[_Row]], total: int, *, replay: bool
) -> Iterator[Finding]:
    """Tell of corrections that could not be taken, with the first of them."""
    for code, (what, next_step) in _LOST.items():
        rows = lost.get(code, ())
        if rows:
            severity: Severity = "warning" if replay and code in _MAY_BE_LATER else "error"
            yield Finding(
                code=code,
                severity=severity,
                message=f"corrections {what}: {len(rows):,} of {total:,}",
                next_step=next_step,
                table=TABLE,
                count=len(rows),
                total=total,
                example=rows[0].place,
            )
