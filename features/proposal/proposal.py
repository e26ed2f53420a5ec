"""Proposed settings, from nothing but an export: id, time of hand-over, decision."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from features.columns.kinds import Column
from features.crm.block_lists import roles
from features.crm.presets import PRESETS
from features.language import list_languages
from features.proposal.decision_words import sort_values
from features.settings.preset import apply_preset
from features.settings.schema import DecisionSettings, LeadSettings, Settings, TableSettings

MAX_DECISION_VALUES = 15
_SAMPLE = 50_000

_DECISION_NAME = re.compile(
    r"^(y|target|label|status|decision|outcome|result|converted|is ?converted|accepted|sal|sql|"
    r"qualified|lead ?status|lead ?stage|stage|disposition|won|estado|resultado|convertido)$"
)
_DECISION_HINT = re.compile(r"convert|accept|qualif|status|decision|disposition|outcome|won\b")
_HAND_OVER_NAME = re.compile(r"mql|hand|assign|first contact|contact date|entreg|asignad")
_CREATED_NAME = re.compile(r"creat|date|fecha|time|\bat\b|registr")
_ID_NAME = re.compile(
    r"(^|[\W_])(?i:id|key|uuid|guid|code|c[oó]digo)$|[a-z]I[dD]$|^(?i:lead|contact|prospect)id$"
)
_UNSET = ("select", "please select", "-- select --", "choose", "--none--", "-none-", "seleccione")


@dataclass(frozen=True)
class Proposal:
    """What an export seems to hold.

    Attributes
    ----------
    leads : str
        The file, relative to where the settings will stand.
    preset : str or None
        The CRM whose names were recognised.
    id, handed_over_at, order, decision : str or None
        Columns; `order` is "file" where nothing better was found.
    values : mapping of str to tuple of str
        The decision's values by meaning; "unsure" holds those whose meaning nobody can guess.
    missing : tuple of str
        Values that mean that nothing was entered.
    display : tuple of str
        Columns that name a lead to a reader.
    suspects : mapping of str to str
        Columns that may know the answer, and why.
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


def propose(frame: pd.DataFrame, columns: Mapping[str, Column], *, leads: str) -> Proposal:
    """Guess the settings of an export.

    Parameters
    ----------
    frame : DataFrame
        The leads as text or native types.
    columns : mapping of str to Column
        What each column holds.
    leads : str
        How the settings will name the file.

    Returns
    -------
    Proposal
        `suspects` is empty; it takes labels to find them.
    """
    sample = frame.head(_SAMPLE)
    preset = find_preset(list(columns))
    known = _ask_preset(preset, list(columns))
    decision = known.decision.column
    if decision is None or not _tells_apart(sample[decision], known.decision):
        decision = find_decision(sample)
    rest = {name: column for name, column in columns.items() if name != decision}
    time = known.leads.handed_over_at
    if time not in rest or rest[time].kind != "time":
        time = find_hand_over(rest)
    lead_id = known.leads.id or find_id(sample, rest)
    order = None
    if time is None:
        order = find_order(frame, [name for name in rest if name != lead_id]) or "file"
    return Proposal(
        leads=leads,
        preset=preset,
        id=lead_id,
        handed_over_at=time,
        order=order,
        decision=decision,
        values={}
        if decision is None
        else sort_values(
            sample[decision], known.decision if decision == known.decision.column else None
        ),
        missing=find_unset(sample),
        display=tuple(name for name, role in roles(list(columns)).items() if role == "company"),
        suspects={},
    )


def find_decision(frame: pd.DataFrame) -> str | None:
    """Return the column that most looks like sales' answer."""
    best: tuple[float, str] | None = None
    for name in frame.columns:
        values = frame[name].dropna()
        distinct = values.nunique()
        if not 2 <= distinct <= MAX_DECISION_VALUES:
            continue
        meaning = sort_values(values)
        if not meaning["accepted"] or not meaning["rejected"]:
            continue
        plain = re.sub(r"[\W_]+", " ", name).strip().casefold()
        points = 3.0 if _DECISION_NAME.match(plain) else 1.5 if _DECISION_HINT.search(plain) else 0
        points -= 0.1 * len(meaning["unsure"])
        # Yes/no questions of a form look like decisions; only the name tells them apart.
        if points > 0 and (best is None or points > best[0]):
            best = (points, name)
    return None if best is None else best[1]


def find_hand_over(columns: Mapping[str, Column]) -> str | None:
    """Return the time column that most looks like the hand-over."""
    times = [name for name, column in columns.items() if column.kind == "time"]
    for pattern in (_HAND_OVER_NAME, _CREATED_NAME):
        for name in times:
            if pattern.search(re.sub(r"[\W_]+", " ", name).casefold()):
                return name
    return times[0] if len(times) == 1 else None


def find_id(frame: pd.DataFrame, columns: Mapping[str, Column]) -> str | None:
    """Return the column with a value of its own for (nearly) every lead."""
    candidates = []
    for name, column in columns.items():
        values = frame[name].dropna()
        if column.kind == "time" or len(values) < 0.98 * len(frame) or not len(frame):
            continue
        if values.nunique() >= 0.9 * len(values) and not _is_fraction(values):
            candidates.append(name)
    named = [name for name in candidates if _ID_NAME.search(name.strip())]
    if named:
        return named[0]
    # An e-mail address names a lead as well, but an id is shown, and personal data are not.
    personal = roles(candidates)
    texts = [n for n in candidates if columns[n].kind == "text" and n not in personal]
    return texts[0] if texts else None


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
    folded = {name.casefold() for name in names}
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
    """Return settings with what a CRM's preset knows of the columns, and nothing else."""
    settings = Settings(
        tables=TableSettings(leads="leads"),
        leads=LeadSettings.model_validate({"preset": preset}),
        file=Path(),
        root=Path(),
    )
    return apply_preset(settings, {"leads": columns})


def _tells_apart(values: pd.Series, known: DecisionSettings) -> bool:
    sorted_values = sort_values(values, known)
    return bool(sorted_values["accepted"] and sorted_values["rejected"])


def to_toml(proposal: Proposal) -> str:
    """Return the proposal as the text of a settings file, with what to look at as comments."""
    p = proposal
    lines = [
        "# Proposed by looking at the export. Read it once: what is wrong here is wrong for good.",
        "",
        "[project]",
        f'language = "en"                 # {" or ".join(list_languages())}',
        "",
        "[tables]",
        f"leads = {_quote(p.leads)}",
        "",
        "[leads]",
    ]
    lines += [f"preset = {_quote(p.preset)}"] if p.preset else []
    lines += [f"id = {_quote(p.id)}"] if p.id else ["# no id found: the row's number is used"]
    if p.handed_over_at:
        lines.append(
            f"handed_over_at = {_quote(p.handed_over_at)}   # the moment sales got the lead?"
        )
    elif p.order == "file":
        lines.append('order = "file"                  # no time found: are the rows oldest first?')
    else:
        lines.append(f"order = {_quote(p.order)}      # no time found: does it rise with time?")
    lines += [f"missing = {_list(p.missing)}"] if p.missing else []
    lines += [f"display = {_list(p.display)}"] if p.display else []
    lines += ["", "[decision]"]
    if p.decision is None:
        lines.append('# column = "..."              # which column says what sales decided?')
    else:
        lines.append(f"column = {_quote(p.decision)}")
    for meaning in ("accepted", "rejected", "recycled", "undecided"):
        if p.values.get(meaning):
            lines.append(f"{meaning} = {_list(p.values[meaning])}")
    if p.values.get("unsure"):
        lines.append(f"# not clear, sort these into the lists above: {_list(p.values['unsure'])}")
        lines.append('others = "undecided"')
    lines += ["", "[features]"]
    if p.suspects:
        lines.append("# Filled in only after hand-over? Keep those here that sales writes.")
        lines += [f"#   {_comment(name)}: {_comment(why)}" for name, why in p.suspects.items()]
        lines.append(f"exclude = {_list(tuple(p.suspects))}")
    else:
        lines.append("exclude = []                    # columns known only after hand-over")
    return "\n".join(lines) + "\n"


def _is_fraction(values: pd.Series) -> bool:
    numbers = pd.to_numeric(values, errors="coerce").dropna()
    return len(numbers) == len(values) and bool((numbers != numbers.round()).any())


def _quote(text: str | None) -> str:
    # A JSON string is a TOML basic string, except that TOML forbids a bare DEL.
    return json.dumps(text or "", ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(_quote(text) for text in texts) + "]"


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
