"""Model cards: written with every model, and again when somebody approves it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from features.settings.load import load_settings
from models.registry.card_record import (
    APPROVED_BY,
    APPROVED_ON,
    RECORD,
    check_person,
    keep_card,
    note_approval,
    read_record,
)
from models.registry.champion import find_champion, load_registered
from models.registry.history import find_model
from pipelines.console import Console, wrap
from pipelines.tracking import log_runs
from serve.card.provenance import Provenance, Standing
from serve.card.store import render_card, store_card


def run(
    console: Console, *, config: Path, version: str | None = None, approved_by: str | None = None
) -> dict[str, Any]:
    """Write the card of a stored model as of today.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    version : str or None
        A model's version or the registry's number; the model in use if None.
    approved_by : str or None
        A person who approves the model, which is noted first.

    Returns
    -------
    dict
        Where the card is and what it says of approval, as shown with --json.
    """
    person = None if approved_by is None else check_person(approved_by)
    settings = load_settings(config)
    found = find_model(settings, version)
    bundle = load_registered(settings, found)
    record, tags = read_record(settings, found)
    provenance = Provenance.from_dict(record, where=f"{found}, {RECORD}")
    if person is not None:
        tags |= note_approval(settings, found, person=person, day=datetime.now(UTC).date())
    champion = find_champion(settings)
    standing = Standing(
        in_use=champion is not None and champion.number == found.number,
        approved_by=tags.get(APPROVED_BY),
        approved_on=tags.get(APPROVED_ON),
    )
    pages = render_card(settings, bundle, provenance, standing)
    if person is not None:
        keep_card(settings, found, pages)
    path = store_card(settings, bundle.version, pages)
    log_runs(console, settings)
    result = {
        "model_version": bundle.version,
        "registered": str(found),
        "in_use": standing.in_use,
        "approved_by": standing.approved_by,
        "approved_on": standing.approved_on,
        "model_card": str(path),
    }
    console.result(result, describe(result))
    return result


def describe(result: dict[str, Any]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    if result["approved_by"]:
        said = f"Approved by {result['approved_by']} on {result['approved_on']}."
    else:
        said = "No person has approved it yet; --approved-by NAME notes that one has."
    state = "in use" if result["in_use"] else "not in use"
    head = wrap(f"{result['model_version']} ({result['registered']}), {state}. {said}")
    return [*head, "", f"Model card: {result['model_card']}"]
