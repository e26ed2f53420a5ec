"""Proposed settings, from nothing but an export: id, time of hand-over, decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from features.columns.kinds import Column
from features.crm.block_lists import roles
from features.crm.presets import PRESETS
from features.crm.time_roles import find_time_role
from features.proposal.candidates import Candidate, Choice
from features.proposal.decided_at import choose_decided_at
from features.proposal.decision import choose_decision, name_column, to_accepted
from features.proposal.exclusions import find_excluded, list_owners
from features.proposal.hand_over import choose_hand_over
from features.proposal.late_copies import find_late_copies
from features.proposal.lead_id import rank_ids
from features.settings.preset import apply_preset
from features.settings.schema import DecisionSettings, LeadSettings, Settings, TableSettings

_SAMPLE = 50_000
_MANY_FILLED = 6
_MOSTLY_FILLED = 0.5
_FEWEST_ROWS, _NEARLY_ALL, _HARDLY_ANY = 5, 0.95, 0.05
_UNSET = ("select", "please select", "-- select --", "choose", "--none--", "-none-", "seleccione")


@dataclass(frozen=True)
class Proposal:
    """Proposed settings of an export.

    Attributes
    ----------
    leads : str
        The file, relative to where the settings will stand.
    preset : str or None
        The CRM whose names were recognised.
    id, handed_over_at, order, decision, decided_at : str or None
        Columns; `order` is "file" where nothing better was found.
    values : mapping of str to tuple of str
        The decision's values by meaning; "unsure" holds those whose meaning nobody can guess.
    missing : tuple of str
        Values that mean that nothing was entered.
    display : tuple of str
        Columns that name a lead to a reader.
    suspects : mapping of str to str
        Columns that may know the answer, and why.
    owners : tuple of str
        The rep's columns, never learned from.
    asked : mapping of str to tuple of Candidate
        By "decision" and "handed_over_at", the columns between which somebody has to choose.
    notes : mapping of str to tuple of str
        By key of the settings, why it was proposed.
    closed : str or None
        The column that says which records are closed, where the answer counts for those alone.
    closed_values : tuple of str
        Its values of closed records; none where any entry is one.
    converted : str or None
        The column that says which records sales took over, whatever the decision's column says.
    converted_values : tuple of str
        Its values of such records.
    """

    leads: str
    preset: str | None
    id: str | None
    handed_over_at: str | None
    order: str | None
    decision: str | None
    values: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    display: tuple[str, ...]
    suspects: Mapping[str, str]
    decided_at: str | None = None
    owners: tuple[str, ...] = ()
    asked: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed: str | None = None
    closed_values: tuple[str, ...] = ()
    converted: str | None = None
    converted_values: tuple[str, ...] = ()


def propose(
    frame: pd.DataFrame,
    columns: Mapping[str, Column],
    *,
    leads: str,
    decision: str | None = None,
    handed_over_at: str | None = None,
) -> Proposal:
    """Guess the settings of an export.

    Parameters
    ----------
    frame : DataFrame
        The leads as text or native types.
    columns : mapping of str to Column
        What each column holds.
    leads : str
        How the settings will name the file.
    decision, handed_over_at : str, optional
        Columns that somebody has named.

    Returns
    -------
    Proposal
        Where several columns fit alike, none is proposed and `asked` holds them.
    """
    sample = leave_out_bare(frame.head(_SAMPLE))
    preset = find_preset(list(columns))
    known = _ask_preset(preset, list(columns))
    answer = _choose_decision(sample, known.decision, decision)
    rest = _without(columns, answer.column)
    ids = rank_ids(sample, rest)
    lead_id = _keep(known.leads.id, [c.column for c in ids]) or (ids[0].column if ids else None)
    accepted = None if answer.chosen is None else to_accepted(answer.chosen, sample)
    time = _choose_time(sample, rest, known.leads, lead_id, handed_over_at)
    if handed_over_at is None and hand_over_is_answer(sample, time.column, accepted):
        time = _choose_time(sample, _without(rest, time.column), known.leads, lead_id, None)
    decided = Choice()
    if accepted is not None:
        decided = choose_decided_at(
            _times(sample, rest), handed_over_at=time.column, accepted=accepted
        )
    order = None if time.column else find_order(frame, list(_without(rest, lead_id))) or "file"
    beside = answer.chosen or Candidate("", 0.0)
    chosen = (lead_id, time.column, answer.column, decided.column, order, beside.closed)
    used = {name for name in (*chosen, beside.converted) if name is not None}
    copies = _find_copies(sample, columns, time.column, accepted)
    excluded = find_excluded(
        sample, _leave_out(columns, answer.asked), preset=preset, used=used, accepted=accepted
    )
    asked = {"decision": answer.asked, "handed_over_at": time.asked}
    return Proposal(
        leads=leads,
        preset=preset,
        id=lead_id,
        handed_over_at=time.column,
        order=order,
        decision=answer.column,
        closed=beside.closed,
        closed_values=beside.closed_values,
        converted=beside.converted,
        converted_values=beside.converted_values,
        values=beside.values,
        missing=find_unset(sample),
        display=tuple(name for name, role in roles(list(columns)).items() if role == "company"),
        suspects={name: why for name, why in copies.items() if name not in used} | excluded,
        decided_at=decided.column,
        owners=list_owners([n for n, column in columns.items() if column.kind != "time"]),
        asked={key: candidates for key, candidates in asked.items() if candidates},
        notes={
            "decision": answer.notes,
            "handed_over_at": time.notes,
            "decided_at": decided.notes,
        },
    )


def _find_copies(
    sample: pd.DataFrame,
    columns: Mapping[str, Column],
    handed_over_at: str | None,
    accepted: pd.Series | None,
) -> dict[str, str]:
    """Return late copies of what sales decided, with why; none where no answer is known."""
    if accepted is None:
        return {}
    return find_late_copies(
        sample, columns, handed_over_at=handed_over_at, decided=accepted.notna()
    )


def _without(columns: Mapping[str, Column], name: str | None) -> dict[str, Column]:
    """Return the columns but one."""
    return {other: column for other, column in columns.items() if other != name}


def _leave_out(columns: Mapping[str, Column], asked: Sequence[Candidate]) -> dict[str, Column]:
    """Return the columns that nobody is asked about: only an answer can exclude the others."""
    names = {candidate.column for candidate in asked}
    return {name: column for name, column in columns.items() if name not in names}


def _choose_decision(frame: pd.DataFrame, known: DecisionSettings, named: str | None) -> Choice:
    own = {} if known.column is None else {known.column: known}
    choice = choose_decision(frame, own)
    if named is None or (choice.chosen is not None and named in _say_answer(choice.chosen)):
        return choice
    candidate = name_column(named, frame)
    why = candidate.evidence[:1] if candidate.closed else ()
    return Choice(candidate, notes=("named by hand", *why))


def _say_answer(chosen: Candidate) -> tuple[str | None, ...]:
    """Return the columns whose name means the whole proposal: what stands beside them is kept."""
    reasoned = chosen.closed is not None and chosen.closed == chosen.converted
    return (chosen.column, chosen.converted) if reasoned else (chosen.column,)


def _choose_time(
    frame: pd.DataFrame,
    columns: Mapping[str, Column],
    known: LeadSettings,
    lead_id: str | None,
    named: str | None,
) -> Choice:
    """Choose the hand-over: the one named, the preset's if mostly filled, or the likeliest."""
    times = _times(frame, columns)
    filled = [str(name) for name in times if times[name].notna().mean() >= _MOSTLY_FILLED]
    own = known.handed_over_at
    # A preset falls back on the day the record was made, which another date may know better.
    if own is not None and find_time_role(own) != "hand_over":
        own = None if any(find_time_role(name) == "hand_over" for name in filled) else own
    for name, why in ((named, "named by hand"), (own, "the CRM's own name for it")):
        if name is not None and (name in filled or name == named):
            return Choice(Candidate(name, 5.0, (why,)), notes=(why,))
    return choose_hand_over(times, subject=lead_id or "")


def hand_over_is_answer(frame: pd.DataFrame, time: str | None, accepted: pd.Series | None) -> bool:
    """Say whether a date whose name says little is there for the decided rows and no others.

    Parameters
    ----------
    frame : DataFrame
    time : str or None
        The column of the date.
    accepted : Series of float or None
        1 accepted, 0 rejected, missing where undecided.
    """
    if time is None or accepted is None or find_time_role(time) in ("hand_over", "created"):
        return False
    filled, decided = frame[time].notna(), accepted.notna()
    if min(decided.sum(), (~decided).sum()) < _FEWEST_ROWS:
        return False
    return bool(filled[decided].mean() >= _NEARLY_ALL and filled[~decided].mean() <= _HARDLY_ANY)


def _times(frame: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    return frame[[name for name, column in columns.items() if column.kind == "time"]]


def _keep(name: str | None, among: Sequence[str]) -> str | None:
    return name if name in among else None


def leave_out_bare(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without those that fill next to nothing, as subtotals and second tags do.

    Parameters
    ----------
    frame : DataFrame
        Of few columns all rows are kept.
    """
    filled = frame.notna().sum(axis=1)
    usual = float(filled.median()) if len(frame) else 0.0
    return frame[filled > usual / 4] if usual >= _MANY_FILLED else frame


def find_order(frame: pd.DataFrame, names: Sequence[str]) -> str | None:
    """Return a running number that rises or falls with the rows, if there is one."""
    for name in names:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        known = numbers.dropna()
        if len(known) < max(20, 0.98 * len(frame)) or known.nunique() < len(known):
            continue
        place = pd.Series(range(len(known)), index=known.index, dtype=float)
        if abs(known.rank().corr(place)) > 0.95:
            return name
    return None


def find_preset(names: Sequence[str]) -> str | None:
    """Return the CRM whose characteristic column names are there."""
    folded = {" ".join(name.casefold().split()) for name in names}
    matches = {crm: len(folded.intersection(preset.signs)) for crm, preset in PRESETS.items()}
    best = max(matches, key=lambda crm: matches[crm])
    return best if matches[best] >= 2 else None


def find_unset(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the values a form leaves where nothing was chosen."""
    found: dict[str, None] = {}
    for name in frame.columns:
        for value in frame[name].dropna().unique()[:1_000]:
            if isinstance(value, str) and value.strip().casefold() in _UNSET:
                found[value.strip()] = None
    return tuple(found)


def _ask_preset(preset: str | None, columns: Sequence[str]) -> Settings:
    """Return settings with only what a CRM's preset knows of the columns."""
    settings = Settings(
        tables=TableSettings(leads="leads"),
        leads=LeadSettings.model_validate({"preset": preset}),
        file=Path(),
        root=Path(),
    )
    return apply_preset(settings, {"leads": columns})
