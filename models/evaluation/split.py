"""Time-ordered split: test data are always newer than training data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from features.contract.leads import Order
from features.errors import DataRefused

SplitKind = Literal["time", "order", "file", "shuffled"]


@dataclass(frozen=True)
class Split:
    """Training leads and test leads.

    Attributes
    ----------
    train, test : Index
        Episode labels, oldest first.
    kind : {"time", "order", "file", "shuffled"}
        What put them in order; "shuffled" means nothing did.
    """

    train: pd.Index
    test: pd.Index
    kind: SplitKind

    @property
    def both(self) -> pd.Index:
        """Return all leads, oldest first."""
        return self.train.append(self.test)


def require_both_decisions(split: Split, accepted: pd.Series) -> None:
    """Refuse leads of which the older or the newer part was all decided alike.

    Parameters
    ----------
    split : Split
    accepted : Series
        1 accepted, 0 rejected; has every lead of both parts.

    Raises
    ------
    DataRefused
        When one part has only one decision.
    """
    parts = (
        ("older", "learned from", split.train),
        ("newer", "evaluated on", split.test),
    )
    for age, use, leads in parts:
        n_accepted = int(accepted[leads].sum())
        if n_accepted not in (0, len(leads)):
            continue
        kind = "chosen at random" if split.kind == "shuffled" else age
        raise DataRefused(
            f"the leads to be {use} all had the same decision",
            where=f"the {len(leads):,} {kind} of {len(split.both):,} leads",
            got=f"{n_accepted:,} accepted and {len(leads) - n_accepted:,} rejected",
            expected="both decisions among the older and among the newer leads",
            next_step="Check the accepted and rejected values under [decision], wait for more "
            "decisions, or move the border with test_share under [train]",
            code="one_class",
        )


def split_leads(
    episodes: pd.DataFrame, used: pd.Series, *, order: Order, test_share: float, seed: int
) -> Split:
    """Set the newest leads apart.

    Parameters
    ----------
    episodes : DataFrame
        ``handed_over_at``, ``sequence``, ``row``.
    used : Series of bool
        The leads that have a label.
    order : {"time", "order", "file", "none"}
    test_share : float
        Share of the leads to set apart, rounded to whole leads. Leads of one moment, as where
        times are dates only, count as newer the later they are in the file.
    seed : int
        For shuffling where there is no order.

    Returns
    -------
    Split

    Raises
    ------
    DataRefused
        When all leads are of one moment.
    """
    leads = episodes[used]
    if order == "none":
        shuffled = np.random.default_rng(seed).permutation(len(leads))
        cut = round(len(leads) * (1 - test_share))
        return Split(leads.index[shuffled[:cut]], leads.index[shuffled[cut:]], "shuffled")
    column = "handed_over_at" if order == "time" else "sequence"
    if leads[column].nunique() < 2:
        raise DataRefused(
            "all leads were handed over at the same moment, so none is newer than another",
            next_step="Name another column under [leads] handed_over_at or order",
            code="one_moment",
        )
    # Of equal times the row decides, so that the split does not depend on how rows are stored.
    leads = leads.sort_values([column, "row"], kind="stable")
    cut = round(len(leads) * (1 - test_share))
    return Split(leads.index[:cut], leads.index[cut:], order)
