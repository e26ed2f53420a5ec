"""Groups beside a plain count of the same leads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from features.language import language
from models.evaluation.intervals import wilson_interval
from serve.report.contents import Group, Report
from serve.report.fields import Fields
from serve.report.groupings import (
    MAX_GROUPS,
    MAX_REJECTION_REASONS,
    MIN_LEADS,
    count_group,
    count_rejections,
    count_share,
    fold_rare,
    group_by_field,
    list_groupings,
    mark_cells,
    rank,
)
from tests.serve.report.conftest import Company


def count_slowly(name: str, rows: pd.DataFrame) -> Group:
    """The same counts, lead by lead."""
    decided = [row for row in rows.itertuples() if row.decision != "waiting"]
    won = [row for row in decided if row.decision == "accepted"]
    waiting = [row for row in rows.itertuples() if row.decision == "waiting"]
    fresh = [row for row in decided if row.fresh]
    expected = np.mean([row.before_answer for row in fresh]) if fresh else None
    judged = count_share(sum(row.decision == "accepted" for row in fresh), len(fresh))
    side = "near"
    if judged is not None and expected is not None:
        side = "above" if judged.low > expected else "below" if judged.high < expected else "near"
    return Group(
        name=name,
        handed_over=len(rows),
        answered=len(decided),
        accepted=len(won),
        waiting=len(waiting),
        share=count_share(len(won), len(decided)),
        expected=expected,
        judged=judged,
        expected_waiting=np.mean([row.probability for row in waiting]) if waiting else None,
        side=side,  # type: ignore[arg-type]
        young=any(row.young for row in waiting),
    )


def assert_alike(group: Group, slow: Group) -> None:
    for name, value in vars(slow).items():
        other = getattr(group, name)
        assert other == (pytest.approx(value) if isinstance(value, float) else value), name


def test_every_group_is_counted_right(company: Company, report: Report) -> None:
    hand_overs = company.scored.hand_overs
    attributes = company.tables.attributes.loc[hand_overs.index]
    source = attributes["LeadSource"].str.strip().str.lower().fillna("(not given)")
    by_source = {grouping.key: grouping for grouping in report.groupings}["source"]
    assert by_source.label == "Lead Source"
    assert sum(group.handed_over for group in by_source.groups) <= len(hand_overs)
    for group in by_source.groups:
        rows = hand_overs[source == group.name.lower()]
        assert_alike(group, count_slowly(group.name, rows))
    sizes = source.value_counts()
    assert len(by_source.groups) == (sizes >= MIN_LEADS).sum()
    assert by_source.left_out == (sizes < MIN_LEADS).sum()


def test_months_follow_each_other_and_hold_every_lead(company: Company, report: Report) -> None:
    months = report.groupings[-1]
    hand_overs = company.scored.hand_overs
    assert months.key == "month"
    keys = hand_overs["handed_over_at"].dt.strftime("%Y-%m")
    assert [group.handed_over for group in months.groups] == [
        int(n) for n in keys.value_counts().sort_index()[-24:]
    ]
    last = sorted(set(keys))[-1]
    assert_alike(months.groups[-1], count_slowly("Jun 2026", hand_overs[keys == last]))
    assert months.groups[-1].young
    assert months.groups[0].judged is None
    assert months.groups[0].side == "near"


def test_groups_come_by_size_and_small_ones_are_left_out(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    letters = np.array([chr(97 + i) for i in range(MAX_GROUPS + 4)])
    names = pd.Series(letters[np.arange(len(hand_overs)) % len(letters)], index=hand_overs.index)
    names.iloc[: MIN_LEADS - 1] = "small"
    names.iloc[-40:] = None
    grouping = group_by_field(hand_overs, names, "source", "Source", language("en"))
    sizes = [group.handed_over for group in grouping.groups]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == MAX_GROUPS
    assert "small" not in [group.name for group in grouping.groups]
    assert grouping.left_out == len(letters) + 2 - MAX_GROUPS
    if "(not given)" in [group.name for group in grouping.groups]:
        assert names.isna().sum() == 40


def test_a_group_without_answers_has_no_share(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    group = count_group("New", hand_overs[hand_overs["decision"] == "waiting"].head(5))
    assert (group.share, group.judged, group.expected, group.side) == (None, None, None, "near")
    assert group.expected_waiting is not None


def test_shares_have_the_limits_of_wilson() -> None:
    share = count_share(3, 10)
    assert share is not None
    low, high = wilson_interval(3, 10)
    assert (share.value, share.low, share.high, share.leads) == (0.3, low, high, 10)
    assert count_share(0, 0) is None


def test_without_times_there_are_no_months(company: Company) -> None:
    from dataclasses import replace

    untimed = replace(company.scored, timed=False)
    keys = [g.key for g in list_groupings(untimed, company.fields, language("en"))]
    assert keys == ["source", "campaign", "persona"]


def test_reasons_are_counted_by_source(company: Company) -> None:
    hand_overs, fields = company.scored.hand_overs, company.fields
    found = count_rejections(company.scored, fields, language("en"))
    assert found is not None
    rejected = hand_overs[hand_overs["decision"] == "rejected"]
    reason = rejected["reason"].str.lower()
    assert found.without == reason.isna().sum()
    assert found.reasons[0].lower() == "no need"
    assert sorted(name.lower() for name in found.reasons) == ["no need", "student", "wrong data"]
    source = fields.frame.loc[rejected.index, "source"].fillna("(not given)")
    for name, counts in found.sources:
        mine = reason[source == name]
        assert counts == tuple((mine == text.lower()).sum() for text in found.reasons)
    total = sum(sum(counts) for _, counts in found.sources)
    assert total == reason.notna().sum()
    sizes = [sum(counts) for name, counts in found.sources if name != "(all others)"]
    assert sizes == sorted(sizes, reverse=True)


def test_without_a_source_there_is_one_row(company: Company) -> None:
    fields = Fields(company.fields.frame.drop(columns="source"), company.fields.labels)
    found = count_rejections(company.scored, fields, language("en"))
    assert found is not None
    assert [name for name, _ in found.sources] == ["All leads"]


def test_without_reasons_there_is_nothing_to_show(company: Company) -> None:
    hand_overs = company.scored.hand_overs.assign(reason=None)
    scored = replace(company.scored, hand_overs=hand_overs)
    assert count_rejections(scored, company.fields, language("en")) is None


def test_rare_reasons_become_one_and_come_last() -> None:
    values = pd.Series([f"r{i}" for i in range(12) for _ in range(12 - i)])
    folded = fold_rare(values, MAX_REJECTION_REASONS, "rest")
    assert rank(folded, "rest") == [*(f"r{i}" for i in range(MAX_REJECTION_REASONS)), "rest"]
    assert (folded == "rest").sum() == 4 + 3 + 2 + 1
    assert fold_rare(values[:12], MAX_REJECTION_REASONS, "rest").nunique() == 1


def test_the_cells_that_two_by_two_tables_reject_are_marked() -> None:
    counts = np.array([[120, 64, 31, 2], [40, 81, 3, 1], [200, 120, 40, 4]])
    sides = np.array(mark_cells(counts))
    p = np.array([[two_by_two(counts, i, j) for j in range(4)] for i in range(3)])
    p[:, 3] = 1.0  # fewer than five expected
    smallest = np.sort(p[:, :3].ravel())
    passed = [q <= 0.05 / (9 - k) for k, q in enumerate(smallest)]
    bound = smallest[passed.index(False) - 1]
    assert (sides != "near").tolist() == (p <= bound).tolist()
    assert (sides[1, 1], sides[1, 0]) == ("above", "below")


def two_by_two(counts: np.ndarray, row: int, column: int) -> float:
    """Return how likely one cell against all others is by chance, by another way."""
    cell, total = counts[row, column], counts.sum()
    others = counts[row].sum() - cell, counts[:, column].sum() - cell
    table = [[cell, others[0]], [others[1], total - cell - sum(others)]]
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def test_of_tables_without_difference_one_in_twenty_at_most_has_a_mark() -> None:
    rng = np.random.default_rng(5)
    tables = rng.multinomial(400, np.outer([0.5, 0.3, 0.2], [0.4, 0.3, 0.3]).ravel(), 400)
    marked = [any(s != "near" for row in mark_cells(t.reshape(3, 3)) for s in row) for t in tables]
    assert np.mean(marked) < 0.08


def test_a_table_of_one_row_has_nothing_to_compare() -> None:
    assert mark_cells(np.array([[30, 20]])) == (("near", "near"),)
