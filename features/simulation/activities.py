"""Simulated activities of leads, before hand-over and after it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.simulation.people import NO_FIRST_TOUCH, draw_by_row
from features.simulation.truth import Array
from features.units import DAY

FIRST_TOUCH = {"Webinar": "webinar_attended", "Trade Show": "event_visit"}
# usual weight, log slope on interest, log slope on closeness to hand-over, weight after it
ACTIVITIES = pd.DataFrame.from_dict(
    {
        "email_open": (0.34, -0.10, -0.2, 0.40),
        "email_click": (0.13, 0.00, 0.0, 0.20),
        "page_view": (0.34, 0.00, 0.3, 0.22),
        "pricing_page_view": (0.035, 0.60, 0.9, 0.05),
        "whitepaper_download": (0.05, 0.10, 0.0, 0.03),
        "webinar_attended": (0.022, 0.30, 0.0, 0.02),
        "demo_request": (0.006, 0.90, 1.3, 0.02),
        "form_submit": (0.045, 0.20, 0.5, 0.02),
        "event_visit": (0.012, 0.10, 0.0, 0.01),
        "unsubscribe": (0.006, -0.60, -0.5, 0.03),
    },
    orient="index",
    columns=["weight", "interest", "closeness", "after"],
)
VISITS_LOG, VISIT_SIZE = 1.45, 3.8
AFTER_MEAN = {"accepted": 8.0, "rejected": 1.2, "recycled": 3.0, "untouched": 1.0}


def draw_activities_before(
    rng: np.random.Generator, episodes: pd.DataFrame, begin: pd.Timestamp
) -> pd.DataFrame:
    """Draw what each lead did between ``since`` and its hand-over.

    Visits come as a cluster process: the more interested the lead, the more visits, and the more
    of them close to hand-over; each visit sets off further activities a few minutes apart.

    Parameters
    ----------
    rng : Generator
    episodes : DataFrame
        Columns ``Id``, ``CreatedDate``, ``MQL_Date__c``, ``LeadSource``, ``since``, ``interest``.
    begin : Timestamp
        Earlier activities are not in the export.

    Returns
    -------
    DataFrame
        Columns ``LeadId``, ``CreatedDate``, ``Type``.
    """
    span = (episodes["MQL_Date__c"] - episodes["since"]).dt.total_seconds().to_numpy()
    interest = episodes["interest"].to_numpy()
    room = 0.45 + 0.55 * span / (span + 6 * DAY)
    visits = rng.poisson(np.exp(VISITS_LOG + 0.5 * interest) * room).clip(max=60)
    lead = np.repeat(np.arange(len(episodes)), visits)
    ago = span[lead] * rng.random(len(lead)) ** np.exp(0.6 + 0.25 * interest[lead])
    size = rng.geometric(1 / VISIT_SIZE, len(lead))
    first = np.repeat(np.cumsum(size) - size, size)
    step = (np.arange(size.sum()) - first) * rng.exponential(150, size.sum())
    # Never at hand-over itself and never before the lead was known.
    ago = np.minimum(np.repeat(ago, size) + step + 60, span[np.repeat(lead, size)]).clip(min=1)
    lead = np.repeat(lead, size)
    kinds = _draw_kinds(rng, interest[lead], np.exp(-ago / (10 * DAY)))
    at = episodes["MQL_Date__c"].to_numpy()[lead] - ago.astype("timedelta64[s]")
    drawn = _list_activities(episodes["Id"].to_numpy()[lead], at, kinds)
    drawn = pd.concat([drawn, _first_touches(episodes)], ignore_index=True)
    return drawn[drawn["CreatedDate"] >= begin]


def _draw_kinds(rng: np.random.Generator, interest: Array, closeness: Array) -> Array:
    """Draw a kind of activity from interest and from closeness to hand-over, 0 to 1."""
    slopes = ACTIVITIES[["interest", "closeness"]].to_numpy()
    log_weight = np.stack([interest.clip(-3, 3), closeness], axis=1) @ slopes.T
    kinds = draw_by_row(rng, ACTIVITIES["weight"].to_numpy() * np.exp(log_weight))
    return ACTIVITIES.index.to_numpy()[kinds]


def _first_touches(episodes: pd.DataFrame) -> pd.DataFrame:
    """Return the activity by which a new lead became known, where its source has one."""
    new = (episodes["since"] == episodes["CreatedDate"]) & episodes["LeadSource"].notna()
    known = episodes[new & ~episodes["LeadSource"].isin(NO_FIRST_TOUCH)]
    kinds = known["LeadSource"].map(FIRST_TOUCH).fillna("form_submit")
    return _list_activities(known["Id"], known["CreatedDate"].to_numpy(), kinds)


def _list_activities(ids: Array | pd.Series, at: Array, kinds: Array | pd.Series) -> pd.DataFrame:
    columns = {"LeadId": np.asarray(ids), "CreatedDate": at, "Type": np.asarray(kinds)}
    return pd.DataFrame(columns).astype({"LeadId": "str", "Type": "str"})


def draw_activities_after(
    rng: np.random.Generator, said: pd.DataFrame, end: pd.Timestamp
) -> pd.DataFrame:
    """Draw what leads do after hand-over: much when sales took them up, little when not.

    This is the trap of every export: a join that forgets the hand-over learns from the answer.

    Parameters
    ----------
    rng : Generator
    said : DataFrame
        Columns ``Id``, ``MQL_Date__c``, ``answer`` and ``decided_at`` (missing: untouched).
    end : Timestamp
        Later activities are not in the export.

    Returns
    -------
    DataFrame
        Columns ``LeadId``, ``CreatedDate``, ``Type``.
    """
    answer = said["answer"].fillna("untouched")
    lead = np.repeat(np.arange(len(said)), rng.poisson(answer.map(AFTER_MEAN).to_numpy()))
    since = said["decided_at"].fillna(said["MQL_Date__c"]).to_numpy()[lead]
    wait = (3600 + rng.exponential(20 * DAY, len(lead))).astype(int).astype("timedelta64[s]")
    share = ACTIVITIES["after"].to_numpy()
    kinds = rng.choice(ACTIVITIES.index.to_numpy(), len(lead), p=share / share.sum())
    drawn = _list_activities(said["Id"].to_numpy()[lead], since + wait, kinds)
    return drawn[drawn["CreatedDate"] < end]
