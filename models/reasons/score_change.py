"""Score change, taken apart exactly: what the lead did, what the model learned, what sales accepts.

A score's log-odds are a level, the calibrated log-odds of the average lead, and what each topic
adds to it: its Shapley value times the slope of the calibration. Three of these stand behind a
change: the old model on the old record, the old model on the new record, and the new model on the
new record. From the first to the second only the lead changed, from the second to the third only
the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.arrays import Floats

_FLAT = 1e-9
"""Log-odds below which the slope between two scores is taken at a point of the curve."""


@dataclass(frozen=True)
class TopicLogOdds:
    """What makes up the log-odds of some leads, by one model on one state of their records.

    Attributes
    ----------
    names : tuple of str
        The topics, each once, in any order.
    values : ndarray of shape (n_leads, n_topics)
        Shapley values in log-odds, before calibration.
    base : float
        The average lead's log-odds, before calibration.
    slope, shift : float
        Of the calibration (see `models.estimator.calibration`).
    """

    names: tuple[str, ...]
    values: Floats
    base: float
    slope: float = 1.0
    shift: float = 0.0

    @property
    def level(self) -> float:
        """The average lead's calibrated log-odds."""
        return self.shift + self.slope * self.base

    @property
    def log_odds(self) -> Floats:
        """The calibrated log-odds, shape (n_leads,)."""
        return self.level + self.slope * np.asarray(self.values.sum(axis=1), dtype=np.float64)

    def spread(self, names: Sequence[str]) -> Floats:
        """Return what each named topic adds, calibrated; 0 for one that is not among these."""
        place = {name: position for position, name in enumerate(self.names)}
        out = np.zeros((len(self.values), len(names)))
        for column, name in enumerate(names):
            if name in place:
                out[:, column] = self.slope * self.values[:, place[name]]
        return out


@dataclass(frozen=True)
class ScoreChange:
    """The parts of a change of score, in calibrated log-odds.

    Attributes
    ----------
    names : tuple of str
        The topics of both models, in the order of their names.
    lead : ndarray of shape (n_leads, n_topics)
        What the lead did or became, by the model it was scored with before.
    model : ndarray of shape (n_leads, n_topics)
        What the model learned about the lead's present record.
    calibration : ndarray of shape (n_leads,)
        How much more of the average lead sales accepts.
    before, after : ndarray of shape (n_leads,)
        The log-odds of both scores; the parts add up to their difference.
    """

    names: tuple[str, ...]
    lead: Floats
    model: Floats
    calibration: Floats
    before: Floats
    after: Floats

    def points(self) -> tuple[Floats, Floats, Floats]:
        """Return lead, model and calibration in points of the score, 0 to 100.

        Notes
        -----
        All parts move along the same curve at once, each at the pace of its own log-odds, so that
        none is favoured for coming first. Integrated along that way (Aumann-Shapley), a part gets
        its share of the log-odds times the slope between both scores; together they are the
        difference of the scores.

        References
        ----------
        Aumann, Shapley (1974), "Values of Non-Atomic Games".
        """
        pace = points_per_log_odds(self.before, self.after)
        return self.lead * pace[:, None], self.model * pace[:, None], self.calibration * pace


def explain_change(old: TopicLogOdds, moved: TopicLogOdds, new: TopicLogOdds) -> ScoreChange:
    """Take the change of each lead's score apart.

    Parameters
    ----------
    old : TopicLogOdds
        The old model on the old records.
    moved : TopicLogOdds
        The old model on the new records, of the same leads.
    new : TopicLogOdds
        The new model on the new records.

    Returns
    -------
    ScoreChange
        ``lead.sum(axis=1) + model.sum(axis=1) + calibration`` is ``after - before``.

    Raises
    ------
    ValueError
        When `old` and `moved` are not of one model, or the numbers of leads differ.

    Examples
    --------
    >>> import numpy as np
    >>> old = TopicLogOdds(("demo", "title"), np.array([[0.0, 0.4]]), base=-0.2)
    >>> moved = TopicLogOdds(("demo", "title"), np.array([[0.6, 0.4]]), base=-0.2)
    >>> new = TopicLogOdds(("demo", "title"), np.array([[0.6, 0.3]]), base=0.0)
    >>> change = explain_change(old, moved, new)
    >>> change.lead.round(3).tolist(), change.model.round(3).tolist()
    ([[0.6, 0.0]], [[0.0, -0.1]])
    >>> change.calibration.round(3).tolist()
    [0.2]
    """
    if (old.base, old.slope, old.shift) != (moved.base, moved.slope, moved.shift):
        raise ValueError("the old and the new record must be looked at with the same old model")
    if not len(old.values) == len(moved.values) == len(new.values):
        raise ValueError("the three must be of the same leads")
    names = tuple(sorted({*old.names, *moved.names, *new.names}))
    before, between, after = (side.spread(names) for side in (old, moved, new))
    return ScoreChange(
        names=names,
        lead=between - before,
        model=after - between,
        calibration=np.full(len(before), new.level - old.level),
        before=old.log_odds,
        after=new.log_odds,
    )


def points_per_log_odds(before: Floats, after: Floats) -> Floats:
    """Return the points of the score that one of log-odds is worth between two scores.

    Parameters
    ----------
    before, after : ndarray of shape (n_leads,)
        Calibrated log-odds.
    """
    gap = after - before
    middle = special.expit((before + after) / 2)
    slope = middle * (1 - middle)  # what the quotient becomes where both scores meet
    apart = np.abs(gap) > _FLAT
    rise = special.expit(after) - special.expit(before)
    np.divide(rise, gap, out=slope, where=apart)
    return np.asarray(100 * slope, dtype=np.float64)


def round_parts(parts: Sequence[float], total: int) -> NDArray[np.int64]:
    """Round parts to whole points that add up to a whole total.

    Parameters
    ----------
    parts : sequence of float
        In points.
    total : int
        What the reader sees as the difference of both scores.

    Returns
    -------
    ndarray of int
        Each is rounded, and those that rounding moved furthest give way, one point at a time
        (Hamilton's method of largest remainders).

    Examples
    --------
    >>> round_parts([10.4, 3.4, -1.4], 13).tolist()
    [11, 3, -1]
    """
    exact = np.asarray(parts, dtype=np.float64)
    shown = np.rint(exact).astype(np.int64)
    if not len(shown):
        return shown
    for _ in range(abs(total - int(shown.sum()))):
        step = int(np.sign(total - int(shown.sum())))
        shown[int(np.argmax(step * (exact - shown)))] += step
    return shown
