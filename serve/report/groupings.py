"""Groups of leads by source, campaign, persona and month: accepted and expected shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from features.language import Language
from features.language import translatable as _
from models.evaluation.intervals import share_interval
from serve.report.contents import Group, Grouping, Rejections, Share
from serve.report.fields import Fields, name_levels
from serve.report.redaction import HIDDEN
from serve.report.results.figures import Side
from serve.report.scored_hand_overs import ScoredHandOvers

MIN_LEADS = 20
MAX_GROUPS = 20
MAX_MONTHS = 24
_BY_FIELD = ("source", "campaign", "persona")


def list_groupings(
    scored: ScoredHandOvers, fields: Fields, language: Language
) -> tuple[Grouping, ...]:
    """Part the leads by what marketing can choose, and by month.

    Parameters
    ----------
    scored : ScoredHandOvers
    fields : Fields
        Of the same hand-overs.
    language : Language

    Returns
    -------
    tuple of Grouping
        Those there is something to part by.
    """
    groupings = [
        group_by_field(scored.hand_overs, fields.frame[name], name, fields.labels[name], language)
        for name in _BY_FIELD
        if name in fields.frame
    ]
    if scored.timed and len(scored.hand_overs):
        groupings.append(group_by_month(scored.hand_overs, language))
    return tuple(groupings)


def group_by_field(
    hand_overs: pd.DataFrame, names: pd.Series, key: str, label: str, language: Language
) -> Grouping:
    """Part the leads by what they are called; groups below `MIN_LEADS` leads are left out.

    Parameters
    ----------
    hand_overs : DataFrame
        As `ScoredHandOvers.hand_overs`.
    names : Series
        The group of each; None where it is not given.
    key, label : str
    language : Language
    """
    named = names.where(names.notna(), language.text(_("(not given)")))
    counts = named.value_counts()
    ranked = sorted(counts.index, key=lambda name: (-int(counts[name]), name))
    kept = [name for name in ranked if counts[name] >= MIN_LEADS][:MAX_GROUPS]
    parts = dict(list(hand_overs.groupby(named, sort=False)))
    return Grouping(
        key,
        label,
        tuple(count_group(str(name), parts[name]) for name in kept),
        len(ranked) - len(kept),
    )


def group_by_month(hand_overs: pd.DataFrame, language: Language) -> Grouping:
    """Part the leads by the month of hand-over; of many months the last are kept."""
    months = hand_overs["handed_over_at"].dt.to_period("M")
    parts = list(hand_overs.groupby(months, sort=True))
    kept = parts[-MAX_MONTHS:]
    return Grouping(
        "month",
        language.text(_("Month of hand-over")),
        tuple(count_group(language.month(month.start_time.date()), part) for month, part in kept),
        len(parts) - len(kept),
    )


def count_group(name: str, hand_overs: pd.DataFrame) -> Group:
    """Count what became of some hand-overs.

    Parameters
    ----------
    name : str
        Words.
    hand_overs : DataFrame
        Rows of `ScoredHandOvers.hand_overs`, at least one.
    """
    waiting = hand_overs["decision"] == "waiting"
    answered = int((~waiting).sum())
    accepted = int((hand_overs["decision"] == "accepted").sum())
    fresh = hand_overs[hand_overs["fresh"]]
    expected = float(fresh["before_answer"].mean()) if len(fresh) else None
    judged = count_share(int((fresh["decision"] == "accepted").sum()), len(fresh))
    return Group(
        name=name,
        handed_over=len(hand_overs),
        answered=answered,
        accepted=accepted,
        waiting=int(waiting.sum()),
        share=count_share(accepted, answered),
        expected=expected,
        judged=judged,
        expected_waiting=float(hand_overs.loc[waiting, "probability"].mean())
        if waiting.any()
        else None,
        side=_side(judged, expected),
        young=bool(hand_overs["young"].any()),
    )


def count_share(accepted: int, leads: int) -> Share | None:
    """Return an accepted share with its 95 % interval; None of no leads."""
    return make_share(accepted, leads) if leads else None


def make_share(accepted: float, leads: int) -> Share:
    """Return the share that so many accepted leads, perhaps an estimate, are of some."""
    interval = share_interval(accepted, leads)
    return Share(interval.value, interval.low, interval.high, leads)


def _side(judged: Share | None, expected: float | None) -> Side:
    if judged is None or expected is None:
        return "near"
    return "above" if judged.low > expected else "below" if judged.high < expected else "near"


MAX_REJECTION_REASONS = 8
MAX_SOURCES = 12
MIN_EXPECTED = 5
ERROR = 0.05
"""Share of tables without any difference in which a cell may be marked."""


def count_rejections(
    scored: ScoredHandOvers, fields: Fields, language: Language
) -> Rejections | None:
    """Count rejected leads by reason and source.

    Parameters
    ----------
    scored : ScoredHandOvers
    fields : Fields
        Of the same hand-overs; without a source there is one row for all.
    language : Language

    Returns
    -------
    Rejections or None
        None where sales gave no reason. Of many sources the ones with most rejected leads; the
        rest share a row.
    """
    rejected = scored.hand_overs[scored.hand_overs["decision"] == "rejected"]
    named = name_levels(rejected["reason"])
    named = named.mask(named == HIDDEN, language.text(_("(written by hand, not shown)")))
    given = named[named.notna()]
    if given.empty:
        return None
    others = language.text(_("(all others)"))
    reasons = fold_rare(given, MAX_REJECTION_REASONS, others)
    if "source" in fields.frame:
        source = fields.frame.loc[given.index, "source"]
        source = source.where(source.notna(), language.text(_("(not given)")))
        source = fold_rare(source, MAX_SOURCES, others)
    else:
        source = pd.Series(language.text(_("All leads")), index=given.index, dtype=object)
    columns, rows = rank(reasons, others), rank(source, others)
    table = pd.crosstab(source.to_numpy(), reasons.to_numpy()).reindex(
        index=rows, columns=columns, fill_value=0
    )
    return Rejections(
        reasons=tuple(columns),
        sources=tuple(
            (name, tuple(int(count) for count in counts))
            for name, counts in zip(rows, table.to_numpy(), strict=True)
        ),
        sides=mark_cells(table.to_numpy()),
        without=int(named.isna().sum()),
    )


def mark_cells(counts: np.ndarray) -> tuple[tuple[Side, ...], ...]:
    """Mark the cells of a table that differ from its margins by more than chance explains.

    Parameters
    ----------
    counts : ndarray of int, shape (n_rows, n_columns)

    Returns
    -------
    tuple of tuple of {"above", "below", "near"}
        By adjusted residuals, of which 5 % of tables without any difference have one that is
        marked (Holm's correction). Cells in which fewer than `MIN_EXPECTED` leads were to be
        expected are neither judged nor marked.

    References
    ----------
    Haberman, S. J. (1973). The analysis of residuals in cross-classified tables. Biometrics 29,
    205-220.
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal
    of Statistics 6, 65-70.
    """
    total = counts.sum()
    rows, columns = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True)
    expected = rows * columns / total
    spread = np.sqrt(expected * (1 - rows / total) * (1 - columns / total))
    judged = (expected >= MIN_EXPECTED) & (spread > 0)
    residual = np.where(judged, (counts - expected) / np.where(spread > 0, spread, 1), 0.0)
    p = 2 * special.ndtr(-np.abs(residual[judged]))
    order = np.argsort(p)
    passed = np.logical_and.accumulate(p[order] <= ERROR / np.arange(len(p), 0, -1))
    marked = np.zeros(counts.shape, dtype=bool)
    places = np.argwhere(judged)[order[passed]]
    marked[places[:, 0], places[:, 1]] = True
    sides = np.where(~marked, "near", np.where(residual > 0, "above", "below"))
    return tuple(tuple(row) for row in sides.tolist())


def fold_rare(values: pd.Series, most: int, others: str) -> pd.Series:
    """Return the values with all but the `most` most frequent ones made one."""
    kept = rank(values, others)[:most]
    return values.where(values.isin(kept), others) if values.nunique() > most else values


def rank(values: pd.Series, others: str) -> list[str]:
    """Return the different values, most frequent first, those that stand for all others last."""
    counts = values.value_counts()
    return sorted(counts.index, key=lambda name: (name == others, -int(counts[name]), name))
