"""Accounts of single leads made up for tests of what is drawn."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from serve.report.contents import Leads
from serve.report.explanation import LeadExplanation


def one(leads: Leads, place: int) -> Leads:
    """The report's lead at a place, alone."""
    rows = [place]
    return replace(
        leads,
        frame=leads.frame.iloc[rows].reset_index(drop=True),
        shown=leads.shown.iloc[rows].reset_index(drop=True),
        fields=leads.fields.iloc[rows].reset_index(drop=True),
        reasons_for=(leads.reasons_for[place],),
        reasons_against=(leads.reasons_against[place],),
        steps=leads.steps[rows],
        events=(leads.events[place],),
        events_more=leads.events_more[rows],
        similar=leads.similar[rows],
        missing=(leads.missing[place],),
    )


def explanation_of(leads: Leads, **changes: object) -> LeadExplanation:
    """The explanation of leads that are one."""
    explanation = LeadExplanation("spring", "m0123456789ab", dt.date(2026, 3, 1), leads, ())
    return replace(explanation, **changes)  # type: ignore[arg-type]
