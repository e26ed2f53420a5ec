"""Training membership, so that in-sample scores are never shown as predictions.

The model in use is refitted on every matured lead, so its scores of these are in-sample. Stored
with it are the hand-overs it learned from, as one-way hashes, and the out-of-sample probabilities
that a model of the older leads gave the newer ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
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
        Given by a model that had not learned from them; NaN for the older ones.
    """

    keys: np.ndarray
    probability: np.ndarray

    def find(self, episodes: pd.DataFrame) -> pd.DataFrame:
        """Return which hand-overs the model learned from, with their out-of-sample probability.

        Parameters
        ----------
        episodes : DataFrame of shape (n, ...)
            ``lead_id``, ``handed_over_at``.

        Returns
        -------
        DataFrame of shape (n, 2)
            ``seen`` (bool) and ``probability`` (NaN where there is none).
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
    """Record the hand-overs that were learned from.

    Parameters
    ----------
    older, newer : DataFrame
        ``lead_id``, ``handed_over_at``.
    probability : ndarray of shape (n_newer,)
        Of the newer ones, by the model of the older ones.

    Returns
    -------
    TrainingMembership
        Hand-overs with the same key, as of one lead without times, share an entry without a
        probability: it is unknown which it belongs to.

    Examples
    --------
    >>> import pandas as pd
    >>> at = pd.to_datetime(["2026-01-05", "2026-02-05", "2026-03-05"])
    >>> leads = pd.DataFrame({"lead_id": ["a", "b", "c"], "handed_over_at": at})
    >>> membership = record_membership(leads[:1], leads[1:2], np.array([0.7]))
    >>> membership.find(leads)
        seen  probability
    0   True          NaN
    1   True          0.7
    2  False          NaN
    """
    # Sorted, so that a lead is found by bisection among millions.
    keys = np.r_[key_hand_overs(older), key_hand_overs(newer)]
    said = np.r_[np.full(len(older), np.nan), np.asarray(probability, dtype=np.float64)]
    distinct, first, counts = np.unique(keys, return_index=True, return_counts=True)
    return TrainingMembership(distinct, np.where(counts == 1, said[first], np.nan))


def key_hand_overs(episodes: pd.DataFrame) -> np.ndarray:
    """Return a hash for each hand-over, of the lead's id and the moment.

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
    texts = (
        f"{lead}\x1f{moment}"
        for lead, moment in zip(episodes["lead_id"].tolist(), moments, strict=True)
    )
    return hash_texts(texts)


def hash_texts(texts: Iterable[str], *, secret: bytes = b"") -> np.ndarray:
    """Return the first 8 bytes of the BLAKE2b sum of each text.

    Parameters
    ----------
    texts : iterable of str
    secret : bytes
        Up to 64 bytes, without which nobody can see whether a known text is among the sums.

    Returns
    -------
    ndarray of uint64
    """
    sums = (
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_BYTES, key=secret)
        for text in texts
    )
    return np.frombuffer(b"".join(found.digest() for found in sums), dtype=">u8").astype(np.uint64)
