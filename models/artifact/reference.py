"""Reference distribution for monitoring: the newest training leads, used for evaluation.

The figures of a model hold for leads like these. All of their hand-overs count, also those that
sales never answered: later months hold such leads too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.matrix.feature_table import OTHER_CODE, FeatureTable
from features.units import DAY
from models.artifact.response_times import AnswerTimes, time_answers
from models.reasons.acceptance_by_value import Statistics

Counts = NDArray[np.int64]

GRADES = tuple(letter + digit for letter in "ABCD" for digit in "1234")
SCORES = 101
VALID = ("used", "untouched")


@dataclass(frozen=True)
class Reference:
    """Counts of the reference leads.

    Attributes
    ----------
    leads : int
    start, end : Timestamp
        Their first and last hand-over.
    newest : mapping of str to ndarray
        Per feature, leads by the groups of `models.reasons.acceptance_by_value`. A value that no
        older lead had counts as never seen, as it would have when the lead came.
    earlier : mapping of str to ndarray
        The same of the leads handed over before, as a measure of what is usual change.
    scores : ndarray of shape (101,)
        Leads by score, predicted by a model that had not learned from them.
    grades : ndarray of shape (16,)
        Leads by grade, A1, A2 ... D4, by the model in use.
    weekly : ndarray
        Leads of each whole week.
    longest_gap : float
        Longest time between two hand-overs in a row, in days.
    times : AnswerTimes
    source : str
        The feature that holds the source of leads; empty if there is none.
    answered : ndarray
        Leads that sales answered, by the groups of the source.
    """

    leads: int
    start: pd.Timestamp
    end: pd.Timestamp
    newest: Mapping[str, Counts]
    earlier: Mapping[str, Counts]
    scores: Counts
    grades: Counts
    weekly: Counts
    longest_gap: float
    times: AnswerTimes
    source: str
    answered: Counts

    @property
    def days(self) -> float:
        """Return the length of the reference period."""
        return max((self.end - self.start).total_seconds() / DAY, 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the reference as plain types."""
        return {
            **vars(self),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "newest": {name: counts.tolist() for name, counts in self.newest.items()},
            "earlier": {name: counts.tolist() for name, counts in self.earlier.items()},
            **{name: getattr(self, name).tolist() for name in _COUNTED},
            "times": self.times.to_dict(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Reference:
        """Return the reference that `to_dict` wrote."""
        return cls(
            **{
                **stored,
                "start": pd.Timestamp(stored["start"]),
                "end": pd.Timestamp(stored["end"]),
                "newest": {name: _counts(part) for name, part in stored["newest"].items()},
                "earlier": {name: _counts(part) for name, part in stored["earlier"].items()},
                **{name: _counts(stored[name]) for name in _COUNTED},
                "times": AnswerTimes.from_dict(stored["times"]),
            }
        )


_COUNTED = ("scores", "grades", "weekly", "answered")


def describe_reference(
    episodes: pd.DataFrame,
    rule: pd.Series,
    *,
    judged: pd.Index,
    values: pd.DataFrame,
    table: FeatureTable,
    statistics: Statistics,
    unseen: Mapping[str, int],
    scores: NDArray[np.int64],
    grades: NDArray[np.str_],
) -> Reference:
    """Count the reference leads.

    Parameters
    ----------
    episodes : DataFrame
        Every hand-over, with its decision.
    rule : Series of str
        See `features.labels.Labels`.
    judged : Index
        As from `choose_reference`.
    values : DataFrame
        The computed features of every hand-over.
    table, statistics
        Of the model.
    unseen : mapping of str to int
        Per category, how many of the judged leads had a value that no older lead had.
    scores : ndarray of shape (n_judged,)
        By a model that had not learned from them.
    grades : ndarray of str
        Of all of them or the newest, by the model in use.
    """
    chosen = episodes.loc[judged]
    start = chosen["handed_over_at"].min()
    before = rule.isin(VALID) & (episodes["handed_over_at"] < start)
    newest = count_groups(table.encode(values.loc[judged]), table, statistics)
    source = find_source(table)
    answered = np.zeros(0, np.int64)
    if source:
        known = values.loc[judged[chosen["decision"].notna()]]
        answered = count_groups(table.encode(known), table, statistics)[source]
    return Reference(
        leads=len(judged),
        start=start,
        end=chosen["handed_over_at"].max(),
        newest=_raise_unseen(newest, unseen),
        earlier=count_groups(table.encode(values.loc[before]), table, statistics),
        scores=np.bincount(scores, minlength=SCORES),
        grades=count_grades(grades),
        weekly=count_weeks(chosen["handed_over_at"]),
        longest_gap=longest_gap(chosen["handed_over_at"]),
        times=time_answers(chosen),
        source=source,
        answered=answered,
    )


def choose_reference(episodes: pd.DataFrame, rule: pd.Series, tested: pd.Index) -> pd.Index:
    """Return the hand-overs of the time of the test leads, those never answered included."""
    times = episodes["handed_over_at"]
    start, end = times[tested].min(), times[tested].max()
    return episodes.index[rule.isin(VALID) & times.between(start, end)]


def count_groups(
    matrix: np.ndarray, table: FeatureTable, statistics: Statistics
) -> dict[str, Counts]:
    """Count encoded leads by the groups of every feature."""
    counted = {}
    for position, feature in enumerate(table.features):
        known = statistics.features[feature.name]
        group = known.group(matrix[:, position])
        counted[feature.name] = np.bincount(group, minlength=len(known.leads))
    return counted


def find_source(table: FeatureTable) -> str:
    """Return the category that holds the source of leads, by its name; empty if there is none."""
    named = [
        feature.name
        for feature in table.features
        if feature.form == "category" and feature.recipe == "as_is"
        if "source" in feature.name.casefold()
    ]
    return named[0] if named else ""


def count_grades(grades: NDArray[np.str_]) -> Counts:
    """Count leads by grade, in the order of `GRADES`."""
    return _counts([np.count_nonzero(grades == grade) for grade in GRADES])


def count_scores(probability: NDArray[np.float64]) -> Counts:
    """Count leads by score, 0 to 100."""
    return np.bincount(np.rint(probability * 100).astype(np.int64), minlength=SCORES)


def count_weeks(times: pd.Series) -> Counts:
    """Count leads by whole week, from the first lead on."""
    week = ((times - times.min()).dt.total_seconds() // (7 * DAY)).astype(int)
    # The last week is seldom whole.
    return np.bincount(week)[:-1] if len(week) else np.zeros(0, np.int64)


def longest_gap(times: pd.Series) -> float:
    """Return the longest time between two moments in a row, in days; 0 with fewer."""
    gaps = times.sort_values().diff().dt.total_seconds() / DAY
    return float(gaps.max()) if len(times) > 1 else 0.0


def _raise_unseen(counted: Mapping[str, Counts], unseen: Mapping[str, int]) -> dict[str, Counts]:
    """Count values that were new when their lead came as never seen, not less than today's."""
    raised = dict(counted)
    for name, count in unseen.items():
        if name in raised and count > raised[name][OTHER_CODE]:
            raised[name] = raised[name].copy()
            raised[name][OTHER_CODE] = count
    return raised


def _counts(values: Any) -> Counts:
    return np.asarray(values, dtype=np.int64)
