"""Copied hand-overs: the same moment and the same values again under another id.

An import that gives records new ids writes a lead twice, often with one column of its own: the
user who imported it, a source "Import", the day of the last change. Each hand-over is then learned
from, counted and tested twice, and every interval is too narrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import pdtrc

from features.contract.tables import Tables
from features.findings import Finding

MIN_COPIES = 10
MIN_SHARE = 0.01
"""Copies as a share of the hand-overs of their time, from the first copy to the last."""
MOST_ALIKE = 5
"""More hand-overs of one moment with the same values are a list that was brought in at once."""
_UNLIKELY = 1e-6
_NEARLY_ALL = 0.9
_IMPORT_LASTS = pd.Timedelta(days=7)


@dataclass(frozen=True)
class Copies:
    """Hand-overs that stand in the tables under an earlier row's values and another id.

    Attributes
    ----------
    again : Index
        The hand-overs that are copies, the first of each left out.
    originals : Index
        The one that each is a copy of.
    changed : str or None
        The one column in which copies and originals differ, as an import fills it.
    """

    again: pd.Index
    originals: pd.Index
    changed: str | None = None


def find_copies(tables: Tables) -> Copies:
    """Find the hand-overs that are there again under other ids.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    Copies
        Empty where there are no times, where they are few, or where as many hand-overs would be
        alike by chance: values of other moments say how often that is. Where none is alike in
        every column, those that differ in one alone, if an import filled it on one of the sides.
    """
    episodes = tables.episodes
    known = episodes["lead_id"].notna() & episodes["handed_over_at"].notna()
    nothing = Copies(episodes.index[:0], episodes.index[:0])
    if not tables.timed or known.sum() < 2:
        return nothing
    keys = pd.DataFrame(
        {"lead_id": episodes.loc[known, "lead_id"], "at": episodes.loc[known, "handed_over_at"]}
    )
    attributes = tables.attributes[known]
    hashes = {
        str(name): hashed
        for place, name in enumerate(attributes)
        if (hashed := _hash_column(attributes[name], place)) is not None
    }
    if not hashes:
        return nothing
    every = np.add.reduce(list(hashes.values()))
    alike = _find_alike(keys.assign(values=every)) or nothing
    if len(alike.again) or len(hashes) == 1:
        return alike
    but_for_one = (
        Copies(found.again, found.originals, changed=name)
        for name, hashed in hashes.items()
        if (found := _find_alike(keys.assign(values=every - hashed)))
        and _is_filled_by_import(attributes[name], found)
    )
    return max(but_for_one, key=lambda found: len(found.again), default=nothing)


def note_copies(tables: Tables) -> Iterator[Finding]:
    """Report hand-overs that are there again under other ids."""
    copies = find_copies(tables)
    if not len(copies.again):
        return
    both = (copies.again, copies.originals)
    first, original = (tables.episodes.loc[part[:1], "row"].iloc[0] for part in both)
    alike = (
        "the same time and values"
        if copies.changed is None
        else (f'the same time and values in all columns but "{copies.changed}"')
    )
    yield Finding(
        code="copied_hand_overs",
        severity="warning",
        message=f"hand-overs that stand again under another id, with {alike}: "
        f"{len(copies.again):,} of {len(tables.episodes):,} rows. Each is counted and learned "
        "from twice, and intervals are too narrow",
        next_step="Leave out what an import wrote again under new ids",
        column=tables.settings.leads.id,
        count=len(copies.again),
        total=len(tables.episodes),
        example=f"row {first}, a copy of row {original}",
    )


def _hash_column(values: pd.Series, place: int) -> np.ndarray | None:
    """Return a number for each value, such that those of several columns can be added.

    A column that has another value in every row, as a second id has, tells no rows apart that are
    not one anyway: it has none.
    """
    filled = int(values.notna().sum())
    if filled and values.nunique() == filled:
        return None
    hashed = pd.util.hash_pandas_object(values, index=False).to_numpy()
    multiplier = np.random.default_rng(place).integers(1 << 63, dtype=np.uint64) * 2 + 1
    mixed: np.ndarray = hashed * np.uint64(multiplier)
    return mixed


def _find_alike(keys: pd.DataFrame) -> Copies | None:
    """Find the copies among hand-overs with a lead, a moment and a number for their values."""
    keys = keys.drop_duplicates(["lead_id", "at"])
    alike = keys[keys.duplicated(["at", "values"], keep=False)]
    groups = alike.assign(place=alike.index).groupby(["at", "values"], sort=False)
    few = groups["lead_id"].transform("size") <= MOST_ALIKE
    again = alike.index[few & (groups.cumcount() > 0)]
    if len(again) < MIN_COPIES or _is_chance(keys, len(again)):
        return None
    times = keys.loc[again, "at"]
    beside = keys["at"].between(times.min(), times.max()).sum()
    if len(again) < MIN_SHARE * beside:
        return None
    return Copies(again, pd.Index(groups["place"].transform("first")[again]))


def _is_filled_by_import(values: pd.Series, copies: Copies) -> bool:
    """Return whether one side of the copies has one value, or the days of one import.

    Two leads that came in together differ in what they are; a record written again differs in what
    the import put there.
    """
    sides = values.loc[copies.again], values.loc[copies.originals]
    differ = (sides[0].to_numpy() != sides[1].to_numpy()) & ~(
        sides[0].isna().to_numpy() & sides[1].isna().to_numpy()
    )
    if differ.mean() < _NEARLY_ALL:
        return False
    return any(_is_nearly_one_value(side) for side in sides)


def _is_nearly_one_value(values: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values):
        middle = values.quantile([(1 - _NEARLY_ALL) / 2, (1 + _NEARLY_ALL) / 2])
        return bool(values.notna().mean() >= _NEARLY_ALL and np.ptp(middle) <= _IMPORT_LASTS)
    return bool(values.value_counts(normalize=True, dropna=False).iloc[0] >= _NEARLY_ALL)


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
    return bool(pdtrc(found - 1, max(together * usual, 1e-9)) > _UNLIKELY)
