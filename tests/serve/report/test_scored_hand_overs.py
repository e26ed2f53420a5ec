"""Scored hand-overs: each once, with today's score beside the one that had not seen the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.language import language
from features.settings.schema import DecisionSettings
from serve.report.scored_hand_overs import score_hand_overs
from serve.scoring.scorer import score_leads
from tests.serve.report.conftest import NOW, TRAINED_AT, Company, as_it_was, label_now


def test_every_hand_over_that_can_be_scored_is_entered_once(company: Company) -> None:
    hand_overs, episodes = company.scored.hand_overs, company.tables.episodes
    known = episodes.dropna(subset=["lead_id", "handed_over_at"])
    known = known[known["handed_over_at"] <= NOW]
    keys = ["lead_id", "handed_over_at"]
    assert not hand_overs.duplicated(keys).any()
    assert set(map(tuple, hand_overs[keys].to_numpy())) == set(map(tuple, known[keys].to_numpy()))
    assert hand_overs["place"].is_monotonic_increasing
    assert set(hand_overs["decision"]) == {"waiting", "accepted", "rejected", "recycled"}


def test_leads_judged_on_keep_what_was_said_before(company: Company) -> None:
    hand_overs, said = company.scored.hand_overs, company.trained.probability
    pd.testing.assert_series_equal(
        hand_overs.loc[said.index, "before_answer"], said, check_names=False
    )
    assert (hand_overs.loc[said.index, "probability"] != said).any(), "it has learned since"
    older = company.trained.split.train
    assert hand_overs.loc[older, "before_answer"].isna().all()
    assert set(hand_overs.index[hand_overs["learned"]]) == {*older, *said.index}
    others = hand_overs[~hand_overs["learned"]]
    assert (others["before_answer"] == others["probability"]).all()
    judged = hand_overs.loc[said.index]
    assert (judged["decision"] == "accepted").mean() == pytest.approx(
        company.bundle.figures["base_rate"]
    )


def test_every_score_is_that_of_the_model_in_use_today(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    scores = score_leads(
        company.bundle,
        replace(
            company.tables,
            episodes=company.tables.episodes.loc[hand_overs.index],
            attributes=company.tables.attributes.loc[hand_overs.index],
        ),
        language=language("en"),
        scored_at=NOW,
        earlier=company.tables.episodes,
    ).scores
    np.testing.assert_allclose(hand_overs["probability"], scores["probability"], atol=6e-7)
    np.testing.assert_allclose(
        company.scored.steps.sum(axis=1),
        company.scored.log_odds - company.bundle.average_log_odds,
        atol=1e-4,
    )
    assert (company.scored.contributions.sum(axis=1) == company.scored.log_odds).all()


def test_fresh_leads_are_decided_matured_and_not_learned_from(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    fresh = hand_overs[hand_overs["fresh"]]
    assert len(fresh) > len(company.trained.probability)
    assert (fresh["decision"] != "waiting").all()
    assert (company.labels.rule[fresh.index] == "used").all()
    assert fresh["before_answer"].notna().all()
    since = hand_overs[
        (hand_overs["handed_over_at"] > TRAINED_AT) & (hand_overs["decision"] != "waiting")
    ]
    assert len(since)
    assert not since["learned"].any()
    assert since["surprise"].notna().all()


def test_surprise_is_how_improbable_the_decision_was(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    for lead in hand_overs[hand_overs["surprise"].notna()].sample(50, random_state=0).itertuples():
        said = lead.before_answer if lead.decision == "accepted" else 1 - lead.before_answer
        assert lead.surprise == pytest.approx(-np.log(said))
    hidden = hand_overs["before_answer"].isna() | (hand_overs["decision"] == "waiting")
    assert (hand_overs["surprise"].isna() == hidden).all()


def test_young_and_overdue_are_told_by_how_long_sales_takes(company: Company) -> None:
    hand_overs = company.scored.hand_overs
    taken = (hand_overs["decided_at"] - hand_overs["handed_over_at"]) / pd.Timedelta(days=1)
    slow = np.quantile(taken.dropna(), 0.95)
    waiting = hand_overs["decision"] == "waiting"
    age = (NOW - hand_overs["handed_over_at"]) / pd.Timedelta(days=1)
    assert (hand_overs["overdue"] == (waiting & (age > slow))).all()
    assert (hand_overs["young"] == (waiting & (age < company.labels.matured_after_days))).all()
    assert hand_overs["overdue"].any()
    assert hand_overs["young"].any()


def test_the_order_of_the_rows_changes_nothing(company: Company) -> None:
    mixed = company.tables.episodes.sample(frac=1, random_state=3).index
    tables = replace(
        company.tables,
        episodes=company.tables.episodes.loc[mixed],
        attributes=company.tables.attributes.loc[mixed],
    )
    again = score_hand_overs(company.bundle, tables, label_now(tables))
    pd.testing.assert_frame_equal(again.hand_overs, company.scored.hand_overs)
    np.testing.assert_array_equal(again.steps, company.scored.steps)


def test_later_decisions_do_not_change_what_is_learned(company: Company) -> None:
    then = as_it_was(company.tables, TRAINED_AT)
    before = score_hand_overs(company.bundle, then, label_now(then)).hand_overs
    now = company.scored.hand_overs.loc[before.index]
    assert (before["learned"] == now["learned"]).all()
    np.testing.assert_allclose(before["probability"], now["probability"], rtol=1e-9)


def test_without_times_nothing_has_an_age(company: Company) -> None:
    episodes = company.tables.episodes.assign(
        handed_over_at=pd.NaT, sequence=company.tables.episodes["row"].astype(float)
    )
    tables = replace(company.tables, episodes=episodes, order="file", as_of=None)
    hand_overs = score_hand_overs(company.bundle, tables, label_now(tables)).hand_overs
    assert not hand_overs["young"].any()
    assert not hand_overs["overdue"].any()
    assert (hand_overs["known_at"] == hand_overs["place"]).all()


@pytest.mark.parametrize(("means", "silence"), [("accepted", "rejected"), ("rejected", "accepted")])
def test_silence_is_an_answer_where_the_settings_say_so(
    company: Company, means: str, silence: str
) -> None:
    decision = DecisionSettings(present_means=means, matured_after_days=30)
    settings = company.tables.settings.model_copy(update={"decision": decision})
    said = company.tables.episodes["decision"].where(
        company.tables.episodes["decision"] == means, None
    )
    tables = replace(
        company.tables, settings=settings, episodes=company.tables.episodes.assign(decision=said)
    )
    hand_overs = score_hand_overs(company.bundle, tables, label_now(tables)).hand_overs
    age = np.floor((NOW - hand_overs["handed_over_at"]) / pd.Timedelta(days=1))
    silent = said[hand_overs.index].isna()
    assert (hand_overs.loc[silent & (age > 30), "decision"] == silence).all()
    assert (hand_overs.loc[silent & (age <= 30), "decision"] == "waiting").all()


def test_what_sales_has_begun_does_not_wait_long(company: Company) -> None:
    settings = company.tables.settings
    agreed = settings.agreement.model_copy(update={"answer_within": 5})
    started = company.tables.episodes["row"] % 2 == 0
    tables = replace(
        company.tables,
        settings=settings.model_copy(update={"agreement": agreed}),
        episodes=company.tables.episodes.assign(started=started),
    )
    hand_overs = score_hand_overs(company.bundle, tables, label_now(tables)).hand_overs
    waiting = hand_overs["decision"] == "waiting"
    begun = started[hand_overs.index]
    assert (hand_overs.loc[~waiting, "state"] == hand_overs.loc[~waiting, "decision"]).all()
    assert set(hand_overs.loc[waiting & begun, "state"]) == {"working"}
    assert set(hand_overs.loc[waiting & ~begun, "state"]) == {"open"}
    assert tables.as_of is not None
    old = tables.as_of - hand_overs["handed_over_at"] > pd.Timedelta(days=5)
    assert (hand_overs["overdue"] == (waiting & ~begun & old)).all()
