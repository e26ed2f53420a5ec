"""Forget command: remove what is kept of one lead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.columns.ids import complete_id
from features.errors import UsageError
from features.settings.load import load_settings
from features.text import clean
from models.artifact.score_history import forget_lead, history_folder
from pipelines.console import Console, wrap
from serve.destinations.api.sent import forget_sent

STAYS = (
    "the counts in models, cards, records and reports, in which it is one of many",
    "the hash of its hand-overs in each model that learned from them, which is part of the "
    "model's checksum; it goes with the model's folder",
    "scores, reports and rejects that were delivered, and your own tables",
)


def run(console: Console, *, config: Path, lead_id: str) -> dict[str, Any]:
    """Remove the kept scores of a lead.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    lead_id : str
        As the CRM writes it; blanks around it do not matter.

    Returns
    -------
    dict
        What was removed and what stays, as shown with --json.

    Raises
    ------
    UsageError
        When no id is given.
    HistoryError
        When the score history is damaged.
    DestinationError
        When the project's home cannot be written.
    """
    wanted = complete_id(lead_id.strip())
    if not wanted:
        raise UsageError(
            "no lead is named",
            got=f'"{clean(lead_id)}"',
            next_step="Give the id as written in the column named by [leads] id",
        )
    settings = load_settings(config)
    removed = forget_lead(history_folder(settings), wanted)
    sent = forget_sent(settings.home, wanted)
    result = {"lead_id": wanted, "removed": removed, "sent": sent, "stays": list(STAYS)}
    console.result(result, describe(result))
    return result


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    lead, removed = clean(result["lead_id"]), result["removed"]
    scores = "score" if removed == 1 else "scores"
    first = (
        f"Lead {lead}: {removed} kept {scores} removed."
        if removed
        else f"Lead {lead}: no scores were kept of it."
    )
    lines = wrap(first)
    if result["sent"]:
        lines += wrap("What was noted of its record in a CRM is removed; the record itself stays.")
    lines.append("What stays:")
    for what in result["stays"]:
        wrapped = wrap(what, indent="    ")
        lines += ["  - " + wrapped[0].lstrip(), *wrapped[1:]]
    return lines
