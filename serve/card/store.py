"""Model cards on disk: rendered, recorded, kept beside the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.files import write_files
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.registry.card_record import RECORD
from models.registry.training_runs import LIBRARIES
from serve.card.page import render_html, render_text
from serve.card.provenance import Provenance, Standing
from serve.card.summary import summarise_card

CARDS = "cards"


HTML = "model_card.html"


TEXT = "model_card.md"


def render_card(
    settings: Settings, bundle: ModelBundle, provenance: Provenance, standing: Standing
) -> dict[str, str]:
    """Return the card as a page and as Markdown, by the name of the file."""
    words = settings.words()
    summary = summarise_card(bundle, provenance, standing, words)
    return {HTML: render_html(summary, words), TEXT: render_text(summary, words)}


def list_software() -> dict[str, str]:
    """Return the versions of what a model is made with."""
    from importlib.metadata import version

    return {name: version(name) for name in ("leadaccord", *LIBRARIES) if name != "pyarrow"}


def describe_data(figures: Mapping[str, Any], digest: str) -> dict[str, str]:
    """Return tags that say what was learned from."""
    window = figures.get("window") or [None]
    named = {"leadaccord.window": " to ".join(window)} if None not in window else {}
    return {**named, "leadaccord.data_digest": digest}


def write_record(provenance: Provenance) -> dict[str, str]:
    """Return what a card is written from, by the name of the file that the run keeps."""
    return {RECORD: json.dumps(provenance.to_dict(), ensure_ascii=False, indent=1)}


def store_card(settings: Settings, version: str, pages: dict[str, str]) -> Path:
    """Write a card into the project's home and return where its page is."""
    folder = card_folder(settings, version)
    write_files({folder / name: text.encode("utf-8") for name, text in pages.items()})
    return folder / HTML


def card_folder(settings: Settings, version: str) -> Path:
    """Return the folder of a model's card; not the model's own, whose content is its version."""
    return settings.home / CARDS / version
