"""Report: one page that both teams read: what drives acceptance, and the newest leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from features.contract import Tables, find_column
from features.language import language
from features.settings import Settings, load_settings
from models.champion import load_champion
from pipelines.console import Console, wrap
from pipelines.reading import read_own
from serve.files import write_file
from serve.rendering import render
from serve.report.summary import choose_newest, summarise
from serve.scoring import score_leads
from serve.targets import refuse_inputs


def run(console: Console, *, config: Path, out: Path, newest: int) -> dict[str, Any]:
    """Write the report of the model in use.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    out : Path
        The page to write.
    newest : int
        How many of the newest leads to show with their reasons.

    Returns
    -------
    dict
        The file and what is in it, as shown with --json.
    """
    settings = load_settings(config)
    refuse_inputs(settings, [out])
    bundle = load_champion(settings)
    console.progress("Reading the tables")
    tables = read_own(settings, bundle)
    check_display(tables)
    shown = restrict(tables, choose_newest(tables, count=newest))

    console.progress(f"Scoring the {len(shown.episodes):,} newest leads")
    words = language(settings.project.language)
    scored = score_leads(
        bundle,
        shown,
        language=words,
        scored_at=tables.now.floor("s"),
        earlier=tables.episodes,
    )
    console.progress(f"Writing {out}")
    summary = summarise(bundle, shown, scored, language=words)
    write_file(out, render(summary, words).encode("utf-8"))
    waiting = sum(lead["decision"] == "waiting" for lead in summary["leads"])
    result = {
        "out": str(out),
        "leads": len(summary["leads"]),
        "waiting": waiting,
        "model_version": bundle.version,
        "language": words.code,
        "seconds": console.elapsed(),
    }
    console.result(result, describe(result))
    return result


def check_display(tables: Tables) -> None:
    """Refuse settings that display a column the leads do not have.

    Parameters
    ----------
    tables : Tables

    Raises
    ------
    SettingsError
        With the nearest names.
    """
    known = [*tables.attributes.columns, *own_columns(tables.settings)]
    for name in tables.settings.leads.display:
        find_column(name, known, key="[leads] display", settings=tables.settings)


def own_columns(settings: Settings) -> list[str]:
    """Return the columns with a part of their own; the report shows id and hand-over anyway."""
    lead, decision = settings.leads, settings.decision
    named = (lead.id, lead.handed_over_at, lead.order, decision.column, decision.decided_at)
    return [name for name in (*named, decision.reason, decision.rep) if name is not None]


def restrict(tables: Tables, chosen: pd.Index) -> Tables:
    """Return the tables with only these hand-overs, in this order."""
    return replace(
        tables, episodes=tables.episodes.loc[chosen], attributes=tables.attributes.loc[chosen]
    )


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    lines = [f"Report on model {result['model_version']}: {result['out']}"]
    return lines + wrap(
        f"It shows {result['leads']:,} newest leads, {result['waiting']:,} of them without a "
        "decision yet. It is one file: open it in a browser, or send it."
    )
