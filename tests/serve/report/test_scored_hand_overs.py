"""The ledger: each hand-over once, and never a score that has seen the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.language import language
from features.settings.schema import DecisionSettings
from serve.report.scored_hand_overs import keep_ledger
from serve.scoring.scorer import score_leads
from tests.serve.report.conftest import NOW, TRAINED_AT, Company, as_it_was, label_now


def test_every_hand_over_that_can_be_scored_is_entered_once(company: Company) -> None:
    entries, episodes = company.ledger.entries, company.tables.episodes
    known = episodes.dropna(subset=["lead_id", "handed_over_at"])
    known = known[known["handed_over_at"] <= NOW]
    keys = ["lead_id", "handed_over_at"]
    assert not entries.duplicated(keys).any()
    assert set(map(tuple, entries[keys].to_numpy())) == set(map(tuple, known[keys].to_numpy()))
    assert entries["place"].is_monotonic_increasing
    assert set(entries["decision"]) == {"waiting", "accepted", "rejected", "recycled"}


def test_leads_judged_on_keep_what_was_said_before(company: Company) -> None:
    entries, said = company.ledger.entries, company.trained.probability
    pd.testing.assert_series_equal(entries.loc[said.index, "probability"], said, check_names=False)
    assert not entries.loc[said.index, "learned"].any()
    assert entries.loc[company.trained.split.train, "learned"].all()
    assert entries["learned"].sum() == len(company.trained.split.train)
    judged = entries.loc[said.index]
    assert (judged["decision"] == "accepted").mean() == pytest.approx(
        company.bundle.figures["base_rate"]
    )


def test_all_others_have_the_score_of_the_model_in_use(company: Company) -> None:
    entries = company.ledger.entries
    scored = score_leads(
        company.bundle,
        replace(
            company.tables,
            episodes=company.tables.episodes.loc[entries.index],
            attributes=company.tables.attributes.loc[entries.index],
        ),
        language=language("en"),
        scored_at=NOW,
        earlier=company.tables.episodes,
    ).scores
    others = entries.index.difference(company.trained.probability.index)
    np.testing.assert_allclose(
        entries.loc[others, "probability"], scored.loc[others, "probability"], atol=6e-7
    )
    np.testing.assert_allclose(
        company.ledger.steps.sum(axis=1),
        company.ledger.log_odds - company.bundle.average_log_odds,
        atol=1e-4,
    )


def test_fresh_leads_are_decided_matured_and_not_learned_from(company: Company) -> None:
    entries = company.ledger.entries
    fresh = entries[entries["fresh"]]
    assert len(fresh) > len(company.trained.probability)
    assert (fresh["decision"] != "waiting").all()
    assert (company.labels.rule[fresh.index] == "used").all()
    assert not fresh["learned"].any()
    since = entries[(entries["handed_over_at"] > TRAINED_AT) & (entries["decision"] != "waiting")]
    assert len(since)
    assert not since["learned"].any()
    assert since["surprise"].notna().all()


def test_surprise_is_how_improbable_the_decision_was(company: Company) -> None:
    entries = company.ledger.entries
    for lead in entries[entries["surprise"].notna()].sample(50, random_state=0).itertuples():
        said = lead.probability if lead.decision == "accepted" else 1 - lead.probability
        assert lead.surprise == pytest.approx(-np.log(said))
    hidden = entries["learned"] | (entries["decision"] == "waiting")
    assert (entries["surprise"].isna() == hidden).all()


def test_young_and_overdue_are_told_by_how_long_sales_takes(company: Company) -> None:
    entries = company.ledger.entries
    taken = (entries["decided_at"] - entries["handed_over_at"]) / pd.Timedelta(days=1)
    slow = np.quantile(taken.dropna(), 0.95)
    waiting = entries["decision"] == "waiting"
    age = (NOW - entries["handed_over_at"]) / pd.Timedelta(days=1)
    assert (entries["overdue"] == (waiting & (age > slow))).all()
    assert (entries["young"] == (waiting & (age < company.labels.matured_after_days))).all()
    assert entries["overdue"].any()
    assert entries["young"].any()


def test_the_order_of_the_rows_changes_nothing(company: Company) -> None:
    mixed = company.tables.episodes.sample(frac=1, random_state=3).index
    tables = replace(
        company.tables,
        episodes=company.tables.episodes.loc[mixed],
        attributes=company.tables.attributes.loc[mixed],
    )
    again = keep_ledger(company.bundle, tables, label_now(tables))
    pd.testing.assert_frame_equal(again.entries, company.ledger.entries)
    np.testing.assert_array_equal(again.steps, company.ledger.steps)


def test_later_decisions_do_not_change_what_is_learned(company: Company) -> None:
    then = as_it_was(company.tables, TRAINED_AT)
    before = keep_ledger(company.bundle, then, label_now(then)).entries
    now = company.ledger.entries.loc[before.index]
    assert (before["learned"] == now["learned"]).all()
    np.testing.assert_allclose(before["probability"], now["probability"], rtol=1e-9)


def test_without_times_nothing_has_an_age(company: Company) -> None:
    episodes = company.tables.episodes.assign(
        handed_over_at=pd.NaT, sequence=company.tables.episodes["row"].astype(float)
    )
    tables = replace(company.tables, episodes=episodes, order="file", as_of=None)
    entries = keep_ledger(company.bundle, tables, label_now(tables)).entries
    assert not entries["young"].any()
    assert not entries["overdue"].any()
    assert (entries["known_at"] == entries["place"]).all()


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
    entries = keep_ledger(company.bundle, tables, label_now(tables)).entries
    age = np.floor((NOW - entries["handed_over_at"]) / pd.Timedelta(days=1))
    silent = said[entries.index].isna()
    assert (entries.loc[silent & (age > 30), "decision"] == silence).all()
    assert (entries.loc[silent & (age <= 30), "decision"] == "waiting").all()
