"""Settings rules that involve several keys, with one error for all mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from features.settings.problem import Problem
from features.settings.schema import (
    BandSettings,
    CapacitySettings,
    DecisionSettings,
    FeatureSettings,
    LeadSettings,
    Settings,
)


def collect_problems(settings: Settings) -> Iterator[Problem]:
    """Give what is wrong with keys that are right each by itself.

    Parameters
    ----------
    settings : Settings
        Settings whose keys have the right types.

    Yields
    ------
    Problem
        In the order of the file's tables.
    """
    yield from _check_leads(settings.leads)
    yield from _check_progress(settings)
    if settings.decision.present_means:
        yield from _check_present_means(settings.decision, settings.tables.decisions)
    elif settings.leads.preset is None:
        yield from find_missing_decision(settings.decision)
    yield from _check_values(settings.decision)
    yield from _check_closed(settings.decision)
    yield from _check_columns(settings.features, settings.leads)
    yield from _check_bands(settings.bands)
    yield from _check_capacity(settings.capacity)


def _check_leads(leads: LeadSettings) -> Iterator[Problem]:
    if leads.order and leads.handed_over_at:
        yield Problem(
            ("leads", "order"),
            "[leads] order and handed_over_at are both given",
            expected="one of them",
            next_step="Remove order if the hand-over has a time, otherwise remove handed_over_at",
        )
    elif leads.order and leads.since:
        yield Problem(
            ("leads", "since"),
            "[leads] since needs the time of the hand-over, and order gives only a sequence",
            next_step="Name the column of the time in handed_over_at, or remove since",
        )
    if leads.status and not leads.working:
        yield Problem(
            ("leads", "working"),
            "[leads] status is named, and no value of it means that sales is at work",
            expected='a list of values, such as ["Working", "Contacted"]',
            next_step="Add working under [leads], or remove status",
        )


def _check_progress(settings: Settings) -> Iterator[Problem]:
    if settings.leads.working and settings.leads.preset is None and settings.status is None:
        yield Problem(
            ("leads", "status"),
            "[leads] working has values, and no column of leads holds them",
            expected="the column of leads that says how far sales is",
            next_step="Name it in status under [leads]",
        )
    if settings.activities.sales and settings.tables.activities is None:
        yield Problem(
            ("activities", "sales"),
            "[activities] sales names types, and no table of activities is named",
            next_step="Name the table in activities under [tables], or remove sales",
        )


def _check_present_means(decision: DecisionSettings, decisions: str | None) -> Iterator[Problem]:
    if decisions is None:
        yield Problem(
            ("decision", "present_means"),
            "[decision] present_means needs a table of decisions",
            expected="[tables] decisions",
            next_step='Add decisions = "FILE" to [tables], or remove present_means',
        )
    for name in ("column", "accepted", "rejected", "recycled", "undecided", "closed", "converted"):
        if getattr(decision, name):
            yield Problem(
                ("decision", name),
                f"[decision] {name} and present_means are both given",
                expected="one of them",
                next_step=f"Remove {name} if being in the table is the decision, "
                "else remove present_means",
            )


def find_missing_decision(decision: DecisionSettings) -> Iterator[Problem]:
    """Give a problem for each key without which no decision can be read.

    Parameters
    ----------
    decision : DecisionSettings
        Settings without `present_means`.

    Yields
    ------
    Problem
        For `column`, `accepted` and `rejected`, where they are empty. With `converted`, no value
        of `column` has to mean yes.
    """
    if not decision.model_fields_set:
        yield Problem(
            ("decision",),
            "[decision] is missing or empty",
            expected="the column of sales' decision and the meaning of its values",
            next_step="Add [decision] with column, accepted and rejected",
        )
        return
    examples = {
        "column": 'column = "Status", the column that holds what sales decided',
        "accepted": 'accepted = ["Qualified"], the values that mean yes',
        "rejected": 'rejected = ["Disqualified"], the values that mean no',
    }
    if decision.converted:
        del examples["accepted"]  # converted says it
    for name, example in examples.items():
        if not getattr(decision, name):
            yield Problem(
                ("decision", name),
                f"[decision] {name} is missing",
                next_step=f"Add {example}",
            )


def _check_closed(decision: DecisionSettings) -> Iterator[Problem]:
    """Give a problem where a key about closed or converted records stands without its other."""
    if decision.closed_values and not decision.closed:
        yield Problem(
            ("decision", "closed"),
            "[decision] closed is missing",
            next_step='Add closed = "IsClosed", the column that says whether a record is closed, '
            "or remove closed_values",
        )
    if decision.converted_values and not decision.converted:
        yield Problem(
            ("decision", "converted"),
            "[decision] converted is missing",
            next_step='Add converted = "Is Converted", the column that says whether sales took a '
            "record over, or remove converted_values",
        )


def _check_values(decision: DecisionSettings) -> Iterator[Problem]:
    lists = {name: getattr(decision, name) for name in ("accepted", "rejected", "recycled")}
    for name, values in lists.items():
        if "" in values and not decision.closed:
            yield Problem(
                ("decision", name),
                f"[decision] {name} holds an empty value, and no entry is no decision",
                next_step=f"Remove the empty value from {name}, or name as closed the column that "
                "says which records were decided, such as the date of the decision",
            )
    lists["undecided"] = decision.undecided
    for first, second in combinations(lists, 2):
        shared = [value for value in lists[second] if value in lists[first] and value]
        if shared:
            yield Problem(
                ("decision", second),
                f"[decision] {first} and {second} share a value",
                got=", ".join(f'"{value}"' for value in dict.fromkeys(shared)),
                next_step="Keep each value in one list",
            )


def _check_columns(features: FeatureSettings, leads: LeadSettings) -> Iterator[Problem]:
    contradictions = (
        ("exclude", features.exclude, "fit", features.fit),
        ("exclude", features.exclude, "behaviour", features.behaviour),
        ("exclude", features.exclude, "trust", features.trust),
        ("fit", features.fit, "behaviour", features.behaviour),
        ("[leads] display", leads.display, "fit", features.fit),
        ("[leads] display", leads.display, "behaviour", features.behaviour),
    )
    for first, names, second, others in contradictions:
        shared = [name for name in others if name in names]
        if shared:
            yield Problem(
                ("features", second),
                f"[features] {second} and {first} name the same column",
                got=", ".join(f'"{name}"' for name in shared),
                next_step="Keep the column in one of the two lists",
            )


def _check_bands(bands: BandSettings) -> Iterator[Problem]:
    limits = {"hot": bands.hot, "warm": bands.warm, "cool": bands.cool}
    for (upper, high), (lower, low) in pairwise(limits.items()):
        if high <= low:
            named = lower if lower in bands.model_fields_set else upper
            yield Problem(
                ("bands", named),
                f"[bands] {upper} does not lie above {lower}",
                got=f"{upper} = {high}, {lower} = {low}",
                expected="limits that fall from hot over warm to cool",
                next_step="Give each band a higher limit than the next",
            )


def _check_capacity(capacity: CapacitySettings) -> Iterator[Problem]:
    room = capacity.leads_per_week
    if room is None and capacity.by:
        yield Problem(
            ("capacity", "leads_per_week"),
            "[capacity] leads_per_week is missing",
            next_step="Add it: a number, which then counts for each value of by, or one for each, "
            "such as { Madrid = 40, Lisbon = 30 }",
        )
    elif isinstance(room, dict) and not (capacity.by and room):
        yield Problem(
            ("capacity", "leads_per_week"),
            "[capacity] leads_per_week has values, and by names no column that holds them"
            if room
            else "[capacity] leads_per_week is empty",
            next_step='Add by = "COLUMN", the team or owner of a lead, or write one number',
        )
