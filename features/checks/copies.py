"""Copied hand-overs: the same moment and the same values again under another id.

An import that gives records new ids writes a lead twice. Each of its hand-overs is then learned
from, counted and tested twice, and every interval is too narrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import poisson

from features.contract.tables import Tables
from features.findings import Finding

MIN_COPIES = 10
MIN_SHARE = 0.01
"""Copies as a share of the hand-overs of their time, from the first copy to the last."""
MOST_ALIKE = 5
"""More hand-overs of one moment with the same values are a list that was brought in at once."""
_UNLIKELY = 1e-6


@dataclass(frozen=True)
class Copies:
    """Hand-overs that stand in the tables under an earlier row's values and another id.

    Attributes
    ----------
    again : Index
        The hand-overs that are copies, the first of each left out.
    originals : Index
        The one that each is a copy of.
    """

    again: pd.Index
    originals: pd.Index


def find_copies(tables: Tables) -> Copies:
    """Find the hand-overs that are there again under other ids.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    Copies
        Empty where there are no times, where they are few, or where as many hand-overs would be
        alike by chance: values of other moments say how often that is.
    """
    episodes = tables.episodes
    known = episodes["lead_id"].notna() & episodes["handed_over_at"].notna()
    nothing = Copies(episodes.index[:0], episodes.index[:0])
    if not tables.timed or known.sum() < 2:
        return nothing
    keys = pd.DataFrame(
        {
            "lead_id": episodes.loc[known, "lead_id"],
            "at": episodes.loc[known, "handed_over_at"],
            "values": _hash_values(tables.attributes[known]),
        }
    ).drop_duplicates(["lead_id", "at"])
    groups = keys.groupby(["at", "values"], sort=False)
    size = groups["lead_id"].transform("size")
    alike = keys[(size > 1) & (size <= MOST_ALIKE)]
    first = alike.groupby(["at", "values"], sort=False).cumcount() == 0
    again = alike.index[~first]
    placed = alike.assign(place=alike.index).groupby(["at", "values"], sort=False)
    places = placed["place"].transform("first")
    if len(again) < MIN_COPIES or _is_chance(keys, len(again)):
        return nothing
    times = keys.loc[again, "at"]
    beside = keys["at"].between(times.min(), times.max()).sum()
    if len(again) < MIN_SHARE * beside:
        return nothing
    return Copies(again, pd.Index(places[again]))


def note_copies(tables: Tables) -> Iterator[Finding]:
    """Report hand-overs that are there again under other ids."""
    copies = find_copies(tables)
    if not len(copies.again):
        return
    both = (copies.again, copies.originals)
    first, original = (tables.episodes.loc[part[:1], "row"].iloc[0] for part in both)
    yield Finding(
        code="copied_hand_overs",
        severity="warning",
        message="hand-overs that stand again under another id, with the same time and values: "
        f"{len(copies.again):,} of {len(tables.episodes):,} rows. Each is counted and learned "
        "from twice, and intervals are too narrow",
        next_step="Leave out what an import wrote again under new ids",
        column=tables.settings.leads.id,
        count=len(copies.again),
        total=len(tables.episodes),
        example=f"row {first}, a copy of row {original}",
    )


def _hash_values(attributes: pd.DataFrame) -> np.ndarray:
    """Return a number for the values of each row; equal rows have equal numbers.

    A column that has another value in every row, as a second id has, tells no rows apart that are
    not one anyway.
    """
    kept = [name for name in attributes.columns if not _is_all_distinct(attributes[name])]
    if not kept:
        return np.arange(len(attributes), dtype=np.uint64)
    hashed: np.ndarray = pd.util.hash_pandas_object(attributes[kept], index=False).to_numpy()
    return hashed


def _is_all_distinct(values: pd.Series) -> bool:
    filled = int(values.notna().sum())
    return filled > 0 and values.nunique() == filled


def _is_chance(keys: pd.DataFrame, found: int) -> bool:
    """Return whether so many hand-overs of a moment have equal values by chance.

    Two hand-overs of different moments are no copies, so they say how often values are equal.
    """

    def pairs(*columns: str) -> float:
        sizes = keys.groupby(list(columns), sort=False).size().to_numpy(dtype=np.float64)
        return float((sizes * (sizes - 1) / 2).sum())

    together, alike = pairs("at"), pairs("values")
    apart = len(keys) * (len(keys) - 1) / 2 - together
    usual = (alike - pairs("at", "values")) / apart if apart else 1.0
    return bool(poisson.sf(found - 1, max(together * usual, 1e-9)) > _UNLIKELY)
