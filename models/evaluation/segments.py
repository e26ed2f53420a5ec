"""Segments: the categories by which a model is evaluated, and its metrics in each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from features.matrix.feature_table import FeatureTable
from models.arrays import Floats
from models.estimator.lead_quality import LeadQualityModel
from models.evaluation.intervals import (
    MIN_OF_CLASS,
    Interval,
    auc_interval,
    check_probabilities,
    share_interval,
)

MAX_SEGMENTS = 4
MAX_SEGMENT_LEVELS = 60


@dataclass(frozen=True)
class GroupMetrics:
    """Metrics of one group of leads; ``auc`` is None with under 5 of either decision."""

    group: str
    kind: Literal["level", "missing", "other"]
    n: int
    accepted: Interval
    mean_predicted: float
    auc: Interval | None


def evaluate_segments(
    model: LeadQualityModel,
    table: FeatureTable,
    values: pd.DataFrame,
    accepted: np.ndarray,
    p: np.ndarray,
) -> dict[str, tuple[GroupMetrics, ...]]:
    """Evaluate by source, then by the categories most related to acceptance."""
    return {
        name: evaluate_by_group(accepted, p, values[name]) for name in segment_columns(model, table)
    }


def segment_columns(model: LeadQualityModel, table: FeatureTable) -> list[str]:
    """Return the features to segment by: source, then the categories with the most gain."""
    gain = dict(zip(table.names, model.components_.booster.feature_importance("gain"), strict=True))
    candidates = [
        feature
        for feature in table.features
        if feature.form == "category"
        and feature.source.startswith("leads.")
        and 4 <= len(table.levels[feature.name]) <= MAX_SEGMENT_LEVELS
        and feature.recipe in ("as_is", "seniority", "function")
    ]
    # Where a lead came from is what both teams ask first.
    candidates.sort(key=lambda f: ("source" not in f.name.casefold(), -gain[f.name], f.name))
    return [feature.name for feature in candidates[:MAX_SEGMENTS]]


def evaluate_by_group(
    y: ArrayLike, p: ArrayLike, groups: pd.Series[Any], *, min_leads: int = 50, max_groups: int = 12
) -> tuple[GroupMetrics, ...]:
    """Evaluate the probabilities within each group, for instance each source.

    Parameters
    ----------
    y, p : array-like of shape (n_leads,)
        As in `evaluate`.
    groups : Series of shape (n_leads,)
        The group of each lead, by position; missing values form a group of their own.
    min_leads, max_groups : int
        Groups of fewer leads, and those beyond the largest, are pooled as one "other" group,
        which counts among the `max_groups`.

    Returns
    -------
    tuple of GroupMetrics
        Every lead in exactly one; largest first, the pooled one last.

    Raises
    ------
    ValueError
        As in `evaluate`, or if `groups` has another length.

    Examples
    --------
    >>> import pandas as pd
    >>> y, p = [1, 1, 0, 0] * 50, [0.9, 0.6, 0.7, 0.2] * 50
    >>> for group in evaluate_by_group(y, p, pd.Series(["Web", "Web", "Web", "Event"] * 50)):
    ...     print(group.group, group.n, round(group.accepted.value, 2))
    Web 150 0.67
    Event 50 0.0
    """
    y, p = check_probabilities(y, p)
    if len(groups) != len(y):
        raise ValueError("groups and decisions must be of one length")
    codes, levels = pd.factorize(groups, use_na_sentinel=True)
    names = {code: str(level) for code, level in enumerate(levels)} | {-1: "(not entered)"}
    sizes = {code: int(n) for code, n in zip(*np.unique(codes, return_counts=True), strict=True)}
    ranked = sorted(sizes, key=lambda code: (-sizes[code], names[code]))
    kept = [code for code in ranked if sizes[code] >= min_leads]
    if len(kept) < len(ranked) or len(kept) > max_groups:
        kept = kept[: max_groups - 1]
    parts = [
        _judge_group(names[c], "missing" if c == -1 else "level", y[codes == c], p[codes == c])
        for c in kept
    ]
    rest = ~np.isin(codes, kept)
    if rest.any():
        parts.append(_judge_group("(all others)", "other", y[rest], p[rest]))
    return tuple(parts)


def _judge_group(
    name: str, kind: Literal["level", "missing", "other"], y: Floats, p: Floats
) -> GroupMetrics:
    """Evaluate one group."""
    enough = min(y.sum(), len(y) - y.sum()) >= MIN_OF_CLASS
    auc = auc_interval(y, p) if enough else None
    return GroupMetrics(name, kind, len(y), share_interval(y.sum(), len(y)), float(p.mean()), auc)
