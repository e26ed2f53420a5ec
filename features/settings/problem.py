"""Mistakes in the settings, reported together in one error."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from features.errors import SettingsError
from features.settings.toml_text import Key

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


def to_error(problems: Sequence[Problem], *, file: str, lines: Mapping[Key, int]) -> SettingsError:
    """Return one error with the first three problems and the number of the others.

    Parameters
    ----------
    problems : sequence of Problem
        At least one.
    file : str
        The settings file, as it was named.
    lines : mapping of tuple of str to int
        The line of each key; empty where the settings come from no file.

    Returns
    -------
    SettingsError
        One line per problem, in the order of the file.
    """
    # Problems with a line come first, in the order of the file; missing keys come last.
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
        Without, for example, "accepted is missing" where the file has `acepted`.
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
