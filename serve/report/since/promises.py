"""Promises of earlier reports, beside what came of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from models.artifact.promises import Promise, month_of
from serve.report.contents import Aims, KeptPromise, Opening

MIN_LEADS = 10
"""Waiting leads below which nothing can be promised of their share."""

_ENOUGH = 0.5
"""Share of the waiting leads that must be answered since for a verdict."""


def make_promise(opening: Opening, aims: Aims, model_version: str) -> Promise | None:
    """Return what a report promises.

    Parameters
    ----------
    opening : Opening
    aims : Aims
    model_version : str

    Returns
    -------
    Promise or None
        None where leads have no times, or fewer than ten of the period wait.
    """
    share = (opening.expected, opening.expected_low, opening.expected_high)
    start, end = opening.start, opening.end
    if start is None or end is None or None in share or opening.waiting < MIN_LEADS:
        return None
    expected, low, high = (round(one, 4) for one in share if one is not None)
    return Promise(
        start=start,
        end=end,
        answered=opening.answered,
        accepted=opening.accepted,
        waiting=opening.waiting,
        expected=expected,
        low=low,
        high=high,
        aim=aims.accepted,
        model_version=model_version,
    )


def judge_promises(
    promises: Sequence[Promise], hand_overs: pd.DataFrame, end: dt.date | None
) -> tuple[KeptPromise, ...]:
    """Return what came of earlier promises.

    Parameters
    ----------
    promises : sequence of Promise
    hand_overs : DataFrame
        As `ScoredHandOvers.hand_overs`.
    end : date or None
        Last day of the report's own period: only promises of months before it are judged.

    Returns
    -------
    tuple of KeptPromise
        Newest first. The leads that waited are known by their count alone: what was answered and
        accepted of the period since is theirs. A promise whose period has fewer answers than it
        had then is left out, as the tables are others now.
    """
    if end is None:
        return ()
    days = hand_overs["handed_over_at"].dt.date
    found = []
    for promise in sorted(promises, key=lambda one: one.end, reverse=True):
        if month_of(promise) >= (end.year, end.month):
            continue
        decision = hand_overs["decision"][(days >= promise.start) & (days <= promise.end)]
        answered = int((decision != "waiting").sum()) - promise.answered
        accepted = int((decision == "accepted").sum()) - promise.accepted
        if 0 <= accepted <= answered <= promise.waiting:
            found.append(_judge(promise, answered, accepted))
    return tuple(found)


def _judge(promise: Promise, answered: int, accepted: int) -> KeptPromise:
    if answered < max(_ENOUGH * promise.waiting, 1):
        return KeptPromise(promise, answered, accepted, "open")
    share = accepted / answered
    if share < promise.low:
        return KeptPromise(promise, answered, accepted, "less")
    return KeptPromise(promise, answered, accepted, "more" if share > promise.high else "kept")
