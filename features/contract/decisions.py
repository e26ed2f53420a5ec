"""Decisions of sales, from a table of decisions or from columns of leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from features.columns.kinds import Known
from features.columns.notes import note_readings
from features.columns.profile import type_columns
from features.contract.columns import (
    find_columns,
    find_lead_id,
    make_empty,
    make_undated,
    profile_named,
    to_text,
    to_time,
)
from features.contract.decision_match import ANSWER_KEYS, end_of_day, read_answers
from features.findings import Finding
from features.settings.schema import DecisionSettings, Settings
from features.sources.file import ROW
from features.sources.tables import SourceTable


def add_flat_decision(
    episodes: pd.DataFrame, frame: pd.DataFrame, *, settings: Settings
) -> pd.DataFrame:
    """Take the decision from columns of leads, as a flat export has them.

    Parameters
    ----------
    episodes : DataFrame
        The hand-overs, undecided.
    frame : DataFrame
        The leads they were made from, same index.
    settings : Settings
        With the preset's names filled in.

    Returns
    -------
    DataFrame
        The hand-overs with ``decision``, ``unknown``, ``decided_at``, ``early``, ``reason`` and
        ``rep``.

    Raises
    ------
    SettingsError
        When the settings name a column that is not there.
    """
    decision = settings.decision
    found = find_columns(decision.named, frame.columns, table="decision", settings=settings)
    answer, unknown = read_answers(frame, found, decision)
    result = episodes.assign(decision=answer, unknown=unknown)
    if "decided_at" in found:
        result["decided_at"] = to_time(frame[found["decided_at"]])
        latest = end_of_day(result["decided_at"])
        result["early"] = answer.notna() & (latest < result["handed_over_at"])
    for key in ("reason", "rep"):
        if key in found:
            result[key] = to_text(frame[found[key]])
    return result


def read_decisions(
    source: SourceTable, *, settings: Settings
) -> tuple[pd.DataFrame, dict[str, int], list[Finding]]:
    """Read the table of decisions.

    Parameters
    ----------
    source : SourceTable
    settings : Settings
        With the preset's names filled in.

    Returns
    -------
    decisions : DataFrame
        As in `Tables.decisions`.
    filled : dict of str to int
        Each further column, and in how many rows it is filled.
    findings : list of Finding
        Values that could not be read, or that no list names.

    Raises
    ------
    SettingsError
        When the settings name a column that is not there.
    """
    decision = settings.decision
    available = source.columns
    lead_id, found = find_decision_columns(available, settings=settings)
    texts = [found[key] for key in ANSWER_KEYS if key in found]
    # The date of the answer may say which records are closed: it stays a time.
    kinds: dict[str, Known] = {n: "text" for n in texts if n != found.get("decided_at")}
    kinds[lead_id] = "id"
    columns = profile_named(source, [found.get("decided_at")], settings=settings, kinds=kinds)
    frame = type_columns(source.relation, columns, missing=settings.leads.missing).to_pandas()
    findings = note_readings((columns[name] for name in found.values()), table="decisions")
    result, unknown = translate_decisions(frame, lead_id, found, decision=decision)
    findings += note_unknown_values(unknown, frame[ROW], table="decisions", others=decision.others)
    filled = {name: int(frame[name].notna().sum()) for name in available if name != lead_id}
    return result, filled, findings


def find_decision_columns(
    available: Sequence[str], *, settings: Settings
) -> tuple[str, dict[str, str]]:
    """Find the columns of the table of decisions: the lead's id, and those named by key.

    Parameters
    ----------
    available : sequence of str
    settings : Settings
        With the preset's names filled in.

    Raises
    ------
    SettingsError
        When one is not there.
    """
    decision = settings.decision
    lead_id = find_lead_id(decision.id, available, table="decision", settings=settings)
    named = decision.named
    return lead_id, find_columns(named, available, table="decision", settings=settings)


def translate_decisions(
    frame: pd.DataFrame, lead_id: str, found: Mapping[str, str], *, decision: DecisionSettings
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the decisions in canonical form, undecided ones left out, and the unknown values.

    Parameters
    ----------
    frame : DataFrame
        The columns as they were typed, and ``_row``.
    lead_id : str
    found : mapping of str to str
        Column by key, as `find_decision_columns` gives them.
    decision : DecisionSettings
    """
    result = _to_canonical(frame, lead_id, found)
    if decision.present_means is not None:
        return result.assign(decision=decision.present_means), make_empty(frame.index)
    result["decision"], unknown = read_answers(frame, found, decision)
    return result[result["decision"].notna()], unknown


def note_unknown_values(
    unknown: pd.Series, rows: pd.Series, *, table: str, others: Literal["error", "undecided"]
) -> list[Finding]:
    """Return a finding that names the decision values which no list of the settings names.

    Parameters
    ----------
    unknown : Series
        The values as text; missing where a list names the value.
    rows : Series of int
        The rows' places in the source, same index.
    table : str
        The table that holds them.
    others : {"error", "undecided"}
        What the settings say of such values: refused, or taken as undecided and only noted.
    """
    named = unknown.dropna()
    if named.empty:
        return []
    common = ", ".join(f'"{value}" ({count})' for value, count in _count_commonest(named, 5))
    refused = others == "error"
    return [
        Finding(
            code="unknown_decision",
            severity="error" if refused else "note",
            message=(
                f"the settings do not say what these decision values mean: {common}"
                if refused
                else f"decision values that no list names count as undecided: {common}"
            ),
            next_step=(
                "Add each to accepted, rejected, recycled or undecided under [decision], "
                'or set others = "undecided"'
                if refused
                else ""
            ),
            table=table,
            count=len(named),
            total=len(unknown),
            example=f"row {int(rows[named.index[0]])}",
        )
    ]


def _to_canonical(frame: pd.DataFrame, lead_id: str, found: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows under the contract's names; the decision is still to be translated."""
    result = pd.DataFrame({"row": frame[ROW].astype("int64"), "lead_id": to_text(frame[lead_id])})
    dated = "decided_at" in found
    result["decided_at"] = (
        to_time(frame[found["decided_at"]]) if dated else make_undated(frame.index)
    )
    for key in ("reason", "rep"):
        result[key] = to_text(frame[found[key]]) if key in found else make_empty(frame.index)
    return result


def _count_commonest(values: pd.Series, most: int) -> list[tuple[str, int]]:
    counts = values.value_counts().head(most)
    return [(str(value)[:40], int(count)) for value, count in counts.items()]
