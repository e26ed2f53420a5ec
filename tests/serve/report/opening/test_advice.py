"""What the page asks to decide: the largest gain, the widest difference, and the light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from features.language import language
from serve.report.changes import list_changes
from serve.report.contents import Grouping
from serve.report.groupings import list_groupings
from serve.report.opening.advice import advise, count_a_week
from tests.serve.report.conftest import Company
from tests.serve.report.reports import make_groupings

EN = language("en")


def test_the_change_is_worth_its_gain_times_the_leads_of_a_week(company: Company) -> None:
    change = list_changes(company.scored, company.fields, EN)[0]
    found = advise(company.scored, [change], (), EN, days=30)
    worth = change.gain * count_a_week(company.scored.hand_overs)
    assert found.do is not None
    assert f": {worth:.0f} more acceptances a week" in found.do


def test_answering_the_best_first_is_worth_what_was_left_lying(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    # Sales answers only the leads of low score.
    good = hand_overs["before_answer"].fillna(1) > 0.5
    scored = replace(
        company.scored,
        hand_overs=hand_overs.assign(
            decision=hand_overs["decision"].mask(good, "waiting"), young=False
        ),
    )
    found = advise(scored, (), (), EN, days=30).do
    assert found is not None and found.startswith("Call the best-scored first")


def test_the_group_with_the_widest_difference_is_named_and_only_clear_ones(
    company: Company,
) -> None:
    groupings = make_groupings("en", str)
    found = advise(company.scored, (), groupings, EN, days=30).agree
    assert found is not None and found.startswith("Trade fair: sales accepted 38% of ")
    near = tuple(
        Grouping(g.key, g.label, tuple(replace(x, side="near") for x in g.groups), 0)
        for g in list_groupings(company.scored, company.fields, EN)
    )
    assert advise(company.scored, (), near, EN, days=30).agree is None


def test_scores_that_sales_no_longer_bears_out_are_named(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    fresh = hand_overs["fresh"]
    assert "hold" in str(advise(company.scored, (), (), EN, days=30).watch)
    for answer, words in (("rejected", "run high"), ("accepted", "run low")):
        at = hand_overs["handed_over_at"]
        late = fresh & (at > at[fresh].max() - np.timedelta64(91, "D"))
        changed = hand_overs.assign(decision=hand_overs["decision"].mask(late, answer))
        scored = replace(company.scored, hand_overs=changed)
        found = str(advise(scored, (), (), EN, days=3_000).watch)
        assert words in found or "hold" in found
    none = replace(company.scored, hand_overs=hand_overs.assign(fresh=False))
    assert advise(none, (), (), EN, days=30).watch is None
