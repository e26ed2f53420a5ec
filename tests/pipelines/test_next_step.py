"""Promises of `pipelines.next_step`: every command has a next step that can be run as it stands."""

from __future__ import annotations

from pipelines.next_step import suggest
from tests.pipelines.conftest import list_commands

COMMANDS = list_commands()
RESULT = {"out": "page.html", "lead_id": "L1", "alert": True, "in_use": True, "decision": "held"}
RESULT |= {"trial": "autumn", "verdict": "open"}


def test_every_command_has_a_next_step_of_known_commands() -> None:
    for command in COMMANDS:
        step = suggest(command, RESULT)
        assert step and len(step) <= 79 - len("Next: ")
        if "leadaccord " in step:
            assert f"{step.split('leadaccord ')[1]} ".startswith(tuple(f"{c} " for c in COMMANDS))


def test_settings_that_were_named_are_named_again() -> None:
    assert suggest("check", {}, config=" --config a.toml") == "leadaccord train --config a.toml"
    assert "--config" not in suggest("report", RESULT, config=" --config a.toml")


def test_the_outcome_decides() -> None:
    assert suggest("monitor", {"alert": False}) == ""
    assert suggest("monitor", {"alert": True}) == "leadaccord retrain"
    assert "check" in suggest("train", {"in_use": False})
    assert "score" in suggest("retrain", {"decision": "promoted"})
    assert "stays" in suggest("retrain", {"decision": "held"})
    assert suggest("trial read", RESULT) == "leadaccord trial read autumn"
    assert "end" in suggest("trial read", {"verdict": "works"})
