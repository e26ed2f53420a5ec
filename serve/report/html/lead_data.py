"""Data of the leads for the page's script: every lead once, words per language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from serve.report.contents import Leads, Report
from serve.report.html.packing import pack_ids, pack_lists, pack_numbers, pack_texts
from serve.report.html.to_act_on import MOST_EXPLAINED, choose_explained

MAX_STEPS = 8
"""Topics shown one by one on the way to a score; the others are one step together."""

SMALLEST_STEP = 0.005
"""Probability that a topic has to move to be shown by itself."""

NO_SCORE = -1
NEVER_SCORED = -2

NEAR = 100
"""Codes of days before hand-over under this are tenths of days; from here on whole days."""


def pack_leads(reports: Sequence[Report], *, most: int = MOST_EXPLAINED) -> dict[str, Any]:
    """Return what the script draws the list of leads from.

    Parameters
    ----------
    reports : sequence of Report
        The same report in each language, at least one; numbers are taken from the first.
    most : int
        How many leads at most come with their explanations; see
        `serve.report.html.to_act_on.choose_explained`.

    Returns
    -------
    dict
        Plain types, columns packed as `serve.report.html.packing` does. Probabilities are in
        thousandths, days count from 1970-01-01. ``outcome`` is 1 for an opportunity, 2 for a
        deal, and 3 more where the lead was won since. ``before`` is the score before sales'
        answer was known where it is not the same as today's: `NO_SCORE` for none, `NEVER_SCORED`
        where none was kept. ``explained`` are the places of the leads that have an explanation,
        and what it is made of has a row for each of these alone.
    """
    every = [report.leads for report in reports]
    leads = every[0]
    frame = leads.frame
    return {
        "count": len(frame),
        "link": leads.link,
        "total": leads.total,
        "average": round(1000 * leads.average),
        "ids": pack_ids(frame["lead_id"].tolist()),
        "score": pack_numbers(frame["score"].to_numpy()),
        "band": pack_numbers(frame["band"].to_numpy()),
        "probability": _thousandths(frame["probability"]),
        "before": pack_numbers(_scores_before(frame)),
        "low": _thousandths(frame["low"]),
        "high": _thousandths(frame["high"]),
        "grade": pack_texts([frame["grade"]]),
        "handed_over": _days(frame["handed_over_at"]),
        "decision": pack_texts([frame["state"]]),
        "decided": _days(frame["decided_at"]),
        "reason": pack_texts([_texts(frame["reason"])]),
        "overdue": pack_numbers(frame["overdue"].to_numpy(dtype=int)),
        "outcome": pack_numbers((frame["outcome"] + 3 * frame["won_since"]).to_numpy(dtype=int)),
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
        **pack_explanations(every, choose_explained(frame, reports[0].disagreements, most=most)),
    }


def _scores_before(frame: pd.DataFrame) -> np.ndarray:
    none = np.where(frame["learned"], NEVER_SCORED, NO_SCORE)
    return np.where(frame["score_before"].isna(), none, frame["score_before"]).astype(int)


def pack_explanations(every: Sequence[Leads], places: np.ndarray) -> dict[str, Any]:
    """Return what the script explains some leads by.

    Parameters
    ----------
    every : sequence of Leads
        In each language.
    places : ndarray of int
        Of the leads, rising.
    """
    leads = every[0]

    def pick(name: str) -> list[list[tuple[str, ...]]]:
        return [[getattr(one, name)[place] for place in places] for one in every]

    return {
        "explained": pack_numbers(places),
        "reasons": pack_lists(pick("reasons_for"), pick("reasons_against")),
        "missing": pack_lists(pick("missing")),
        "changed": _pack_changes(every, places[leads.frame["was"].notna().to_numpy()[places]]),
        "topics": [list(one.topics) for one in every],
        "steps": _pack_steps(leads.steps[places]),
        "activities": [list(one.event_types) for one in every],
        "events": _pack_events([leads.events[i] for i in places], leads.events_more[places]),
        **_pack_similar(every, leads.similar[places]),
    }


def _pack_changes(every: Sequence[Leads], places: np.ndarray) -> dict[str, Any]:
    """Return what the scores of some leads were, and why they are others now."""
    frame = every[0].frame.iloc[places]
    return {
        "places": pack_numbers(places),
        "was": pack_numbers(frame["was"].to_numpy(dtype=int)),
        "at": _days(frame["was_at"]),
        "parts": pack_lists([[one.changes[i] for i in places] for one in every], marks=(" (",)),
    }


def _pack_steps(steps: np.ndarray) -> dict[str, Any]:
    """Return the strongest steps of each lead, strongest first, as topic and thousandths."""
    order = np.argsort(-np.abs(steps), axis=1, kind="stable")[:, :MAX_STEPS]
    values = np.take_along_axis(steps, order, axis=1)
    kept = np.abs(values) >= SMALLEST_STEP
    return {
        "counts": pack_numbers(kept.sum(axis=1)),
        "topic": pack_numbers(order[kept]),
        "points": pack_numbers(np.rint(1000 * values[kept]).astype(int)),
    }


def _pack_events(events: Sequence[Sequence[tuple[float, int]]], more: np.ndarray) -> dict[str, Any]:
    flat = [event for own in events for event in own]
    days = np.array([day for day, _ in flat], dtype=float)
    tenths = np.rint(10 * days)
    # From ten days on the page shows whole days, and so two signs are enough for each.
    codes = np.where(tenths < NEAR, tenths, NEAR - 10 + np.rint(days)).astype(int)
    return {
        "counts": pack_numbers([len(own) for own in events]),
        "days": pack_numbers(codes),
        "type": pack_numbers([kind for _, kind in flat]),
        "more": pack_numbers(more),
    }


def _pack_similar(every: Sequence[Leads], similar: np.ndarray) -> dict[str, Any]:
    """Return which past leads each is similar to, and these."""
    there = similar >= 0
    used, place = np.unique(similar[there], return_inverse=True)
    past = every[0].past.iloc[used]
    return {
        "similar": {"counts": pack_numbers(there.sum(axis=1)), "place": pack_numbers(place)},
        "past": {
            "title": pack_texts([one.past["title"].iloc[used].tolist() for one in every]),
            "handed_over": _days(past["handed_over_at"]),
            "decision": pack_texts([past["decision"]]),
            "reason": pack_texts([_texts(past["reason"])]),
            "score": pack_numbers(past["score"].to_numpy(dtype=int)),
        },
    }


def _thousandths(shares: pd.Series) -> dict[str, Any]:
    return pack_numbers(np.rint(1000 * shares.to_numpy(dtype=float)).astype(int))


def _days(moments: pd.Series) -> dict[str, Any]:
    """Return days since 1970-01-01; ``none`` is the number where there is no time."""
    times = pd.to_datetime(moments).to_numpy(dtype="datetime64[D]")
    days, missing = times.astype(np.int64), np.isnat(times)
    # Just below the first day: one far away would make every number longer.
    none = 0 if missing.all() else int(days[~missing].min()) - 1
    return {**pack_numbers(np.where(missing, none, days)), "none": none}


def _texts(values: pd.Series) -> list[str]:
    """Return texts with an empty one for what is missing."""
    return values.astype(object).where(values.notna(), "").astype(str).tolist()
