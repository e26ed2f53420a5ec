"""Are reasons true? Each is put to the test by changing nothing but what it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.language import language
from features.matrix.feature_table import level_key
from models.artifact.bundle import ModelBundle
from models.reasons.topics import MAX_REASONS, NONE, group_topics, rank_features
from models.reasons.writer import ReasonWriter

QUOTED = re.compile(
    r": sales accepted ([\d.]+)% of ([\d,]+) (?:such leads|leads in that range \(.*\)), "
    r"([\d.]+)% of all$"
)

ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Told:
    """One reason: the lead it is told of, the feature it names, and what it claims."""

    lead: int
    feature: int
    is_for: bool
    sentence: str


def tell(bundle: ModelBundle, values: pd.DataFrame) -> list[Told]:
    """Return every reason of some leads."""
    matrix = bundle.table.encode(values)
    contributions = bundle.model.contributions(matrix)
    ranked = rank_features(contributions, group_topics(bundle.table), bundle.typical_contributions)
    writer = ReasonWriter(
        *(bundle.table, bundle.statistics, language("en")), typical=bundle.typical_contributions
    )
    written = writer.write(values, matrix, contributions)
    sentences = [column.to_pylist() for column in written]
    return [
        Told(lead, int(feature), slot < MAX_REASONS, sentences[slot][lead])
        for lead, row in enumerate(ranked)
        for slot, feature in enumerate(row)
        if feature != NONE
    ]


def find_middle(known: np.ndarray, accepted: np.ndarray, *, category: bool) -> float:
    """Return a feature's value of the lead in the middle, when leads stand by their chances.

    A number's values are taken in eighths, the missing ones apart. The commonest value would not
    do: most leads have another one, and it may be the best of all.
    """
    group = known
    if not category:
        cuts = (
            np.unique(np.nanquantile(known, np.linspace(0, 1, 9)[1:-1]))
            if (known == known).any()
            else []
        )
        group = np.where(np.isnan(known), -1, np.searchsorted(cuts, known))
    names, place, counts = np.unique(group, return_inverse=True, return_counts=True)
    rates = np.bincount(place, accepted) / counts
    order = np.argsort(rates, kind="stable")
    middle = order[np.searchsorted(np.cumsum(counts[order]), len(group) / 2)]
    inside = known[place == middle]
    return float(
        names[middle] if category else np.nan if names[middle] == -1 else np.median(inside)
    )


def find_plain(bundle: ModelBundle, known: np.ndarray) -> list[float]:
    """Return the commonest level of each category and the median of each number."""
    return [
        float(pd.Series(known[:, i]).mode()[0])
        if feature.form == "category"
        else float(np.nanmedian(known[:, i]))
        for i, feature in enumerate(bundle.table.features)
    ]


def find_middles(bundle: ModelBundle, known: np.ndarray, accepted: np.ndarray) -> list[float]:
    """Return each feature's value of the lead in the middle."""
    return [
        find_middle(known[:, i], accepted, category=feature.form == "category")
        for i, feature in enumerate(bundle.table.features)
    ]


def judge_typical(
    bundle: ModelBundle, reasons: list[Told], matrix: np.ndarray, typical: list[float]
) -> tuple[float, float]:
    """Return the share of reasons that hold when the feature becomes typical.

    Of those that do not name the typical value itself, which changes nothing; and of all.
    """
    rows = matrix[[reason.lead for reason in reasons]]
    features = np.array([reason.feature for reason in reasons])
    wanted, every = np.array(typical)[features], np.arange(len(rows))
    changed = rows.copy()
    changed[every, features] = wanted
    moved = bundle.model.log_odds(changed) - bundle.model.log_odds(rows)
    right = np.where([reason.is_for for reason in reasons], moved < 0, moved > 0)
    before = rows[every, features]
    differs = ~((before == wanted) | (np.isnan(before) & np.isnan(wanted)))
    return float(right[differs].mean()), float(right.mean())


def judge_exchanged(
    bundle: ModelBundle,
    reasons: list[Told],
    matrix: np.ndarray,
    known: np.ndarray,
    *,
    n_others: int = 400,
) -> float:
    """Return the share of reasons that hold when the feature is exchanged with other leads'."""
    others = np.random.default_rng(5).choice(len(known), n_others, replace=False)
    before = bundle.model.log_odds(matrix)
    right: list[bool] = []
    for start in range(0, len(reasons), ROWS_AT_ONCE // n_others):
        some = reasons[start : start + ROWS_AT_ONCE // n_others]
        leads = [reason.lead for reason in some]
        rows = np.repeat(matrix[leads][:, None], n_others, axis=1)
        for place, reason in enumerate(some):
            rows[place, :, reason.feature] = known[others, reason.feature]
        after = bundle.model.log_odds(rows.reshape(-1, rows.shape[-1])).reshape(len(some), -1)
        moved = after.mean(axis=1) - before[leads]
        right += list(np.where([reason.is_for for reason in some], moved < 0, moved > 0))
    return float(np.mean(right))


def recount(
    bundle: ModelBundle,
    reasons: list[Told],
    values: pd.DataFrame,
    known: pd.DataFrame,
    accepted: pd.Series,
) -> Iterator[tuple[tuple[float, float, int], tuple[float, float, int]]]:
    """Yield what sentences quote beside the same counted on the leads learned from.

    Share of such leads and overall, in percent, and the number of such leads.
    """
    counted: dict[tuple[int, object], tuple[float, int]] = {}
    for reason in reasons:
        quoted = QUOTED.search(reason.sentence)
        if quoted is None:
            continue
        value = values[bundle.table.features[reason.feature].name].iloc[reason.lead]
        case = reason.feature, None if value != value else value
        if case not in counted:
            alike = mark_alike(bundle, known, *case)
            counted[case] = 100 * accepted[alike].mean(), int(alike.sum())
        share, count, base = quoted.groups()
        own_share, own_count = counted[case]
        yield (
            (float(share), float(base), int(count.replace(",", ""))),
            (own_share, 100 * accepted.mean(), own_count),
        )


def mark_alike(
    bundle: ModelBundle, known: pd.DataFrame, number: int, value: object
) -> pd.Series | np.ndarray:
    """Mark the leads that a sentence calls such leads, by the value of one feature."""
    feature = bundle.table.features[number]
    column = known[feature.name]
    if value is None:
        return column.isna()
    if feature.form == "category":
        keys = column.map(level_key, na_action="ignore")
        frequent = {level_key(level) for level in bundle.table.levels[feature.name]}
        # What is seldom seen is quoted together.
        rare = level_key(value) not in frequent
        return column.notna() & ~keys.isin(frequent) if rare else keys == level_key(value)
    edges = bundle.statistics.features[feature.name].edges
    bounds = np.r_[-np.inf, edges, np.inf]
    return pd.cut(column, bounds) == pd.cut(pd.Series([value]), bounds)[0]
