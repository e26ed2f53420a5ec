"""Idle leads: far more leads without any activity than the model was evaluated on.

Ids of which a part is written otherwise than in the activities look just so: those leads get the
probability of somebody who did nothing, and no other check can notice.
"""

from __future__ import annotations

from features.findings import Finding
from models.artifact.reference import Reference

LAST_TOUCH = "activities: days since last"
"""The feature that is missing where a lead did nothing before hand-over."""

_SURPRISE, _MORE, _LEAST_SHARE = 1e-4, 0.1, 0.005


def note_idle_leads(idle: int, leads: int, reference: Reference | None) -> list[Finding]:
    """Say that leads match no activity where those of the training did.

    Parameters
    ----------
    idle : int
        Leads without an activity before their hand-over.
    leads : int
        All of them.
    reference : Reference or None
        The leads that the model was evaluated on; nothing is said where they are not kept or the
        model counts no activities.

    Returns
    -------
    list of Finding
        One at most: where such a share would come by chance once in 10,000 files, and lies ten
        percentage points above the usual one.
    """
    counts = None if reference is None else reference.newest.get(LAST_TOUCH)
    if counts is None or not counts.sum() or not leads:
        return []
    usual = counts[-1] / counts.sum()
    if idle / leads < usual + _MORE or not _is_surprising(idle, leads, max(usual, _LEAST_SHARE)):
        return []
    return [
        Finding(
            code="leads_without_activity",
            severity="warning",
            message=f"no activity before hand-over: {idle:,} of {leads:,} leads "
            f"({idle / leads:.0%}), in training {usual:.0%}; they are scored as if they had done "
            "nothing",
            next_step="See whether these ids are written as in the activities, and whether the "
            "activities reach up to these hand-overs",
            count=idle,
            total=leads,
        )
    ]


def _is_surprising(idle: int, leads: int, share: float) -> bool:
    from scipy.stats import binom

    return float(binom.sf(idle - 1, leads, share)) < _SURPRISE
