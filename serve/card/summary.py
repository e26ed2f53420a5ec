"""Contents of a model card as plain values, before rendering."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from features.language import Language, Phrase
from features.language import translatable as _
from features.text import clean, printable
from models.artifact.bundle import ModelBundle
from models.evaluation.metrics import list_metrics
from models.evaluation.probabilities import describe_probabilities
from models.reasons.sentences import label_of
from models.reasons.topics import group_topics
from serve.card.limits import ETHICS, find_limits
from serve.card.provenance import Provenance, Standing
from serve.pages.decision import list_measures
from serve.pages.words import RULE_WORDS
from serve.report.drivers import topic_label
from serve.report.model_summary import show_group

MOST_DRIVERS = 12

WITHOUT = _(
    "Without {columns}, which may not have been known at hand-over, the AUC is {value} "
    "(95 %: {low} to {high})."
)

HOW_APPROVED: dict[str, str] = {
    "gate": _("The gate approved it: it was compared with the model in use on the same leads."),
    "first": _("The gate approved it; there was no model in use to compare it with."),
    "off": _("The gate was off, so it was put in use whatever the comparison said."),
    "dry-run": _("The gate was on dry-run, so it was not put in use."),
    "held": _("The gate held it back."),
    "train": _(
        "Put in use by leadaccord train, which asks that a model tells good leads from bad ones "
        "and compares it with no other."
    ),
    "none": _("It cannot be told from chance, so it was not put in use."),
}


def summarise_card(
    bundle: ModelBundle, provenance: Provenance, standing: Standing, language: Language
) -> dict[str, Any]:
    """Return all that the card says, as plain types and phrases.

    Parameters
    ----------
    bundle : ModelBundle
        The stored model; its figures are those of the recipe on leads it had not learned from.
    provenance : Provenance
    standing : Standing
        Of the moment at which the card is written.
    language : Language
        Of labels and of the names of groups.

    Returns
    -------
    dict
        Shares are probabilities, dates `datetime.date` or None, counts int.

    References
    ----------
    Mitchell, M. et al. (2019). Model cards for model reporting. FAT*, 220-229.
    """
    figures = bundle.figures
    segments = list_segments(bundle, language)
    return {
        "language": language.code,
        "project": clean(provenance.project),
        "owner": None if provenance.owner is None else clean(provenance.owner),
        "version": bundle.version,
        "as_of": to_day(provenance.as_of),
        "in_use": standing.in_use,
        "approval": _describe_approval(provenance, standing, figures),
        "figures": figures,
        "window": _window(figures["window"]),
        "test_from": to_day(figures["test_from"]),
        "data": _describe_data(bundle, provenance),
        "measures": _list_figures(figures),
        "probabilities": describe_probabilities(figures),
        "without": describe_without(figures),
        "segments": segments,
        "drivers": list_strengths(bundle, language),
        "suspects": [_show_suspect(suspect, language) for suspect in figures["leak_suspects"]],
        "compared": _describe_comparison(provenance),
        "limits": find_limits(figures, segments),
        "ethics": tuple(map(Phrase, ETHICS)),
        "software": dict(provenance.software),
        "trees": figures["chosen"]["trees"],
    }


def list_segments(bundle: ModelBundle, language: Language) -> list[dict[str, Any]]:
    """Return, by segment, what was expected, what sales did, and how well leads are told apart.

    Returns
    -------
    list of dict
        ``label`` and ``groups``; of each ``name``, ``leads``, ``accepted`` and ``auc`` (value,
        low, high; None with too few leads), ``expected``, and ``side``: whether what was accepted
        lies "above", "below" or "near" what was expected.
    """
    features = {feature.name: feature for feature in bundle.table.features}
    return [
        {
            "label": label_of(features[name], language) if name in features else clean(name),
            "groups": [
                {**show_group(group, features.get(name), language), "auc": group["auc"]}
                for group in groups
            ],
        }
        for name, groups in bundle.figures["segments"].items()
        if groups
    ]


def list_strengths(bundle: ModelBundle, language: Language) -> list[dict[str, Any]]:
    """Return the topics that move the model most, strongest first.

    Returns
    -------
    list of dict
        ``label``, ``kind`` and ``strength``: the topic's part of all strength together.
    """
    topics = group_topics(bundle.table)
    members = dict(zip(topics.names, topics.members, strict=True))
    total = sum(bundle.importance.values())
    ranked = sorted(bundle.importance.items(), key=lambda item: (-item[1], item[0]))
    return [
        {
            "label": topic_label(
                topic, [bundle.table.features[i] for i in members[topic]], language
            ),
            "kind": bundle.table.features[members[topic][0]].kind,
            "strength": weight / total,
        }
        for topic, weight in ranked[:MOST_DRIVERS]
        if weight > 0
    ]


def to_day(moment: object) -> date | None:
    """Return the day of a moment; None where there is none."""
    return None if moment is None else pd.Timestamp(str(moment)).ceil("s").date()


def _describe_approval(
    provenance: Provenance, standing: Standing, figures: Mapping[str, Any]
) -> dict[str, Any]:
    verdict = provenance.verdict or {}
    return {
        "how": HOW_APPROVED[_how(provenance, figures)],
        "reasons": [Phrase.from_dict(reason) for reason in verdict.get("reasons", [])],
        "person": None if standing.approved_by is None else clean(standing.approved_by),
        "day": to_day(standing.approved_on),
    }


def _how(provenance: Provenance, figures: Mapping[str, Any]) -> str:
    if provenance.verdict is None:
        return "train" if provenance.put_in_use else "none"
    if provenance.verdict["mode"] == "dry-run":
        return "dry-run"
    if not provenance.put_in_use:
        return "none" if figures["skill"] == "none" else "held"
    if provenance.verdict["mode"] == "off":
        return "off"
    return "gate" if provenance.compared and provenance.compared["figures"] else "first"


def _describe_data(bundle: ModelBundle, provenance: Provenance) -> dict[str, Any]:
    figures = bundle.figures
    leads, accepted = bundle.statistics.leads, bundle.statistics.accepted
    return {
        "read": leads + sum(figures["excluded"].values()),
        "leads": leads,
        "accepted": accepted,
        "share": accepted / leads,
        "digest": provenance.digest,
        "excluded": [
            {"rule": RULE_WORDS[rule], "n": n}
            for rule, n in figures["excluded"].items()
            if n and rule in RULE_WORDS
        ],
        "set_aside": [clean(name) for name in provenance.set_aside],
        "words": {
            name: [clean(value) for value in values] for name, values in provenance.words.items()
        },
        "present_means": provenance.present_means,
    }


def _list_figures(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row per metric: the model, its baseline, and who only knows the base rate."""
    rows = list_metrics(figures["judged"], figures["logistic_regression"])
    return [
        {
            "name": row["label"],
            "lower": row["lower"],
            "model": row["model"],
            "peer": row["baseline"]["value"],
            "blind": row["blind"],
        }
        for row in rows
        if row["blind"] is not None
    ]


def describe_without(figures: Mapping[str, Any]) -> list[Phrase]:
    """Return the AUC that remains without the columns that are asked about, in words."""
    measured = figures.get("without_asked_about", ())
    return [Phrase(WITHOUT, _fill_without(part)) for part in measured]


def _fill_without(part: Mapping[str, Any]) -> dict[str, Any]:
    auc = {gap: Decimal(f"{part['auc'][gap]:.3f}") for gap in ("value", "low", "high")}
    return {"columns": ", ".join(map(clean, part["columns"])), **auc}


def _show_suspect(suspect: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {
        "column": clean(suspect["column"]),
        "quarantined": suspect["action"] == "quarantined",
        "evidence": printable(language.phrase(Phrase.from_dict(suspect["evidence"]))),
    }


def _describe_comparison(provenance: Provenance) -> dict[str, Any] | None:
    """Return the model that was in use and how both did on the same leads."""
    if provenance.compared is None:
        return None
    judged = provenance.compared["judged_on"]
    return {
        "champion": provenance.compared["champion"],
        "leads": judged["leads"] if judged else None,
        "window": _window(judged["window"]) if judged else None,
        "measures": list_measures(provenance.compared["figures"], judged),
    }


def _window(ends: Any) -> list[date] | None:
    days = [to_day(end) for end in ends]
    found = [day for day in days if day is not None]
    return found if found and len(found) == len(days) else None
