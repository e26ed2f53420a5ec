"""Data of the leads for the page's script: every lead once, words per language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from serve.report.contents import Leads, Report
from serve.report.html.packing import pack_lists, pack_numbers, pack_texts

MAX_STEPS = 8
"""Topics shown one by one on the way to a score; the others are one step together."""

SMALLEST_STEP = 0.005
"""Probability that a topic has to move to be shown by itself."""

NO_DAY = -1
NO_SCORE = -1


def pack_leads(reports: Sequence[Report]) -> dict[str, Any]:
    """Return what the script draws the list of leads from.

    Parameters
    ----------
    reports : sequence of Report
        The same report in each language, at least one; numbers are taken from the first.

    Returns
    -------
    dict
        Plain types, columns packed as `serve.report.html.packing` does. Probabilities are in
        thousandths, days count from 1970-01-01 with `NO_DAY` for none, days before hand-over are
        in tenths. ``outcome`` is 1 for an opportunity, 2 for
        a deal. ``before`` is the score before sales' answer was known, ``was`` the last other
        one that was given, `NO_SCORE` for none.
    """
    every = [report.leads for report in reports]
    leads = every[0]
    frame = leads.frame
    return {
        "count": len(frame),
        "total": leads.total,
        "average": round(1000 * leads.average),
        "ids": frame["lead_id"].tolist(),
        "score": pack_numbers(frame["score"].to_numpy()),
        "band": pack_numbers(frame["band"].to_numpy()),
        "probability": _thousandths(frame["probability"]),
        "before": pack_numbers(frame["score_before"].fillna(NO_SCORE).to_numpy(dtype=int)),
        "low": _thousandths(frame["low"]),
        "high": _thousandths(frame["high"]),
        "grade": pack_texts([frame["grade"]]),
        "handed_over": _days(frame["handed_over_at"]),
        "decision": pack_texts([frame["decision"]]),
        "decided": _days(frame["decided_at"]),
        "reason": pack_texts([_texts(frame["reason"])]),
        "overdue": pack_numbers(frame["overdue"].to_numpy(dtype=int)),
        "outcome": pack_numbers(frame["outcome"].to_numpy(dtype=int)),
        "won": _days(frame["won_at"]),
        "period": reports[0].days,
        "shown": [
            {"label": name, **pack_texts([one.shown.iloc[:, i].tolist() for one in every])}
            for i, name in enumerate(leads.shown)
        ],
        "fields": [
            {
                "key": key,
                "labels": [one.field_labels[key] for one in every],
                **pack_texts([one.fields[key].tolist() for one in every]),
            }
            for key in leads.field_labels
        ],
        "for": pack_lists([one.reasons_for for one in every]),
        "against": pack_lists([one.reasons_against for one in every]),
        "was": pack_numbers(frame["was"].fillna(NO_SCORE).to_numpy(dtype=int)),
        "was_at": _days(frame["was_at"]),
        "changes": pack_lists([one.changes for one in every], mark=" ("),
        "missing": pack_lists([one.missing for one in every]),
        "topics": [list(one.topics) for one in every],
        "steps": _pack_steps(leads),
        "activities": [list(one.event_types) for one in every],
        "events": _pack_events(leads),
        "similar": _pack_similar(leads),
        "past": _pack_past(every),
    }


def _pack_steps(leads: Leads) -> dict[str, Any]:
    """Return the strongest steps of each lead, strongest first, as topic and thousandths."""
    order = np.argsort(-np.abs(leads.steps), axis=1, kind="stable")[:, :MAX_STEPS]
    values = np.take_along_axis(leads.steps, order, axis=1)
    kept = np.abs(values) >= SMALLEST_STEP
    return {
        "counts": pack_numbers(kept.sum(axis=1)),
        "topic": pack_numbers(order[kept]),
        "points": pack_numbers(np.rint(1000 * values[kept]).astype(int)),
    }


def _pack_events(leads: Leads) -> dict[str, Any]:
    flat = [event for events in leads.events for event in events]
    days = np.array([day for day, _ in flat], dtype=float)
    return {
        "counts": pack_numbers([len(events) for events in leads.events]),
        "days": pack_numbers(np.rint(10 * days).astype(int)),
        "type": pack_numbers([kind for _, kind in flat]),
        "more": pack_numbers(leads.events_more),
    }


def _pack_similar(leads: Leads) -> dict[str, Any]:
    there = leads.similar >= 0
    return {
        "counts": pack_numbers(there.sum(axis=1)),
        "place": pack_numbers(leads.similar[there]),
    }


def _pack_past(every: Sequence[Leads]) -> dict[str, Any]:
    past = every[0].past
    return {
        "title": pack_texts([one.past["title"].tolist() for one in every]),
        "handed_over": _days(past["handed_over_at"]),
        "decision": pack_texts([past["decision"]]),
        "reason": pack_texts([_texts(past["reason"])]),
        "score": pack_numbers(past["score"].to_numpy(dtype=int)),
    }


def _thousandths(shares: pd.Series) -> dict[str, Any]:
    return pack_numbers(np.rint(1000 * shares.to_numpy(dtype=float)).astype(int))


def _days(moments: pd.Series) -> dict[str, Any]:
    """Return days since 1970-01-01, `NO_DAY` where there is no time."""
    times = pd.to_datetime(moments).to_numpy(dtype="datetime64[D]")
    days = times.astype(np.int64)
    return pack_numbers(np.where(np.isnat(times), NO_DAY, days))


def _texts(values: pd.Series) -> list[str]:
    """Return texts with an empty one for what is missing."""
    return values.astype(object).where(values.notna(), "").astype(str).tolist()
