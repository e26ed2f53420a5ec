"""Settings filled in from a CRM's preset, with the columns that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from features.crm.block_lists import normalise
from features.crm.presets import PRESETS, DecisionNames, Names, Preset
from features.settings.schema import DecisionSettings, Settings

Section = TypeVar("Section", bound=BaseModel)


def apply_preset(settings: Settings, columns: Mapping[str, Sequence[str]]) -> Settings:
    """Fill in what the settings leave to their preset.

    Parameters
    ----------
    settings : Settings
        Settings as read; without a preset they are returned as they are.
    columns : mapping of str to sequence of str
        The columns of each table that was opened ("leads", "activities", "decisions",
        "outcomes"); nothing is filled in for a table that is not there.

    Returns
    -------
    Settings
        With the columns' own names. A key that the settings name, even as an empty list, is
        left alone; one that no column answers to stays empty, as `require_decision` can tell.

    Notes
    -----
    The values of a decision are filled in only for the preset's own column: those of another
    column are not known. Applying a preset twice changes nothing.
    """
    if settings.leads.preset is None:
        return settings
    preset = PRESETS[settings.leads.preset]
    lead_names = dict(preset.leads)
    if settings.leads.order is not None:
        del lead_names["handed_over_at"]
    return settings.model_copy(
        update={
            "leads": _fill(settings.leads, lead_names, columns.get("leads", ())),
            "decision": _fill_decision(settings, preset, columns),
            "activities": _fill(
                settings.activities, preset.activities, columns.get("activities", ())
            ),
            "outcomes": _fill(settings.outcomes, preset.outcomes, columns.get("outcomes", ())),
        }
    )


def _fill_decision(
    settings: Settings, preset: Preset, columns: Mapping[str, Sequence[str]]
) -> DecisionSettings:
    decision = settings.decision
    own_table = settings.tables.decisions is not None
    available = columns.get("decisions" if own_table else "leads", ())
    if own_table:
        decision = _fill(decision, preset.decision_row, available)
    if decision.present_means is None:
        decision = _fill_values(decision, preset.decisions, available)
    # The reason may be a status, but never the column that already is the decision.
    others = [name for name in available if name != decision.column]
    return _fill(decision, preset.about_decision, others)


def _fill_values(
    decision: DecisionSettings, choices: Iterable[DecisionNames], available: Sequence[str]
) -> DecisionSettings:
    """Fill in the decision's column, and its values if it is one the preset knows."""
    for names in choices:
        column = decision.column or _find(names.columns, available)
        if column is None or normalise(column) not in map(normalise, names.columns):
            continue
        lists = {
            key: getattr(names, key) for key in ("accepted", "rejected", "recycled", "undecided")
        }
        given = {key for key in lists if key in decision.model_fields_set}
        # A value that the settings give a meaning keeps it.
        taken = {value for key in given for value in getattr(decision, key)}
        update: dict[str, Any] = {
            key: tuple(value for value in values if value not in taken)
            for key, values in lists.items()
            if key not in given
        }
        return decision.model_copy(update={"column": column, **update})
    return decision


def _fill(section: Section, names: Names, available: Sequence[str]) -> Section:
    """Fill in the keys that the section leaves out, with columns that are there."""
    found = {
        key: column
        for key, candidates in names.items()
        if key not in section.model_fields_set
        and (column := _find(candidates, available)) is not None
    }
    return section.model_copy(update=found)


def _find(candidates: Iterable[str], available: Sequence[str]) -> str | None:
    """Return the first column that answers to the first candidate that any answers to."""
    by_name: dict[str, str] = {}
    for column in available:
        by_name.setdefault(normalise(column), column)
    return next(
        (by_name[normalise(name)] for name in candidates if normalise(name) in by_name), None
    )
