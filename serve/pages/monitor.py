"""Contents of the monitoring page as plain values, before rendering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from features.language import Language
from features.language import translatable as _
from features.text import clean, printable
from models.artifact.bundle import ModelBundle
from models.artifact.reference import GRADES
from models.evaluation.intervals import Interval
from models.monitoring.answers import Answered
from models.monitoring.inputs import FeatureDrift
from models.monitoring.monitor import MonitoringResult
from models.monitoring.status import COLOURS
from models.reasons.sentences import label_of
from serve.pages.words import write_sentence

AREAS = {
    "inputs": _("Inputs"),
    "volume": _("Volume"),
    "freshness": _("Freshness"),
    "scores": _("Scores"),
    "performance": _("Performance"),
    "decisions": _("Decisions"),
    "answers": _("Answers"),
}
COLOUR_WORDS = {
    "red": _("red"),
    "amber": _("amber"),
    "green": _("green"),
    "grey": _("too early to tell"),
}
MEANINGS = {
    "inputs": _("Do leads look as they did when the model was judged?"),
    "volume": _("Do as many leads come, and from where they came?"),
    "freshness": _("Are the tables up to date?"),
    "scores": _("Are scores and grades spread as they were?"),
    "performance": _("How good should the order of the leads be, and how good was it so far?"),
    "decisions": _("Does sales accept as many as the scores say?"),
    "answers": _("Does sales answer as fast as it did?"),
}
FIGURES = {
    "auc": _("AUC"),
    "average_precision": _("Average precision"),
    "precision_at_top": _("Accepted of the best-scored tenth"),
    "base_rate": _("Accepted of all"),
}
TABLES = {"leads": _("Leads"), "activities": _("Activities"), "decisions": _("Decisions")}
SHOWN_FEATURES = 12
SCORE_BANDS = 10


def summarise_monitoring(
    watched: MonitoringResult, bundle: ModelBundle, *, language: Language
) -> dict[str, Any]:
    """Return everything that the page and ``--json`` say, as plain types.

    Parameters
    ----------
    watched : MonitoringResult
    bundle : ModelBundle
        The model watched.
    language : Language
        Of labels and sentences.

    Returns
    -------
    dict
        Shares are 0 to 1, moments are text, colours are "red", "amber", "green" or "grey".
    """
    names = {
        group: clean(name if isinstance(name, str) else language.phrase(name))
        for group, name in watched.names.items()
    }
    answers = [_list_answers(one, names, language) for one in watched.answers]
    return {
        "language": language.code,
        "model_version": bundle.version,
        "since": watched.since.isoformat(sep=" "),
        "now": watched.now.floor("s").isoformat(sep=" "),
        "leads": watched.leads,
        "answered": watched.answered,
        "colour": watched.colour,
        "alert": watched.alert,
        "lights": [
            {
                "area": light.area,
                "colour": light.colour,
                "because": [write_sentence(phrase, language) for phrase in light.because],
            }
            for light in watched.statuses
        ],
        "features": [_list_feature(one, language) for one in choose_features(watched.features)],
        "features_compared": len(watched.features),
        "volume": _list_volume(watched, names),
        "ages": dict(watched.ages),
        "scores": _list_scores(watched),
        "prior_shift": None if watched.prior_shift is None else watched.prior_shift.to_dict(),
        "performance": list_figures(watched, bundle.figures),
        "decisions": [
            {
                "group": language.text(_("all leads")) if gap.group is None else names[gap.group],
                "leads": gap.leads,
                "accepted": asdict(gap.accepted),
                "expected": gap.expected,
                "p": gap.p,
                "colour": gap.colour,
            }
            for gap in watched.gaps
        ],
        "answers": [one for one in answers if one["part"] != "week"],
        "weeks": [one for one in answers if one["part"] == "week"],
    }


def choose_features(features: Sequence[FeatureDrift]) -> list[FeatureDrift]:
    """Return every feature that stands out, then the most moved up to twelve in all."""
    ranked = sorted(features, key=lambda one: (COLOURS.index(one.colour), -one.excess))
    loud = sum(one.colour in ("red", "amber") for one in features)
    return ranked[: max(loud, SHOWN_FEATURES)]


def list_figures(watched: MonitoringResult, trained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each figure as it was in training, is expected, and came so far."""
    judged = trained["judged"]
    before = {
        "auc": judged["auc"],
        "average_precision": judged["average_precision"],
        "precision_at_top": judged["top"][0]["precision"],
        "base_rate": {"value": judged["base_rate"]},
    }
    told = watched.performance
    return [
        {
            "figure": figure,
            "training": dict(before[figure]),
            "expected": _interval(getattr(told.expected, figure, None)),
            "expected_of_answered": _interval(getattr(told.answered, figure, None)),
            "realised": _interval(told.realised.get(figure)),
        }
        for figure in FIGURES
    ]


def _list_feature(one: FeatureDrift, language: Language) -> dict[str, Any]:
    return {
        "feature": one.feature.name,
        "label": printable(label_of(one.feature, language)),
        "psi": one.drift.psi,
        "psi_by_chance": one.drift.by_chance,
        "psi_usual": one.usual,
        "distance": one.drift.distance,
        "p": one.p,
        "missing": list(one.missing),
        "unseen": list(one.unseen) if one.feature.form == "category" else None,
        "colour": one.colour,
    }


def _list_volume(watched: MonitoringResult, names: Mapping[int, str]) -> dict[str, Any]:
    volume = watched.volume
    return {
        "before": volume.before,
        "now": volume.now,
        "p": volume.p,
        "colour": volume.colour,
        "sources": [
            {
                "source": names[one.group],
                "leads": one.leads,
                "before": one.before,
                "now": one.now,
                "p": one.p,
                "colour": one.colour,
            }
            for one in volume.sources
        ],
        "new_values": {clean(name): count for name, count in watched.new_values.items()},
    }


def _list_scores(watched: MonitoringResult) -> dict[str, Any]:
    moved, reference = watched.scores, watched.reference
    return {
        "bands": [
            {"from": low, "to": high, "before": before, "now": now}
            for (low, high), before, now in zip(
                _bands(), _band(reference.scores), _band(moved.scores), strict=True
            )
        ],
        "grades": [
            {"grade": grade, "before": before, "now": now}
            for grade, before, now in zip(
                GRADES, _share(reference.grades), _share(moved.grades), strict=True
            )
        ],
        "psi": moved.by_score.psi,
        "psi_by_chance": moved.by_score.by_chance,
        "psi_of_grades": moved.by_grade.psi,
        "colour": moved.colour_of_scores,
        "colour_of_grades": moved.colour_of_grades,
    }


def _list_answers(one: Answered, names: Mapping[int, str], language: Language) -> dict[str, Any]:
    source = names.get(one.group, "") if one.part == "source" else ""
    return {
        "part": one.part,
        "group": language.text(_("all leads")) if one.part == "all" else source,
        "start": None if one.start is None else one.start.date().isoformat(),
        "leads": one.leads,
        "answered": one.share,
        "expected": one.expected,
        "untouched": one.untouched,
        "median_days": one.median_days,
        "p": one.p,
        "colour": one.colour,
    }


def _bands() -> list[tuple[int, int]]:
    """Return scores 0 to 9, 10 to 19 ... 90 to 100."""
    lows = range(0, 100, 100 // SCORE_BANDS)
    return [(low, 100 if low == 90 else low + 9) for low in lows]


def _band(scores: np.ndarray) -> list[float]:
    counts = [scores[low : high + 1].sum() for low, high in _bands()]
    return _share(np.array(counts))


def _share(counts: np.ndarray) -> list[float]:
    return [float(part) for part in counts / max(counts.sum(), 1)]


def _interval(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else asdict(interval)
