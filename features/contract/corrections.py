"""Corrected decisions, on which both teams agreed.

The report's list of disagreements is exported with a place for a decision; here it comes back.
A correction changes what is learned from a hand-over. It does not change what sales said at the
time, which is what later hand-overs of the lead could know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from features.columns.ids import complete_id
from features.columns.kinds import Kind
from features.columns.notes import note_readings
from features.columns.profile import type_columns
from features.contract.columns import make_undated, profile_named, to_text, to_time
from features.errors import SourceError
from features.findings import Finding, Severity
from features.settings.schema import Settings
from features.sources.file import ROW
from features.sources.tables import SourceTable

TABLE = "corrections"
COLUMNS = ("lead_id", "handed_over_at", "decision", "verdict", "note", "noted_at")
"""The columns of the file in which the teams note their verdicts."""

DECISIONS = ("accepted", "rejected")
_NEEDED = ("lead_id", "decision")
TIMES = ("handed_over_at", "noted_at")
_MOST_NAMED = 5
_LONGEST = 40


def read_corrections(
    source: SourceTable, *, settings: Settings, now: pd.Timestamp, replay: bool = False
) -> tuple[pd.DataFrame, list[Finding]]:
    """Read the corrections that had been noted.

    Parameters
    ----------
    source : SourceTable
        ``lead_id`` and ``decision``; ``handed_over_at`` and ``noted_at`` where they are known.
    settings : Settings
    now : Timestamp
        UTC without a zone; what is noted later does not exist.
    replay : bool
        Whether a past moment was asked for: a correction without a time does not count then.

    Returns
    -------
    corrections : DataFrame
        ``row``, ``lead_id`` (text), ``handed_over_at``, ``decision`` ("accepted" or "rejected"),
        ``noted_at``. Rows without a decision correct nothing and are left out.
    findings : list of Finding
        What cannot be read, as errors; what does not count, as warnings.

    Raises
    ------
    SourceError
        When a column that is needed is not there.
    """
    frame, findings = _read_frame(source, settings)
    said = frame["decision"].map(lambda value: value.strip().casefold(), na_action="ignore")
    frame = frame.assign(said=said)[said.notna() & (said != "")]
    wrong = frame[~frame["said"].isin(DECISIONS)]
    findings += _note_wrong(wrong, total=len(frame))
    frame = frame[frame["said"].isin(DECISIONS)]
    frame = frame.drop(columns="decision").rename(columns={"said": "decision"})
    there = ~(frame["noted_at"] > now)
    if not replay:
        findings += _note_rows(
            frame[~there],
            len(frame),
            code="correction_in_future",
            severity="warning",
            message="noted in the future, and not used",
            next_step="Write noted_at in UTC, or leave it empty",
        )
    undated = frame["noted_at"].isna()
    if replay:
        findings += _note_rows(
            frame[undated],
            len(frame),
            code="correction_undated",
            severity="warning",
            message="without a time, which do not count at a past moment",
            next_step="Fill in noted_at",
        )
        there &= ~undated
    return frame[there].reset_index(drop=True), findings


def quote_value(text: str) -> str:
    """Return what somebody typed as a message can show it: short, and in one line."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text[:_LONGEST])
    return f'"{printable}"'


def _read_frame(source: SourceTable, settings: Settings) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the columns of a correction, typed, all of them there."""
    names = {name.strip().casefold(): name for name in source.columns}
    for name in _NEEDED:
        if name not in names:
            raise _make_lacking(source, name, list(names.values()))
    taken = {name: names[name] for name in (*_NEEDED, *TIMES) if name in names}
    kinds: dict[str, Kind] = {taken[name]: "text" for name in _NEEDED}
    times = [taken[name] for name in TIMES if name in taken]
    narrow = source.select(*taken.values())
    columns = profile_named(narrow, times, settings=settings, kinds=kinds)
    typed = type_columns(narrow.relation, columns, missing=settings.leads.missing).to_pandas()
    frame = pd.DataFrame({"row": typed[ROW].astype("int64")})
    frame["lead_id"] = to_text(typed[taken["lead_id"]]).map(_read_id, na_action="ignore")
    frame["decision"] = to_text(typed[taken["decision"]])
    for name in TIMES:
        there = name in taken
        frame[name] = to_time(typed[taken[name]]) if there else make_undated(frame.index)
    notes = note_readings(columns.values(), table=TABLE)
    return frame, [_refuse_unread(note) for note in notes]


def _refuse_unread(note: Finding) -> Finding:
    """Return the note as an error where a time is not read: empty, it would mean another thing."""
    if note.code not in ("value_unread", "time_ambiguous"):
        return note
    return replace(note, severity="error", next_step="Write it as the report exports it")


def _read_id(lead_id: str) -> str:
    """Return an id without the apostrophe that keeps a spreadsheet from running a text."""
    return complete_id(lead_id.removeprefix("'"))


def _make_lacking(source: SourceTable, name: str, columns: Sequence[str]) -> SourceError:
    return SourceError(
        f'the corrections lack the column "{name}"',
        where=source.origin,
        got="the columns " + ", ".join(f'"{column}"' for column in columns[:8]),
        expected=", ".join(COLUMNS),
        next_step="Export the list of disagreements from the report again, and fill it in there",
        code="column_missing",
    )


def _note_wrong(wrong: pd.DataFrame, *, total: int) -> list[Finding]:
    counts = wrong["decision"].value_counts().head(_MOST_NAMED)
    named = ", ".join(f"{quote_value(str(value))} ({count})" for value, count in counts.items())
    return _note_rows(
        wrong,
        total,
        code="correction_unknown",
        severity="error",
        message=f"with a decision that is neither accepted nor rejected: {named}",
        next_step='Write "accepted" or "rejected", or leave it empty where nothing is corrected',
    )


def _note_rows(
    rows: pd.DataFrame, total: int, *, code: str, severity: Severity, message: str, next_step: str
) -> list[Finding]:
    if rows.empty:
        return []
    return [
        Finding(
            code=code,
            severity=severity,
            message=f"corrections {message}",
            next_step=next_step,
            table=TABLE,
            count=len(rows),
            total=total,
            example=f"row {int(rows['row'].iloc[0])}",
        )
    ]
