"""Leads to act on: those that the list begins with, and those that the page explains one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from serve.report.contents import Disagreements

FRESH_DAYS = 90
"""Days since hand-over after which a lead that still waits has gone cold."""

MOST_EXPLAINED = 5_500
"""Leads that the page explains at most: an explanation takes ten times the room of the rest."""


def choose_within(frame: pd.DataFrame) -> int | None:
    """Return how old a hand-over the list of leads to call begins with may be.

    Parameters
    ----------
    frame : DataFrame
        Of `serve.report.contents.Leads`.

    Returns
    -------
    int or None
        `FRESH_DAYS`, counted from the newest hand-over; None where that would hide nothing or
        everything. A lead that nobody answered for a year has gone cold, however well it scored.
    """
    fresh = is_within(frame, FRESH_DAYS)[mark_to_call(frame)]
    return FRESH_DAYS if fresh.any() and not fresh.all() else None


def mark_to_call(frame: pd.DataFrame) -> np.ndarray:
    """Mark the leads that the list begins with: not started, or waiting where that is not known."""
    waiting = (frame["decision"] == "waiting").to_numpy()
    untouched = waiting & (frame["state"] != "working").to_numpy()
    return untouched if untouched.any() else waiting


def is_within(frame: pd.DataFrame, days: int) -> np.ndarray:
    """Tell which leads were handed over in the last days, the day of the newest counted as one."""
    handed_over = frame["handed_over_at"].dt.normalize()
    return np.asarray(handed_over > handed_over.max() - pd.Timedelta(days=days), dtype=bool)


def choose_explained(
    frame: pd.DataFrame, disagreements: Disagreements, *, most: int = MOST_EXPLAINED
) -> np.ndarray:
    """Choose the leads whose reasons, steps, time line and similar leads the page holds.

    Parameters
    ----------
    frame : DataFrame of shape (n, ...)
        Of `serve.report.contents.Leads`.
    disagreements : Disagreements
        Of the same leads.
    most : int

    Returns
    -------
    ndarray of int
        Their places, rising; all where there is room. First come those the teams see differently,
        then the newest that wait, the newest that are answered, the others that wait, and the
        rest, each by hand-over, newest first.
    """
    waiting = (frame["decision"] == "waiting").to_numpy()
    fresh = is_within(frame, FRESH_DAYS)
    disputed = np.zeros(len(frame), dtype=bool)
    disputed[np.concatenate([disagreements.rejected, disagreements.accepted]).astype(int)] = True
    turn = np.select([disputed, waiting & fresh, fresh, waiting], [0, 1, 2, 3], 4)
    age = frame["handed_over_at"].rank(ascending=False, method="first", na_option="bottom")
    return np.sort(np.lexsort((age.to_numpy(), turn))[:most])
