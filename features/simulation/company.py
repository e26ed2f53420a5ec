"""Simulated CRM of a B2B company whose truth is known: the leads and the decisions of sales.

The truth is a function of what the tables show strictly before hand-over, so a model that reads
the tables well can come close to it, and one that reads later rows is found out.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy.special import expit, ndtri

from features.errors import UsageError
from features.simulation.activities import draw_activities_after, draw_activities_before
from features.simulation.export import World, add_dirty_rows, draw_ids
from features.simulation.people import draw_leads, draw_time_of_day
from features.simulation.truth import (
    ACCEPTED,
    INDUSTRIES,
    acceptance_log_odds,
    known_at_handover,
    opportunity_log_odds,
)
from features.units import DAY

N_REPS, N_LAZY_REPS, STRICTNESS_SD = 20, 3, 0.3
UNTOUCHED, UNTOUCHED_BY_LAZY = 0.08, 0.35
RECYCLED_SHARE, RETURN_SHARE, MAX_HANDOVERS = 0.15, 0.6, 3
DELAY_MEDIAN_DAYS = {"accepted": 2.6, "rejected": 3.2, "recycled": 3.8}
DELAY_LOG_SD = 1.25

STATUS = {"accepted": ACCEPTED, "rejected": "Disqualified", "recycled": "Recycled"}
OTHER_REASONS = ("No budget", "Competitor", "No need", "Outside territory", "Duplicate record")
RECYCLE_REASONS = ("Not now", "No budget this year", "Nurture further")

LEAD_COLUMNS = (
    "Id CreatedDate MQL_Date__c FirstName LastName Company Title Email Phone Website Street City "
    "Country Industry NumberOfEmployees AnnualRevenue LeadSource Campaign__c Landing_Page__c "
    "HasOptedOutOfEmail OwnerId Status Rating"
).split()


def simulate(
    *,
    n_leads: int = 30_000,
    months: int = 24,
    seed: int = 20,
    start: str = "2024-07-01",
    dirty: bool = True,
    drift: bool = True,
) -> World:
    """Simulate a company's CRM.

    Parameters
    ----------
    n_leads : int
        Honest hand-overs, those of returning leads included.
    months : int
        Length of the export; nothing in it is dated after ``start`` plus these months.
    seed : int
        The same seed gives the same world.
    start : str
        First day, as "YYYY-MM-DD".
    dirty : bool
        Whether to add the faults of a real export after everything is drawn.
    drift : bool
        Whether the company changes with time. False keeps volumes, sources, campaigns and sales
        as they are on the first day, so that months differ by chance alone.

    Returns
    -------
    World

    Raises
    ------
    UsageError
        If a number is too small or the start is not a date.
    """
    begin, end = _window(n_leads, months, start)
    rng = np.random.default_rng(seed)
    reps = _draw_reps(rng)
    episodes = draw_leads(rng, n_leads, begin, end, drift=drift)
    said, activities, decisions = [], pd.DataFrame(), pd.DataFrame()
    for _ in range(MAX_HANDOVERS):
        before = draw_activities_before(rng, episodes, begin)
        activities = pd.concat([activities, before], ignore_index=True)
        known = known_at_handover(episodes, activities, decisions, start=begin)
        known = known if drift else known.assign(years=0.0)
        said.append(_draw_answers(rng, episodes, known, reps))
        after = draw_activities_after(rng, said[-1], end)
        activities = pd.concat([activities, after], ignore_index=True)
        decisions = _list_decisions(pd.concat(said), end)
        episodes = _draw_returns(rng, said[-1], end)
        if episodes.empty:
            break
    handled = _keep_whole_leads(pd.concat(said, ignore_index=True), n_leads)
    world = _export(rng, handled, activities, end)
    return add_dirty_rows(world, np.random.default_rng([seed, 1])) if dirty else world


def _window(n_leads: int, months: int, start: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first moment of the export and the first after it."""
    for name, number in (("n_leads", n_leads), ("months", months)):
        if number < 1:
            raise UsageError(
                f"{name} is too small", got=number, expected="1 or more", next_step="raise it"
            )
    try:
        begin = pd.Timestamp(date.fromisoformat(start)).as_unit("s")
    except ValueError as error:
        raise UsageError(
            "the start is not a date",
            got=start,
            expected="a day such as 2024-07-01",
            next_step="write it as year-month-day",
        ) from error
    return begin, begin + pd.DateOffset(months=months)


def _draw_reps(rng: np.random.Generator) -> pd.DataFrame:
    """Return the sales reps; their strictness spreads evenly, whatever the seed."""
    strictness = ndtri((np.arange(N_REPS) + 0.5) / N_REPS)
    strictness *= STRICTNESS_SD / strictness.std()
    untouched = np.where(np.arange(N_REPS) < N_LAZY_REPS, UNTOUCHED_BY_LAZY, UNTOUCHED)
    return pd.DataFrame(
        {
            "rep": draw_ids(rng, "005", N_REPS),
            "strictness": rng.permutation(strictness),
            "untouched": untouched,
        }
    )


def _draw_answers(
    rng: np.random.Generator, episodes: pd.DataFrame, known: pd.DataFrame, reps: pd.DataFrame
) -> pd.DataFrame:
    """Give each episode a rep, its true probabilities, and the rep's answer."""
    n = len(episodes)
    log_odds = acceptance_log_odds(known)
    rep = reps.iloc[rng.integers(0, N_REPS, n)].set_axis(episodes.index)
    answer = np.where(rng.random(n) < RECYCLED_SHARE, "recycled", "rejected").astype(object)
    answer[rng.random(n) < expit(log_odds - rep["strictness"].to_numpy())] = "accepted"
    median = pd.Series(answer).map(DELAY_MEDIAN_DAYS).to_numpy()
    delay = np.exp(rng.normal(np.log(median), DELAY_LOG_SD)) * DAY
    wait = pd.Series(delay.astype(int).clip(60).astype("timedelta64[s]"), index=episodes.index)
    untouched = rng.random(n) < rep["untouched"].to_numpy()
    said = episodes.assign(
        p_accept=expit(log_odds[:, None] - reps["strictness"].to_numpy()).mean(axis=1),
        p_opportunity=expit(opportunity_log_odds(known)),
        rep=rep["rep"],
        strictness=rep["strictness"],
        answer=pd.Series(answer, index=episodes.index, dtype="str").mask(untouched),
        decided_at=(episodes["MQL_Date__c"] + wait).mask(untouched),
        HasOptedOutOfEmail=~episodes["consent"] | known["unsubscribed"],
    )
    return said.assign(reason=_draw_reasons(rng, said, known))


def _draw_reasons(rng: np.random.Generator, said: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Draw the reason a rep gives: often the true cause, sometimes another, sometimes none."""
    n = len(said)
    poor_market = known["industry"].isin([k for k, row in INDUSTRIES.items() if row[1] < -0.3])
    cause = np.select(
        [
            known["seniority"] == "student",
            known["unreal_company"] | (known["domain"] == "disposable"),
            known["employees"] < 15,
            poor_market,
            ~(known["days_since_last"] < 30),
        ],
        ["Student", "Wrong data", "Company too small", "Not in target market", "Unable to reach"],
        default="",
    ).astype(object)
    other = rng.choice(np.array(OTHER_REASONS, dtype=object), n)
    reason = np.where((cause == "") | (rng.random(n) < 0.35), other, cause)
    later = rng.choice(np.array(RECYCLE_REASONS, dtype=object), n)
    reason = np.where(said["answer"] == "recycled", later, reason)
    given = said["answer"].isin(["rejected", "recycled"]) & (rng.random(n) > 0.1)
    return pd.Series(reason, index=said.index, dtype="str").where(given)


def _draw_returns(rng: np.random.Generator, said: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Return the recycled leads that are handed over again, each with its new hand-over."""
    back = said[(said["answer"] == "recycled") & (rng.random(len(said)) < RETURN_SHARE)]
    days = rng.integers(30, 180, len(back)).astype("timedelta64[D]")
    day = back["decided_at"].dt.ceil("D").to_numpy() + days
    again = back.assign(
        since=back["decided_at"], MQL_Date__c=day + draw_time_of_day(rng, len(back))
    )
    return again[again["MQL_Date__c"] < end].reset_index(drop=True)


def _keep_whole_leads(said: pd.DataFrame, n: int) -> pd.DataFrame:
    """Keep leads, in the order drawn and with all their episodes, that make n episodes."""
    episodes = said.groupby("Id", sort=False).size()
    kept = episodes.cumsum() <= n
    single = episodes.index[~kept & (episodes == 1)][: n - int(episodes[kept].sum())]
    chosen = said["Id"].isin(episodes.index[kept].append(single))
    return said[chosen].sort_values(["MQL_Date__c", "Id"]).reset_index(drop=True)


def _list_decisions(said: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Return the decisions sales had made when the export was taken."""
    made = said[said["decided_at"] < end].sort_values(["decided_at", "Id"])
    return pd.DataFrame(
        {
            "LeadId": made["Id"],
            "CreatedDate": made["decided_at"],
            "Status": made["answer"].map(STATUS),
            "Disqualified_Reason__c": made["reason"],
            "OwnerId": made["rep"],
        }
    ).reset_index(drop=True)


def _draw_outcomes(rng: np.random.Generator, said: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Draw the opportunities of accepted leads, those won with their closing date."""
    chance = rng.random(len(said)) < said["p_opportunity"].to_numpy()
    deals = said[(said["answer"] == "accepted").to_numpy() & chance]
    n = len(deals)
    wait = np.exp(rng.normal([np.log(12), np.log(50)], [0.9, 0.6], (n, 2))).T * DAY
    opened = deals["decided_at"].to_numpy() + wait[0].astype(int).astype("timedelta64[s]")
    closed = pd.Series(opened + wait[1].astype(int).astype("timedelta64[s]"))
    won = (rng.random(n) < 0.35) & (closed < end)
    size = deals["NumberOfEmployees"].fillna(100).to_numpy(dtype=float)
    amount = 900 * size**0.5 * np.exp(rng.normal(0, 0.5, n))
    outcomes = pd.DataFrame(
        {
            "LeadId": deals["Id"].to_numpy(),
            "CreatedDate": opened,
            "CloseDate": closed.where(won),
            "Amount": (amount / 100).astype(int) * 100,
        }
    )
    made = outcomes[outcomes["CreatedDate"] < end]
    return made.sort_values(["CreatedDate", "LeadId"]).reset_index(drop=True)


def _draw_sales_fields(
    rng: np.random.Generator, said: pd.DataFrame, end: pd.Timestamp
) -> pd.DataFrame:
    """Add what sales fills in later and the export shows as if it had always been there."""
    seen = said["answer"].where(said["decided_at"] < end)
    status = seen.map(STATUS).fillna(pd.Series(rng.choice(["Open", "Working"], len(said))))
    usual = seen.map({"accepted": "Hot", "rejected": "Cold", "recycled": "Warm"})
    some = pd.Series(rng.choice(["Hot", "Warm", "Cold"], len(said)), dtype="str")
    rating = usual.where(rng.random(len(said)) < 0.75, some)
    rated = seen.notna() & (rng.random(len(said)) < 0.9)
    return said.assign(OwnerId=said["rep"], Status=status, Rating=rating.where(rated))


def _export(
    rng: np.random.Generator, said: pd.DataFrame, activities: pd.DataFrame, end: pd.Timestamp
) -> World:
    """Lay the drawn world out as the tables of the export and the truth."""
    order = ["CreatedDate", "LeadId", "Type"]
    activities = activities[activities["LeadId"].isin(said["Id"])].sort_values(order)
    answer = said["answer"]
    truth = said[["Id", "MQL_Date__c", "p_accept", "p_opportunity", "strictness", "rep"]].assign(
        accepted_drawn=(answer == "accepted").astype("boolean").mask(answer.isna()),
        recycled_drawn=(answer == "recycled").astype("boolean").mask(answer.isna()),
    )
    return World(
        leads=_draw_sales_fields(rng, said, end)[LEAD_COLUMNS],
        activities=activities.reset_index(drop=True),
        decisions=_list_decisions(said, end),
        outcomes=_draw_outcomes(rng, said, end),
        truth=truth,
    )
