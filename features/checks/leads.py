"""Data checks of leads to learn from or to score, from counts made wherever the rows are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from features.contract.leads import Order
from features.findings import Finding, Severity
from features.labels import RULES
from features.settings.schema import ActivitySettings, LeadSettings
from features.sources.duckdb_relation import Relation, aggregate, query_rows
from features.sources.file import ROW
from features.sources.sql import is_before, is_whole_day, literal

MOSTLY_MISSING = 0.5
_MAX_COLUMNS_LISTED = 10

_NO_TIME = "the leads have no time and no order: the test leads are random, and metrics optimistic"
_ONLY_ORDER = "the leads have an order but no times: ages, maturity and activities are not used"

NO_LEADS = Finding(
    code="no_leads",
    severity="error",
    message="the leads table has no rows",
    next_step="Check the file or table that [tables] leads names",
)


@dataclass(frozen=True)
class Marked:
    """Rows that something is wrong with: how many, and the first of them."""

    count: int
    first: int | None


def mark_hand_overs(keys: Relation, *, now: pd.Timestamp, timed: bool) -> dict[str, Marked]:
    """Count the rows that do not name a lead and a time that can be, or do so again.

    Parameters
    ----------
    keys : Relation
        ``_row``, ``lead_id``, ``handed_over_at``, ``place`` of every row.
    now : Timestamp
        Hand-overs after it lie in the future.
    timed : bool
        Whether hand-overs have times.

    Returns
    -------
    dict of str to Marked
        As `note_hand_overs` takes them.
    """
    moment = f"CAST({literal(now.isoformat(sep=' '))} AS TIMESTAMP)"
    placed = "handed_over_at" if timed else "place"
    named = f"SELECT * FROM {keys.place} WHERE lead_id IS NOT NULL"
    if timed:
        named += " AND handed_over_at IS NOT NULL"
    rules = {
        "missing_id": f"{keys.place} WHERE lead_id IS NULL",
        "duplicate": f"({select_repeats(f'({named})', f'lead_id, {placed}')})",
        "missing_hand_over": f"{keys.place} WHERE {placed} IS NULL",
        "hand_over_in_future": f"{keys.place} WHERE handed_over_at > {moment}",
    }
    marked = {}
    for rule, where in rules.items():
        query = f"SELECT count(*) AS n, min({ROW}) AS first FROM {where}"
        row = query_rows(keys.connection, query)[0]
        marked[rule] = Marked(row["n"], row["first"])
    return marked


def select_repeats(place: str, names: str) -> str:
    """Return the query of the rows whose keys stand in an earlier row.

    Parameters
    ----------
    place : str
        In SQL, with ``_row``.
    names : str
        The columns that make a key, parted by commas.
    """
    same = " AND ".join(f"k.{name} IS NOT DISTINCT FROM g.{name}" for name in names.split(", "))
    groups = (
        f"SELECT {names}, min({ROW}) AS first FROM {place} GROUP BY {names} HAVING count(*) > 1"
    )
    return f"SELECT k.{ROW} FROM {place} k JOIN ({groups}) g ON {same} WHERE k.{ROW} > g.first"


def count_activities(activities: Relation, keys: Relation) -> dict[str, int]:
    """Count activities and their leads.

    Parameters
    ----------
    activities : Relation
        ``lead_id``, ``at``, ``type``.
    keys : Relation
        ``lead_id`` and ``handed_over_at`` of every hand-over, in the same connection.

    Returns
    -------
    dict of str to int
        As `note_activities` takes them.
    """
    whole_day = is_whole_day('"at"')
    per_lead = (
        'SELECT lead_id, count(*) AS n, count(*) - count("at") AS undated,'
        f' min("at") FILTER ({whole_day}) AS first_day,'
        f' min("at") FILTER (NOT {whole_day}) AS first FROM {activities.place} GROUP BY lead_id'
    )
    known = (
        f"SELECT lead_id AS known, max(handed_over_at) AS last FROM {keys.place}"
        " WHERE lead_id IS NOT NULL GROUP BY lead_id"
    )
    measures = {
        "rows": "sum(n)",
        "undated": "sum(undated)",
        "ids": "count(lead_id)",
        "lost_ids": "count(lead_id) FILTER (known IS NULL)",
        "lost_rows": "sum(n) FILTER (known IS NULL)",
        "before": f"count(*) FILTER (first < last OR {is_before('first_day', 'last')})",
    }
    joined = f"(SELECT * FROM ({per_lead}) a LEFT JOIN ({known}) k ON a.lead_id = k.known)"
    return aggregate(activities.connection, joined, measures)


def note_hand_overs(
    marked: Mapping[str, Marked], *, total: int, lead: LeadSettings, timed: bool
) -> Iterator[Finding]:
    """Say which rows do not name a lead and a time that can be, or do so again.

    Parameters
    ----------
    marked : mapping of str to Marked
        By rule: "missing_id", "duplicate", "missing_hand_over", "hand_over_in_future".
    total : int
        Rows of the leads.
    lead : LeadSettings
    timed : bool
        Whether hand-overs have times.
    """
    missing = marked["missing_id"]
    yield from note_rows(
        missing,
        total,
        code="missing_id",
        message=RULES["missing_id"],
        next_step="Fill it in; rows without an id are not used",
        column=lead.id,
        severity="error" if missing.count == total else "warning",
    )
    yield from note_rows(
        marked["duplicate"],
        total,
        code="duplicate_episode",
        message=RULES["duplicate"],
        next_step="Nothing, if they are copies: each hand-over counts once",
        column=lead.id,
    )
    missing = marked["missing_hand_over"]
    yield from note_rows(
        missing,
        total,
        code="missing_hand_over",
        message=RULES["missing_hand_over"],
        next_step="Fill it in, or name a column that every lead has under [leads]",
        column=lead.handed_over_at if timed else lead.order,
        severity="error" if missing.count > MOSTLY_MISSING * total else "warning",
    )
    yield from note_rows(
        marked["hand_over_in_future"],
        total,
        code="hand_over_in_future",
        message=RULES["hand_over_in_future"],
        next_step="Correct the times, or set time_format under [leads] if they were misread",
        column=lead.handed_over_at,
    )


def note_order(order: Order, total: int, lead: LeadSettings) -> Iterator[Finding]:
    """Say what a missing time of hand-over costs."""
    if order == "none":
        yield Finding(
            code="no_time",
            severity="warning",
            message=_NO_TIME,
            next_step='Set handed_over_at under [leads], or order (a column, or "file")',
            count=total,
            total=total,
        )
    elif order != "time":
        yield Finding(
            code="order_instead_of_time",
            severity="note",
            message=_ONLY_ORDER,
            next_step="Set handed_over_at under [leads] if the export can have it",
            column=lead.order if order == "order" else None,
            count=total,
            total=total,
        )


def note_missing_share(share: pd.Series) -> Iterator[Finding]:
    """List the columns that are missing for most leads, in one finding.

    Parameters
    ----------
    share : Series of float
        The share of leads for which each column is missing.
    """
    total = len(share)
    # Columns without any value are skipped when features are planned, and named there.
    share = share[(share > MOSTLY_MISSING) & (share < 1)].sort_values(
        ascending=False, kind="stable"
    )
    if share.empty:
        return
    listed = ", ".join(
        f'"{name}" ({_percent(value)})' for name, value in share.head(_MAX_COLUMNS_LISTED).items()
    )
    more = len(share) - _MAX_COLUMNS_LISTED
    yield Finding(
        code="missing_share",
        severity="note",
        message=f"missing for most leads: {listed}" + (f" and {more} more" if more > 0 else ""),
        next_step="Nothing is needed; the model learns from missing values too",
        count=len(share),
        total=total,
    )


def note_activities(
    counts: Mapping[str, int] | None, settings: ActivitySettings, *, learning: bool
) -> Iterator[Finding]:
    """Say which activities have no time or no lead, and whether any counts.

    Parameters
    ----------
    counts : mapping of str to int or None
        ``rows``, ``undated``, ``ids``, ``lost_ids`` and ``lost_rows`` (of leads that are not
        there) and ``before`` (leads with any before a hand-over); None where hand-overs have no
        times.
    settings : ActivitySettings
    learning : bool
        False where new leads are scored: the activities of old ones may well be in the table.
    """
    if counts is None:
        yield Finding(
            code="activities_without_time_order",
            severity="warning",
            message="activities are not used: hand-overs have no times to count them from",
            next_step="Set handed_over_at under [leads]",
            table="activities",
        )
        return
    if counts["undated"]:
        yield Finding(
            code="activity_undated",
            severity="warning",
            message=f"no time: {_of(counts['undated'], counts['rows'], 'activities')}",
            next_step="Fill it in; activities without a time are not used",
            table="activities",
            column=settings.at,
            count=counts["undated"],
            total=counts["rows"],
        )
    if not counts["before"]:
        yield _note_no_activity(counts, settings.id)
    elif learning and counts["lost_rows"]:
        lost = _of(counts["lost_ids"], counts["ids"], "lead ids")
        yield Finding(
            code="activity_without_lead",
            severity="note",
            message=f"not in leads: {lost} in activities ({counts['lost_rows']:,} rows, not used)",
            table="activities",
            column=settings.id,
            count=counts["lost_ids"],
            total=counts["ids"],
        )


def _note_no_activity(counts: Mapping[str, int], column: str | None) -> Finding:
    """Distinguish ids that do not fit from activities that all came after hand-over."""
    if not counts["rows"]:
        message = "the table has no rows: nothing is known of what leads did"
        next_step = "Check activities under [tables]"
    elif counts["lost_rows"] == counts["rows"]:
        message = "no lead of the activities is in leads: the ids of the two tables differ"
        next_step = "Set id under [activities] to the column that holds the id of leads"
    else:
        message = "no activity is dated before the hand-over of its lead"
        next_step = "Check at under [activities] and handed_over_at under [leads]"
    return Finding(
        code="no_activities_before_hand_over",
        severity="warning",
        message=message,
        next_step=next_step,
        table="activities",
        column=column,
        count=counts["rows"],
        total=counts["rows"],
    )


def note_rows(
    marked: Marked,
    total: int,
    *,
    code: str,
    message: str,
    next_step: str,
    column: str | None = None,
    severity: Severity = "warning",
    table: str = "leads",
) -> Iterator[Finding]:
    """Yield a finding with the number and the first of the rows marked, if any is."""
    if marked.count:
        yield Finding(
            code=code,
            severity=severity,
            message=f"{message}: {_of(marked.count, total, 'rows')}",
            next_step=next_step,
            table=table,
            column=column,
            count=marked.count,
            total=total,
            example=f"row {marked.first}",
        )


def _of(count: int, total: int, what: str) -> str:
    return f"{count:,} of {total:,} {what}"


def _percent(share: float) -> str:
    # Rounded down: what is not missing everywhere must not read as 100 %.
    return f"{int(share * 100)} %"
