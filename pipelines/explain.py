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
from features.language import Language, Phrase
from features.language import translatable as _
from features.settings.load import load_settings
from models.artifact.bundle import ModelBundle
from models.evaluation.probabilities import doubt_probabilities
from models.reasons.change_sentences import UNKNOWN
from models.reasons.topics import MAX_REASONS
from models.registry.champion import load_champion
from pipelines.console import Console, wrap
from pipelines.reading import read_own
from pipelines.score_keeping import read_earlier
from serve.pages.words import BEFORE_ANSWER, write_sentence
from serve.report.explanation import choose_newest, find_lead
from serve.report.scored_hand_overs import add_before_answer, read_answers, to_scores
from serve.scoring.changes import (
    ChangeFinder,
    EarlierScores,
    ScoredLeads,
    show_scores,
    to_moments,
)
from serve.scoring.scorer import Scored, score_leads

CHANGE = ("previous_score", "previously_scored_at", "change_reason")
"""What `explain` adds about the score that the lead had before."""


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
    words = settings.words()
    labels, earlier = label_tables(tables), read_earlier(settings)
    result = explain(bundle, tables, labels, words, lead_id, earlier=earlier)
    console.result(result, describe(result, words))
    return result


def explain(
    bundle: ModelBundle,
    tables: Tables,
    labels: Labels,
    words: Language,
    lead_id: str,
    *,
    earlier: EarlierScores | None = None,
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
    earlier : EarlierScores, optional
        By which a change of the score is explained.

    Returns
    -------
    dict
        `serve.scoring.scorer.SCORE_COLUMNS`; ``doubt``, the sentences that say why the probability
        is not to be taken at its word; ``score_before_answer``, see `look_up_before`; and what
        `find_change` gives.

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
    return result | find_change(bundle, one.episodes, scored, words, earlier)


def find_change(
    bundle: ModelBundle,
    hand_over: pd.DataFrame,
    scored: Scored,
    words: Language,
    earlier: EarlierScores | None,
) -> dict[str, Any]:
    """Return the last other score that a lead had, and why it is another now.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    hand_over : DataFrame of one row
        ``lead_id``, ``handed_over_at``.
    scored : Scored
        The same hand-over.
    words : Language
    earlier : EarlierScores or None

    Returns
    -------
    dict
        ``previous_score``, ``previously_scored_at`` and ``change_reason``; None where nothing else
        was said of the lead as far as is kept.
    """
    found: dict[str, Any] = dict.fromkeys(CHANGE)
    if earlier is None:
        return found
    now = int(scored.scores["score"].iloc[0])
    finder = ChangeFinder(earlier, bundle, words, total=1)
    _rows, state = finder.find_other(hand_over, np.array([now]))
    if state.empty:
        return found
    version = str(state["version"].iloc[0])
    leads = ScoredLeads(
        scored.values,
        bundle.table.encode(scored.values),
        scored.contributions,
        np.array([now], dtype=np.int16),
        to_moments(hand_over["handed_over_at"]),
    )
    texts = finder.explain(version, state, leads)
    reason = texts[0] if texts else words.text(UNKNOWN, version=version)
    previous = int(show_scores(state["probability"])[0]) if texts else None
    return dict(zip(CHANGE, (previous, str(state["scored_at"].iloc[0]), reason), strict=True))


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
    if result["change_reason"]:
        lines += ["", *_describe_change(result, words)]
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


def _describe_change(result: Mapping[str, Any], words: Language) -> list[str]:
    """Return why the score changed, a line for each part."""
    day = words.date(pd.Timestamp(result["previously_scored_at"]).date())
    if result["previous_score"] is None:
        return wrap(str(result["change_reason"]))
    heading = words.text(_("Why it changed since {day}"), day=day)
    return [heading, *wrap(str(result["change_reason"]), indent="  ")]
