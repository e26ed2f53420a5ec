"""True acceptance probabilities of the simulated CRM, as pure functions of a lead.

Everything here is read from the exported tables, from rows dated strictly before hand-over, so a
model that reads the same tables well can come close to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.simulation.export import read_domains, read_titles
from features.simulation.vocabulary import GENERAL, UNREAL_COMPANIES
from features.units import DAY

Array = np.ndarray[Any, Any]

ACCEPTED = "Qualified"
INTERCEPT, OPPORTUNITY_INTERCEPT = -1.65, -1.0

# share at the start, its trend per year (log), effect on acceptance and on interest, the share
# of students, and how often a field the form does not ask for stays empty (a factor)
SOURCES = pd.DataFrame.from_dict(
    {
        "Website": (0.26, 0.00, 0.25, 0.3, 0.03, 1.0),
        "Paid Search": (0.18, 0.10, 0.05, 0.1, 0.03, 1.1),
        "Paid Social": (0.12, 0.35, -0.20, -0.3, 0.07, 1.4),
        "Webinar": (0.12, 0.10, 0.15, 0.2, 0.03, 0.9),
        "Trade Show": (0.09, -0.30, 0.10, -0.2, 0.01, 0.6),
        "Partner Referral": (0.06, 0.00, 0.80, 0.2, 0.00, 0.7),
        "Content Syndication": (0.12, 0.00, -0.45, -0.4, 0.08, 1.2),
        "Purchased List": (0.05, -0.20, -0.80, -0.9, 0.00, 0.3),
    },
    orient="index",
    columns=["share", "trend", "effect", "interest", "students", "sparse"],
)
WORSENING_SOURCE, WORSENING_PER_YEAR, STRICTER_PER_YEAR = "Content Syndication", -0.5, -0.12

THEMES = {
    "Product tour": 0.2,
    "Buyer's guide": 0.3,
    "Customer story": 0.1,
    "Benchmark report": 0.0,
    "Newsletter": -0.1,
    "Giveaway": -0.7,
}
PAGE_EFFECTS = {"/lp/pricing": 0.6, "/lp/compare": 0.5, "/lp/free-template": -0.6}
PAGES = (
    "/lp/home",
    *PAGE_EFFECTS,
    *(f"/lp/{topic}-{i:02d}" for i in range(1, 38) for topic in "guide use-case city abm".split()),
    *(f"/blog/post-{i:03d}" for i in range(1, 149)),
)

# share of leads, effect on acceptance, effect on becoming an opportunity
SENIORITIES = {
    "executive": (0.12, 0.45, 0.3),
    "vice president": (0.10, 0.60, 0.5),
    "director": (0.21, 0.55, 0.3),
    "manager": (0.28, 0.15, 0.1),
    "specialist": (0.20, -0.35, -0.2),
    "junior": (0.07, -0.80, -0.5),
    "student": (0.02, -2.40, -1.0),
}
SENIOR = ("executive", "vice president", "director")
FUNCTIONS = {
    "marketing": (0.22, 0.45, 0.2),
    "sales": (0.17, 0.30, 0.2),
    "operations": (0.15, 0.20, 0.3),
    "information technology": (0.16, -0.10, 0.1),
    "purchasing": (0.07, 0.10, 0.3),
    "engineering": (0.09, -0.40, -0.2),
    "finance": (0.08, -0.30, -0.1),
    "human resources": (0.06, -0.80, -0.3),
    GENERAL: (0.00, 0.15, 0.2),
}
INDUSTRIES = {
    "Software": (0.18, 0.50, 0.2),
    "Manufacturing": (0.16, 0.35, 0.4),
    "Financial Services": (0.12, 0.30, 0.4),
    "Logistics": (0.08, 0.30, 0.3),
    "Retail": (0.12, 0.00, 0.0),
    "Health Care": (0.09, 0.00, 0.0),
    "Media": (0.07, -0.10, -0.1),
    "Consulting": (0.08, -0.45, -0.3),
    "Education": (0.05, -0.80, -0.5),
    "Government": (0.03, -0.60, -0.4),
    "Hospitality": (0.02, -0.50, -0.4),
}
COUNTRIES = {
    "Spain": (0.22, 0.20, ("Madrid", "Barcelona", "Valencia", "Bilbao")),
    "United Kingdom": (0.16, 0.20, ("London", "Leeds", "Bristol")),
    "Germany": (0.15, 0.25, ("Berlin", "Hamburg", "München")),
    "United States": (0.16, 0.10, ("Austin", "Boston", "Denver")),
    "France": (0.10, 0.05, ("Paris", "Lyon", "Nantes")),
    "Mexico": (0.09, -0.25, ("Ciudad de México", "Monterrey", "Puebla")),
    "India": (0.07, -0.70, ("Pune", "Chennai", "Delhi")),
    "Colombia": (0.05, -0.35, ("Bogotá", "Medellín", "Cali")),
}
DOMAINS = {"company": 0.30, "free": -0.60, "education": -1.10, "disposable": -2.20}


def known_at_handover(
    leads: pd.DataFrame, activities: pd.DataFrame, decisions: pd.DataFrame, *, start: pd.Timestamp
) -> pd.DataFrame:
    """Return what the truth depends on, from rows dated strictly before each hand-over.

    Parameters
    ----------
    leads, activities, decisions : DataFrame
        The exported tables without dirty rows. Of leads, the columns that sales fills in are
        not read; activities and decisions may hold later rows and other leads.
    start : Timestamp
        The first day of the export, from which the drift is counted.

    Returns
    -------
    DataFrame
        One row per row of ``leads``, under its index. Missing: not stated, or never happened.
    """
    handed = leads["MQL_Date__c"]
    known = read_titles(leads["Title"]).assign(
        domain=read_domains(leads["Email"]),
        unreal_company=leads["Company"].isin(UNREAL_COMPANIES),
        industry=leads["Industry"],
        employees=leads["NumberOfEmployees"].astype("float64"),
        country=leads["Country"],
        source=leads["LeadSource"],
        theme=leads["Campaign__c"].astype("str").str.replace("^.*: ", "", regex=True),
        page=leads["Landing_Page__c"],
        out_of_office=(handed.dt.day_of_week >= 5) | (handed.dt.hour < 7) | (handed.dt.hour > 17),
        years=(handed - start).dt.total_seconds() / (365.25 * DAY),
    )
    rows = leads[["Id", "MQL_Date__c"]].assign(row=np.arange(len(leads)))
    return known.assign(**_behaviour(rows, activities), **_history(rows, decisions))


def acceptance_log_odds(known: pd.DataFrame) -> Array:
    """Return the log-odds that a rep of average strictness accepts each lead.

    Parameters
    ----------
    known : DataFrame
        As from `known_at_handover`.

    Returns
    -------
    ndarray of shape (n_leads,)
    """
    demo = known["demo_30"].to_numpy(dtype=float)
    senior = known["seniority"].isin(SENIOR).to_numpy()
    small = (known["employees"] < 20).to_numpy()
    social = (known["source"] == "Paid Social").to_numpy()
    webinar_marketer = (known["source"] == "Webinar") & (known["function"] == "marketing")
    log_odds: Array = INTERCEPT + _fit(known, 1) + _engagement(known) + _context(known)
    log_odds += 0.6 * demo * senior - 0.6 * small * social + 0.4 * webinar_marketer.to_numpy()
    log_odds -= 0.6 * np.minimum(known["earlier_rejections"].to_numpy(), 2)
    return log_odds


def opportunity_log_odds(known: pd.DataFrame) -> Array:
    """Return the log-odds that each lead, once accepted, becomes an opportunity.

    Parameters
    ----------
    known : DataFrame
        As from `known_at_handover`.

    Returns
    -------
    ndarray of shape (n_leads,)
    """
    demo = known["demo_30"].to_numpy(dtype=float)
    recency = np.exp(-known["days_since_last"].fillna(np.inf).to_numpy() / 14)
    return OPPORTUNITY_INTERCEPT + _fit(known, 2) + 0.5 * demo + 0.3 * recency


def _fit(known: pd.DataFrame, column: int) -> Array:
    """Sum the effects of who the lead is; the column picks acceptance or opportunity."""
    total: Array = _hump(known["employees"]) * (0.9 if column == 1 else 0.8)
    for name, table in (
        ("seniority", SENIORITIES),
        ("function", FUNCTIONS),
        ("industry", INDUSTRIES),
    ):
        total += _effect(known[name], {key: row[column] for key, row in table.items()})
    if column == 1:
        total += _effect(known["country"], {key: row[1] for key, row in COUNTRIES.items()})
        total += _effect(known["domain"], DOMAINS) - 1.6 * known["unreal_company"].to_numpy()
    return total


def _hump(employees: pd.Series) -> Array:
    """Return -.5 to .5, highest at about 300 employees; 0 where the number is missing."""
    distance = (np.log10(employees.clip(lower=1)) - 2.5) / 0.8
    return np.asarray((np.exp(-(distance**2)) - 0.5).fillna(0.0), dtype=float)


def _engagement(known: pd.DataFrame) -> Array:
    """Sum the effects of what the lead did."""
    pricing = 0.6 * (1 - np.exp(-known["pricing_7"] / 1.5)) + 0.2 * np.log1p(known["pricing_30"])
    webinars = 0.3 * known["webinars_90"].clip(upper=2)
    recency = 0.7 * np.exp(-known["days_since_last"].fillna(np.inf) / 10)
    papers = 0.15 * known["papers_90"].clip(upper=3)
    total = 1.1 * known["demo_30"] + pricing + webinars + recency + papers
    return np.asarray(total - 1.3 * known["unsubscribed"], dtype=float)


def _context(known: pd.DataFrame) -> Array:
    """Sum the effects of where the lead came from and when; the drift is here."""
    worse = WORSENING_PER_YEAR * (known["source"] == WORSENING_SOURCE) + STRICTER_PER_YEAR
    sources = {str(name): float(effect) for name, effect in SOURCES["effect"].items()}
    total = _effect(known["source"], sources) + _effect(known["theme"], THEMES)
    total = total + _effect(known["page"], PAGE_EFFECTS)
    return np.asarray(total + worse * known["years"] - 0.15 * known["out_of_office"], dtype=float)


def _effect(values: pd.Series, table: dict[str, float]) -> Array:
    return values.map(table).fillna(0.0).to_numpy(dtype=float)


def _behaviour(rows: pd.DataFrame, activities: pd.DataFrame) -> dict[str, Array]:
    """Count each lead's activities strictly before its hand-over."""
    joined = rows.merge(activities, left_on="Id", right_on="LeadId")
    joined = joined[joined["CreatedDate"] < joined["MQL_Date__c"]]
    days = (joined["MQL_Date__c"] - joined["CreatedDate"]).dt.total_seconds() / DAY
    row, kind = joined["row"].to_numpy(), joined["Type"]

    def count(of: str, within: float) -> Array:
        return np.bincount(row[(kind == of) & (days <= within)], minlength=len(rows))

    return {
        "demo_30": count("demo_request", 30) > 0,
        "pricing_7": count("pricing_page_view", 7),
        "pricing_30": count("pricing_page_view", 30),
        "webinars_90": count("webinar_attended", 90),
        "papers_90": count("whitepaper_download", 90),
        "unsubscribed": count("unsubscribe", np.inf) > 0,
        "days_since_last": days.groupby(row).min().reindex(range(len(rows))).to_numpy(),
    }


def _history(rows: pd.DataFrame, decisions: pd.DataFrame) -> dict[str, Array]:
    """Count the answers other than acceptance that the same lead got before."""
    if decisions.empty:
        return {"earlier_rejections": np.zeros(len(rows), dtype=int)}
    joined = rows.merge(decisions, left_on="Id", right_on="LeadId")
    earlier = joined["CreatedDate"] < joined["MQL_Date__c"]
    refused = joined[earlier & (joined["Status"] != ACCEPTED)]
    return {"earlier_rejections": np.bincount(refused["row"].to_numpy(), minlength=len(rows))}
