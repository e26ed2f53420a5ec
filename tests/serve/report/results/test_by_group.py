"""Outcomes by group: counts that a plain filter gives too, and sentences that they carry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.language import language
from features.settings.schema import BandSettings
from models.reasons.topics import Topics
from serve.report.fields import Fields
from serve.report.results.by_group import MIN_LEADS, ResultGrouping, Results, count_results
from serve.report.scored_hand_overs import ScoredHandOvers

LAST = pd.Timestamp("2026-06-30 10:00")
N = 900


def make_hand_overs(*, gain: float = 0.5) -> pd.DataFrame:
    """Leads of 18 months, accepted by turns; the higher the score, the more opportunities."""
    rng = np.random.default_rng(3)
    at = LAST - pd.to_timedelta(np.arange(N)[::-1] * 0.6, "D")
    score = rng.random(N)
    accepted = np.arange(N) % 3 > 0
    came = accepted & (rng.random(N) < 0.2 + gain * score)
    won = came & (rng.random(N) < 0.4)
    others = np.where(np.arange(N) % 2, "rejected", "waiting")
    return pd.DataFrame(
        {
            "lead_id": [f"l{i}" for i in range(N)],
            "handed_over_at": at,
            "decided_at": at + pd.Timedelta(days=2),
            "decision": np.where(accepted, "accepted", others),
            "before_answer": np.where(np.arange(N) % 5, score, np.nan),
            "opportunity": came,
            "opportunity_at": (at + pd.Timedelta(days=10)).where(came),
            "won": won,
            "won_at": (at + pd.Timedelta(days=30)).where(won),
            "amount": np.where(won & (np.arange(N) % 7 > 0), 1_000.0, np.nan),
            "won_since": won | (np.arange(N) % 30 == 0),
        }
    )  # fmt: skip


def count(
    hand_overs: pd.DataFrame, *, timed: bool = True, source: np.ndarray | None = None
) -> Results | None:
    nothing = np.empty((0, 0))
    scored = ScoredHandOvers(
        hand_overs, hand_overs, nothing, nothing, nothing, Topics((), ()), timed=timed
    )
    frame = pd.DataFrame(index=hand_overs.index)
    if source is not None:
        frame["source"] = source
    return count_results(
        scored, Fields(frame, {"source": "Source"}), language("en"), bands=BandSettings()
    )


def found(hand_overs: pd.DataFrame, **options: object) -> Results:
    results = count(hand_overs, **options)  # type: ignore[arg-type]
    assert results is not None
    return results


def grouping(results: Results, key: str) -> ResultGrouping:
    return next(one for one in results.groupings if one.key == key)


def test_the_last_year_is_counted_as_a_plain_filter_counts_it() -> None:
    hand_overs = make_hand_overs()
    results = found(hand_overs)
    assert results.start == (LAST.normalize() - pd.Timedelta(days=364)).date()
    year = hand_overs[hand_overs["handed_over_at"].dt.date >= results.start]
    accepted = year[year["decision"] == "accepted"]
    whole = results.whole
    assert whole.opportunity.whole == len(accepted)
    assert whole.opportunity.count == (accepted["opportunity"]).sum()
    assert whole.won.count == accepted["won"].sum()
    assert whole.amount.value == accepted["amount"].sum()
    assert whole.amount.count == accepted["amount"].notna().sum()
    rejected = year[year["decision"] == "rejected"]
    missed = results.missed["rejected"]
    assert (missed.count, missed.whole) == (rejected["won_since"].sum(), len(rejected))


def test_bands_hold_only_leads_scored_before_their_answer() -> None:
    hand_overs = make_hand_overs()
    results = found(hand_overs)
    year = hand_overs[hand_overs["handed_over_at"].dt.date >= results.start]
    for group in grouping(results, "band").groups:
        low, high = map(int, group.filters["said"].split("-"))
        scores = (100 * year["before_answer"]).round()
        part = year[(year["decision"] == "accepted") & (scores >= low) & (scores <= high)]
        assert (group.opportunity.count, group.opportunity.whole) == (
            part["opportunity"].sum(),
            len(part),
        )


def test_bands_and_leads_without_a_score_are_all_accepted_leads() -> None:
    bands = grouping(found(make_hand_overs()), "band")
    results = found(make_hand_overs())
    assert bands.left_out == 0 and bands.in_none > 0
    inside = sum(group.opportunity.whole for group in bands.groups)
    assert inside + bands.in_none == results.whole.opportunity.whole


def test_a_band_too_small_to_list_is_counted_and_not_spoken_for() -> None:
    hand_overs = make_hand_overs(gain=0.7)
    hot = hand_overs["before_answer"] >= 0.745
    recent = hand_overs["handed_over_at"] > LAST - pd.Timedelta(days=300)
    some = hand_overs[hot & recent & (hand_overs["decision"] == "accepted")].head(5)
    results = found(pd.concat([hand_overs[~hot], some]))
    bands = grouping(results, "band")
    assert bands.left_out == 1
    assert results.words.startswith("Of accepted leads scored 50 to 74, ")


def test_the_score_is_said_to_matter_only_where_chance_does_not_explain_it() -> None:
    words = found(make_hand_overs(gain=0.7)).words
    assert words.startswith("Of accepted leads scored 75 to 100, ")
    assert "; of those scored 0 to 24, " in words
    assert "the score made no clear difference" in found(make_hand_overs(gain=0.0)).words
    without = make_hand_overs().assign(before_answer=np.nan)
    results = found(without)
    assert "score" not in results.words
    assert [one.key for one in results.groupings] == ["month"]


def test_months_add_up_to_the_whole_and_the_newest_are_still_filling() -> None:
    results = found(make_hand_overs())
    months = grouping(results, "month").groups
    assert sum(one.opportunity.whole or 0 for one in months) == results.whole.opportunity.whole
    assert sum(one.amount.value or 0 for one in months) == results.whole.amount.value
    named = [one.filters["month"] for one in months]
    assert named == sorted(named)
    assert months[-1].young and not months[0].young
    assert results.ripens == pytest.approx(10)


def test_small_groups_are_left_out_and_the_best_paid_comes_first() -> None:
    source = np.where(np.arange(N) % 4 > 0, "Web", "Fair").astype(object)
    source[-9:] = "Rare"
    source[:40] = None
    results = found(make_hand_overs().assign(), source=source, timed=False)
    by_source = grouping(results, "source")
    assert results.start is None and results.days is None
    assert [one.name for one in by_source.groups] == ["Web", "Fair", "(not given)"]
    assert by_source.left_out == 1
    assert all((one.opportunity.whole or 0) >= MIN_LEADS for one in by_source.groups)


def test_without_outcomes_there_is_nothing_to_say() -> None:
    hand_overs = make_hand_overs()
    names = ["opportunity", "opportunity_at", "won", "won_at", "amount", "won_since"]
    assert count(hand_overs.drop(columns=names)) is None
    assert count(hand_overs.assign(opportunity=False, won=False)) is None
