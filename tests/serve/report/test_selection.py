"""Which leads are shown, and their explanations beside the same computed another way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.language import language
from features.text import clean
from models.reasons.similar_leads import find_similar
from serve.report.contents import Report
from serve.report.disagreements import find_surprising
from serve.report.selection import choose_leads, clean_reasons, detail_leads
from serve.scoring.scorer import score_leads
from tests.serve.report.conftest import NEWEST, Company


def test_waiting_leads_come_first_then_falling_scores(report: Report) -> None:
    frame = report.leads.frame
    assert len(frame) == NEWEST
    waiting = (frame["decision"] == "waiting").to_numpy()
    assert (np.diff(waiting.astype(int)) <= 0).all()
    for part in (frame[waiting], frame[~waiting]):
        assert part["probability"].is_monotonic_decreasing
    assert report.leads.total > NEWEST


@pytest.mark.parametrize("newest", [1, 10, 150, 600, 10_000])
def test_the_newest_waiting_and_the_most_surprising_are_chosen(
    company: Company, newest: int
) -> None:
    hand_overs = company.scored.hand_overs
    chosen = choose_leads(hand_overs, newest)
    assert len(chosen) == min(newest, len(hand_overs))
    assert not chosen.duplicated().any()
    surprising = find_surprising(hand_overs)[0].union(find_surprising(hand_overs)[1])
    if newest >= 600:
        assert surprising.isin(chosen).all()
    waiting = hand_overs.index[hand_overs["decision"] == "waiting"]
    shown = chosen[chosen.isin(waiting)]
    # Whichever waiting leads are shown, none that is not is newer.
    assert set(shown) == set(waiting[len(waiting) - len(shown) :])
    if newest >= 10_000:
        assert len(shown) == len(waiting)


def test_scores_are_those_of_the_hand_overs(company: Company, report: Report) -> None:
    hand_overs = company.scored.hand_overs.set_index(["lead_id", "handed_over_at"])
    frame = report.leads.frame
    mine = hand_overs.loc[list(zip(frame["lead_id"], frame["handed_over_at"], strict=True))]
    np.testing.assert_allclose(frame["probability"], mine["probability"], atol=6e-7)
    assert (frame["score"] == np.rint(mine["probability"].to_numpy() * 100)).all()
    limits = company.tables.settings.bands
    assert ((frame["band"] == 0) == (frame["score"] >= limits.hot)).all()
    assert (frame["learned"].to_numpy() == mine["learned"].to_numpy()).all()
    said = np.rint(mine["before_answer"].to_numpy() * 100)
    shown = frame["score_before"].to_numpy()
    np.testing.assert_array_equal(shown, np.where(mine["learned"], said, np.nan))
    assert 0 < np.isfinite(shown).sum() <= mine["learned"].sum()
    assert (frame["low"] <= frame["probability"]).all()
    assert (frame["probability"] <= frame["high"]).all()


def test_steps_lead_from_the_average_to_the_score(company: Company, report: Report) -> None:
    leads = report.leads
    np.testing.assert_allclose(
        leads.average + leads.steps.sum(axis=1), leads.frame["probability"], atol=1e-6
    )
    assert leads.steps.shape == (NEWEST, len(leads.topics))


def test_similar_leads_are_those_found_by_contributions(company: Company, report: Report) -> None:
    hand_overs, leads = company.scored.hand_overs, report.leads
    where = {
        key: i
        for i, key in enumerate(
            zip(hand_overs["lead_id"], hand_overs["handed_over_at"], strict=True)
        )
    }
    place = [
        where[key]
        for key in zip(leads.frame["lead_id"], leads.frame["handed_over_at"], strict=True)
    ]
    decided = np.flatnonzero(hand_overs["decision"] != "waiting")
    found = find_similar(
        company.scored.steps[place],
        hand_overs["place"].to_numpy()[place],
        company.scored.steps[decided],
        hand_overs["known_at"].to_numpy()[decided],
    )
    assert (found >= 0).any()
    past = leads.past
    for row, similar in enumerate(found):
        mine = leads.similar[row]
        assert (mine >= 0).sum() == (similar >= 0).sum()
        named = hand_overs.iloc[decided[similar[similar >= 0]]]
        assert past["lead_id"].iloc[mine[mine >= 0]].tolist() == named["lead_id"].tolist()
        assert (named["decided_at"] < leads.frame["handed_over_at"].iloc[row]).all()
    assert (past["decision"] != "waiting").all()
    names = {clean(name) for name in company.tables.attributes["Company"].dropna()}
    assert set(past["title"]) <= names | set(past["lead_id"])
    assert (past["title"] != past["lead_id"]).any()


def test_intervals_are_those_of_the_score(company: Company) -> None:
    labels = company.scored.hand_overs.index[::50]
    frame = detail_leads(company.bundle, company.tables, company.scored, labels).frame
    scores = score_leads(
        company.bundle, company.tables, language=language("en"),
        scored_at=company.tables.now, earlier=company.tables.episodes,
    ).scores.loc[labels]  # fmt: skip
    for mine, theirs in (("low", "probability_low"), ("high", "probability_high")):
        np.testing.assert_allclose(frame[mine], scores[theirs], atol=2e-6)


def test_reasons_of_sales_are_fit_for_one_line() -> None:
    typed = pd.Series([" No\nneed ", None, "  ", float("nan"), "x" * 99], dtype=object)
    cleaned = clean_reasons(typed)
    assert cleaned[:4].tolist() == ["No need", None, None, None]
    assert len(str(cleaned[4])) <= 60
