"""Group assignment: a keyed hash of the lead's id, the same on every machine and in every month.

Nothing is stored and nothing is drawn twice: a lead that is handed over again is in the group it
was in. The key is the trial's name. It has to be another for each trial, so that two trials draw
their groups independently; it need not be secret, as a CRM gives the ids and no one chooses them.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataRefused
from features.text import clean
from models.trials.plan import TrialPlan

MOST_MOVED = 0.1
"""A file with more leads in another group than drawn was drawn by another key."""

_BYTES = 8


def draw_groups(leads: Iterable[str], *, name: str, share: float) -> NDArray[np.bool_]:
    """Return which leads are in the group of the score.

    Parameters
    ----------
    leads : iterable of str
        Ids as the table contract has them, of Salesforce's two forms the longer.
    name : str
        The trial's name, the key of the hash.
    share : float
        Of all leads in the world that are in the group of the score.

    Returns
    -------
    array of bool

    Examples
    --------
    >>> draw_groups(["a", "b", "c", "d"], name="spring", share=0.5).tolist()
    [False, True, False, False]
    """
    key, limit = f"leadaccord trial {name}".encode(), round(share * 2 ** (8 * _BYTES))
    return np.array([_hash(key, lead) < limit for lead in leads], dtype=bool)


def name_groups(leads: Iterable[str], plan: TrialPlan) -> NDArray[np.object_]:
    """Return the name of each lead's group."""
    drawn = draw_groups(leads, name=plan.name, share=plan.share)
    first, second = plan.groups
    return np.asarray(np.where(drawn, first, second), dtype=object)


def count_moved(given: pd.DataFrame, plan: TrialPlan, *, where: str) -> int:
    """Return how many leads were worked in another group than the one drawn.

    Parameters
    ----------
    given : DataFrame
        ``lead_id`` and ``group``, as the CRM holds them; leads without a group are in none.
    plan : TrialPlan
    where : str
        The file, for messages.

    Raises
    ------
    DataRefused
        When there is a group that the plan does not have, no lead has a group, or so many were
        moved that the file must be another trial's.
    """
    given = given[given["group"].notna()]
    unknown = given[~given["group"].isin(plan.groups)]
    if len(unknown) or given.empty:
        raise DataRefused(
            f"the file has {'a group that the plan does not have' if len(given) else 'no group'}",
            where=where,
            got=f'"{clean(unknown["group"].iloc[0])}" in {len(unknown):,} of {len(given):,} leads, '
            f"the first {clean(unknown['lead_id'].iloc[0])}"
            if len(unknown)
            else None,
            expected=" or ".join(f'"{group}"' for group in plan.groups),
            next_step=f"Export the groups that leadaccord trial assign {plan.name} gave",
            code="group_unknown",
        )
    moved = int((given["group"] != name_groups(given["lead_id"], plan)).sum())
    if moved > MOST_MOVED * len(given):
        raise DataRefused(
            "the groups in the file were not drawn by this plan",
            where=where,
            got=f"{moved:,} of {len(given):,} leads in the other group",
            expected=f"at most {MOST_MOVED:.0%}, as when somebody moves a few by hand",
            next_step="Give the file of this trial; if sales worked by it, the trial is void, and "
            "a new one has to be planned",
            code="groups_of_another_plan",
        )
    return moved


def _hash(key: bytes, lead: str) -> int:
    digest = hmac.digest(key, lead.encode("utf-8", "surrogatepass"), "sha256")
    return int.from_bytes(digest[:_BYTES], "big")
