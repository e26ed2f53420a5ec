"""Summary of the project and the model for the report, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from features.contract.tables import Tables
from features.language import Language, Phrase
from features.language import translatable as _
from features.matrix.definitions import Feature
from features.settings.schema import AgreementSettings
from features.text import clean, printable
from models.artifact.bundle import ModelBundle
from models.evaluation.metrics import list_metrics
from models.evaluation.probabilities import doubt_probabilities
from models.reasons.sentences import label_of, level_label
from serve.pages.words import RULE_WORDS
from serve.report.drivers import list_drivers

# What sales said of a shown lead, in words; a lead without a decision is waiting.
DECISIONS = {
    "accepted": _("accepted"),
    "rejected": _("rejected"),
    "recycled": _("sent back to marketing"),
    "waiting": _("no decision yet"),
    "open": _("not started"),
    "working": _("in progress"),
}
FEW_LEADS = 30
"""Leads below which a share is shown with a word of caution."""


def summarise_model(bundle: ModelBundle, tables: Tables, language: Language) -> dict[str, Any]:
    """Return what the report says of the project and the model, as plain types.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    tables : Tables
        For the settings, and the moment of reading.
    language : Language
        Of labels and level names.

    Returns
    -------
    dict
        Shares are probabilities, dates are `datetime.date` or None, counts are int.
    """
    figures = bundle.figures
    return {
        "language": language.code,
        "project": clean(tables.settings.project.name),
        "version": bundle.version,
        "made": tables.now.date(),
        "state": summarise_state(bundle),
        "calibration": summarise_calibration(figures["judged"]["calibration"]),
        "drivers": list_drivers(bundle, language),
        "segments": summarise_segments(bundle, language),
        "suspects": [_list_suspect(suspect, language) for suspect in figures["leak_suspects"]],
        "set_aside": sorted(clean(name) for name in tables.settings.features.exclude),
        "excluded": {
            words: figures["excluded"][rule]
            for rule, words in RULE_WORDS.items()
            if figures["excluded"].get(rule)
        },
        "terms": summarise_terms(bundle, tables),
        "agreement": summarise_agreement(tables.settings.agreement),
        "judged": figures["judged"],
        "metrics": list_metrics(figures["judged"], figures["logistic_regression"]),
        "features": len(bundle.table.features),
    }


def summarise_state(bundle: ModelBundle) -> dict[str, Any]:
    """Return how many leads sales accepted, and how well the model ranks them.

    Parameters
    ----------
    bundle : ModelBundle
    """
    figures = bundle.figures
    leads, accepted = bundle.statistics.leads, bundle.statistics.accepted
    start, end = (_date(moment) for moment in figures["window"])
    return {
        "read": leads + sum(figures["excluded"].values()),
        "leads": leads,
        "accepted": accepted,
        "share": accepted / leads,
        "start": start,
        "end": end,
        "skill": figures["skill"],
        "doubt": doubt_probabilities(figures),
        "split": figures["split"],
        "n_train": figures["n_train"],
        "n_test": figures["n_test"],
        "test_from": _date(figures["test_from"]),
        "test_share": figures["base_rate"],
        "best": dict(figures["judged"]["top"][0]),
    }


def summarise_calibration(bins: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return whether scores keep their promise, in counts and a verdict.

    Parameters
    ----------
    bins : list of mapping
        As `models.evaluation.metrics.calibration_table` gives them, lowest score first.

    Returns
    -------
    dict
        ``bins``; ``kept``, the bins whose 95 % interval of acceptance holds the mean score;
        ``verdict``: "good" from 80 % of the bins on, "fair" from half of them, else "poor";
        ``examples``, the highest bin, a middle one and the lowest.
    """
    kept = [
        part["accepted"]["low"] <= part["mean_predicted"] <= part["accepted"]["high"]
        for part in bins
    ]
    share = sum(kept) / len(bins)
    picked = sorted({0, len(bins) // 2, len(bins) - 1}, reverse=True)
    return {
        "bins": [{**part, "kept": fine} for part, fine in zip(bins, kept, strict=True)],
        "kept": sum(kept),
        "verdict": "good" if share >= 0.8 else "fair" if share >= 0.5 else "poor",
        "examples": [bins[i] for i in picked],
    }


def summarise_segments(bundle: ModelBundle, language: Language) -> list[dict[str, Any]]:
    """Return, by source and segment, what was expected and what sales did.

    Parameters
    ----------
    bundle : ModelBundle
    language : Language
        Of the names of groups.

    Returns
    -------
    list of dict
        ``label`` and ``groups``, where leads came from first. Of each group ``name``, ``leads``,
        ``accepted`` (value, low, high), ``expected`` and ``side``: "above", "below" or "near"
        what was expected.
    """
    features = {feature.name: feature for feature in bundle.table.features}
    segments = bundle.figures["segments"]
    # Sorted here, because what is stored need not keep the order it had.
    return [
        {
            "label": label_of(features[name], language) if name in features else clean(name),
            "groups": [show_group(group, features.get(name), language) for group in segments[name]],
        }
        for name in sorted(segments, key=lambda name: _rank(features.get(name), name))
    ]


def summarise_terms(bundle: ModelBundle, tables: Tables) -> dict[str, Any]:
    """Return what the settings say that accepted, rejected and the other words mean.

    Parameters
    ----------
    bundle : ModelBundle
        For the maturity age that was applied.
    tables : Tables
        For the settings with their preset.
    """
    decision = tables.settings.decision
    return {
        "accepted": [clean(value) for value in decision.accepted],
        "rejected": [clean(value) for value in decision.rejected],
        "recycled": [clean(value) for value in decision.recycled],
        "undecided": [clean(value) for value in decision.undecided],
        "present_means": decision.present_means,
        "matured_after_days": bundle.figures["matured_after_days"],
        "as_of": _date(bundle.figures["as_of"]),
    }


def summarise_agreement(agreed: AgreementSettings) -> dict[str, Any]:
    """Return what the teams agreed on, as they wrote it.

    Parameters
    ----------
    agreed : AgreementSettings

    Returns
    -------
    dict
        ``definitions``, pairs of a term and its meaning (the term empty where none was written);
        ``answer_within`` (days), ``marketing``, ``sales`` (who signs), ``version`` and
        ``agreed_on``, each None where not given.
    """
    pairs = [text.partition(":") for text in agreed.definitions]
    return {
        "definitions": [
            (clean(term), clean(meaning)) if colon else ("", clean(term))
            for term, colon, meaning in pairs
        ],
        "answer_within": agreed.answer_within,
        "marketing": agreed.marketing and clean(agreed.marketing),
        "sales": agreed.sales and clean(agreed.sales),
        "version": agreed.version and clean(agreed.version),
        "agreed_on": agreed.agreed_on,
    }


def name_group(group: Mapping[str, Any], feature: Feature | None, language: Language) -> str:
    """Return what readers call a group of a segment.

    Parameters
    ----------
    group : mapping
        ``kind`` ("level", "missing" or "other") and ``group``, the level.
    feature : Feature or None
        What the leads are parted by; None where the model no longer has it.
    language : Language
    """
    if group["kind"] == "missing":
        return language.text(_("(not given)"))
    if group["kind"] == "other":
        return language.text(_("(all others)"))
    level = group["group"]
    return clean(level) if feature is None else level_label(level, feature, language)


def show_group(
    group: Mapping[str, Any], feature: Feature | None, language: Language
) -> dict[str, Any]:
    """Return a group of a segment: what was expected of it, and what sales did.

    Parameters
    ----------
    group, feature, language
        As for `name_group`.

    Returns
    -------
    dict
        ``name``, ``leads``, ``accepted`` (value, low, high), ``expected`` and ``side``.
    """
    name = name_group(group, feature, language)
    accepted, expected = group["accepted"], group["mean_predicted"]
    above, below = accepted["low"] > expected, accepted["high"] < expected
    return {
        "name": name,
        "leads": group["n"],
        "accepted": accepted,
        "expected": expected,
        "side": "above" if above else "below" if below else "near",
    }


def _rank(feature: Feature | None, name: str) -> tuple[bool, bool, str]:
    """Sort segments: how the lead came is what both teams ask first."""
    return (feature is None or feature.kind != "context", "source" not in name.casefold(), name)


def _list_suspect(suspect: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return a leak suspect with the column's name and the evidence fit for one line each."""
    return {
        **suspect,
        "column": clean(suspect["column"]),
        "evidence": printable(language.phrase(Phrase.from_dict(suspect["evidence"]))),
    }


def _date(moment: Any) -> Any:
    """Return the day of a moment, or None where there is none."""
    return None if moment is None or pd.isna(moment) else pd.Timestamp(moment).date()
