"""Excluded columns: what the names and values say was written after hand-over."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from features.columns.kinds import Column
from features.crm.block_lists import is_blocked, is_owner
from features.crm.time_roles import find_time_role, is_late
from features.crm.words import is_about, is_named

_SETTLES = 0.95
_MIN_OF_EACH = 5
_FEW_VALUES = 30


def find_excluded(
    frame: pd.DataFrame,
    columns: Mapping[str, Column],
    *,
    preset: str | None,
    used: Collection[str],
    accepted: pd.Series | None,
    others: Collection[str] = (),
) -> dict[str, str]:
    """Return the columns that cannot have been known at hand-over, and why.

    Parameters
    ----------
    frame : DataFrame
    columns : mapping of str to Column
    preset : str or None
        The CRM, where it is known.
    used : collection of str
        Columns that the settings name for something else.
    accepted : Series of float or None
        What sales decided, 1 or 0; None where the decision is not known.
    others : collection of str
        Further columns that could have been the decision.

    Returns
    -------
    dict of str to str
        In the order of the columns. The rep's columns are not among them: they are never learned
        from.
    """
    found = {}
    for name, column in columns.items():
        if name in used or is_owner(name) or column.kind == "empty":
            continue
        reason = is_blocked(name, preset)
        if reason is None:
            reason = _judge_name(name, column)
        if reason is None and accepted is not None and _sounds_decided(name, others):
            reason = _judge_values(frame[name], accepted)
        if reason is not None:
            found[name] = reason
    return found


def list_owners(names: Collection[str]) -> tuple[str, ...]:
    """Return the columns that name a rep or a team."""
    return tuple(name for name in names if is_owner(name))


def _judge_name(name: str, column: Column) -> str | None:
    if column.kind == "time" and is_late(name):
        said = {
            "decided": "the date of an answer",
            "planned": "a date still to come at hand-over",
            "changed": "the date of a later change",
        }
        return f"by its name, {said[find_time_role(name)]}"
    if is_named("closed", name):
        return "by its name, whether the record is closed"
    if column.kind != "time" and is_about("sales_field", name):
        return "by its name, filled in by sales"
    return None


def _sounds_decided(name: str, others: Collection[str]) -> bool:
    if name in others:
        return True
    spoken_of = is_about("stage", name) or is_about("flag", name)
    return spoken_of and not is_about("other_status", name) and not is_about("earlier", name)


def _judge_values(values: pd.Series, accepted: pd.Series) -> str | None:
    """Judge a column that sounds like a decision by how much of the decision it settles."""
    known = accepted.notna() & values.notna()
    answer = accepted[known]
    if min((answer == 1).sum(), (answer == 0).sum()) < _MIN_OF_EACH:
        return None
    groups = answer.groupby(values[known].astype(str)).agg(["sum", "size"])
    if len(groups) > _FEW_VALUES:
        return None
    rest = groups["size"] - groups["sum"]
    settled = float(groups["sum"].combine(rest, max).sum()) / len(answer)
    usual = float(max(answer.mean(), 1 - answer.mean()))
    # Where nearly all are accepted, every column settles nearly all of it.
    if settled >= max(_SETTLES, usual + 0.5 * (1 - usual)):
        return f"says what was decided for {settled:.0%} of the decided leads"
    return None
