"""Disagreements: the most surprising decisions, by scores from before the answer was known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from serve.report.contents import Report
from serve.report.disagreements import MAX_LISTED, SHARE, find_surprising, list_disagreements
from tests.serve.report.conftest import Company


def test_the_most_surprising_come_first(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    rejected, accepted = find_surprising(hand_overs)
    looked = hand_overs[hand_overs["before_answer"].notna() & (hand_overs["decision"] != "waiting")]
    high, low = looked["before_answer"].quantile([1 - SHARE, SHARE])
    for found, decisions, sign in (
        (rejected, ["rejected", "recycled"], 1),
        (accepted, ["accepted"], -1),
    ):
        mine = looked[looked["decision"].isin(decisions)]
        mine = mine[mine["before_answer"] > high] if sign > 0 else mine[mine["before_answer"] < low]
        ranked = mine.sort_values("before_answer", ascending=sign < 0)
        assert len(found) == min(MAX_LISTED, len(mine)) > 0
        np.testing.assert_allclose(
            hand_overs.loc[found, "before_answer"], ranked["before_answer"].head(MAX_LISTED)
        )


def test_all_of_them_are_shown(company: Company, report: Report) -> None:
    frame, found = report.leads.frame, report.disagreements
    assert len(found.rejected) == len(find_surprising(company.scored.hand_overs)[0])
    assert len(found.accepted) == len(find_surprising(company.scored.hand_overs)[1])
    assert found.looked_at == company.scored.hand_overs["surprise"].notna().sum()
    for places, decisions in (
        (found.rejected, {"rejected", "recycled"}),
        (found.accepted, {"accepted"}),
    ):
        rows = frame.iloc[places]
        assert set(rows["decision"]) <= decisions
        assert rows["learned"].any() and rows.loc[rows["learned"], "score_before"].notna().all()
        assert rows["surprise"].is_monotonic_decreasing


def test_those_that_are_not_shown_are_not_listed(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    rejected, accepted = find_surprising(hand_overs)
    shown = rejected[:3].append(accepted[1:2])[::-1]
    found = list_disagreements(shown, hand_overs)
    assert found.rejected.tolist() == [3, 2, 1]
    assert found.accepted.tolist() == [0]


def test_what_the_teams_have_settled_is_not_asked_again(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    first = find_surprising(hand_overs)[0][:3]
    found = find_surprising(hand_overs.assign(settled=hand_overs.index.isin(first)))[0]
    assert not found.isin(first).any()
    assert list_disagreements(found, hand_overs.assign(settled=True)).looked_at == 0


def test_where_everything_was_learned_from_nobody_disagrees(company: Company) -> None:
    hand_overs = company.scored.hand_overs.assign(surprise=np.nan)
    found = list_disagreements(pd.Index(hand_overs.index[:10]), hand_overs)
    assert len(found.rejected) == len(found.accepted) == found.looked_at == 0
