"""Explanation page of one lead: one self-contained HTML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from features.language import Language, Phrase
from features.language import translatable as _
from serve.pages.rendering import STYLE, render_page
from serve.pages.words import BEFORE_ANSWER
from serve.report.contents import Leads
from serve.report.explanation import LeadExplanation
from serve.report.html.lead_data import MAX_STEPS, SMALLEST_STEP
from serve.report.model_summary import DECISIONS
from serve.report.since.movers import write_lead_change

TEMPLATE = "lead.html.j2"
STYLES = (STYLE, "lead.css")


def render_explanation(explanation: LeadExplanation, language: Language) -> str:
    """Render the explanation of a lead.

    Parameters
    ----------
    explanation : LeadExplanation
    language : Language
        That of the explanation.

    Returns
    -------
    str
        HTML that loads nothing and runs nothing; every value is escaped.
    """
    leads = explanation.leads
    row = _first(leads.frame)
    shown = {name: text for name, text in _first(leads.shown).items() if text}
    known = {leads.field_labels[key]: text for key, text in _first(leads.fields).items() if text}
    return render_page(
        TEMPLATE,
        STYLES,
        language,
        a=explanation,
        row=row,
        title=" · ".join(shown.values()) or row["lead_id"],
        shown={**shown, **known},
        handed_over=_day(row["handed_over_at"]),
        decided=_day(row["decided_at"]),
        reason=row["reason"] if isinstance(row["reason"], str) else None,
        before=None if pd.isna(row["score_before"]) else _write_before(row["score_before"]),
        others=[
            (other, None if other.score_before is None else _write_before(other.score_before))
            for other in explanation.others
        ],
        change=write_lead_change(leads, 0, language),
        steps=list(list_steps(leads, language)),
        story=list(list_events_by_day(leads, language)),
        similar=_list_similar(leads),
        decisions=DECISIONS,
    )


def _write_before(score: float) -> Phrase:
    return Phrase(BEFORE_ANSWER, {"score": float(score)})


def _first(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(name): frame[name].iloc[0] for name in frame.columns}


def list_steps(leads: Leads, language: Language) -> Iterator[dict[str, Any]]:
    """Give the steps from the average lead to this one, strongest first.

    Parameters
    ----------
    leads : Leads
        Of one lead.
    language : Language

    Yields
    ------
    dict
        ``label``, ``points`` (words, with their sign), ``up`` (bool), ``start`` and ``end``: the
        probability before and after it. The last ends at the lead's own.
    """
    steps = leads.steps[0]
    order = np.argsort(-np.abs(steps), kind="stable")
    own = [int(i) for i in order[:MAX_STEPS] if abs(steps[i]) >= SMALLEST_STEP]
    rest = float(steps.sum() - steps[own].sum())
    moves = [(leads.topics[i], float(steps[i])) for i in own]
    if abs(rest) >= SMALLEST_STEP / 10 or not own:
        moves.append((language.text(_("Everything else")), rest))
    at = leads.average
    for label, move in moves:
        yield {
            "label": label,
            "points": _write_points(move, language),
            "up": move > 0,
            "start": _within(at),
            "end": _within(at + move),
        }
        at += move


def list_events_by_day(leads: Leads, language: Language) -> Iterator[tuple[str, list[str]]]:
    """Give what the lead did, day by day from its hand-over back: when, and what, how often.

    Parameters
    ----------
    leads : Leads
        Of one lead.
    language : Language
    """
    for days, events in groupby(leads.events[0], key=lambda event: int(event[0])):
        counts = Counter(leads.event_types[kind] for _day, kind in events)
        yield _ago(days, language), [_repeat(what, n, language) for what, n in counts.items()]


def _repeat(what: str, count: int, language: Language) -> str:
    if count == 1:
        return what
    return f"{what} ({language.text(_('{count} times'), count=count)})"


def _ago(days: int, language: Language) -> str:
    if days == 0:
        return language.text(_("less than a day before"))
    if days == 1:
        return language.text(_("1 day before"))
    return language.text(_("{days} days before"), days=days)


def _list_similar(leads: Leads) -> list[dict[str, Any]]:
    found = [int(place) for place in leads.similar[0] if place >= 0]
    rows = leads.past.iloc[found].to_dict("records")
    return [
        {
            **{str(name): value for name, value in row.items()},
            "day": _day(row["handed_over_at"]),
            "reason": row["reason"] if isinstance(row["reason"], str) else "",
        }
        for row in rows
    ]


def _write_points(move: float, language: Language) -> str:
    shown = language.number(100 * move, digits=1, fixed=True)
    return f"+{shown}" if move > 0 else shown.replace("-", "\N{MINUS SIGN}")


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _day(moment: Any) -> Any:
    return None if pd.isna(moment) else pd.Timestamp(moment).date()
