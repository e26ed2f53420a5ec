"""Data checks before anything is learned or scored: findings, each with a code and a count.

Only row numbers, names of columns and decision values are shown, never what is personal.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from features.checks.censoring import find_censoring
from features.checks.copies import note_copies
from features.checks.ids import count_ids, note_ids
from features.checks.leads import (
    NO_LEADS,
    Marked,
    count_activities,
    mark_hand_overs,
    note_activities,
    note_hand_overs,
    note_missing_share,
    note_order,
    note_rows,
)
from features.contract.decisions import note_unknown_values
from features.contract.partition import store_keys
from features.contract.tables import Tables
from features.errors import DataRefused
from features.findings import Finding, sort_by_severity
from features.labels import RULES, Labels
from features.matrix.attributes import plan_attributes
from features.sources.duckdb_relation import query_rows
from features.sources.sql import literal

MIN_OF_EACH = 40
FEW_OF_EACH = 120
"""Fewer accepted or rejected leads than the first are refused, than the second warned of."""

_MAX_COLUMNS_LISTED = 10
_MAX_RULES_LISTED = 3


def check_tables(tables: Tables, labels: Labels) -> tuple[Finding, ...]:
    """Look through a project's tables.

    Parameters
    ----------
    tables : Tables
    labels : Labels
        Of the same hand-overs.

    Returns
    -------
    tuple of Finding
        Those of reading and those found here, errors first. What makes single columns useless
        is found by `check_columns`.
    """
    if tables.episodes.empty:
        return sort_by_severity([*tables.findings, NO_LEADS])
    found = [
        *tables.findings,
        *_check_hand_overs(tables),
        *note_copies(tables),
        *note_order(tables.order, len(tables.episodes), tables.settings.leads),
        *note_missing_share(tables.attributes.isna().mean()),
        *_check_activities(tables),
        *_check_named(tables),
        *_check_decisions(tables),
        *_count_corrections(tables, labels),
        *_check_answers(labels),
        *_find_late_answers(tables, labels),
        *_check_use(labels),
        *find_censoring(tables, labels),
    ]
    return sort_by_severity(found)


def check_records(tables: Tables, labels: Labels) -> tuple[Finding, ...]:
    """Look through hand-overs and decisions alone, for all that could make them useless.

    Every error that `check_tables` finds in them is found; of warnings and notes only some.
    """
    if tables.episodes.empty:
        return sort_by_severity([*tables.findings, NO_LEADS])
    found = [
        *tables.findings,
        *_check_hand_overs(tables),
        *_check_decisions(tables),
        *_check_answers(labels),
    ]
    return sort_by_severity(found)


def check_columns(tables: Tables, labels: Labels | None = None) -> tuple[Finding, ...]:
    """Find the columns of leads that nothing can be learned from.

    Parameters
    ----------
    tables : Tables
    labels : Labels, optional
        Given, only the leads that can be learned from are looked at.

    Returns
    -------
    tuple of Finding
        Empty, constant and nearly unique columns, and dates that cannot be counted from.
    """
    attributes = tables.attributes
    if labels is not None and labels.used.any():
        attributes = attributes[labels.used]
    plan = plan_attributes(
        attributes,
        tables.columns,
        settings=tables.settings.features,
        omit={},
        timed=tables.timed,
    )
    return sort_by_severity(plan.findings)


def refuse(findings: Iterable[Finding]) -> None:
    """Refuse the data if any of the findings is an error.

    Parameters
    ----------
    findings : iterable of Finding

    Raises
    ------
    DataRefused
        Lists every error with its code, place and next step; its ``code`` is their codes,
        joined by commas.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        codes = dict.fromkeys(finding.code for finding in errors)
        listed = "".join(f"\n- {_describe(finding)}" for finding in errors)
        raise DataRefused(f"the data cannot be used:{listed}", code=",".join(codes))


def _describe(finding: Finding) -> str:
    """Return a finding as one line without the last full stop."""
    place = f"{finding.table}, {finding.example}" if finding.example else finding.table
    text = f"{finding.code}: {finding.message} ({place})"
    return f"{text}. {finding.next_step}" if finding.next_step else text


def _check_hand_overs(tables: Tables) -> Iterator[Finding]:
    """Check that every row names a lead and a time that can be, and does so once."""
    keys = store_keys(tables.episodes, None)
    marked = mark_hand_overs(keys, now=tables.now, timed=tables.timed)
    yield from note_hand_overs(
        marked, total=len(tables.episodes), lead=tables.settings.leads, timed=tables.timed
    )
    yield from note_ids(count_ids(keys), tables.settings.leads)


def _is_activity_type(name: str, tables: Tables) -> bool:
    """Return whether any activity is of a type, which the settings may name as a column."""
    if tables.activities is None:
        return False
    query = f"SELECT 1 AS there FROM {tables.activities.place} WHERE type = {literal(name)} LIMIT 1"
    return bool(query_rows(tables.activities.connection, query))


def _check_named(tables: Tables) -> Iterator[Finding]:
    """List the names under [features] that no column has: a misspelt one would let a leak in."""
    lead, decision = tables.settings.leads, tables.settings.decision
    own = (lead.id, lead.handed_over_at, lead.order, *decision.named.values())
    known = {*tables.columns, *tables.decision_columns, *own}
    for key in ("exclude", "fit", "behaviour", "trust"):
        named = getattr(tables.settings.features, key)
        lost = [name for name in named if name not in known]
        lost = [name for name in lost if not _is_activity_type(name, tables)]
        near = [difflib.get_close_matches(name, tables.columns, n=1) for name in lost]
        meant = ", ".join(f'"{match[0]}"' for match in near if match)
        if lost:
            yield Finding(
                code="unknown_column",
                severity="warning",
                message=f"[features] {key} names columns that are not there: "
                + ", ".join(f'"{name}"' for name in lost[:_MAX_COLUMNS_LISTED]),
                next_step=f"Did you mean {meant}?" if meant else "Correct or remove them",
                count=len(lost),
                total=len(named),
            )


def _check_activities(tables: Tables) -> Iterator[Finding]:
    """Check that activities have times and belong to the leads."""
    if tables.activities is not None:
        counts = None
        if tables.timed:
            keys = store_keys(tables.episodes, tables.activities)
            counts = count_activities(tables.activities, keys)
        yield from note_activities(counts, tables.settings.activities, learning=True)


def _check_decisions(tables: Tables) -> Iterator[Finding]:
    """Check that decisions are understood, dated, and belong to a hand-over."""
    episodes, decision = tables.episodes, tables.settings.decision
    # A row without an id is no lead: below an item of a board its parts have a status too.
    unknown = episodes["unknown"].where(episodes["lead_id"].notna())
    yield from note_unknown_values(unknown, episodes["row"], table="leads", others=decision.others)
    flat = tables.decisions is None
    yield from _count_rows(
        episodes,
        episodes["early"].astype(bool),
        code="decision_before_hand_over",
        message=RULES["decision_before_hand_over"],
        next_step="Check decided_at under [decision]; these rows are not used",
        column=decision.decided_at if flat else None,
    )
    if tables.decisions is not None:
        known = tables.decisions["lead_id"].isin(episodes["lead_id"].dropna())
        yield from _count_rows(
            tables.decisions,
            ~known,
            code="decision_without_lead",
            message="the lead of a decision is not in leads",
            next_step="Set id under [decision] if the ids of the two tables differ",
            column=decision.id,
            severity="note" if known.any() else "warning",
            table="decisions",
        )
    if tables.timed:
        yield from _check_dates(tables)


def _count_corrections(tables: Tables, labels: Labels) -> Iterator[Finding]:
    """Say how many decisions the teams corrected, and how many of these are not used."""
    if "corrected" not in tables.episodes:
        return
    given, changed = int(tables.episodes["corrected"].notna().sum()), int(labels.corrected.sum())
    unused = changed - labels.n_corrected
    yield Finding(
        code="corrected",
        severity="note",
        message=f"decisions that the teams corrected: {changed:,}"
        + (f", {unused:,} of them on leads that are not used" if unused else "")
        + (f"; that they confirmed: {given - changed:,}" if given > changed else ""),
        table="corrections",
        count=changed,
        total=given,
    )


def _check_dates(tables: Tables) -> Iterator[Finding]:
    """Check the dates of decisions, from which the maturity age is measured."""
    decision = tables.settings.decision
    answers = tables.episodes if tables.decisions is None else tables.decisions
    answers = answers[answers["decision"].notna()]
    undated = answers["decided_at"].isna()
    unmeasured = len(answers) > 0 and undated.all() and decision.matured_after_days == "auto"
    yield from _count_rows(
        answers,
        undated,
        code="undated_decision",
        message="decided without a date, so that young leads cannot be separated from matured ones"
        if unmeasured
        else "decided without a date",
        next_step="Set decided_at under [decision], or matured_after_days to a number of days"
        if unmeasured
        else "",
        column=decision.decided_at,
        severity="warning" if unmeasured else "note",
        table="leads" if tables.decisions is None else "decisions",
    )


def _check_answers(labels: Labels) -> Iterator[Finding]:
    """Check that there are enough accepted and rejected leads to learn from."""
    used = labels.accepted[labels.used]
    counts = {"accepted": int((used == 1).sum()), "rejected": int((used == 0).sum())}
    if len(used) and not all(counts.values()):
        word = max(counts, key=lambda answer: counts[answer])
        yield Finding(
            code="one_class",
            severity="error",
            message=f"all {len(used):,} leads that can be learned from are {word}",
            next_step="List under [decision] the values that mean the other answer",
            count=len(used),
            total=len(labels.rule),
        )
    for word, count in counts.items():
        if count < FEW_OF_EACH:
            refused = count < MIN_OF_EACH
            needed = (
                f"at least {MIN_OF_EACH} are needed"
                if refused
                else f"metrics are reliable from {FEW_OF_EACH}"
            )
            yield Finding(
                code=f"too_few_{word}",
                severity="error" if refused else "warning",
                message=f"{count} {word} leads can be learned from; {needed}",
                next_step="Export a longer period, or check the values under [decision]",
                count=count,
                total=len(labels.rule),
            )


def _check_use(labels: Labels) -> Iterator[Finding]:
    """Say which rules removed the leads, where they removed most of them."""
    total = len(labels.rule)
    unused = total - int(labels.used.sum())
    if unused <= total / 2:
        return
    rules = sorted(labels.excluded.items(), key=lambda pair: -pair[1])[:_MAX_RULES_LISTED]
    reasons = ", ".join(f"{RULES[rule]} ({count:,})" for rule, count in rules if count)
    yield Finding(
        code="most_unused",
        severity="note",
        message=f"not learned from: {unused:,} of {total:,} rows: {reasons}",
        next_step="If that is not meant, check since under [leads] and all under [decision]",
        count=unused,
        total=total,
    )


def _find_late_answers(tables: Tables, labels: Labels) -> Iterator[Finding]:
    """Count the answers that came past maturity where silence past maturity is an answer."""
    decision = tables.settings.decision
    if decision.present_means is None or labels.matured_after_days is None:
        return
    delay = (tables.episodes["decided_at"] - tables.episodes["handed_over_at"]).dt.days
    other = "rejected" if decision.present_means == "accepted" else "accepted"
    yield from _count_rows(
        tables.episodes,
        labels.used & (delay > labels.matured_after_days),
        code="late_answer",
        message=(
            f"answered later than {labels.matured_after_days:.0f} days after hand-over, and so "
            f"counted as {other}"
        ),
        next_step="Set matured_after_days under [decision] to the days an answer may take",
        severity="warning" if decision.matured_after_days == "auto" else "note",
    )


def _count_rows(
    frame: pd.DataFrame, mask: pd.Series, *, code: str, message: str, **shown: Any
) -> Iterator[Finding]:
    """Yield a finding with the number and the first of the rows marked, if any is."""
    yield from note_rows(mark(frame, mask), len(frame), code=code, message=message, **shown)


def mark(frame: pd.DataFrame, mask: pd.Series) -> Marked:
    """Count the rows marked, and name the first."""
    count = int(mask.sum())
    return Marked(count, int(frame.loc[mask, "row"].iloc[0]) if count else None)
