"""Training membership, so that in-sample scores are never shown as predictions.

The model in use is refitted on every matured lead; what it says of one of them has seen the
answer. With the model stays what the same recipe, fitted on the older leads alone, had said of the
newer ones, and which older ones it learned from. Hand-overs are kept as numbers that they give
but that do not give them back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

COLUMNS = ("key", "probability")
_BYTES = 8


@dataclass(frozen=True)
class TrainingMembership:
    """The hand-overs a model has learned from.

    Attributes
    ----------
    keys : ndarray of uint64, shape (n,)
        As `key_hand_overs` makes them; rising, each once.
    probability : ndarray of float, shape (n,)
        What was said of them before they were learned from; NaN of the older ones.
    """

    keys: np.ndarray
    probability: np.ndarray

    def find(self, episodes: pd.DataFrame) -> pd.DataFrame:
        """Return whether the model has seen hand-overs, and what was said of them before.

        Parameters
        ----------
        episodes : DataFrame of shape (n, ...)
            ``lead_id``, ``handed_over_at``.

        Returns
        -------
        DataFrame of shape (n, 2)
            ``seen`` (bool) and ``probability`` (NaN where nothing was said before).
        """
        wanted = key_hand_overs(episodes)
        place = np.searchsorted(self.keys, wanted)
        place = np.minimum(place, max(len(self.keys) - 1, 0))
        seen = np.zeros(len(wanted), dtype=bool)
        probability = np.full(len(wanted), np.nan)
        if len(self.keys):
            seen = self.keys[place] == wanted
            probability = np.where(seen, self.probability[place], np.nan)
        return pd.DataFrame({"seen": seen, "probability": probability}, index=episodes.index)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per hand-over, for storage."""
        return pd.DataFrame({"key": self.keys, "probability": self.probability})

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> TrainingMembership:
        """Return what `to_frame` wrote."""
        return cls(
            frame["key"].to_numpy(dtype=np.uint64), frame["probability"].to_numpy(dtype=np.float64)
        )


NO_MEMBERS = TrainingMembership(np.empty(0, dtype=np.uint64), np.empty(0))


def record_membership(
    older: pd.DataFrame, newer: pd.DataFrame, probability: np.ndarray
) -> TrainingMembership:
    """Note the hand-overs that were learned from.

    Parameters
    ----------
    older, newer : DataFrame
        ``lead_id``, ``handed_over_at``.
    probability : ndarray of shape (n_newer,)
        What the model of the older ones said of the newer ones.

    Returns
    -------
    TrainingMembership
        Of hand-overs that cannot be told apart, as of one lead without times, one entry without
        a probability: nobody could say which it belongs to.
    """
    keys = np.r_[key_hand_overs(older), key_hand_overs(newer)]
    said = np.r_[np.full(len(older), np.nan), np.asarray(probability, dtype=np.float64)]
    distinct, first, counts = np.unique(keys, return_index=True, return_counts=True)
    return TrainingMembership(distinct, np.where(counts == 1, said[first], np.nan))


def key_hand_overs(episodes: pd.DataFrame) -> np.ndarray:
    """Return a number for each hand-over, from the lead's id and the moment alone.

    Parameters
    ----------
    episodes : DataFrame of shape (n, ...)
        ``lead_id`` and ``handed_over_at``; without times the id alone counts.

    Returns
    -------
    ndarray of uint64, shape (n,)
        The first 8 bytes of a BLAKE2b sum: of a million hand-overs, two share a number with a
        chance of 1 in 37 million.
    """
    at = episodes["handed_over_at"].astype("datetime64[us]")
    moments = at.astype("int64").where(at.notna(), -1).tolist()
    sums = (
        hashlib.blake2b(f"{lead}\x1f{moment}".encode("utf-8", "surrogatepass"), digest_size=_BYTES)
        for lead, moment in zip(episodes["lead_id"].tolist(), moments, strict=True)
    )
    return np.frombuffer(b"".join(found.digest() for found in sums), dtype=">u8").astype(np.uint64)
