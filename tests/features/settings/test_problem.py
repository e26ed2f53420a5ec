"""Mistakes in the settings: one error that tells the first and counts the rest."""

from __future__ import annotations

import pytest

from features.settings.problem import Problem, to_error


@pytest.mark.parametrize(("count", "last"), [(1, "P0"), (3, "P2"), (4, "And 1 more problem in f")])
def test_at_most_three_problems_are_told(count: int, last: str) -> None:
    problems = [Problem(("leads", str(number)), f"P{number}") for number in range(count)]
    told = str(to_error(problems, file="f", lines={})).splitlines()
    assert len(told) == min(count, 4)
    assert told[-1].startswith(last)
    assert told[-1].endswith(".")


def test_a_missing_key_stands_at_its_table_and_a_missing_table_last() -> None:
    problems = [Problem(("csv",), "none"), Problem(("leads", "id"), "missing")]
    told = str(to_error(problems, file="f", lines={("leads",): 5})).splitlines()
    assert told == ["Missing (f, line 5).", "None (f)."]
