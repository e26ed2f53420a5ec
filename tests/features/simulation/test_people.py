"""The simulated leads: when they come, and how their fields hang together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.simulation.people import (
    NO_FIRST_TOUCH,
    SPANISH_SPEAKING,
    draw_by_row,
    draw_leads,
    draw_time_of_day,
)

BEGIN, END = pd.Timestamp("2024-07-01"), pd.Timestamp("2026-07-01")


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return draw_leads(np.random.default_rng(5), 8000, BEGIN.as_unit("s"), END.as_unit("s"))


def test_hand_overs_keep_office_hours_and_grow(people: pd.DataFrame) -> None:
    handed = people["MQL_Date__c"]
    assert handed.between(BEGIN, END, inclusive="left").all()
    assert (people["CreatedDate"] < handed).all()
    assert (handed.dt.day_of_week < 5).mean() > 0.9
    assert handed.dt.hour.between(7, 17).mean() > 0.7
    assert (handed > BEGIN + (END - BEGIN) / 2).mean() > 0.52


def test_rows_are_drawn_with_their_own_weights() -> None:
    weights = np.tile([[0.0, 1.0, 3.0], [2.0, 0.0, 0.0]], (10_000, 1))
    drawn = draw_by_row(np.random.default_rng(1), weights)
    assert (drawn[1::2] == 0).all()
    assert set(drawn[::2]) == {1, 2}
    assert (drawn[::2] == 2).mean() == pytest.approx(0.75, abs=0.02)


def test_times_of_day_stay_within_a_day() -> None:
    seconds = draw_time_of_day(np.random.default_rng(1), 5000).astype(int)
    assert seconds.min() >= 0
    assert seconds.max() < 86_400


def test_spanish_titles_come_from_spanish_speaking_countries(people: pd.DataFrame) -> None:
    spanish = people["language"] == "es"
    assert people.loc[spanish, "Country"].isin(SPANISH_SPEAKING).all()
    assert 0.2 < spanish.mean() < 0.5


def test_students_write_from_education_domains(people: pd.DataFrame) -> None:
    student = people["seniority"] == "student"
    education = people["Email"].str.contains(r"\.edu(?:\.mx)?$|\.ac\.uk$")
    assert education[student].mean() > 0.5 > 0.05 > education[~student].mean()


def test_few_pages_take_most_visits_and_offline_sources_none(people: pd.DataFrame) -> None:
    pages = people["Landing_Page__c"].value_counts(normalize=True)
    assert len(pages) > 250
    assert pages.iloc[:10].sum() > 0.35
    offline = people["LeadSource"].isin(NO_FIRST_TOUCH)
    assert people.loc[offline, "Landing_Page__c"].isna().all()


def test_addresses_are_plain_ascii(people: pd.DataFrame) -> None:
    assert people["Email"].str.fullmatch(r"[a-z]+\.[a-z]+\d{3}@[a-z.]+").all()


def test_leads_of_one_company_share_what_is_known_of_it(people: pd.DataFrame) -> None:
    facts = people.dropna(subset=["NumberOfEmployees", "AnnualRevenue", "Website"])
    firm = facts.groupby(["Website", "Country", "AnnualRevenue"])["NumberOfEmployees"]
    assert (firm.nunique() == 1).mean() > 0.99
    assert (firm.size() > 1).any()
