"""Explanation of one lead: the newest hand-over, what is said of it elsewhere, and no guessing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.errors import UsageError
from features.language import language
from serve.report.assemble import assemble
from serve.report.explanation import LeadExplanation, choose_newest, explain_lead, find_like
from tests.serve.report.conftest import Company, label_now

EN = language("en")


def explain(company: Company, lead_id: str, **options: bool) -> LeadExplanation:
    return explain_lead(company.bundle, company.tables, company.labels, EN, lead_id, **options)


@pytest.fixture(scope="module")
def returning(company: Company) -> str:
    """A lead that was handed over several times."""
    counts = company.scored.hand_overs["lead_id"].value_counts()
    return str(counts[counts > 1].index.sort_values()[0])


def test_it_says_what_the_report_says(company: Company) -> None:
    (whole,) = assemble(
        company.bundle, company.tables, company.scored, [EN], newest=len(company.tables.episodes)
    )
    everyone = whole.leads
    ids = everyone.frame["lead_id"]
    once = everyone.frame.index[~ids.duplicated(keep=False)][::170]
    assert len(once) > 10
    for place in once:
        mine = explain(company, ids[place]).leads
        row = everyone.frame.loc[[place]].reset_index(drop=True)
        reasons = [frame["reason"].map(str, na_action="ignore") for frame in (mine.frame, row)]
        assert reasons[0].dropna().tolist() == reasons[1].dropna().tolist()
        pd.testing.assert_frame_equal(
            mine.frame.drop(columns="reason"), row.drop(columns="reason"), check_dtype=False
        )
        np.testing.assert_allclose(mine.steps[0], everyone.steps[place], atol=1e-9)
        assert mine.reasons_for[0] == everyone.reasons_for[place]
        assert mine.reasons_against[0] == everyone.reasons_against[place]
        told = [(day, mine.event_types[kind]) for day, kind in mine.events[0]]
        assert told == [(day, everyone.event_types[kind]) for day, kind in everyone.events[place]]
        similar = everyone.similar[place]
        expected = everyone.past.iloc[similar[similar >= 0]]["lead_id"].tolist()
        found = mine.similar[0]
        assert mine.past.iloc[found[found >= 0]]["lead_id"].tolist() == expected


def test_of_several_hand_overs_the_newest_is_told_and_the_others_listed(
    company: Company, returning: str
) -> None:
    explanation = explain(company, returning)
    hand_overs = company.scored.hand_overs
    mine = hand_overs[hand_overs["lead_id"] == returning].sort_values(
        "handed_over_at", ascending=False
    )
    assert explanation.leads.frame["handed_over_at"].tolist() == [mine["handed_over_at"].iloc[0]]
    others = mine.iloc[1:]
    assert [other.day for other in explanation.others] == others["handed_over_at"].dt.date.tolist()
    assert [other.decision for other in explanation.others] == others["decision"].tolist()
    scores = [round(100 * chance) for chance in others["probability"]]
    assert [other.score for other in explanation.others] == scores
    said = [
        round(100 * chance) if learned and not np.isnan(chance) else None
        for chance, learned in zip(others["before_answer"], others["learned"], strict=True)
    ]
    assert [other.score_before for other in explanation.others] == said


def test_the_hand_over_explained_is_the_newest_that_counts(
    company: Company, returning: str
) -> None:
    episodes = company.tables.episodes.copy()
    mine = episodes.index[episodes["lead_id"] == returning]
    at = episodes.loc[mine, "handed_over_at"].sort_values()
    assert choose_newest(company.tables, company.labels, mine).tolist() == [at.index[-1]]
    episodes.loc[at.index[-1], "handed_over_at"] = company.tables.now + pd.Timedelta(days=9)
    tables = replace(company.tables, episodes=episodes)
    counted = choose_newest(tables, label_now(tables), mine)
    assert counted.tolist() == [at.index[-2]], "what lies in the future is left out"
    assert choose_newest(tables, label_now(tables), at.index[-1:]).tolist() == [at.index[-1]]
    episodes.loc[mine, "handed_over_at"] = pd.NaT
    assert len(choose_newest(tables, label_now(tables), mine)) == 1


def test_blanks_around_an_id_do_not_matter(company: Company, returning: str) -> None:
    assert explain(company, f" {returning}\n").leads.frame["lead_id"].tolist() == [returning]


@pytest.mark.parametrize("change", [str.swapcase, lambda text: text[:-4], lambda text: text + "x"])
def test_an_unknown_id_is_refused_with_the_nearest(
    company: Company, returning: str, change: object
) -> None:
    assert callable(change)
    with pytest.raises(UsageError, match="no lead with this id") as caught:
        explain(company, change(returning))
    assert f'"{returning}"' in str(caught.value)


def test_an_id_like_none_is_refused_without_a_guess(company: Company) -> None:
    for wanted in ("?", "", "nobody at all"):
        with pytest.raises(UsageError, match="no lead with this id") as caught:
            explain(company, wanted)
        assert "Expected" not in str(caught.value) and "expected" not in str(caught.value)


def test_a_lead_that_cannot_be_scored_is_told_why(company: Company, returning: str) -> None:
    episodes = company.tables.episodes.copy()
    episodes.loc[episodes["lead_id"] == returning, "handed_over_at"] = pd.NaT
    tables = replace(company.tables, episodes=episodes)
    with pytest.raises(UsageError, match=r"cannot be scored.*no time"):
        explain_lead(company.bundle, tables, label_now(tables), EN, returning)


def test_redacted_it_shows_neither_display_nor_owner(company: Company, returning: str) -> None:
    plain, redacted = explain(company, returning), explain(company, returning, redact=True)
    assert list(plain.leads.shown) == ["Company"] and "owner" in plain.leads.fields
    assert list(redacted.leads.shown) == [] and "owner" not in redacted.leads.fields
    assert redacted.leads.past["title"].tolist() == redacted.leads.past["lead_id"].tolist()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("00q1", ["00Q1a", "00Q1b"]),
        ("00Q1aEXTRA", ["00Q1a"]),
        ("00Q1x", ["00Q1b", "00Q1a"]),
        ("x", []),
        ("", []),
    ],
)
def test_ids_in_other_letters_cut_or_mistyped_are_alike(wanted: str, found: list[str]) -> None:
    assert find_like(wanted, ["00Q1a", "zzz", "00Q1b", ""]) == found
