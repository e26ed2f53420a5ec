"""What may be wrong with the data: found before anything is learned or scored, coded and counted.

Only row numbers, names of columns and decision values are shown, never what is personal.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from features.attributes import plan_attributes
from features.contract import Tables, note_unknown_values
from features.errors import DataRefused
from features.findings import Finding, Severity, sort_by_severity
from features.labels import RULES, Labels, mark_duplicates

MIN_OF_EACH = 40
FEW_OF_EACH = 120
"""Fewer accepted or rejected leads than the first are refused, than the second warned of."""

MOSTLY_MISSING = 0.5
_MAX_COLUMNS_LISTED = 10
_MAX_RULES_LISTED = 3

_NO_TIME = "the leads have no time and no order: the test is shuffled, and figures may flatter"
_ONLY_ORDER = "the leads have an order but no times: ages, maturity and activities are not used"


def check_tables(tables: Tables, labels: Labels | None = None) -> tuple[Finding, ...]:
    """Look through a project's tables.

    Parameters
    ----------
    tables : Tables
    labels : Labels, optional
        Given, the tables are checked for learning; left out, for scoring, where no decision
        is needed.

    Returns
    -------
    tuple of Finding
        Those of reading and those found here, errors first. What makes single columns useless
        is found by `check_columns`.
    """
    if tables.episodes.empty:
        nothing = Finding(
            code="no_leads",
            severity="error",
            message="the leads table has no rows",
            next_step="Check the file or table that [tables] leads names",
        )
        return sort_by_severity([*tables.findings, nothing])
    found = [
        *tables.findings,
        *_check_hand_overs(tables),
        *_check_order(tables),
        *_check_missing_share(tables.attributes),
        *_check_activities(tables, learning=labels is not None),
    ]
    if labels is not None:
        found += [*_check_named(tables), *_check_decisions(tables)]
        found += [*_check_answers(labels), *_find_late_answers(tables, labels), *_check_use(labels)]
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
    episodes, lead = tables.episodes, tables.settings.leads
    missing = episodes["lead_id"].isna()
    yield from _count_rows(
        episodes,
        missing,
        code="missing_id",
        message=RULES["missing_id"],
        next_step="Fill it in; rows without an id are not used",
        column=lead.id,
        severity="error" if missing.all() else "warning",
    )
    yield from _count_rows(
        episodes,
        mark_duplicates(episodes),
        code="duplicate_episode",
        message=RULES["duplicate"],
        next_step="Nothing, if they are copies: each hand-over counts once",
        column=lead.id,
    )
    place = "handed_over_at" if tables.timed else "sequence"
    missing = episodes[place].isna()
    yield from _count_rows(
        episodes,
        missing,
        code="missing_hand_over",
        message=RULES["missing_hand_over"],
        next_step="Fill it in, or name a column that every lead has under [leads]",
        column=lead.handed_over_at if tables.timed else lead.order,
        severity="error" if missing.mean() > MOSTLY_MISSING else "warning",
    )
    yield from _count_rows(
        episodes,
        episodes["handed_over_at"] > tables.now,
        code="hand_over_in_future",
        message=RULES["hand_over_in_future"],
        next_step="Correct the times, or set time_format under [leads] if they were misread",
        column=lead.handed_over_at,
    )


def _check_order(tables: Tables) -> Iterator[Finding]:
    """Say what a missing time of hand-over costs."""
    total = len(tables.episodes)
    if tables.order == "none":
        yield Finding(
            code="no_time",
            severity="warning",
            message=_NO_TIME,
            next_step='Set handed_over_at under [leads], or order (a column, or "file")',
            count=total,
            total=total,
        )
    elif not tables.timed:
        yield Finding(
            code="order_instead_of_time",
            severity="note",
            message=_ONLY_ORDER,
            next_step="Set handed_over_at under [leads] if the export can have it",
            column=tables.settings.leads.order if tables.order == "order" else None,
            count=total,
            total=total,
        )


def _check_named(tables: Tables) -> Iterator[Finding]:
    """List the names under [features] that no column has: a misspelt one would let a leak in."""
    lead, decision = tables.settings.leads, tables.settings.decision
    own = (lead.id, lead.handed_over_at, lead.order, decision.column, decision.decided_at)
    known = {*tables.columns, *tables.decision_columns, *own, decision.reason, decision.rep}
    for key in ("exclude", "fit", "behaviour", "trust"):
        named = getattr(tables.settings.features, key)
        lost = [name for name in named if name not in known]
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


def _check_missing_share(attributes: pd.DataFrame) -> Iterator[Finding]:
    """List the columns that are missing for most leads, in one finding."""
    share = attributes.isna().mean()
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
        next_step="Nothing is needed; missing is learned from as a value of its own",
        count=len(share),
        total=attributes.shape[1],
    )


def _check_activities(tables: Tables, *, learning: bool) -> Iterator[Finding]:
    """Check that activities have times and belong to the leads."""
    if tables.activities is None:
        return
    if not tables.timed:
        yield Finding(
            code="activities_without_time_order",
            severity="warning",
            message="activities are not used: hand-overs have no times to count them from",
            next_step="Set handed_over_at under [leads]",
            table="activities",
        )
        return
    counts = _count_activities(tables)
    settings = tables.settings.activities
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
    # New leads are scored without the old ones, whose activities may well be in the table.
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


def _note_no_activity(counts: dict[str, int], column: str | None) -> Finding:
    """Tell ids that do not fit from activities that all came after hand-over."""
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


def _count_activities(tables: Tables) -> dict[str, int]:
    """Count activities and their leads where the activities are, in one query."""
    import ibis

    dated = tables.episodes.dropna(subset=["lead_id"])
    last = dated.groupby("lead_id")["handed_over_at"].max().astype("datetime64[us]")
    frame = pd.DataFrame({"known": last.index.astype(object), "last": last.to_numpy()})
    leads = ibis.memtable(frame, schema={"known": "string", "last": "timestamp(6)"})
    activities: Any = tables.activities
    per_lead = activities.group_by("lead_id").aggregate(
        rows=activities.count(),
        undated=activities["at"].isnull().sum(),
        first=activities["at"].min(),
    )
    joined = per_lead.left_join(leads, per_lead.lead_id == leads.known)
    lost, named = joined.known.isnull(), joined.lead_id.notnull()
    row = joined.aggregate(
        rows=joined["rows"].sum(),
        undated=joined.undated.sum(),
        ids=named.sum(),
        lost_ids=(lost & named).sum(),
        lost_rows=joined["rows"].sum(where=lost),
        before=(joined["first"] < joined["last"]).sum(),
    ).to_pandas()
    return {str(name): int(value) for name, value in row.iloc[0].fillna(0).items()}


def _check_decisions(tables: Tables) -> Iterator[Finding]:
    """Check that decisions are understood, dated, and belong to a hand-over."""
    episodes, decision = tables.episodes, tables.settings.decision
    yield from note_unknown_values(
        episodes["unknown"], episodes["row"], table="leads", others=decision.others
    )
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
        message="decided without a date, so that young leads cannot be told from matured ones"
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
                else f"figures are dependable from {FEW_OF_EACH}"
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
        message=f"not learned from: {_of(unused, total, 'rows')}: {reasons}",
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
    frame: pd.DataFrame,
    mask: pd.Series,
    *,
    code: str,
    message: str,
    next_step: str,
    column: str | None = None,
    severity: Severity = "warning",
    table: str = "leads",
) -> Iterator[Finding]:
    """Yield a finding with the number and the first of the rows marked, if any is."""
    count = int(mask.sum())
    if count:
        yield Finding(
            code=code,
            severity=severity,
            message=f"{message}: {_of(count, len(frame), 'rows')}",
            next_step=next_step,
            table=table,
            column=column,
            count=count,
            total=len(frame),
            example=f"row {int(frame.loc[mask, 'row'].iloc[0])}",
        )


def _of(count: int, total: int, what: str) -> str:
    return f"{count:,} of {total:,} {what}"


def _percent(share: float) -> str:
    # Rounded down: what is not missing everywhere must not read as 100 %.
    return f"{int(share * 100)} %"
