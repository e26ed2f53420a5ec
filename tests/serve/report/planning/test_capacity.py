"""Capacity of sales: whole weeks, scores from before the answer, each team filled by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.contract.tables import Tables
from features.errors import DataRefused, SettingsError, UsageError
from features.settings.schema import CapacitySettings
from serve.report.planning.capacity import (
    choose_weeks,
    collect_weeks,
    find_groups,
    summarise_capacity,
)
from tests.serve.report.conftest import Company


def with_capacity(tables: Tables, **keys: Any) -> Tables:
    room = CapacitySettings(**keys)
    return replace(tables, settings=tables.settings.model_copy(update={"capacity": room}))


def test_only_whole_weeks_with_scores_from_before_the_answer_count(company: Company) -> None:
    hand_overs, start, n_weeks = choose_weeks(company.scored.hand_overs)
    assert start.weekday() == 0 and n_weeks >= 4
    assert hand_overs["before_answer"].notna().all()
    everyone = company.scored.hand_overs["handed_over_at"]
    assert start + pd.Timedelta(weeks=n_weeks) <= everyone.max() + pd.Timedelta(days=1)
    leads = collect_weeks(hand_overs, np.zeros(len(hand_overs), dtype=np.int64), start, n_weeks)
    assert set(leads.week.tolist()) == set(range(n_weeks))
    learned = hand_overs["learned"].to_numpy()
    assert learned.any()
    assert not np.array_equal(
        leads.probability[learned], hand_overs["probability"].to_numpy()[learned]
    )


def test_without_a_capacity_shares_of_the_leads_are_looked_at(company: Company) -> None:
    found = summarise_capacity(company.tables, company.scored)
    assert not found["set"]
    shares = [row["capacity"] / found["leads"] for row in found["rows"]]
    assert shares == pytest.approx([0.25, 0.5, 0.75])
    scores = [row["groups"][0]["score"] for row in found["rows"]]
    assert scores == sorted(scores, reverse=True)
    best = found["rows"][0]
    assert best["over_first_come"]["value"] > 0
    assert best["practice"] is not None


def test_each_team_has_a_score_of_its_own(company: Company) -> None:
    tables = with_capacity(company.tables, by="Country", leads_per_week=2)
    found = summarise_capacity(tables, company.scored)
    (row,) = found["rows"]
    teams = company.tables.attributes["Country"].dropna().nunique()
    assert 1 < len(row["groups"]) <= teams
    assert row["capacity"] == 2 * len(row["groups"])
    assert len({group["score"] for group in row["groups"]}) > 1


def test_a_team_is_named_in_any_case(company: Company) -> None:
    name = company.tables.attributes["Country"].mode()[0]
    tables = with_capacity(company.tables, by="Country", leads_per_week={name.upper(): 3})
    hand_overs, start, _ = choose_weeks(company.scored.hand_overs)
    groups = find_groups(tables, hand_overs, start)
    mine = company.tables.attributes.loc[hand_overs.index, "Country"] == name
    assert (groups.of_lead == 0).tolist() == mine.tolist()
    assert groups.room == (3.0,) and groups.reps[0] > 1


@pytest.mark.parametrize(
    ("keys", "error", "said"),
    [
        ({"by": "Countri", "leads_per_week": 3}, SettingsError, "Country"),
        ({"by": "Country", "leads_per_week": {"Atlantis": 3}}, UsageError, "Atlantis"),
    ],
)
def test_a_team_that_is_not_there_is_named(
    company: Company, keys: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        summarise_capacity(with_capacity(company.tables, **keys), company.scored)


def test_weeks_need_times_and_answers(company: Company) -> None:
    with pytest.raises(UsageError, match="no weeks to fill"):
        summarise_capacity(replace(company.tables, order="sequence"), company.scored)
    unanswered = company.scored.hand_overs.assign(fresh=False)
    with pytest.raises(DataRefused, match="Too few whole weeks"):
        summarise_capacity(company.tables, replace(company.scored, hand_overs=unanswered))
