"""Outcome of a training, in words for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from features.labels import RULES
from features.language import SOURCE_LANGUAGE, Phrase, language
from features.text import clean, share_digits
from models.evaluation.metrics import list_metrics
from models.evaluation.probabilities import describe_probabilities
from pipelines.console import wrap

SKILL = {
    "good": "Skill: good. Leads can be worked in the order of their scores.",
    "weak": "Skill: weak. The order is only a little better than chance; use it with care.",
    "none": "Skill: none. The order may be no better than chance, so the model is not put in use. "
    "What was known at hand-over may not predict what sales decides.",
}
NO_ORDER = (
    "The leads have no time and no order, so the test leads were drawn at random "
    "(split: shuffled). Expect lower figures on new leads."
)
SHORTER = (
    "Training window: the newest {share:.0%} of the leads. Learning from these alone predicted "
    "newer leads better than learning from all."
)


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the training result as lines for a terminal of 80 columns."""
    judged, baseline = result["judged"], result["logistic_regression"]
    best = judged["top"][0]
    digits = share_digits(result["base_rate"])
    newer = "other" if result["split"] == "shuffled" else "newer"
    lines = [
        f"Model {result['model_version']}",
        f"  learned from  {result['n_train']:>9,} leads, {result['train_base_rate']:.1%} accepted",
        f"  evaluated on  {result['n_test']:>9,} {newer} leads, {result['base_rate']:.1%} accepted",
        "",
        *(_figure(row) for row in list_metrics(judged, baseline) if row["brief"]),
        f"  best 10 % of leads    {best['precision']['value']:.{digits}%} accepted, "
        f"{best['lift']:.1f} times the average",
        "",
        *describe_without(result.get("without_asked_about", ())),
        *wrap(SKILL[result["skill"]]),
        *(wrap(spell_out_probabilities(result)) if result.get("probabilities") else ()),
    ]
    if result["split"] == "shuffled":
        lines += wrap(NO_ORDER)
    lines += ["", *wrap(describe_calibration(result["calibration_moved"]))]
    if result["chosen"]["history"] < 1:
        lines += wrap(SHORTER.format(share=result["chosen"]["history"]))
    lines += describe_corrected(result["corrected"])
    lines += describe_excluded(result["excluded"])
    lines += describe_suspects(result["leak_suspects"])
    lines += ["", f"{'In use' if result['in_use'] else 'Stored'}: {result['registered']}"]
    lines += [f"Model card: {result['model_card']}"]
    return lines


def _figure(row: Mapping[str, Any]) -> str:
    """Return a metric beside what it is to be compared with."""
    model, rival = row["model"], row["baseline"]["value"]
    if model["low"] is not None:
        beside = f"95 %: {model['low']:.3f} to {model['high']:.3f}; logistic regression {rival:.3f}"
    elif row["chance"] is not None:
        beside = f"by chance alone {row['chance']:.3f}"
    else:
        beside = f"base rate {row['blind']:.3f}; logistic regression {rival:.3f}"
    return f"  {row['brief']:20}  {model['value']:.3f}  ({beside})"


def describe_calibration(moved: Mapping[str, Any]) -> str:
    """Return in words how far calibration moved the probabilities."""
    # Plus 0, so that no move at all is never written -0.0.
    points = round(100 * (moved["after"] - moved["before"]), 1) + 0.0
    return (
        f"Calibration: of the {moved['leads']:,} {'newest ' if moved['newest'] else ''}leads it "
        "rests on, sales accepted "
        f"{moved['accepted']:.1%}; uncalibrated, the model expected {moved['before']:.1%}. "
        f"Their mean probability was moved by {points:+.1f} points, to {moved['after']:.1%}."
    )


def describe_corrected(count: int) -> list[str]:
    """Return how many decisions count as the teams corrected them, as lines."""
    if not count:
        return []
    what = "decision was" if count == 1 else "decisions were"
    return ["", f"{count:,} {what} corrected by the teams"]


def describe_excluded(excluded: Mapping[str, int]) -> list[str]:
    """Return the rows each rule removed, as lines."""
    lines = ["", "Leads not used, by rule"]
    lines += [f"  {count:>9,}  {RULES[rule]}" for rule, count in excluded.items() if count]
    return lines if len(lines) > 2 else ["", "Leads not used: none"]


def spell_out_probabilities(figures: Mapping[str, Any]) -> str:
    """Return the verdict on the probabilities in English, as the terminal is."""
    words = language(SOURCE_LANGUAGE)
    sentences = [words.phrase(phrase) for phrase in describe_probabilities(figures)]
    return " ".join([f"Probabilities: {figures['probabilities']['verdict']}.", *sentences])


def spell_out(suspect: Mapping[str, Any]) -> dict[str, Any]:
    """Return a leak suspect with its evidence as a sentence in English, as the terminal is."""
    evidence = Phrase.from_dict(suspect["evidence"])
    return {**suspect, "evidence": language(SOURCE_LANGUAGE).phrase(evidence)}


def describe_without(measured: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the AUC that remains without the columns that are asked about, as lines."""
    if not measured:
        return []
    figures = [
        f"{_name_columns(part['columns'])} {part['auc']['value']:.3f} "
        f"(95 %: {part['auc']['low']:.3f} to {part['auc']['high']:.3f})"
        for part in measured
    ]
    text = "Asked about below: known at hand-over? The AUC is, without " + "; without ".join(
        figures
    )
    return [*wrap(text), ""]


def _name_columns(columns: Sequence[str]) -> str:
    named = [clean(column) for column in columns]
    return named[0] if len(named) == 1 else f"all {len(named)} columns asked about"


def describe_suspects(suspects: list[dict[str, Any]]) -> list[str]:
    """Return the leak suspects as lines."""
    if not suspects:
        return []
    lines = ["", "Columns that may know the answer"]
    for suspect in suspects:
        word = "not learned from" if suspect["action"] == "quarantined" else "asked about"
        word = f"activity, {word}" if suspect["table"] == "activities" else word
        lines += wrap(f"{suspect['column']} ({word}): {suspect['evidence']}", indent="  ")
    return lines
