"""Which model is in use is changed here: the alias moves in one step."""

from __future__ import annotations

from typing import Any

from models.champion import CHAMPION, ask_for_champion

CHALLENGER = "challenger"
REPLACES_TAG = "leadaccord.replaces"
"""On a model that was put in use: the registry's number of the one that it replaced."""


def put_version_in_use(client: Any, name: str, number: str) -> None:
    """Move the alias to a version, which is told first which one it replaces."""
    champion = ask_for_champion(client, name)
    before = "" if champion is None else str(champion.version)
    if before == number:
        return
    if before:
        client.set_model_version_tag(name, number, REPLACES_TAG, before)
    client.set_registered_model_alias(name, CHAMPION, number)
