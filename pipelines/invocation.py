"""Invocation of a command: its terminal, its settings file, and the step after it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.console import Console
from pipelines.next_step import suggest
from pipelines.settings_file import VARIABLE, find_settings


class Invocation:
    """One call of a command.

    Parameters
    ----------
    name : str
        The command.
    as_json, quiet : bool
        As the options say.
    config : Path, optional
        The settings file that was named, if any.
    """

    def __init__(
        self, name: str, *, as_json: bool, quiet: bool, config: Path | None = None
    ) -> None:
        self.console = Console(as_json=as_json, terse=quiet)
        self.name = name
        by_environment = str(config) == os.environ.get(VARIABLE)
        self._named = "" if config is None or by_environment else f" --config {config}"
        self._given = config

    def find_settings(self) -> Path:
        """Return the settings file; say which where it lies elsewhere and was not named here."""
        home = os.environ.get("HOME")
        folder = Path.cwd()
        found = find_settings(self._given, folder=folder, home=Path(home) if home else None)
        if not self._named and (folder / found).parent != folder and not self.console.terse:
            self.console.say(f"settings from {found}")
        return found

    def finish(self, result: Mapping[str, Any]) -> None:
        """Say what to do next."""
        self.console.suggest(suggest(self.name, result, config=self._named))
