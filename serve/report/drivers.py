"""Drivers of acceptance: the strongest topics, and acceptance rates by value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from features.language import Language
from features.language import translatable as _
from features.matrix.definitions import NOT_GIVEN, Feature
from features.matrix.feature_table import FeatureTable
from features.naming import name_activity, name_column
from features.text import clean
from models.artifact.bundle import ModelBundle
from models.evaluation.intervals import wilson_interval
from models.reasons.acceptance_by_value import FeatureStatistics, Statistics
from models.reasons.ranges import name_ranges
from models.reasons.sentences import MIN_LEADS_TO_QUOTE, label_of, level_label
from models.reasons.topics import group_topics
from models.reasons.wording import WORDINGS

MAX_DRIVERS = 10
MAX_VALUES = 8
MIN_STRENGTH = 0.02
"""Share of the strongest topic's weight below which a topic is not worth a reader's time."""

_NEVER = frozenset({"activity_recency", "days"})
_YES_NO = {"yes": _("yes"), "no": _("no")}


def list_drivers(bundle: ModelBundle, language: Language) -> list[dict[str, Any]]:
    """Return the topics that move the model most, each with its acceptance by value.

    Parameters
    ----------
    bundle : ModelBundle
    language : Language
        Of the labels.

    Returns
    -------
    list of dict
        ``label``, ``kind``, ``strength`` (1 for the strongest), ``about`` (the feature whose
        values are listed), ``rows`` (see `list_values`) and ``left_out`` (values with too few
        leads, or beyond the most frequent). At most `MAX_DRIVERS`, strongest first.
    """
    topics = group_topics(bundle.table)
    members = dict(zip(topics.names, topics.members, strict=True))
    # Sorted here as well, because what is stored need not keep the order it had.
    ranked = sorted(bundle.importance.items(), key=lambda item: (-item[1], item[0]))
    strongest = ranked[0][1] if ranked else 0.0
    drivers = []
    for topic, weight in ranked[:MAX_DRIVERS]:
        if strongest <= 0 or weight < MIN_STRENGTH * strongest:
            break
        features = [bundle.table.features[i] for i in members[topic]]
        feature = _most_telling(features, bundle.statistics)
        rows, left_out = list_values(feature, bundle.table, bundle.statistics, language)
        drivers.append(
            {
                "label": topic_label(topic, features, language),
                "kind": feature.kind,
                "strength": weight / strongest,
                "about": label_of(feature, language),
                "rows": rows,
                "left_out": left_out,
            }
        )
    return drivers


def topic_label(topic: str, features: Sequence[Feature], language: Language) -> str:
    """Return what readers call a topic.

    Parameters
    ----------
    topic : str
        The topic's name.
    features : sequence of Feature
        Its members, at least one.
    language : Language
    """
    first = features[0]
    activity = first.label.values.get("activity")
    if isinstance(activity, str):
        name = clean(name_activity(activity, language))
        return name[:1].upper() + name[1:]
    if topic == "activities":
        return language.text(_("All activities together"))
    return (
        clean(name_column(topic, language))
        if len(features) > 1 and topic == first.column
        else label_of(first, language)
    )


def list_values(
    feature: Feature, table: FeatureTable, statistics: Statistics, language: Language
) -> tuple[list[dict[str, Any]], int]:
    """Return how often sales accepted, by value of one feature.

    Parameters
    ----------
    feature : Feature
    table : FeatureTable
    statistics : Statistics
        Of the leads learned from.
    language : Language

    Returns
    -------
    rows : list of dict
        ``value`` (words), ``leads``, ``accepted``, ``share`` with its 95 % interval ``low`` to
        ``high``, and ``side``: "above", "below" or "near" the overall share, "near" where the
        interval holds it. Numbers ascend; categories fall by share. Only values with
        `MIN_LEADS_TO_QUOTE` leads or more, and of categories the `MAX_VALUES` most frequent.
    left_out : int
        Values that some lead has and that are not listed.
    """
    entry = statistics.features[feature.name]
    merged: dict[str, list[int]] = {}
    for label, leads, accepted in zip(
        _labels(feature, entry, table, language), entry.leads, entry.accepted, strict=True
    ):
        # Two spellings that read alike, such as two kinds of "(other)", are one row to a reader.
        count = merged.setdefault(label, [0, 0])
        count[0] += int(leads)
        count[1] += int(accepted)
    present = [(label, n, won) for label, (n, won) in merged.items() if n]
    kept = [row for row in present if row[1] >= MIN_LEADS_TO_QUOTE]
    if entry.edges is None:
        kept = sorted(kept, key=lambda row: (-row[1], row[0]))[:MAX_VALUES]
        kept.sort(key=lambda row: (-row[2] / row[1], row[0]))
    rows = [
        {"value": label, **count_share(won, n, base=statistics.base_rate)} for label, n, won in kept
    ]
    return rows, len(present) - len(kept)


def count_share(accepted: int, leads: int, *, base: float) -> dict[str, Any]:
    """Return an accepted share with its 95 % interval, and on which side of the base it lies.

    Parameters
    ----------
    accepted, leads : int
        Leads accepted out of at least one.
    base : float
        The overall share, as a probability.
    """
    low, high = (float(limit) for limit in wilson_interval(accepted, leads))
    return {
        "leads": leads,
        "accepted": accepted,
        "share": accepted / leads,
        "low": low,
        "high": high,
        "side": "above" if low > base else "below" if high < base else "near",
    }


def _most_telling(features: Sequence[Feature], statistics: Statistics) -> Feature:
    """Return the feature whose values differ most in acceptance; of equals the first."""

    def spread(feature: Feature) -> float:
        entry = statistics.features[feature.name]
        enough = entry.leads >= MIN_LEADS_TO_QUOTE
        gap = entry.accepted[enough] / entry.leads[enough] - statistics.base_rate
        return float(entry.leads[enough] @ gap**2)

    return max(features, key=spread)


def _labels(
    feature: Feature, entry: FeatureStatistics, table: FeatureTable, language: Language
) -> list[str]:
    """Return the words for each group of a feature, in the order of its counts."""
    if entry.edges is None:
        return [_level(level, feature, language) for level in table.levels[feature.name]]
    unknown = _("never") if feature.recipe in _NEVER else NOT_GIVEN
    return [*name_ranges(feature, entry.edges, language), language.text(unknown)]


def _level(level: str, feature: Feature, language: Language) -> str:
    if WORDINGS[feature.recipe].no is not None and level in _YES_NO:
        return language.text(_YES_NO[level])
    return level_label(level, feature, language)
