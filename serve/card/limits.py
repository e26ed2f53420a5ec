"""Known limits of a model, from its own figures, and of every model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from features.language import Phrase
from features.language import translatable as _
from models.evaluation.probabilities import doubt_probabilities

FEW_TO_JUDGE = 120
"""Fewer leads of either decision than this leave every figure uncertain."""

RATE_MOVED = 0.03
UNTOUCHED = 0.05
OFF = 0.03
"""Calibration error, beyond what chance alone makes, that a reader has to know of."""

SHUFFLED = _(
    "The leads have no time and no order, so older and newer were told apart by chance. Expect "
    "less on new leads than the figures say."
)
WEAK = _("The order of the leads is better than chance, by little.")
NONE = _("The order of the leads cannot be told from chance.")
FEW = _(
    "Only {rarer} of the leads it was judged on had the rarer decision, so every figure is "
    "uncertain; the intervals say by how much."
)
SHIFTED = _(
    "Sales accepted {before}% of the older leads and {after}% of the newer ones. Where acceptance "
    "shifts, probabilities lag behind."
)
UNCALIBRATED = _(
    "On newer leads probabilities were off by {error} points on average; chance alone makes "
    "{chance}."
)
UNDECIDED = _(
    "{share}% of the leads were never decided and are not learned from. Where sales passes over "
    "leads for a reason, the model does not know it."
)
ASKED = _(
    "Columns that may be filled in after the decision were learned from, because the evidence is "
    "not enough to set them aside: {columns}."
)
BLIND = _("In these segments the order cannot be told from chance: {groups}.")
UNJUDGED = _("These segments had too few leads of either decision for an AUC: {groups}.")
ELSEWHERE = _("In these segments sales accepted clearly more or less than expected: {groups}.")

ALWAYS = (
    _("It says what goes with acceptance, not what causes it, nor whether sales is right."),
    _(
        "It sees what the export shows of a lead at hand-over. Fields that the CRM overwrites "
        "later show today's values; the guards catch what gives itself away, not everything."
    ),
    _(
        "It knows the past: a new source, product or market is not in it. leadaccord monitor tells "
        "when the leads have changed."
    ),
)

ETHICS = (
    _(
        "It must not be used to judge a rep or a marketer. Who owns a lead is never learned from, "
        "and no figure here is by rep."
    ),
    _(
        "It does not decide about persons on its own: a person reads the score and its reasons. "
        "Laws such as Article 22 of the GDPR restrict decisions made by a machine alone."
    ),
    _(
        "It learns the habits of sales, fair or not. Country, language or job title may stand in "
        "for origin, sex or age: compare the figures by segment, and set such a column aside with "
        "exclude under [features]."
    ),
    _(
        "Leads that are never called because of a low score are never learned from. Work some of "
        "them all the same, chosen at random, so that the next model can be told it was wrong."
    ),
    _(
        "Names, e-mail addresses, phone numbers and streets are not learned from and not kept with "
        "the model; only what may be derived from them is, such as the kind of address."
    ),
)


def find_limits(
    figures: Mapping[str, Any], segments: Sequence[Mapping[str, Any]]
) -> tuple[Phrase, ...]:
    """Return what a reader has to know before relying on a model, its own limits first.

    Parameters
    ----------
    figures : mapping
        The training result.
    segments : sequence of mapping
        ``label`` and ``groups`` with ``name``, ``auc`` and ``side``, as the card shows them.

    Returns
    -------
    tuple of Phrase
    """
    return (
        *_about_judging(figures),
        *_about_data(figures),
        *_about_segments(segments),
        *map(Phrase, ALWAYS),
    )


def _about_judging(figures: Mapping[str, Any]) -> Iterator[Phrase]:
    judged = figures["judged"]
    if figures["split"] == "shuffled":
        yield Phrase(SHUFFLED)
    if figures["skill"] != "good":
        yield Phrase(WEAK if figures["skill"] == "weak" else NONE)
    rarer = min(judged["n_accepted"], judged["n"] - judged["n_accepted"])
    if rarer < FEW_TO_JUDGE:
        yield Phrase(FEW, {"rarer": rarer})
    yield from doubt_probabilities(figures)[:1]
    if judged["ece"] - judged["ece_by_chance"] > OFF:
        gaps = {"error": 100 * judged["ece"], "chance": 100 * judged["ece_by_chance"]}
        yield Phrase(UNCALIBRATED, gaps)


def _about_data(figures: Mapping[str, Any]) -> Iterator[Phrase]:
    before, after = figures["train_base_rate"], figures["base_rate"]
    if abs(after - before) > RATE_MOVED and figures["split"] != "shuffled":
        yield Phrase(SHIFTED, {"before": 100 * before, "after": 100 * after})
    untouched = figures["excluded"].get("untouched", 0)
    read = figures["n_train"] + figures["n_test"] + sum(figures["excluded"].values())
    if untouched > UNTOUCHED * read:
        yield Phrase(UNDECIDED, {"share": 100 * untouched / read})
    asked = [s["column"] for s in figures["leak_suspects"] if s["action"] != "quarantined"]
    if asked:
        yield Phrase(ASKED, {"columns": ", ".join(asked)})


def _about_segments(segments: Sequence[Mapping[str, Any]]) -> Iterator[Phrase]:
    groups = [(part["label"], group) for part in segments for group in part["groups"]]
    found = {
        BLIND: [g for g in groups if g[1]["auc"] and g[1]["auc"]["low"] <= 0.5],
        UNJUDGED: [g for g in groups if not g[1]["auc"]],
        ELSEWHERE: [g for g in groups if g[1]["side"] != "near"],
    }
    for text, those in found.items():
        if those:
            yield Phrase(text, {"groups": _list_by_label(those)})


def _list_by_label(groups: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    named: dict[str, list[str]] = {}
    for label, group in groups:
        named.setdefault(label, []).append(group["name"])
    return "; ".join(f"{label}: {', '.join(names)}" for label, names in named.items())
