"""The commands of trials: each option reaches its job, and the group alone says what it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import Leadaccord
from tests.pipelines.test_trial import START, planned, trial_folder

__all__ = ["planned", "trial_folder"]


def test_without_a_command_it_names_the_help(leadaccord: Leadaccord) -> None:
    run = leadaccord("trial")
    assert run.code == 2 and "See leadaccord trial --help" in run.err
    assert all(name in leadaccord("trial", "--help").out for name in ("plan", "assign", "read"))


@pytest.mark.parametrize(
    ("option", "value", "key", "expected"),
    [
        ("--days", "21", "days", 21),
        ("--share", "0.8", "share", 0.8),
        ("--outcome", "accepted", "outcome", "accepted"),
        ("--effect", "0.3", "effect", 0.3),
    ],
)
def test_options_are_in_the_plan(
    planned: Path, leadaccord: Leadaccord, option: str, value: str, key: str, expected: Any
) -> None:
    run = leadaccord(
        *("trial", "plan", "b", "--effect", "0.2", "--start", START, option, value, "--json")
    )
    assert run.json[key] == expected
    assert run.json["out"] == str(planned / "trials" / "b" / "plan.html")
