"""What-if changes: told by score and source, their gain beside plain shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.language import language
from serve.report.changes import MAX_CHANGES, list_changes, mark_lowest
from serve.report.fields import Fields
from tests.serve.report.conftest import Company


def test_the_lowest_scored_tenth_is_replaced_by_leads_like_the_rest(company: Company) -> None:
    fresh = company.ledger.entries[company.ledger.entries["fresh"]]
    won = fresh["decision"] == "accepted"
    ranked = fresh["probability"].rank(method="first")
    changes = list_changes(company.ledger, company.fields, language("en"))
    change = next(change for change in changes if "10%" in change.words)
    stay = won[ranked > np.floor(0.1 * len(fresh))]
    assert change.volume == len(fresh)
    assert change.before.value == pytest.approx(won.mean())
    assert change.after.value == pytest.approx(stay.mean())
    assert change.gain == pytest.approx(stay.mean() - won.mean())
    assert change.gain_low < change.gain < change.gain_high


def test_half_of_a_source_is_replaced_by_the_others(company: Company) -> None:
    fresh = company.ledger.entries[company.ledger.entries["fresh"]]
    source = company.fields.frame.loc[fresh.index, "source"]
    # A source of which nothing is ever accepted, so that changing it is clear.
    decision = fresh["decision"].mask(source == "Website", "rejected")
    ledger = replace(
        company.ledger,
        entries=company.ledger.entries.assign(
            decision=decision.reindex(company.ledger.entries.index, fill_value="waiting")
        ),
    )
    change = next(
        change
        for change in list_changes(ledger, company.fields, language("en"))
        if "Website" in change.words
    )
    mine, others = fresh[source == "Website"], fresh[source != "Website"]
    share = (decision[others.index] == "accepted").mean()
    won = (decision == "accepted").sum() + (len(mine) // 2) * share
    assert change.after.value == pytest.approx(won / len(fresh))


def test_only_clear_gains_are_told_the_largest_first(company: Company) -> None:
    changes = list_changes(company.ledger, company.fields, language("en"))
    assert 0 < len(changes) <= MAX_CHANGES
    assert all(change.clear and change.gain_low > 0 for change in changes)
    assert [c.gain for c in changes] == sorted([c.gain for c in changes], reverse=True)


def test_where_scores_say_nothing_no_change_is_told(company: Company) -> None:
    entries = company.ledger.entries
    rng = np.random.default_rng(12)
    noise = np.where(rng.random(len(entries)) < 0.4, "accepted", "rejected")
    ledger = replace(company.ledger, entries=entries.assign(decision=noise))
    without = Fields(company.fields.frame[[]], {})
    assert list_changes(ledger, without, language("en")) == ()


def test_from_few_leads_no_change_is_told(company: Company) -> None:
    ledger = replace(company.ledger, entries=company.ledger.entries.tail(60))
    assert list_changes(ledger, company.fields, language("en")) == ()


def test_the_lowest_are_marked_and_ties_stay() -> None:
    assert mark_lowest(np.array([0.3, 0.1, 0.2, 0.4]), 0.5).tolist() == [False, True, True, False]
    assert not mark_lowest(np.full(10, 0.3), 0.5).any()
