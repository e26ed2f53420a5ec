"""Acceptance rates by value, counted on the leads learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.matrix.definitions import Feature
from features.matrix.feature_table import FeatureTable
from models.reasons.edges import round_edges

MAX_BINS = 8


@dataclass(frozen=True)
class FeatureStatistics:
    """Acceptance by group of one feature.

    Attributes
    ----------
    edges : ndarray or None
        For a number, the upper ends of its groups but the last, rounded as they are printed; None
        for a category, whose groups are its level codes.
    leads, accepted : ndarray of int
        Per group, the missing group last for numbers.
    span : tuple of float or None
        The smallest and the largest number; None where there is none, or it was not kept.
    """

    edges: np.ndarray | None
    leads: np.ndarray
    accepted: np.ndarray
    span: tuple[float, float] | None = None

    def group(self, encoded: np.ndarray) -> np.ndarray:
        """Return the group of each encoded value, shape (n,)."""
        if self.edges is None:
            return encoded.astype(np.int64)
        place = np.searchsorted(self.edges, encoded, side="left")
        return np.where(np.isnan(encoded), len(self.leads) - 1, place)

    def typical(self) -> float:
        """Return the commonest level's code, or the median of the numbers by the groups' ends.

        NaN where no lead has a number.
        """
        if self.edges is None:
            return float(self.leads.argmax())
        known = np.cumsum(self.leads[:-1])
        if not known.any():
            return np.nan
        middle = int(np.searchsorted(known, known[-1] / 2))
        ends = [*self.edges, *([] if self.span is None else self.span[1:]), np.nan]
        return float(ends[min(middle, len(ends) - 1)])

    def rates(self) -> np.ndarray:
        """Return the share accepted per group; NaN where a group is empty."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.accepted / self.leads)


@dataclass(frozen=True)
class Statistics:
    """Acceptance by value of every feature, and overall."""

    leads: int
    accepted: int
    features: Mapping[str, FeatureStatistics]

    @property
    def base_rate(self) -> float:
        """Return the share accepted of all leads learned from."""
        return self.accepted / self.leads

    def count_outside(self, matrix: np.ndarray, names: Sequence[str]) -> dict[str, int]:
        """Count, per number, the leads that lie outside what was learned from.

        Parameters
        ----------
        matrix : ndarray of shape (n_leads, n_features)
        names : sequence of str
            Of the matrix's columns.
        """
        counts = {}
        for place, name in enumerate(names):
            span = self.features[name].span
            if span is not None:
                column = matrix[:, place]
                counts[name] = int(((column < span[0]) | (column > span[1])).sum())
        return {name: count for name, count in counts.items() if count}

    def to_frame(self) -> pd.DataFrame:
        """Return one row per feature and group, for storage."""
        rows: list[dict[str, Any]] = []
        for name, statistics in self.features.items():
            edges = [] if statistics.edges is None else list(statistics.edges)
            low, high = statistics.span or (np.nan, np.nan)
            for group, (leads, accepted) in enumerate(
                zip(statistics.leads, statistics.accepted, strict=True)
            ):
                upper = edges[group] if group < len(edges) else np.nan
                rows.append(
                    {
                        "feature": name,
                        "number": statistics.edges is not None,
                        "group": group,
                        "upper": upper,
                        "leads": int(leads),
                        "accepted": int(accepted),
                        "low": low,
                        "high": high,
                    }
                )
        return pd.DataFrame(rows)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, leads: int, accepted: int) -> Statistics:
        """Return the statistics that `to_frame` wrote."""
        columns = {str(name): frame[name].to_numpy() for name in frame.columns}
        names = columns["feature"]
        ends = [*np.flatnonzero(names[1:] != names[:-1]) + 1, len(names)]
        features = {}
        for first, end in zip([0, *ends[:-1]], ends, strict=True):
            rows = {name: values[first:end] for name, values in columns.items()}
            edges = rows["upper"][:-2] if rows["number"][0] else None
            features[str(names[first])] = FeatureStatistics(
                edges, rows["leads"], rows["accepted"], _read_span(rows)
            )
        return cls(leads, accepted, features)


def _read_span(rows: Mapping[str, np.ndarray]) -> tuple[float, float] | None:
    """Return the span as stored; models of before had none."""
    if "low" not in rows or np.isnan(rows["low"][0]):
        return None
    return float(rows["low"][0]), float(rows["high"][0])


def tabulate(matrix: np.ndarray, table: FeatureTable, accepted: np.ndarray) -> Statistics:
    """Count leads and acceptances by group of every feature.

    Parameters
    ----------
    matrix : ndarray of shape (n_leads, n_features)
        Encoded as `FeatureTable.encode` does.
    table : FeatureTable
    accepted : ndarray of shape (n_leads,)
        1 accepted, 0 rejected.

    Returns
    -------
    Statistics

    Examples
    --------
    >>> from features.matrix.definitions import attribute
    >>> from features.matrix.feature_table import FeatureTable
    >>> source = attribute("Source", kind="context", form="category")
    >>> levels = {"Source": ("(not given)", "(other)", "Web", "Event")}
    >>> table = FeatureTable((source,), levels, (), {}, (), {}, "time")
    >>> matrix = np.array([[2.0], [2.0], [3.0], [3.0]])  # two leads from the web, two from an event
    >>> counted = tabulate(matrix, table, np.array([0.0, 0.0, 0.0, 1.0]))
    >>> counted.features["Source"].accepted.tolist()
    [0, 0, 0, 1]
    >>> counted.base_rate
    0.25
    """
    features = {}
    for position, feature in enumerate(table.features):
        column = matrix[:, position]
        edges, size = _groups(feature, column, table)
        empty = FeatureStatistics(edges, np.zeros(size, int), np.zeros(size, int))
        group = empty.group(column)
        features[feature.name] = FeatureStatistics(
            edges,
            np.bincount(group, minlength=size),
            np.bincount(group, weights=accepted, minlength=size).round().astype(int),
            None if edges is None else _find_span(column),
        )
    return Statistics(len(accepted), int(accepted.sum()), features)


def _find_span(column: np.ndarray) -> tuple[float, float] | None:
    known = column[~np.isnan(column)]
    return (float(known.min()), float(known.max())) if len(known) else None


def _groups(
    feature: Feature, column: np.ndarray, table: FeatureTable
) -> tuple[np.ndarray | None, int]:
    if feature.form == "category":
        return None, len(table.levels[feature.name])
    known = column[~np.isnan(column)]
    values = np.unique(known)
    if len(values) <= MAX_BINS:
        edges = values[:-1]
    else:
        # Nothing at all is a separate case for counts, so zero never shares a group.
        inner = np.quantile(known, np.linspace(0, 1, MAX_BINS + 1)[1:-1], method="lower")
        zero = [0.0] if values[0] == 0.0 else []
        edges = np.unique([*zero, *inner])
        edges = edges[edges < values[-1]]
    edges = round_edges(feature, edges, values)
    return edges, len(edges) + 2
