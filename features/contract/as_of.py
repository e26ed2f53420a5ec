"""As-of view: only what was dated before a moment.

Both clocks count: a lead handed over later is not there, and neither is a decision recorded
later about a lead that is. Rows are taken out before anything is looked at, so that they do not
even have a say in what a column holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pandas as pd

from features.columns.profile import Kind, type_columns
from features.contract.columns import find_column, profile_named
from features.contract.decision_match import translate_values
from features.errors import DataRefused, SettingsError, UsageError
from features.findings import Finding
from features.settings.schema import Settings
from features.sources.tables import ROW, SourceTable

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_UNDATED = 0.05
"""A larger share of decisions without a time, and no past moment can be told from them."""

_AT = "__leadaccord_at"
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
    if not _DAY.match(text):
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
        The project's tables as they were found.
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
    flat = "decisions" not in opened
    leads, undated = _cut(opened["leads"], settings.leads.handed_over_at, settings, as_of)
    findings += _note_unplaced("leads", undated)
    if flat:
        leads, found = _blank_later(leads, settings, as_of)
        findings += found
    tables["leads"] = leads
    if not flat:
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
    times = _read_times(source, column, settings)
    undated = int(times.filter(times[_AT].isnull()).count().to_pandas())
    there = times[_AT] <= _literal(as_of)
    kept = times.filter(there | times[_AT].isnull() if keep_undated else there)
    return _store(source, source.data.semi_join(kept, ROW)), undated


def _cut_decisions(
    source: SourceTable, settings: Settings, as_of: AsOf
) -> tuple[SourceTable, list[Finding]]:
    """Keep the decisions that had been recorded."""
    column = settings.decision.decided_at
    if column is None:
        if as_of.replay:
            raise _no_clock("decisions have no time", "decided_at under [decision]")
        return source, []
    total = int(source.data.count().to_pandas())
    cut, undated = _cut(source, column, settings, as_of, keep_undated=not as_of.replay)
    return cut, _judge_undated(undated, total, as_of)


def _blank_later(
    source: SourceTable, settings: Settings, as_of: AsOf
) -> tuple[SourceTable, list[Finding]]:
    """Empty the decision of leads that were decided later, as a flat export has it."""
    import ibis

    decision = settings.decision
    if decision.decided_at is None:
        if as_of.replay:
            raise _no_clock("decisions have no time", "decided_at under [decision]")
        return source, []
    times = _read_times(source, decision.decided_at, settings)
    data = source.data.left_join(times.rename({f"{ROW}_of_time": ROW}), [(ROW, f"{ROW}_of_time")])
    later = (data[_AT] > _literal(as_of)).fill_null(False)
    findings = list[Finding]()
    if as_of.replay:
        undated, total = _count_undated(data, settings)
        findings = _judge_undated(undated, total, as_of)
        later = later | data[_AT].isnull()
    named = (decision.column, decision.decided_at, decision.reason, decision.rep)
    blank = {
        name: ibis.ifelse(later, ibis.null(data[name].type()), data[name])
        for name in dict.fromkeys(named)
        if name is not None and name in source.data.columns
    }
    return _store(source, data.mutate(**blank).select(*source.data.columns)), findings


def _count_undated(data: ir.Table, settings: Settings) -> tuple[int, int]:
    """Count the decided leads of a flat export, and those of them without a time."""
    column = settings.decision.column
    name = find_column(str(column), data.columns, key="[decision] column", settings=settings)
    counts = (
        data.group_by(said=data[name].cast("string"), undated=data[_AT].isnull())
        .agg(leads=data.count())
        .to_pandas()
    )
    answered = translate_values(counts["said"], settings.decision)[0].notna()
    leads = counts["leads"].where(answered, 0)
    return int(leads[counts["undated"]].sum()), int(leads.sum())


def _cut_outcomes(source: SourceTable, settings: Settings, as_of: AsOf) -> SourceTable:
    """Keep the outcomes of opportunities that existed, as far as they had come."""
    import ibis

    named = settings.outcomes
    if named.opportunity_at is not None:
        source, _ = _cut(source, named.opportunity_at, settings, as_of, keep_undated=True)
    if named.won_at is None:
        return source
    times = _read_times(source, named.won_at, settings)
    data = source.data.left_join(times.rename({f"{ROW}_of_time": ROW}), [(ROW, f"{ROW}_of_time")])
    later = (data[_AT] > _literal(as_of)).fill_null(False)
    blank = {
        named.won_at: ibis.ifelse(later, ibis.null(data[named.won_at].type()), data[named.won_at])
    }
    return _store(source, data.mutate(**blank).select(*source.data.columns))


def _read_times(source: SourceTable, column: str, settings: Settings) -> ir.Table:
    """Return ``_row`` and the time that a column holds, read as all its rows are written."""
    name = find_column(column, source.data.columns, key=f'"{column}"', settings=settings)
    narrow = replace(source, data=source.data.select(ROW, name))
    kinds: dict[str, Kind] = {}
    columns = profile_named(narrow, [name], settings=settings, kinds=kinds)
    typed = type_columns(narrow, columns, missing=settings.leads.missing)
    return typed.select(**{ROW: typed[ROW], _AT: typed[name].cast("timestamp(6)")})


def _literal(as_of: AsOf) -> ir.Value:
    import ibis

    return ibis.literal(as_of.moment.floor("us").to_pydatetime()).cast("timestamp(6)")


def _store(source: SourceTable, data: ir.Table) -> SourceTable:
    """Keep what is left as a table of its own where the database is ours to write in."""
    backend = source.data.get_backend()
    if backend.name == "duckdb":
        name = f"leadaccord_{uuid4().hex}"
        backend.raw_sql(f"CREATE TEMP TABLE {name} AS {backend.compile(data)}")
        schema = data.schema()
        data = backend.sql(f"SELECT * FROM {name}", schema=schema)
    return replace(source, data=data)


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
