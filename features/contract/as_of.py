"""As-of view: only what was dated before a moment.

Both clocks count: a lead handed over later is not there, and neither is a decision recorded
later about a lead that is. Rows are taken out before anything is looked at, so that they do not
even have a say in what a column holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from features.columns.profile import read_column
from features.contract.columns import find_column, find_columns, profile_named
from features.contract.decision_match import ANSWER_KEYS, read_answers
from features.errors import DataRefused, SettingsError, UsageError
from features.findings import Finding
from features.settings.schema import Settings
from features.sources.duckdb_relation import aggregate, keep, query_table
from features.sources.file import ROW
from features.sources.sql import literal, quote
from features.sources.tables import SourceTable

MOST_UNDATED = 0.05
"""A larger share of decisions without a time, and no past moment can be told from them."""

_FIRST_YEAR = "1900"  # no lead is older, and a mistyped year is told
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class AsOf:
    """The moment at which the world is looked at.

    Attributes
    ----------
    moment : Timestamp
        UTC without a zone; what is dated later does not exist.
    replay : bool
        Whether the moment was asked for. A decision without a time may have come after a moment
        of the past, so it does not count then; it does count now.
    """

    moment: pd.Timestamp
    replay: bool


def parse_as_of(text: str | None, *, now: pd.Timestamp) -> AsOf:
    """Return the moment a user names.

    Parameters
    ----------
    text : str or None
        A day, which stands for its first moment: what is dated that day is not there yet. Or a
        day with a time, in UTC unless it names a zone. None is now.
    now : Timestamp
        UTC without a zone.

    Raises
    ------
    UsageError
        When it is no date, or lies in the future.
    """
    if text is None:
        return AsOf(now, replay=False)
    moment = _read_moment(text.strip())
    if moment.tzinfo is not None:
        moment = moment.tz_convert("UTC").tz_localize(None)
    elif _DAY.fullmatch(text.strip()):
        moment -= pd.Timedelta(microseconds=1)
    if moment > now:
        raise UsageError(
            "--as-of lies in the future",
            got=text,
            expected=f"{now:%Y-%m-%d} or earlier",
            next_step="Leave it out to see all there is",
        )
    return AsOf(moment, replay=True)


def _read_moment(text: str) -> pd.Timestamp:
    wrong = UsageError(
        "--as-of is not a date",
        got=f'"{text}"',
        expected='a day such as 2026-03-01, or a moment such as "2026-03-01 06:00"',
        next_step="Write it as year-month-day",
    )
    if not _DAY.match(text) or text < _FIRST_YEAR:
        raise wrong
    try:
        return pd.Timestamp(text).as_unit("us")
    except (ValueError, OverflowError):
        raise wrong from None


def withhold_later(
    opened: Mapping[str, SourceTable], settings: Settings, as_of: AsOf
) -> tuple[dict[str, SourceTable], list[Finding]]:
    """Take out of the tables what did not exist at the moment.

    Parameters
    ----------
    opened : mapping of str to SourceTable
        The project's tables as they were found, or some of them: leads with the decisions, where
        these are a table of their own.
    settings : Settings
        With the preset's names filled in.
    as_of : AsOf

    Returns
    -------
    tables : dict of str to SourceTable
        Leads handed over later, activities and outcomes of later, and decisions made later are
        gone, and so are rows that no time places. Without a time of hand-over, all as it was.
    findings : list of Finding
        What could not be placed in time.

    Raises
    ------
    SettingsError
        When a past moment is asked for and leads or decisions have no time.
    DataRefused
        When over 5 % of the decisions lack it.
    """
    if settings.leads.handed_over_at is None:
        if as_of.replay:
            raise _no_clock("leads have no time of hand-over", "handed_over_at under [leads]")
        return dict(opened), []
    tables, findings = dict(opened), list[Finding]()
    if "leads" in opened:
        leads, undated = _cut(opened["leads"], settings.leads.handed_over_at, settings, as_of)
        findings += _note_unplaced("leads", undated)
        if "decisions" not in opened:
            leads, found = _blank_later(leads, settings, as_of)
            findings += found
        tables["leads"] = leads
    if "decisions" in opened:
        tables["decisions"], found = _cut_decisions(opened["decisions"], settings, as_of)
        findings += found
    if "activities" in opened and settings.activities.at is not None:
        tables["activities"], undated = _cut(
            opened["activities"], settings.activities.at, settings, as_of
        )
        findings += _note_unplaced("activities", undated)
    if "outcomes" in opened:
        tables["outcomes"] = _cut_outcomes(opened["outcomes"], settings, as_of)
    return tables, findings


def _cut(
    source: SourceTable, column: str, settings: Settings, as_of: AsOf, *, keep_undated: bool = False
) -> tuple[SourceTable, int]:
    """Keep the rows dated up to the moment; also count those that no time places."""
    at, place = _read_time(source, column, settings), source.relation.place
    there = f"{at} <= {_literal(as_of)}" + (f" OR {at} IS NULL" if keep_undated else "")
    counted = aggregate(
        source.relation.connection,
        place,
        {
            "undated": f"count(*) FILTER ({at} IS NULL)",
            "gone": f"count(*) FILTER (NOT coalesce({there}, false))",
        },
    )
    if not counted["gone"]:  # as in most exports of today: nothing has to be copied
        return source, counted["undated"]
    return _keep(source, f"SELECT * FROM {place} WHERE {there}"), counted["undated"]


def _cut_decisions(
    source: SourceTable, settings: Settings, as_of: AsOf
) -> tuple[SourceTable, list[Finding]]:
    """Keep the decisions that had been recorded."""
    column = settings.decision.decided_at
    if column is None:
        if as_of.replay:
            raise _no_clock("decisions have no time", "decided_at under [decision]")
        return source, []
    total = source.relation.count()
    cut, undated = _cut(source, column, settings, as_of, keep_undated=not as_of.replay)
    return cut, _judge_undated(undated, total, as_of)


def _blank_later(
    source: SourceTable, settings: Settings, as_of: AsOf
) -> tuple[SourceTable, list[Finding]]:
    """Empty the decision of leads that were decided later, as a flat export has it."""
    decision = settings.decision
    if decision.decided_at is None:
        if as_of.replay:
            raise _no_clock("decisions have no time", "decided_at under [decision]")
        return source, []
    at = _read_time(source, decision.decided_at, settings)
    later, findings = f"{at} > {_literal(as_of)}", list[Finding]()
    if as_of.replay:
        undated, total = _count_undated(source, at, settings)
        findings = _judge_undated(undated, total, as_of)
        later = f"({later} OR {at} IS NULL)"
    return _blank(source, list(decision.named.values()), later), findings


def _blank(source: SourceTable, named: Sequence[str | None], where: str) -> SourceTable:
    """Empty some columns of the rows where something holds."""
    blank = [
        f"CASE WHEN {where} THEN NULL ELSE {quote(name)} END AS {quote(name)}"
        for name in dict.fromkeys(named)
        if name is not None and name in source.columns
    ]
    return _keep(source, f"SELECT * REPLACE ({', '.join(blank)}) FROM {source.relation.place}")


def _count_undated(source: SourceTable, at: str, settings: Settings) -> tuple[int, int]:
    """Count the decided leads of a flat export, and those of them without a time."""
    decision = settings.decision
    named = {key: name for key, name in decision.named.items() if key in ANSWER_KEYS}
    found = find_columns(named, source.columns, table="decision", settings=settings)
    said = ", ".join(
        f"NULLIF(CAST({quote(name)} AS VARCHAR), '') AS {quote(key)}" for key, name in found.items()
    )
    counts = query_table(
        source.relation.connection,
        f"SELECT {said}, {at} IS NULL AS undated, count(*) AS leads"
        f" FROM {source.relation.place} GROUP BY ALL",
    ).to_pandas()
    answered = read_answers(counts, {key: key for key in found}, decision)[0].notna()
    leads = counts["leads"].where(answered, 0)
    return int(leads[counts["undated"]].sum()), int(leads.sum())


def _cut_outcomes(source: SourceTable, settings: Settings, as_of: AsOf) -> SourceTable:
    """Keep the outcomes of opportunities that existed, as far as they had come."""
    named = settings.outcomes
    if named.opportunity_at is not None:
        source, _ = _cut(source, named.opportunity_at, settings, as_of, keep_undated=True)
    if named.won_at is None:
        return source
    at = _read_time(source, named.won_at, settings)
    return _blank(source, [named.won_at], f"{at} > {_literal(as_of)}")


def _read_time(source: SourceTable, column: str, settings: Settings) -> str:
    """Return SQL for the time that a column holds, read as all its rows are written."""
    name = find_column(column, source.columns, key=f'"{column}"', settings=settings)
    profile = profile_named(source.select(name), [name], settings=settings)[name]
    kind = source.relation.types[name]
    return f"({read_column(name, kind, profile, settings.leads.missing)})"


def _literal(as_of: AsOf) -> str:
    moment = as_of.moment.floor("us").isoformat(sep=" ")
    return f"CAST({literal(moment)} AS TIMESTAMP)"


def _keep(source: SourceTable, query: str) -> SourceTable:
    """Return the table with the rows of a query, stored in their order."""
    kept = keep(source.relation.connection, f"{query} ORDER BY {ROW}")
    return replace(source, relation=kept)


def _note_unplaced(table: str, count: int) -> list[Finding]:
    if not count:
        return []
    return [
        Finding(
            code="not_placed_in_time",
            severity="note",
            message="rows without a time were left out: nothing tells when they came to be",
            table=table,
            count=count,
        )
    ]


def _judge_undated(undated: int, total: int, as_of: AsOf) -> list[Finding]:
    """Refuse a past moment where many decisions have no time; else say that they are left out."""
    if not undated or not as_of.replay:
        return []
    if undated > MOST_UNDATED * total:
        raise DataRefused(
            "many decisions have no time, so what had been decided at a past moment is not known",
            got=f"{undated:,} of {total:,} decisions without one",
            expected=f"at most {MOST_UNDATED:.0%}",
            next_step="Export the time of every decision, or leave out --as-of",
            code="decisions_undated",
        )
    return [
        Finding(
            code="decisions_undated",
            severity="warning",
            message="decisions without a time do not count at a past moment",
            next_step="Export the time of every decision",
            table="decisions",
            count=undated,
            total=total,
        )
    ]


def _no_clock(what: str, key: str) -> SettingsError:
    return SettingsError(
        f"--as-of needs the times of leads and decisions, and {what}",
        expected=key,
        next_step="Name the column there, or leave out --as-of",
        code="no_clock",
    )
