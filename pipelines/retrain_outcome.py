"""Outcome of a retraining: what was decided, as JSON and in words for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from features.contract.as_of import AsOf
from features.contract.tables import Tables
from features.findings import Finding
from features.language import SOURCE_LANGUAGE, Phrase, language
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.evaluation.comparison import COMPARED
from models.promotion.champion_comparison import ChampionComparison
from models.promotion.gate import Verdict
from models.registry.champion import Registered
from models.training import Trained
from pipelines.console import wrap
from pipelines.train_outcome import describe_corrected
from serve.pages.decision import name_outcome

RECIPE = (
    *("n_train", "n_test", "corrected", "auc", "auc_low", "auc_high", "log_loss", "ece", "skill"),
)
HEADS = {
    "promoted": "Promoted: {challenger} is in use.",
    "held": "Held: {stays}; {challenger} is kept as challenger.",
    "refused": "Refused: no model was trained; {stays}.",
    "waiting": "Held: {stays}; no model was trained, as nothing can be decided yet.",
}


@dataclass(frozen=True)
class Champion:
    """The model in use; without a bundle where it cannot be read, and why."""

    registered: Registered | None
    bundle: ModelBundle | None
    notes: tuple[Phrase, ...] = ()

    @property
    def version(self) -> str | None:
        """Return the model's version, None where none is in use."""
        return None if self.registered is None else self.registered.version


@dataclass(frozen=True)
class Retraining:
    """One retraining, decided and not yet recorded; of refused data no model and no tables."""

    settings: Settings
    as_of: AsOf
    champion: Champion
    trained: Trained | None
    tables: Tables | None
    comparison: ChampionComparison | Phrase | None
    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def same(self) -> bool:
        """Return whether the new model is the one in use, byte for byte."""
        old = self.champion.bundle
        new = None if self.trained is None else self.trained.bundle.version
        return old is not None and old.version == new


def list_result(made: Retraining) -> dict[str, Any]:
    """Return the decision and what it rests on, as plain types."""
    verdict, challenger = made.verdict, None
    recipe: dict[str, Any] | None = None
    if made.trained is not None:
        challenger = made.trained.bundle.version
        recipe = {name: made.trained.bundle.figures[name] for name in RECIPE}
    promoted = verdict.decision == "promoted"
    return {
        "decision": verdict.decision,
        "would": verdict.would,
        "gate": made.settings.gate.mode,
        "reasons": spell_out(verdict.reasons),
        "champion": made.champion.version,
        "challenger": challenger,
        "in_use": challenger if promoted else made.champion.version,
        "as_of": str(made.as_of.moment.ceil("s")),
        **describe_comparison(made.comparison, made.tables),
        "checks": [
            {"name": check.name, "passed": check.passed, "told": spell_out([check.message])[0]}
            for check in verdict.checks
        ],
        "recipe": recipe,
    }


def describe_comparison(
    comparison: ChampionComparison | Phrase | None, tables: Tables | None
) -> dict[str, Any]:
    """Return the comparison as plain types; nothing where there was none."""
    if not isinstance(comparison, ChampionComparison) or tables is None:
        return {"judged_on": None, "figures": None, "segments": None}
    plain = comparison.paired.to_dict()
    times = tables.episodes.loc[comparison.split.test, "handed_over_at"]
    return {
        "judged_on": {
            "leads": comparison.paired.n,
            "accepted": comparison.paired.n_accepted,
            "window": [None if pd.isna(end) else str(end) for end in (times.min(), times.max())],
            "challenger_learned_from": len(comparison.split.train),
            "top_share": comparison.paired.top_share,
        },
        "figures": {
            **plain["measures"],
            "ece": {"champion": comparison.champion.ece, "challenger": comparison.challenger.ece},
        },
        "segments": plain["segments"],
    }


def spell_out(phrases: Sequence[Phrase]) -> list[str]:
    """Return phrases in English, as the terminal is."""
    words = language(SOURCE_LANGUAGE)
    sentences = [words.phrase(phrase) for phrase in phrases]
    return [sentence[:1].upper() + sentence[1:] for sentence in sentences]


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the decision as lines for a terminal of 80 columns."""
    stays = f"{result['in_use']} stays in use" if result["in_use"] else "no model is in use"
    outcome = name_outcome(result["decision"], result["challenger"])
    head = HEADS[outcome].format(stays=stays, challenger=result["challenger"])
    lines = [*wrap(head), ""]
    for reason in result["reasons"]:
        lines += wrap(reason, indent="  ")
    judged = result["judged_on"]
    if judged:
        lines += [
            "",
            f"On {judged['leads']:,} leads that neither has learned from",
            f"  {'':26}  champion  challenger  difference (95 %)",
        ]
        for name, metric in COMPARED.items():
            label = str(metric.brief).format(share=round(100 * judged["top_share"]))
            label += " (less is better)" if metric.lower else ""
            lines.append(_row(label, result["figures"][name]))
    corrected = (result["recipe"] or {}).get("corrected", 0)
    lines += [*describe_corrected(corrected), "", f"Report: {result['report']}"]
    if result.get("model_card"):
        lines.append(f"Model card: {result['model_card']}")
    return lines


def _row(label: str, paired: Mapping[str, Any]) -> str:
    gap = paired["difference"]
    return (
        f"  {label:26}  {paired['champion']['value']:8.3f}  {paired['challenger']['value']:10.3f}"
        f"  {gap['value']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})"
    )
