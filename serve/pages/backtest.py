"""Contents of the backtest page as plain values, before rendering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from features.language import Language, Phrase
from features.language import translatable as _
from models.evaluation.comparison import MEASURES
from models.promotion.backtest import CANDIDATES, POLICIES, Month, MonthMetrics, Policy, Worth
from models.promotion.gate_rules import fixed, name_of
from serve.pages.words import write_sentence

POLICY_WORDS: dict[Policy, str] = {
    "kept": _("First model kept"),
    "retrained": _("Retrained every month"),
    "gated": _("Retrained, as the gate decides"),
}
SHORT: dict[Policy, str] = {"kept": _("Kept"), "retrained": _("Monthly"), "gated": _("Gated")}

HEADS = {
    "better": _("Monthly retraining was worth it"),
    "equal": _("What monthly retraining was worth cannot be told from chance"),
    "worse": _("Monthly retraining did harm"),
}
WORTH = _(
    "{head}: on {leads} leads of {months} months, log-loss was better by {gain} than with the "
    "first model kept (95 %: {low} to {high}), and of every 100 leads worked first, {more} more "
    "were accepted (95 %: {least} to {most})."
)
UNKNOWN = _(
    "What monthly retraining is worth cannot be told yet: no month after the first has enough "
    "leads to judge by."
)
GATED = _(
    "With the gate, {promoted} of {offered} later models were put in use; the gain in log-loss was "
    "{gain} (95 %: {low} to {high})."
)
STAYED = _("With the gate, none of {offered} later models was put in use: the first one stayed.")
UNCOUNTED = _("{count} of {months} months do not count; the table says why.")


def summarise_backtest(
    months: Sequence[Month],
    worth: Mapping[Policy, Worth],
    *,
    top_share: float,
    language: Language,
) -> dict[str, Any]:
    """Return everything that the page and ``--json`` say, as plain types.

    Parameters
    ----------
    months : sequence of Month
    worth : mapping of str to Worth
        Of "retrained" and "gated".
    top_share : float
    language : Language
        Of sentences.

    Returns
    -------
    dict
        Gains are so that more is better; shares are 0 to 1, moments are text.
    """
    return {
        "language": language.code,
        "window": [_moment(months[0].start), _moment(months[-1].end)],
        "top_share": top_share,
        "verdict": worth["retrained"].verdict,
        "sentence": write_sentence(describe_worth(worth["retrained"]), language),
        "more": [write_sentence(phrase, language) for phrase in describe_months(months, worth)],
        "worth": {way: _list_worth(worth[way]) for way in CANDIDATES},
        "measures": {name: language.phrase(name_of(name, top_share)) for name in MEASURES},
        "months": [_list_month(month, language) for month in months],
    }


def describe_worth(worth: Worth) -> Phrase:
    """Return in one sentence what retraining was worth, hedged by its interval."""
    if not worth.months:
        return Phrase(UNKNOWN)
    loss, top = worth.gains["log_loss"], worth.gains["top_precision"]
    return Phrase(
        WORTH,
        {
            "head": Phrase(HEADS[worth.verdict]),
            "leads": worth.leads,
            "months": worth.months,
            "gain": fixed(loss.value, signed=True),
            "low": fixed(loss.low, signed=True),
            "high": fixed(loss.high, signed=True),
            "more": round(100 * top.value, 1) + 0.0,
            "least": round(100 * top.low, 1) + 0.0,
            "most": round(100 * top.high, 1) + 0.0,
        },
    )


def describe_months(months: Sequence[Month], worth: Mapping[Policy, Worth]) -> list[Phrase]:
    """Return what the gate did, and how many months do not count."""
    told = []
    begun = next((place for place, one in enumerate(months) if one.models["kept"]), len(months))
    later = [month for month in months[begun + 1 :] if month.decision is not None]
    promoted, gated = sum(month.decision == "promoted" for month in later), worth["gated"]
    if later and not promoted:
        told.append(Phrase(STAYED, {"offered": len(later)}))
    elif later and gated.months:
        gain = gated.gains["log_loss"]
        gaps = {
            "promoted": promoted,
            "offered": len(later),
            "gain": fixed(gain.value, signed=True),
            "low": fixed(gain.low, signed=True),
            "high": fixed(gain.high, signed=True),
        }
        told.append(Phrase(GATED, gaps))
    uncounted = sum(not isinstance(month.figures, MonthMetrics) for month in months)
    if uncounted:
        told.append(Phrase(UNCOUNTED, {"count": uncounted, "months": len(months)}))
    return told


def _list_worth(worth: Worth) -> dict[str, Any]:
    return {
        "verdict": worth.verdict,
        "months": worth.months,
        "leads": worth.leads,
        "gains": {name: asdict(gain) for name, gain in worth.gains.items()},
    }


def _list_month(month: Month, language: Language) -> dict[str, Any]:
    figures, why = None, None
    if isinstance(month.figures, MonthMetrics):
        figures = asdict(month.figures)
    elif month.figures is not None:
        why = write_sentence(month.figures, language)
    return {
        "start": _moment(month.start),
        "end": _moment(month.end),
        "models": {way: month.models[way] for way in POLICIES},
        "decision": month.decision,
        "reasons": [write_sentence(reason, language) for reason in month.reasons],
        "why": why,
        "figures": figures,
    }


def _moment(moment: Any) -> str:
    return str(moment.isoformat(sep=" "))
