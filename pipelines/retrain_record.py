"""Record of a retraining: its report, its run, and what the card and the registry say of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.contract.as_of import AsOf
from features.language import Language, Phrase
from features.settings.schema import Settings
from models.evaluation.intervals import Interval
from models.promotion.champion_comparison import ChampionComparison, reads_alike
from models.registry.history import ATTEMPT_TAG, DECISION_TAG
from models.registry.training_runs import RunNotes
from pipelines.reading import read_own
from pipelines.retrain_outcome import Retraining
from serve.card.provenance import Provenance, make_provenance
from serve.card.store import describe_data, list_software
from serve.pages.decision import render_html, render_text, summarise_decision
from serve.report.planning.going_live import preview_scores

REPORTS = "retraining"
LONGEST_TAG = 4_900


def report_folder(settings: Settings, as_of: AsOf, name: str) -> Path:
    """Return the folder of a decision's report."""
    return settings.home / REPORTS / f"{as_of.moment.ceil('s'):%Y-%m-%d}-{name}"


def render_pages(made: Retraining, result: Mapping[str, Any]) -> dict[str, str]:
    """Return the decision report as a page and as Markdown, by the name of the file."""
    figures = None if made.trained is None else made.trained.bundle.figures
    words = made.settings.words()
    live = preview_waiting(made, words)
    summary = summarise_decision(made.settings, made.verdict, result, figures, live)
    return {
        "decision.html": render_html(summary, words),
        "decision.md": render_text(summary, words),
    }


def preview_waiting(made: Retraining, words: Language) -> dict[str, Any] | None:
    """Return what changes for the waiting leads; None where there are not two models."""
    old, tables = made.champion.bundle, made.tables
    if old is None or made.trained is None or tables is None or made.same:
        return None
    read_by_old = tables
    if not reads_alike(tables, old.table):
        read_by_old = read_own(made.settings, old, made.as_of)
    return preview_scores(old, read_by_old, made.trained.bundle, tables, words)


def metrics_of_comparison(comparison: ChampionComparison | Phrase | None) -> dict[str, float]:
    """Return the comparison as numbers of the run."""
    if not isinstance(comparison, ChampionComparison):
        return {}
    metrics = {"new_leads": float(comparison.paired.n)}
    for name, paired in comparison.paired.measures.items():
        for side in ("champion", "challenger", "difference"):
            interval: Interval = getattr(paired, side)
            metrics[f"new_{name}_{side}"] = interval.value
            metrics[f"new_{name}_{side}_low"] = interval.low
            metrics[f"new_{name}_{side}_high"] = interval.high
    return metrics


def make_run_notes(
    made: Retraining, result: Mapping[str, Any], *, attempt: str, description: str, digest: str
) -> RunNotes:
    """Return the notes for the run and the registered version."""
    tags = {**_tags(result), "leadaccord.gate": made.settings.gate.mode, ATTEMPT_TAG: attempt}
    window = (result["judged_on"] or {}).get("window") or [None]
    if None not in window:
        tags["leadaccord.judged_on"] = " to ".join(window)
    figures = {} if made.trained is None else made.trained.bundle.figures
    return RunNotes(
        description=description,
        tags={**tags, **describe_data(figures, digest)},
        digest=digest,
        dataset=f"{made.settings.project.name} leads",
        challenger=True,
        compared_with=made.champion.registered,
        judged=True,
    )


def describe_refusal(result: Mapping[str, Any], description: str) -> RunNotes:
    """Return the notes for a run that made no model."""
    return RunNotes(description=description, tags=_tags(result))


def _tags(result: Mapping[str, Any]) -> dict[str, str]:
    return {
        "leadaccord.job": "retrain",
        DECISION_TAG: str(result["decision"]),
        "leadaccord.reasons": " ".join(result["reasons"])[:LONGEST_TAG],
        "leadaccord.as_of": str(result["as_of"]),
    }


def describe_provenance(made: Retraining, result: Mapping[str, Any], *, digest: str) -> Provenance:
    """Return what the new model's card is written from beside the model."""
    settings = made.settings if made.tables is None else made.tables.settings
    return make_provenance(
        settings,
        job="retrain",
        as_of=str(result["as_of"]),
        digest=digest,
        put_in_use=made.verdict.decision == "promoted",
        software=list_software(),
        verdict={**made.verdict.to_dict(), "mode": made.settings.gate.mode},
        compared={name: result[name] for name in ("champion", "judged_on", "figures")},
    )
