"""The simulated CRM keeps its promises: sizes, shares, order of events, and a truth that holds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from features.errors import UsageError
from features.simulation.company import simulate
from features.simulation.export import World, write_world
from features.simulation.truth import acceptance_log_odds, known_at_handover

START, END = pd.Timestamp("2024-07-01"), pd.Timestamp("2026-07-01")
N_LEADS = 12_000
TABLES = ("leads", "activities", "decisions", "outcomes", "truth")


@pytest.fixture(scope="module")
def clean() -> World:
    return simulate(n_leads=N_LEADS, dirty=False)


@pytest.fixture(scope="module")
def dirty() -> World:
    return simulate(n_leads=N_LEADS)


@pytest.fixture(scope="module")
def answers(clean: World) -> pd.DataFrame:
    """Each decision with the hand-over it answers: the latest one before it."""
    return pd.merge_asof(
        clean.decisions.sort_values("CreatedDate"),
        clean.truth.sort_values("MQL_Date__c"),
        left_on="CreatedDate",
        right_on="MQL_Date__c",
        left_by="LeadId",
        right_by="Id",
        allow_exact_matches=False,
    )


def _digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_world(simulate(n_leads=300, seed=seed), tmp_path / folder)
    first, again, other = (_digest(tmp_path / folder) for folder in "abc")
    assert first == again
    assert first.keys() == other.keys()
    assert not set(first.values()) & set(other.values())


@pytest.mark.parametrize(("n_leads", "months"), [(1, 1), (2, 24), (300, 24), (1000, 24), (1000, 2)])
def test_every_size_has_exactly_its_hand_overs(n_leads: int, months: int) -> None:
    world = simulate(n_leads=n_leads, months=months, dirty=False)
    assert len(world.leads) == len(world.truth) == n_leads
    episodes = ["Id", "MQL_Date__c"]
    assert not world.leads.duplicated(episodes).any()
    assert_frame_equal(world.leads[episodes], world.truth[episodes])
    end = START + pd.DateOffset(months=months)
    assert world.leads["MQL_Date__c"].between(START, end, inclusive="left").all()
    assert (world.decisions["CreatedDate"] < end).all()
    assert world.activities["CreatedDate"].between(START, end, inclusive="left").all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_leads": 0}, "N_leads is too small. Got 0, expected 1 or more"),
        ({"months": 0}, "Months is too small"),
        ({"start": "first of July"}, "The start is not a date. Got first of July"),
        ({"start": ""}, "The start is not a date"),
    ],
)
def test_impossible_sizes_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        simulate(**wrong)  # type: ignore[arg-type]


def test_shares_are_those_of_a_working_company(clean: World) -> None:
    drawn = clean.truth["accepted_drawn"]
    assert 0.40 < drawn.mean() < 0.48
    assert 0.10 < drawn.isna().mean() < 0.14
    untouched = drawn.isna().groupby(clean.truth["rep"]).mean()
    assert len(untouched) == 20
    assert untouched.max() > 2.5 * untouched.median()
    assert 15 < len(clean.activities) / N_LEADS < 25
    returned = clean.truth["Id"].duplicated().mean()
    assert 0.02 < returned < 0.06
    accepted = (clean.decisions["Status"] == "Qualified").sum()
    assert 0.3 < len(clean.outcomes) / accepted < 0.6


def test_missing_values_depend_on_the_column_and_the_source(clean: World) -> None:
    missing = clean.leads.isna().mean()
    for column, share in (("AnnualRevenue", 0.40), ("NumberOfEmployees", 0.20), ("Phone", 0.30)):
        assert missing[column] == pytest.approx(share, abs=0.05)
    by_source = clean.leads["AnnualRevenue"].isna().groupby(clean.leads["LeadSource"]).mean()
    assert by_source["Paid Social"] > by_source["Purchased List"] + 0.2


def test_decisions_come_some_days_after_their_hand_over(answers: pd.DataFrame) -> None:
    assert answers["Id"].notna().all()
    assert not answers.duplicated(["Id", "MQL_Date__c"]).any()
    days = (answers["CreatedDate"] - answers["MQL_Date__c"]).dt.total_seconds() / 86_400
    assert days.min() > 0
    assert 2.3 < days.median() < 3.7
    assert 18 < days.quantile(0.95) < 32


def test_decisions_are_those_drawn(answers: pd.DataFrame, clean: World) -> None:
    assert (answers["Status"] == "Qualified").eq(answers["accepted_drawn"]).all()
    assert (answers["Status"] == "Recycled").eq(answers["recycled_drawn"]).all()
    assert (answers["OwnerId"] == answers["rep"]).all()
    # All that is missing was untouched or is decided after the export.
    drawn = clean.truth.dropna(subset="accepted_drawn")
    absent = drawn.merge(answers[["Id", "MQL_Date__c"]], how="left", indicator=True)
    late = absent.loc[absent["_merge"] == "left_only", "MQL_Date__c"]
    assert (late > END - pd.Timedelta(days=400)).all()
    assert (late > END - pd.Timedelta(days=30)).mean() > 0.8


def test_reasons_stand_with_refusals_only(clean: World) -> None:
    reason = clean.decisions["Disqualified_Reason__c"]
    accepted = clean.decisions["Status"] == "Qualified"
    assert reason[accepted].isna().all()
    assert 0.8 < reason[~accepted].notna().mean() < 1
    titles = clean.leads.drop_duplicates("Id").set_index("Id")["Title"]
    said_student = clean.decisions.loc[reason == "Student", "LeadId"]
    known = titles.reindex(said_student).dropna().str.lower()
    assert known.str.contains("student|intern|trainee|estudiante|becari|prácticas").all()


def test_a_returning_lead_was_recycled_a_month_or_more_before(clean: World) -> None:
    again = clean.truth[clean.truth["Id"].duplicated(keep=False)].sort_values(["Id", "MQL_Date__c"])
    earlier = again.groupby("Id").shift()
    later = again[earlier["MQL_Date__c"].notna()]
    earlier = earlier.loc[later.index]
    assert (later["MQL_Date__c"] - earlier["MQL_Date__c"] > pd.Timedelta(days=30)).all()
    assert earlier["recycled_drawn"].astype(bool).all()
    assert later["accepted_drawn"].any()
    joined = later.reset_index().merge(clean.activities, left_on="Id", right_on="LeadId")
    since = joined["index"].map(earlier["MQL_Date__c"])
    between = joined["CreatedDate"].between(since, joined["MQL_Date__c"], inclusive="neither")
    assert between.groupby(joined["index"]).any().mean() > 0.8


def test_outcomes_follow_acceptance(clean: World) -> None:
    accepted = clean.decisions[clean.decisions["Status"] == "Qualified"].set_index("LeadId")
    deals = clean.outcomes
    assert deals["LeadId"].is_unique
    assert deals["LeadId"].isin(accepted.index).all()
    assert (deals["CreatedDate"] > accepted["CreatedDate"].reindex(deals["LeadId"]).array).all()
    won = deals.dropna(subset="CloseDate")
    assert 0.1 < len(won) / len(deals) < 0.5
    assert (won["CloseDate"] > won["CreatedDate"]).all()
    assert (deals[["CreatedDate", "CloseDate"]].max() < END).all()
    assert (deals["Amount"] >= 0).all()


def test_opportunities_come_as_often_as_the_truth_says(clean: World) -> None:
    ripe = clean.truth["accepted_drawn"].fillna(False) & (
        clean.truth["MQL_Date__c"] < END - pd.Timedelta(days=240)
    )
    chosen = clean.truth[ripe.astype(bool)].drop_duplicates("Id")
    became = chosen["Id"].isin(clean.outcomes["LeadId"])
    p = chosen["p_opportunity"]
    assert abs(became.sum() - p.sum()) < 4 * np.sqrt((p * (1 - p)).sum())


def test_true_probabilities_tell_drawn_answers_apart_as_designed(clean: World) -> None:
    known = clean.truth.dropna(subset="accepted_drawn")
    area = roc_auc_score(known["accepted_drawn"].astype(int), known["p_accept"])
    assert 0.80 < area < 0.845


@pytest.mark.parametrize("seed", [20, 21])
def test_true_probabilities_are_calibrated(seed: int) -> None:
    truth = simulate(n_leads=6000, seed=seed, dirty=False).truth.dropna(subset="accepted_drawn")
    tenth = pd.qcut(truth["p_accept"], 10, labels=False)
    p, drawn = truth["p_accept"], truth["accepted_drawn"].astype(int)
    surprise = (drawn - p).groupby(tenth).sum() / np.sqrt((p * (1 - p)).groupby(tenth).sum())
    # Three standard errors each; ten at once pass by chance 97 times in 100.
    assert (surprise.abs() < 3).all()


def test_strict_reps_accept_less(clean: World) -> None:
    reps = clean.truth.drop_duplicates("rep")["strictness"]
    assert reps.std(ddof=0) == pytest.approx(0.3)
    assert reps.mean() == pytest.approx(0, abs=1e-9)
    known = clean.truth.dropna(subset="accepted_drawn")
    surprise = known["accepted_drawn"].astype(int) - known["p_accept"]
    strict = known["strictness"] > 0
    assert surprise[strict].mean() < -0.01 < 0.01 < surprise[~strict].mean()


def test_truth_is_recomputed_from_rows_before_hand_over_alone(clean: World) -> None:
    first = clean.leads.groupby("Id")["MQL_Date__c"].max()
    handed = clean.activities["LeadId"].map(first)
    earlier = clean.activities[clean.activities["CreatedDate"] < handed]
    assert len(earlier) < len(clean.activities)
    decided = clean.decisions[clean.decisions["CreatedDate"] < clean.decisions["LeadId"].map(first)]
    shuffled = clean.leads.sample(frac=1, random_state=1).drop(columns=["Status", "Rating"])
    known = known_at_handover(
        shuffled, earlier.sample(frac=1, random_state=2), decided, start=START
    )
    reps = clean.truth.drop_duplicates("rep")["strictness"].to_numpy()
    p = expit(acceptance_log_odds(known)[:, None] - reps).mean(axis=1)
    expected = clean.truth["p_accept"].loc[shuffled.index]
    np.testing.assert_allclose(p, expected, rtol=0, atol=1e-12)


def test_later_rows_never_change_what_was_known(clean: World) -> None:
    before = known_at_handover(clean.leads, clean.activities, clean.decisions, start=START)
    at_hand_over = pd.DataFrame(
        {
            "LeadId": clean.leads["Id"],
            "CreatedDate": clean.leads.groupby("Id")["MQL_Date__c"].transform("max"),
            "Type": "demo_request",
        }
    )
    more = pd.concat([clean.activities, at_hand_over], ignore_index=True)
    after = known_at_handover(clean.leads, more, clean.decisions, start=START)
    assert_frame_equal(before, after)


def test_those_who_asked_for_a_demo_are_accepted_more(clean: World) -> None:
    demos = clean.activities[clean.activities["Type"] == "demo_request"]
    joined = clean.truth.reset_index().merge(demos, left_on="Id", right_on="LeadId")
    asked = joined.loc[joined["CreatedDate"] < joined["MQL_Date__c"], "index"]
    drawn = clean.truth["accepted_drawn"]
    with_demo = drawn.loc[drawn.index.isin(asked)].mean()
    without = drawn.loc[~drawn.index.isin(asked)].mean()
    assert with_demo > without + 0.2


def test_activities_after_hand_over_betray_the_answer(clean: World) -> None:
    first = clean.truth.drop_duplicates("Id").set_index("Id")
    handed = clean.activities["LeadId"].map(first["MQL_Date__c"])
    later = clean.activities[clean.activities["CreatedDate"] > handed].groupby("LeadId").size()
    n_later = later.reindex(first.index, fill_value=0)
    known = first["accepted_drawn"].notna() & (first["MQL_Date__c"] < END - pd.Timedelta(days=90))
    area = roc_auc_score(first["accepted_drawn"][known].astype(int), n_later[known])
    assert area > 0.9


def test_columns_named_as_leaks_are_leaks(clean: World) -> None:
    status = clean.leads["Status"]
    assert set(status) == {"Qualified", "Disqualified", "Recycled", "Open", "Working"}
    accepted = clean.truth["accepted_drawn"]
    assert accepted[status == "Qualified"].astype(bool).all()
    assert not accepted[status == "Disqualified"].astype(bool).any()
    hot = clean.leads["Rating"] == "Hot"
    assert accepted[hot].mean() > 0.8


def test_the_company_changes_slowly(clean: World) -> None:
    year = (clean.truth["MQL_Date__c"] - START).dt.days // 365
    source = clean.leads["LeadSource"]
    share = (source == "Paid Social").groupby(year).mean()
    assert share[1] > share[0] * 1.1
    p = clean.truth["p_accept"]
    assert p[year == 1].mean() < p[year == 0].mean()
    worse = source == "Content Syndication"
    fall = p[worse & (year == 0)].mean() - p[worse & (year == 1)].mean()
    usual = p[~worse & (year == 0)].mean() - p[~worse & (year == 1)].mean()
    assert fall > usual + 0.02


def test_without_drift_the_company_stays_as_it_is() -> None:
    steady = simulate(n_leads=6_000, seed=4, dirty=False, drift=False)
    leads, half = steady.leads, steady.leads["MQL_Date__c"] > pd.Timestamp("2025-07-01")
    assert half.mean() == pytest.approx(0.5, abs=0.03)
    shares = leads.groupby(half)["LeadSource"].value_counts(normalize=True).unstack(0)
    assert (shares[True] - shares[False]).abs().max() < 0.03
    assert not leads["Campaign__c"].dropna().str.contains(r"\d{4}").any()
    late = steady.truth["MQL_Date__c"] > pd.Timestamp("2025-07-01")
    chance = steady.truth.groupby(late)["p_accept"].mean()
    assert chance[True] == pytest.approx(chance[False], abs=0.02)


def test_dirty_rows_leave_the_truth_alone(clean: World, dirty: World) -> None:
    assert_frame_equal(clean.truth, dirty.truth)
    assert_frame_equal(clean.outcomes, dirty.outcomes)
    honest = dirty.leads.drop_duplicates(["Id", "MQL_Date__c"]).merge(
        dirty.truth[["Id", "MQL_Date__c"]], on=["Id", "MQL_Date__c"]
    )
    assert len(honest) == len(dirty.truth)


def test_rows_stand_in_the_order_of_hand_over(clean: World) -> None:
    assert clean.leads["MQL_Date__c"].is_monotonic_increasing
    assert clean.activities["CreatedDate"].is_monotonic_increasing
    assert clean.decisions["CreatedDate"].is_monotonic_increasing
    assert all(len(getattr(clean, name)) for name in TABLES)
