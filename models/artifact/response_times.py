"""Response times of sales: the share of answers that has come by each age of a lead.

Rejections may come later than acceptances. Of young leads, those answered already are then no
fair sample; how much less fair they are is known from leads that had time to be answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from features.units import DAY
from models.arrays import Floats

STEPS = np.linspace(0.0, 1.0, 41)
MIN_ANSWERS = 20
"""Fewest answers of a kind for their times to be used."""


@dataclass(frozen=True)
class AnswerTimes:
    """Distribution of the times from hand-over to answer.

    Attributes
    ----------
    accepted, rejected : ndarray of shape (41,) or None
        Days by which 0, 2.5 ... 100 % of these answers had come; None where too few are dated.
    answered : float
        Share of leads that are answered at all, once they had time.
    """

    accepted: Floats | None
    rejected: Floats | None
    answered: float

    @property
    def known(self) -> bool:
        """Return whether the times of both answers are known."""
        return self.accepted is not None and self.rejected is not None

    def share_by(self, age: ArrayLike, probability: ArrayLike) -> Floats:
        """Return the chance that each lead is answered by its age.

        Parameters
        ----------
        age : array-like of shape (n_leads,)
            Days since hand-over.
        probability : array-like of shape (n_leads,)
            Of acceptance.
        """
        yes, no = self._weigh(age, probability)
        return np.asarray(self.answered * (yes + no), dtype=np.float64)

    def among_answered(self, age: ArrayLike, probability: ArrayLike) -> Floats:
        """Return the chance that each lead was accepted, given that it is answered by its age.

        Parameters
        ----------
        age, probability : array-like of shape (n_leads,)
            As in `share_by`.

        Returns
        -------
        ndarray of shape (n_leads,)
            The probability itself where the times are not known, or nothing comes so early.
        """
        p = np.asarray(probability, dtype=np.float64)
        yes, no = self._weigh(age, p)
        total = yes + no
        return np.where(total > 0, yes / np.where(total > 0, total, 1.0), p)

    def _weigh(self, age: ArrayLike, probability: ArrayLike) -> tuple[Floats, Floats]:
        days = np.asarray(age, dtype=np.float64)
        p = np.asarray(probability, dtype=np.float64)
        if self.accepted is None or self.rejected is None:
            return p, 1 - p
        return p * _share_by(days, self.accepted), (1 - p) * _share_by(days, self.rejected)

    def to_dict(self) -> dict[str, Any]:
        """Return the times as plain types."""
        return {
            "accepted": None if self.accepted is None else self.accepted.round(4).tolist(),
            "rejected": None if self.rejected is None else self.rejected.round(4).tolist(),
            "answered": self.answered,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> AnswerTimes:
        """Return the times that `to_dict` wrote."""
        accepted, rejected = (
            None if stored[name] is None else np.asarray(stored[name], dtype=np.float64)
            for name in ("accepted", "rejected")
        )
        return cls(accepted, rejected, float(stored["answered"]))


def time_answers(episodes: pd.DataFrame) -> AnswerTimes:
    """Measure response times on leads that had time to be answered.

    Parameters
    ----------
    episodes : DataFrame
        ``handed_over_at``, ``decision``, ``decided_at``.
    """
    delay = answer_delays(episodes)
    accepted = episodes["decision"] == "accepted"
    answered = episodes["decision"].notna()
    return AnswerTimes(
        accepted=_steps(delay[accepted]),
        rejected=_steps(delay[answered & ~accepted]),
        answered=float(answered.mean()) if len(episodes) else 1.0,
    )


def answer_delays(episodes: pd.DataFrame) -> pd.Series:
    """Return the days from hand-over to the answer; missing where there is none, or no date."""
    days = (episodes["decided_at"] - episodes["handed_over_at"]).dt.total_seconds() / DAY
    return days.clip(lower=0).where(episodes["decision"].notna())


def _steps(delay: pd.Series) -> Floats | None:
    known = delay.dropna().to_numpy(dtype=np.float64)
    return np.quantile(known, STEPS) if len(known) >= MIN_ANSWERS else None


def _share_by(days: Floats, steps: Floats) -> Floats:
    """Return the share of answers that come by so many days."""
    # Of several steps at one day the last counts: by then all of them have come.
    place = np.searchsorted(steps, days, side="right")
    below, above = steps[np.maximum(place - 1, 0)], steps[np.minimum(place, len(steps) - 1)]
    width = np.where(above > below, above - below, 1.0)
    part = np.where(above > below, (days - below) / width, 0.0)
    share = (np.maximum(place - 1, 0) + np.clip(part, 0, 1)) / (len(steps) - 1)
    return np.where(place == 0, 0.0, np.where(place >= len(steps), 1.0, share))
