"""Simulated leads: time of hand-over, employer and job."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.simulation.export import draw_companies, draw_ids, write_contacts, write_titles
from features.simulation.truth import (
    COUNTRIES,
    FUNCTIONS,
    INDUSTRIES,
    PAGES,
    SENIORITIES,
    SOURCES,
    THEMES,
    Array,
)
from features.simulation.vocabulary import GENERAL, UNREAL_COMPANIES
from features.units import DAY

WEEKDAY_WEIGHTS = (1.0, 1.15, 1.1, 1.05, 0.85, 0.15, 0.12)
HOUR_WEIGHTS = (0.2,) * 7 + (0.8, 1.6, 2.2, 2.4, 2.2, 1.6, 1.8, 2.2, 2.2, 1.8, 1.2) + (0.5,) * 6

SPANISH_SPEAKING = ("Spain", "Mexico", "Colombia")
DOMAIN_SHARES = {"company": (0.79,), "free": (0.16,), "education": (0.02,), "disposable": (0.03,)}
UNREAL_SHARE, NO_CONSENT_SHARE, NO_SOURCE_SHARE = 0.03, 0.05, 0.02
NO_FIRST_TOUCH = ("Purchased List", "Partner Referral")
MISSING = {
    "AnnualRevenue": 0.40,
    "NumberOfEmployees": 0.20,
    "Phone": 0.30,
    "Website": 0.35,
    "Street": 0.50,
    "City": 0.25,
    "Industry": 0.10,
    "Title": 0.05,
    "Company": 0.02,
    "Campaign__c": 0.15,
}


def draw_leads(
    rng: np.random.Generator,
    n: int,
    begin: pd.Timestamp,
    end: pd.Timestamp,
    *,
    drift: bool = True,
) -> pd.DataFrame:
    """Draw leads at their first hand-over.

    Parameters
    ----------
    rng : Generator
    n : int
        Leads to draw.
    begin, end : Timestamp
        First moment of the export and first moment after it.
    drift : bool
        Whether volumes, sources and the names of campaigns change with time.

    Returns
    -------
    DataFrame
        The exported fields except those sales fills in, and besides: ``interest`` (standard
        deviations), ``since`` (when its activities begin), ``consent`` (to e-mail).
    """
    handed = _draw_handovers(rng, n, begin, end, growth=1.5 if drift else 1.0)
    years = (handed - begin).dt.total_seconds().to_numpy() / (365.25 * DAY)
    trend = np.exp(SOURCES["trend"].to_numpy() * drift * years[:, None])
    source = SOURCES.index[draw_by_row(rng, SOURCES["share"].to_numpy() * trend)]
    nurtured = (np.exp(rng.normal(np.log(14), 1.3, n)).clip(0.01, 400) * DAY).astype(int)
    created = handed - nurtured.astype("timedelta64[s]")
    people = _draw_firms(rng, max(1, n // 2)).iloc[rng.integers(0, max(1, n // 2), n)]
    people = people.reset_index(drop=True).assign(
        Id=draw_ids(rng, "00Q", n),
        MQL_Date__c=handed,
        CreatedDate=created,
        since=created,
        LeadSource=pd.Series(source, dtype="str"),
        interest=rng.normal(0, 1, n) + SOURCES["interest"].reindex(source).to_numpy(),
        consent=rng.random(n) >= NO_CONSENT_SHARE,
    )
    people = _draw_roles(rng, people)
    people = pd.concat([people, write_contacts(rng, people)], axis=1)
    people["Title"] = write_titles(rng, people)
    unreal = rng.random(n) < UNREAL_SHARE * np.where(people["domain_class"] == "company", 1, 3)
    people["Company"] = people["Company"].mask(unreal, rng.choice(UNREAL_COMPANIES, n))
    return _leave_empty(rng, _draw_campaigns(rng, people, yearly=drift))


def _draw_firms(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw the companies the leads work for; two leads share one on average."""
    country = _draw_choice(rng, COUNTRIES, n)
    city = [
        COUNTRIES[name][2][int(u * len(COUNTRIES[name][2]))]
        for name, u in zip(country, rng.random(n), strict=True)
    ]
    employees = np.exp(rng.normal(np.log(180), 1.7, n)).clip(1, 200_000).round()
    revenue = employees * np.exp(rng.normal(np.log(150_000), 0.6, n))
    firms = draw_companies(rng, n).assign(
        Country=pd.Series(country, dtype="str"),
        City=pd.Series(city, dtype="str"),
        Industry=pd.Series(_draw_choice(rng, INDUSTRIES, n), dtype="str"),
        NumberOfEmployees=pd.array(employees.astype(int), dtype="Int64"),
        AnnualRevenue=pd.array((revenue / 1000).astype(int) * 1000, dtype="Int64"),
    )
    return firms.assign(Website="www." + firms["domain"])


def _draw_roles(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Draw seniority, function, language and the class of the e-mail domain."""
    n = len(people)
    seniority = _draw_choice(rng, SENIORITIES, n)
    students = SOURCES["students"].reindex(people["LeadSource"]).to_numpy()
    seniority = np.where(rng.random(n) < students, "student", seniority)
    # Only the top of a company and students have a title that names no function.
    general = {"executive": 0.5, "student": 0.7}
    plain = rng.random(n) < np.array([general.get(level, 0.0) for level in seniority])
    spanish = people["Country"].isin(SPANISH_SPEAKING) & (rng.random(n) < 0.85)
    studies = (seniority == "student") & (rng.random(n) < 0.6)
    return people.assign(
        seniority=seniority,
        function=np.where(plain, GENERAL, _draw_choice(rng, FUNCTIONS, n)),
        language=np.where(spanish, "es", "en"),
        domain_class=np.where(studies, "education", _draw_choice(rng, DOMAIN_SHARES, n)),
    )


def _draw_campaigns(
    rng: np.random.Generator, people: pd.DataFrame, *, yearly: bool
) -> pd.DataFrame:
    """Draw the campaign of each lead's source and year, and the page it came in by."""
    n = len(people)
    year = people["CreatedDate"].dt.year.astype("str") + " " if yearly else ""
    theme = rng.choice(list(THEMES), n)
    share = 1 / np.arange(1, len(PAGES) + 1)
    pages = pd.Series(rng.choice(PAGES, n, p=share / share.sum()), dtype="str")
    offline = people["LeadSource"].isin([*NO_FIRST_TOUCH, "Trade Show"])
    return people.assign(
        Campaign__c=(year + people["LeadSource"] + ": " + theme).astype("str"),
        Landing_Page__c=pages.mask(offline),
    )


def _leave_empty(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Empty the fields nobody filled in, more of them where the source's form asks for less."""
    sparse = SOURCES["sparse"].reindex(people["LeadSource"]).to_numpy()
    empty = {
        name: people[name].mask(rng.random(len(people)) < np.minimum(share * sparse, 0.9))
        for name, share in MISSING.items()
    }
    unsaid = rng.random(len(people)) < NO_SOURCE_SHARE
    return people.assign(**empty, LeadSource=people["LeadSource"].mask(unsaid))


def _draw_choice(rng: np.random.Generator, table: dict[str, Any], n: int) -> Array:
    """Draw keys of a table whose first entry is the share."""
    shares = np.array([row[0] for row in table.values()])
    return rng.choice(np.array(list(table), dtype=object), n, p=shares / shares.sum())


def draw_by_row(rng: np.random.Generator, weights: Array) -> Array:
    """Draw one column per row.

    Parameters
    ----------
    rng : Generator
    weights : ndarray of shape (n_rows, n_columns)
        Not negative; each row is scaled to add up to one.

    Returns
    -------
    ndarray of int, shape (n_rows,)
    """
    bounds = weights.cumsum(axis=1)
    drawn: Array = (rng.random((len(weights), 1)) * bounds[:, -1:] > bounds).sum(axis=1)
    return drawn


def _draw_handovers(
    rng: np.random.Generator, n: int, begin: pd.Timestamp, end: pd.Timestamp, *, growth: float
) -> pd.Series:
    """Draw hand-over times: more of them later, on weekdays and in office hours."""
    days = pd.date_range(begin, end, freq="D", inclusive="left", unit="s")
    weights = np.array(WEEKDAY_WEIGHTS)[days.day_of_week] * np.linspace(1.0, growth, len(days))
    day = rng.choice(days.to_numpy(), n, p=weights / weights.sum())
    return pd.Series(day + draw_time_of_day(rng, n))


def draw_time_of_day(rng: np.random.Generator, n: int) -> Array:
    """Return times since midnight UTC, most of them in office hours.

    Parameters
    ----------
    rng : Generator
    n : int

    Returns
    -------
    ndarray of timedelta64[s], shape (n,)
    """
    hours = rng.choice(24, n, p=np.array(HOUR_WEIGHTS) / sum(HOUR_WEIGHTS))
    return (hours * 3600 + rng.integers(0, 3600, n)).astype("timedelta64[s]")
