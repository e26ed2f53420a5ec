"""What is wrong with settings: the rules over several keys, and one error for all mistakes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from features.errors import SettingsError
from features.settings_text import Key

if TYPE_CHECKING:
    from features.settings import DecisionSettings, FeatureSettings, LeadSettings, Settings

MAX_REPORTED = 3


@dataclass(frozen=True)
class Problem:
    """One mistake in the settings.

    Attributes
    ----------
    key : tuple of str
        The table and the key, or the table alone.
    what : str
        The mistake, without the full stop.
    got, expected, next_step : str or None
        As in `LeadaccordError`.
    suggested : tuple of str or None
        The key that was probably meant.
    """

    key: Key
    what: str
    got: str | None = None
    expected: str | None = None
    next_step: str | None = None
    suggested: Key | None = None


def collect_problems(settings: Settings) -> Iterator[Problem]:
    """Give what is wrong with keys that are right each by itself.

    Parameters
    ----------
    settings : Settings
        Settings whose keys have the right types.

    Yields
    ------
    Problem
        In the order of the file's tables.
    """
    yield from _check_leads(settings.leads)
    if settings.decision.present_means:
        yield from _check_present_means(settings.decision, settings.tables.decisions)
    elif settings.leads.preset is None:
        yield from find_missing_decision(settings.decision)
    yield from _check_values(settings.decision)
    yield from _check_columns(settings.features, settings.leads)


def _check_leads(leads: LeadSettings) -> Iterator[Problem]:
    if leads.order and leads.handed_over_at:
        yield Problem(
            ("leads", "order"),
            "[leads] order and handed_over_at are both given",
            expected="one of them",
            next_step="Remove order if the hand-over has a time, else remove handed_over_at",
        )
    elif leads.order and leads.since:
        yield Problem(
            ("leads", "since"),
            "[leads] since needs the time of the hand-over, and order gives only a sequence",
            next_step="Name the column of the time in handed_over_at, or remove since",
        )


def _check_present_means(decision: DecisionSettings, decisions: str | None) -> Iterator[Problem]:
    if decisions is None:
        yield Problem(
            ("decision", "present_means"),
            "[decision] present_means needs a table of decisions",
            expected="[tables] decisions",
            next_step='Add decisions = "FILE" to [tables], or remove present_means',
        )
    for name in ("column", "accepted", "rejected", "recycled", "undecided"):
        if getattr(decision, name):
            yield Problem(
                ("decision", name),
                f"[decision] {name} and present_means are both given",
                expected="one of them",
                next_step=f"Remove {name} if being in the table is the decision, "
                "else remove present_means",
            )


def find_missing_decision(decision: DecisionSettings) -> Iterator[Problem]:
    """Give a problem for each key without which no decision can be read.

    Parameters
    ----------
    decision : DecisionSettings
        Settings without `present_means`.

    Yields
    ------
    Problem
        For `column`, `accepted` and `rejected`, where they are empty.
    """
    if not decision.model_fields_set:
        yield Problem(
            ("decision",),
            "[decision] is missing or empty",
            expected="where sales' answer stands and what it means",
            next_step="Add [decision] with column, accepted and rejected",
        )
        return
    examples = {
        "column": 'column = "Status", the column that holds what sales decided',
        "accepted": 'accepted = ["Qualified"], the values that mean yes',
        "rejected": 'rejected = ["Disqualified"], the values that mean no',
    }
    for name, example in examples.items():
        if not getattr(decision, name):
            yield Problem(
                ("decision", name),
                f"[decision] {name} is missing",
                next_step=f"Add {example}",
            )


def _check_values(decision: DecisionSettings) -> Iterator[Problem]:
    lists = {name: getattr(decision, name) for name in ("accepted", "rejected", "recycled")}
    for name, values in lists.items():
        if "" in values:
            yield Problem(
                ("decision", name),
                f"[decision] {name} holds an empty value, and no entry is no decision",
                next_step=f"Remove the empty value from {name}",
            )
    lists["undecided"] = decision.undecided
    for first, second in combinations(lists, 2):
        shared = [value for value in lists[second] if value in lists[first] and value]
        if shared:
            yield Problem(
                ("decision", second),
                f"[decision] {first} and {second} share a value",
                got=", ".join(f'"{value}"' for value in dict.fromkeys(shared)),
                next_step="Keep each value in one list",
            )


def _check_columns(features: FeatureSettings, leads: LeadSettings) -> Iterator[Problem]:
    contradictions = (
        ("exclude", features.exclude, "fit", features.fit),
        ("exclude", features.exclude, "behaviour", features.behaviour),
        ("exclude", features.exclude, "trust", features.trust),
        ("fit", features.fit, "behaviour", features.behaviour),
        ("[leads] display", leads.display, "fit", features.fit),
        ("[leads] display", leads.display, "behaviour", features.behaviour),
    )
    for first, names, second, others in contradictions:
        shared = [name for name in others if name in names]
        if shared:
            yield Problem(
                ("features", second),
                f"[features] {second} and {first} name the same column",
                got=", ".join(f'"{name}"' for name in shared),
                next_step="Keep the column in one of the two lists",
            )


def to_error(problems: Sequence[Problem], *, file: str, lines: Mapping[Key, int]) -> SettingsError:
    """Return one error that tells the first three problems and counts the rest.

    Parameters
    ----------
    problems : sequence of Problem
        At least one.
    file : str
        The settings file, as it was named.
    lines : mapping of tuple of str to int
        The line of each key; empty where no file stands behind the settings.

    Returns
    -------
    SettingsError
        One line per problem, in the order of the file.
    """
    # What stands in the file comes first, in its order; what is missing from it, last.
    ordered = sorted(problems, key=lambda problem: _find_line(problem.key, lines) or math.inf)
    errors = [_to_single_error(problem, file, lines) for problem in ordered]
    if len(errors) == 1:
        return errors[0]
    told = [str(error) for error in errors[:MAX_REPORTED]]
    rest = len(errors) - MAX_REPORTED
    if rest > 0:
        told.append(f"And {rest} more problem{'s' if rest > 1 else ''} in {file}.")
    return SettingsError("\n".join(told).removesuffix("."))


def _find_line(key: Key, lines: Mapping[Key, int]) -> int | None:
    """Return the line of a key, of its table where the key is missing, or None without both."""
    return lines.get(key) or lines.get(key[:1])


def _to_single_error(problem: Problem, file: str, lines: Mapping[Key, int]) -> SettingsError:
    line = _find_line(problem.key, lines)
    return SettingsError(
        problem.what,
        where=f"{file}, line {line}" if line else file,
        got=problem.got,
        expected=problem.expected,
        next_step=problem.next_step,
    )


def drop_echoes(rules: Iterable[Problem], problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems that do not follow from one already known.

    Parameters
    ----------
    rules : iterable of Problem
        Problems found on tables from which wrong keys were left out.
    problems : sequence of Problem
        Problems with those keys.

    Returns
    -------
    list of Problem
        Without, for example, "accepted is missing" where `acepted` stands in the file.
    """
    known = {key for problem in problems for key in (problem.key, problem.suggested) if key}
    tables = {key[0] for key in known}
    return [
        rule
        for rule in rules
        if rule.key not in known
        and rule.key[:1] not in known
        and not (len(rule.key) == 1 and rule.key[0] in tables)
    ]
