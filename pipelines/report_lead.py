"""Report command for one lead: its score and reasons as a separate page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from features.files import write_file
from features.labels import label_tables
from features.settings.load import load_settings
from models.registry.champion import load_champion
from pipelines.console import Console, wrap
from pipelines.reading import read_own
from pipelines.report import check_display, check_redaction
from pipelines.score_keeping import read_earlier
from serve.report.explanation import explain_lead
from serve.report.html.explanation_page import render_explanation
from serve.runs.places import refuse_inputs

PAGE = Path("lead.html")
"""Not named after the lead: an id is typed by strangers."""


def run(
    console: Console, *, config: Path, lead_id: str, out: Path, redact: bool = False
) -> dict[str, Any]:
    """Write the explanation of one lead.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    lead_id : str
        As the CRM writes it. Of several hand-overs the newest is explained, the others are listed.
    out : Path
        The page to write.
    redact : bool
        Leave out what `display` names, and who has the lead.

    Returns
    -------
    dict
        The file and what is in it, as shown with --json.

    Raises
    ------
    UsageError
        When there is no such lead, or it cannot be scored.
    """
    settings = load_settings(config)
    refuse_inputs(settings, [out])
    bundle = load_champion(settings)
    console.progress("Reading the tables")
    tables = read_own(settings, bundle)
    check_display(tables)
    if redact:
        check_redaction(bundle, tables.settings)
    console.progress("Looking at all leads")
    words = settings.words()
    explanation = explain_lead(
        bundle,
        tables,
        label_tables(tables),
        words,
        lead_id,
        redact=redact,
        earlier=read_earlier(settings),
    )
    console.progress(f"Writing {out}")
    write_file(out, render_explanation(explanation, words).encode("utf-8"))
    lead = explanation.leads.frame.iloc[0]
    before = lead["score_before"]
    result = {
        "out": str(out),
        "lead_id": str(lead["lead_id"]),
        "score": int(lead["score"]),
        "score_before_answer": None if pd.isna(before) else int(before),
        "grade": str(lead["grade"]),
        "decision": str(lead["decision"]),
        "hand_overs": 1 + len(explanation.others),
        "model_version": bundle.version,
        "language": words.code,
        "redacted": redact,
        "seconds": console.elapsed(),
    }
    console.result(result, describe(result))
    return result


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    lines = [f"Explanation of lead {result['lead_id']}: {result['out']}"]
    text = f"Score {result['score']}, grade {result['grade']}."
    if result["score_before_answer"] is not None:
        text += f" Before sales' answer was known: {result['score_before_answer']}."
    if result["hand_overs"] > 1:
        text += f" It was handed over {result['hand_overs']} times; the page is on the newest."
    return lines + wrap(text)
