"""Options that commands share are asked for by the same name and help everywhere."""

from __future__ import annotations

from typing import get_args

import pytest
import typer

from pipelines import options
from tests.pipelines.conftest import list_commands

SHARED = {"Config": "--config", "AsJson": "--json", "Quiet": "--quiet"}


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_option_is_the_same_in_every_command(name: str) -> None:
    (_, option) = get_args(getattr(options, name))
    commands = list_commands()
    assert len(commands) >= 13
    for command in commands.values():
        found = [p for p in command.params if SHARED[name] in p.opts]
        assert [p.help for p in found] in ([option.help], []), command.name
        # Before there are settings nothing can be said about where they are.
        assert found or command.name in ("demo", "init"), command.name


def test_every_option_says_what_it_is_for() -> None:
    for name in ("Leads", "ScoresOut", "Format", "Rejects", "Threads", "Changes", "LeadId"):
        (_, option) = get_args(getattr(options, name))
        assert isinstance(option, (typer.models.OptionInfo, typer.models.ArgumentInfo))
        assert option.help and option.help.endswith(".")
