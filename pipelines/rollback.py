"""Rollback command: put an earlier model in use again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from features.settings.load import load_settings
from models.registry.history import lock_home, roll_back
from pipelines.console import Console, wrap
from pipelines.tracking import log_runs


def run(console: Console, *, config: Path, version: str | None) -> dict[str, Any]:
    """Move the alias of the model in use back.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    version : str or None
        A model's version or the registry's number; the one before the model in use if None.

    Returns
    -------
    dict
        What was and what is in use, as shown with --json.
    """
    settings = load_settings(config)
    with lock_home(settings, wait=False):
        before, after = roll_back(settings, version)
    result = {
        "champion": after.version,
        "registered": f"{after.name} version {after.number}",
        "before": before.version or None,
        "before_registered": f"{before.name} version {before.number}" if before.number else None,
    }
    was = f"; it was {before.version} (version {before.number})" if before.number else ""
    lines = wrap(f"In use: {after.version} ({after.name} version {after.number}){was}")
    log_runs(console, settings)
    console.result(result, lines)
    return result
