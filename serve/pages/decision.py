"""Decision report: why a retrained model was put in use, or was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from features.language import Language, Phrase, translatable
from features.settings.schema import Settings
from models.evaluation.comparison import LOWER_IS_BETTER, MEASURES
from models.promotion.gate import Verdict
from models.promotion.gate_rules import name_of
from serve.pages.rendering import STYLE, render_markdown, render_page
from serve.pages.words import RULE_WORDS

PAGE = "decision.html.j2"
STYLES = (STYLE, "decision.css")
TEXT = "decision.md.j2"

WAITING = "waiting"
"""The outcome where nothing could be decided, and so nothing was learned."""

HEADLINES: dict[str, str] = {
    "promoted": translatable("The new model is in use"),
    "held": translatable("The new model was held back"),
    "refused": translatable("The data were refused"),
    WAITING: translatable("Nothing can be decided yet"),
}
MEANINGS: dict[str, str] = {
    "promoted": translatable(
        "From now on leads are scored by the new model. One command undoes it: leadaccord rollback."
    ),
    "held": translatable(
        "Leads are scored as before. The new model is kept as challenger and can be looked at."
    ),
    "refused": translatable("No model was trained, and leads are scored as before."),
    WAITING: translatable("No model was trained, and leads are scored as before."),
}


def name_outcome(decision: str, challenger: str | None) -> str:
    """Return the decision, or `WAITING` where the new model is held as there is none yet."""
    return WAITING if decision == "held" and challenger is None else decision


def summarise_decision(
    settings: Settings,
    verdict: Verdict,
    result: Mapping[str, Any],
    figures: Mapping[str, Any] | None,
    live: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return all that the report says, as plain types and phrases.

    Parameters
    ----------
    settings : Settings
    verdict : Verdict
    result : mapping
        What the command gives: versions, the moment, the comparison.
    figures : mapping or None
        The training result of the new model; None where there is none.
    live : mapping or None
        What changes for the waiting leads, as `serve.report.planning.going_live` gives it.
    """
    judged = result["judged_on"]
    outcome = name_outcome(verdict.decision, result["challenger"])
    return {
        "project": settings.project.name,
        "language": settings.project.language,
        "decision": verdict.decision,
        "headline": HEADLINES[outcome],
        "meaning": MEANINGS[outcome],
        "gate": settings.gate.mode,
        "as_of": pd.Timestamp(result["as_of"]).ceil("s"),
        "champion": result["champion"],
        "challenger": result["challenger"],
        "reasons": list(verdict.reasons),
        "live": live,
        "would": verdict.decision != "promoted",
        "checks": [{"passed": check.passed, "told": check.message} for check in verdict.checks],
        "judged": None if not judged else {**judged, "window": _days(judged["window"])},
        "measures": list_measures(result["figures"], judged),
        "segments": _list_segments(result["segments"]),
        "recipe": None if figures is None else _describe_recipe(figures),
    }


def render_html(summary: Mapping[str, Any], language: Language) -> str:
    """Render the report as one page that loads and runs nothing; every value is escaped."""
    return render_page(PAGE, STYLES, language, s=summary)


def render_text(summary: Mapping[str, Any], language: Language) -> str:
    """Render the report as Markdown, as the registry shows it."""
    return render_markdown(TEXT, language, s=summary)


def list_measures(
    figures: Mapping[str, Any] | None, judged: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Return one row per measure, with whether it clearly rose or fell for the better.

    Parameters
    ----------
    figures, judged : mapping or None
        ``figures`` and ``judged_on`` of a retraining's result; without them there are no rows.
    """
    if figures is None or judged is None:
        return []
    rows = []
    for measure in MEASURES:
        gap = figures[measure]["difference"]
        clear = gap["low"] > 0 or gap["high"] < 0
        rose = (gap["value"] > 0) != (measure in LOWER_IS_BETTER)
        rows.append(
            {
                "name": name_of(measure, judged["top_share"]),
                "lower": measure in LOWER_IS_BETTER,
                "verdict": ("better" if rose else "worse") if clear else "equal",
                **figures[measure],
            }
        )
    return rows


def _days(window: list[str | None]) -> list[pd.Timestamp] | None:
    days = [pd.Timestamp(day) for day in window if day is not None]
    return days if len(days) == len(window) else None


def _list_segments(segments: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return [
        {"column": column, "groups": list(groups)}
        for column, groups in (segments or {}).items()
        if groups
    ]


def _describe_recipe(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "n_train": figures["n_train"],
        "n_test": figures["n_test"],
        "window": _days(list(figures["window"])),
        "auc": figures["judged"]["auc"],
        "log_loss": figures["log_loss"],
        "ece": figures["ece"],
        "excluded": [
            {"rule": Phrase(RULE_WORDS[rule]), "n": n}
            for rule, n in figures["excluded"].items()
            if n and rule in RULE_WORDS
        ],
        "quarantined": [
            suspect["column"]
            for suspect in figures["leak_suspects"]
            if suspect["action"] == "quarantined"
        ],
    }
