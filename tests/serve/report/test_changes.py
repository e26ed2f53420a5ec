"""What-if changes: told by score and source, their gain beside plain shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.language import language
from serve.report.changes import MAX_CHANGES, list_changes, mark_lowest, replace_leads
from serve.report.fields import Fields
from tests.serve.report.conftest import Company


def test_the_lowest_scored_tenth_is_replaced_by_leads_like_the_rest(company: Company) -> None:
    fresh = company.scored.hand_overs[company.scored.hand_overs["fresh"]]
    won = fresh["decision"] == "accepted"
    ranked = fresh["before_answer"].rank(method="first")
    changes = list_changes(company.scored, company.fields, language("en"))
    change = next(change for change in changes if "10%" in change.words)
    gone = fresh["before_answer"][ranked <= np.floor(0.1 * len(fresh))]
    assert (change.source, change.below) == (None, int(np.ceil(100 * gone.max())))
    stay = won[ranked > np.floor(0.1 * len(fresh))]
    assert change.volume == len(fresh)
    assert change.before.value == pytest.approx(won.mean())
    assert change.after.value == pytest.approx(stay.mean())
    assert change.gain == pytest.approx(stay.mean() - won.mean())
    assert change.gain_low < change.gain < change.gain_high


def test_half_of_a_source_is_replaced_by_the_others(company: Company) -> None:
    fresh = company.scored.hand_overs[company.scored.hand_overs["fresh"]]
    source = company.fields.frame.loc[fresh.index, "source"]
    # A source of which nothing is ever accepted, so that changing it is clear.
    decision = fresh["decision"].mask(source == "Website", "rejected")
    scored = replace(
        company.scored,
        hand_overs=company.scored.hand_overs.assign(
            decision=decision.reindex(company.scored.hand_overs.index, fill_value="waiting")
        ),
    )
    change = next(
        change
        for change in list_changes(scored, company.fields, language("en"))
        if "Website" in change.words
    )
    mine, others = fresh[source == "Website"], fresh[source != "Website"]
    share = (decision[others.index] == "accepted").mean()
    won = (decision == "accepted").sum() + (len(mine) // 2) * share
    assert change.after.value == pytest.approx(won / len(fresh))


def test_only_clear_gains_are_told_the_largest_first(company: Company) -> None:
    changes = list_changes(company.scored, company.fields, language("en"))
    assert 0 < len(changes) <= MAX_CHANGES
    assert all(change.clear and change.gain_low > 0 for change in changes)
    assert [c.gain for c in changes] == sorted([c.gain for c in changes], reverse=True)


def test_where_scores_say_nothing_no_change_is_told(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    rng = np.random.default_rng(12)
    noise = np.where(rng.random(len(hand_overs)) < 0.4, "accepted", "rejected")
    scored = replace(company.scored, hand_overs=hand_overs.assign(decision=noise))
    without = Fields(company.fields.frame[[]], {})
    assert list_changes(scored, without, language("en")) == ()


def test_from_few_leads_no_change_is_told(company: Company) -> None:
    scored = replace(company.scored, hand_overs=company.scored.hand_overs.tail(60))
    assert list_changes(scored, company.fields, language("en")) == ()


def test_the_lowest_are_marked_and_ties_stay() -> None:
    assert mark_lowest(np.array([0.3, 0.1, 0.2, 0.4]), 0.5).tolist() == [False, True, True, False]
    assert not mark_lowest(np.full(10, 0.3), 0.5).any()


def draw(seed: int, n: int = 2_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Decisions, who goes (accepted less often), and whom the new leads are like."""
    rng = np.random.default_rng(seed)
    out = rng.random(n) < 0.2
    like = ~out & (rng.random(n) < 0.7)
    return rng.random(n) < np.where(out, 0.2, 0.5), out, like


def replace_slowly(accepted: np.ndarray, out: np.ndarray, like: np.ndarray) -> float:
    """Each lead that goes is replaced by the mean of those that new ones are like."""
    after = [
        accepted[like].mean() if gone else won for won, gone in zip(accepted, out, strict=True)
    ]
    return float(np.mean(after))


def test_shares_before_and_after() -> None:
    accepted, out, like = draw(1)
    found = replace_leads(accepted, out, like)
    assert found.n == 2_000
    assert found.replaced == out.sum()
    assert found.before == pytest.approx(accepted.mean())
    assert found.after == pytest.approx(replace_slowly(accepted, out, like))
    assert found.gain == pytest.approx(found.after - found.before)
    assert found.low < found.gain < found.high


def test_the_interval_is_that_of_drawing_leads_anew() -> None:
    accepted, out, like = draw(2, 400)
    found = replace_leads(accepted, out, like)
    rng = np.random.default_rng(9)
    gains = []
    for _ in range(2_000):
        drawn = rng.integers(0, 400, 400)
        won = accepted[drawn]
        gains.append(replace_slowly(won, out[drawn], like[drawn]) - won.mean())
    low, high = np.quantile(gains, [0.05, 0.95])
    assert found.low == pytest.approx(low, abs=0.006)
    assert found.high == pytest.approx(high, abs=0.006)


def test_the_same_leads_give_the_same_interval_in_any_order() -> None:
    accepted, out, like = draw(3)
    mixed = np.random.default_rng(0).permutation(len(accepted))
    assert replace_leads(accepted[mixed], out[mixed], like[mixed]) == replace_leads(
        accepted, out, like
    )


def test_replacing_nobody_gains_nothing() -> None:
    accepted, out, _ = draw(4)
    found = replace_leads(accepted, np.zeros_like(out), np.ones_like(out))
    assert (found.gain, found.low, found.high) == (0, 0, 0)


def test_intervals_hold_the_gain_as_often_as_they_say() -> None:
    held = []
    for seed in range(200):
        found = replace_leads(*draw(seed, 800))
        # Expected: a fifth of the leads, accepted at 0.2, goes for leads accepted at 0.5.
        held.append(found.low <= 0.2 * 0.3 <= found.high)
    assert 0.83 <= np.mean(held) <= 0.96


def test_new_leads_must_be_like_some_that_stay() -> None:
    accepted, out, like = draw(5)
    with pytest.raises(ValueError, match="that stay"):
        replace_leads(accepted, out, out)
    with pytest.raises(ValueError, match="that stay"):
        replace_leads(accepted, out, np.zeros_like(like))
