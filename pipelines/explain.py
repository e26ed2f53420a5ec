"""Explain command: one lead's score and reasons in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from features.contract.tables import Tables
from features.errors import UsageError
from features.language import Language, language
from features.language import translatable as _
from features.settings.load import load_settings
from models.reasons.topics import MAX_REASONS
from models.registry.champion import load_champion
from pipelines.console import Console, wrap
from pipelines.reading import read_own
from serve.scoring.scorer import score_leads


def run(console: Console, *, config: Path, lead_id: str) -> dict[str, Any]:
    """Explain one lead of the project.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    lead_id : str
        As the CRM writes it. Of several hand-overs the latest is explained.

    Returns
    -------
    dict
        The score and the reasons, as shown with --json.

    Raises
    ------
    UsageError
        When there is no such lead.
    """
    settings = load_settings(config)
    bundle = load_champion(settings)
    console.progress("Reading the tables")
    tables = read_own(settings, bundle)
    words = language(settings.project.language)
    scored = score_leads(
        bundle,
        find_lead(tables, lead_id),
        language=words,
        scored_at=tables.now.floor("s"),
        earlier=tables.episodes,
    )
    if scored.scores.empty:
        row = scored.rejects.iloc[0]
        raise UsageError("the lead cannot be scored", where=f"row {row['row']}", got=row["message"])
    lead = scored.scores.iloc[0].to_dict()
    result: dict[str, Any] = {
        str(name): None if pd.isna(value) else value for name, value in lead.items()
    }
    result["scored_at"] = str(result["scored_at"])
    result["score"] = int(result["score"])
    console.result(result, describe(result, words))
    return result


def find_lead(tables: Tables, lead_id: str) -> Tables:
    """Return the tables with only the latest hand-over of one lead."""
    mine = tables.episodes[tables.episodes["lead_id"] == lead_id.strip()]
    if mine.empty:
        raise UsageError(
            "there is no lead with this id",
            where=tables.origin,
            got=f'"{lead_id}"',
            next_step="Give an id as written in the column named by [leads] id",
        )
    latest = mine.sort_values(["handed_over_at", "sequence", "row"], na_position="first").tail(1)
    return replace(tables, episodes=latest, attributes=tables.attributes.loc[latest.index])


def describe(result: Mapping[str, Any], words: Language) -> list[str]:
    """Return the explanation as lines for a terminal of 80 columns."""
    ends = (result["probability_low"], result["probability_high"])
    # Near 0 and 1 whole percentages may hide that there is an interval at all.
    digits = 1 if words.percent(ends[0]) == words.percent(ends[1]) else 0
    chance = words.text(
        _("{probability} likely to be accepted (90 % interval: {low} to {high})"),
        probability=words.percent(result["probability"], digits=digits),
        low=words.percent(ends[0], digits=digits),
        high=words.percent(ends[1], digits=digits),
    )
    lines = [
        words.text(_("Lead {lead}"), lead=str(result["lead_id"])),
        words.text(
            _("Score {score}, grade {grade}"), score=float(result["score"]), grade=result["grade"]
        ),
        chance,
    ]
    for prefix, heading in (("reason", _("Speaks for it")), ("against", _("Speaks against it"))):
        sentences = [result[f"{prefix}_{i}"] for i in range(1, MAX_REASONS + 1)]
        given = [sentence for sentence in sentences if sentence]
        lines += ["", words.text(heading)]
        if not given:
            lines.append("  " + words.text(_("Nothing that counts.")))
        for sentence in given:
            wrapped = wrap(sentence, indent="    ")
            wrapped[0] = "  - " + wrapped[0].lstrip()
            lines += wrapped
    return lines
