"""Explain command: one lead's score and reasons in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.contract.tables import Tables
from features.errors import UsageError
from features.labels import Labels, label_tables
from features.language import Language, Phrase, language
from features.language import translatable as _
from features.settings.load import load_settings
from models.artifact.bundle import ModelBundle
from models.evaluation.probabilities import doubt_probabilities
from models.reasons.topics import MAX_REASONS
from models.registry.champion import load_champion
from pipelines.console import Console, wrap
from pipelines.reading import read_own
from serve.pages.words import BEFORE_ANSWER, write_sentence
from serve.report.explanation import choose_newest, find_lead
from serve.report.scored_hand_overs import add_before_answer, read_answers
from serve.report.selection import to_scores
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
    result = explain(bundle, tables, label_tables(tables), words, lead_id)
    console.result(result, describe(result, words))
    return result


def explain(
    bundle: ModelBundle, tables: Tables, labels: Labels, words: Language, lead_id: str
) -> dict[str, Any]:
    """Score one lead, as `serve.scoring.scorer` does for everyone else.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    tables : Tables
        The project's own, with its decisions.
    labels : Labels
        Of the same tables.
    words : Language
        Of the reasons.
    lead_id : str
        As the CRM writes it.

    Returns
    -------
    dict
        `serve.scoring.scorer.SCORE_COLUMNS`; ``score_before_answer``, see `look_up_before`; and
        ``doubt``, the sentences that say why the probability is not to be taken at its word.

    Raises
    ------
    UsageError
        When there is no such lead, or it cannot be scored.
    """
    chosen = choose_newest(tables, labels, find_lead(tables, lead_id))
    one = replace(
        tables, episodes=tables.episodes.loc[chosen], attributes=tables.attributes.loc[chosen]
    )
    scored = score_leads(
        bundle,
        one,
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
    result["doubt"] = [words.phrase(phrase) for phrase in doubt_probabilities(bundle.figures)]
    result["score_before_answer"] = look_up_before(bundle, tables, labels, chosen)
    return result


def look_up_before(
    bundle: ModelBundle, tables: Tables, labels: Labels, chosen: pd.Index
) -> int | None:
    """Return the score given before sales' answer was known, where the model has learned from it.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    tables : Tables
    labels : Labels
        Of the same tables.
    chosen : Index of length 1
        The hand-over.

    Returns
    -------
    int or None
        None where the model has not learned from the answer, or nothing said before is kept.
    """
    hand_over = tables.episodes.loc[chosen]
    decision = read_answers(hand_over, tables, labels)
    found = add_before_answer(bundle, hand_over.assign(decision=decision, probability=np.nan))
    before = found["before_answer"].iloc[0]
    return None if pd.isna(before) else int(to_scores(found["before_answer"])[0])


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
    if result["score_before_answer"] is not None:
        before = Phrase(BEFORE_ANSWER, {"score": float(result["score_before_answer"])})
        lines.append(write_sentence(before, words))
    lines += wrap(" ".join(result["doubt"])) if result["doubt"] else []
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
