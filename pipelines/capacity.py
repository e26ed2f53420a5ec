"""Capacity command: the score that fills sales' week, and the accepted leads that it brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from features.labels import label_tables
from features.settings.load import load_settings
from models.registry.champion import load_champion
from pipelines.console import Console, wrap
from pipelines.reading import read_own
from serve.report.planning.capacity import summarise_capacity
from serve.report.scored_hand_overs import score_hand_overs

WAYS = {
    "by_score": "the best scores first",
    "first_come": "first come, first served",
    "practice": "as sales answered",
    "over_first_come": "more than first come",
    "over_practice": "more than as sales answered",
}


def run(console: Console, *, config: Path, leads: float | None = None) -> dict[str, Any]:
    """Judge the capacity of the settings by the model in use.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    leads : float or None
        Leads a week in all instead of those in the settings.

    Returns
    -------
    dict
        As shown with --json.
    """
    settings = load_settings(config)
    if leads is not None:
        room = settings.capacity.model_copy(update={"leads_per_week": leads, "by": None})
        settings = settings.model_copy(update={"capacity": room})
    bundle = load_champion(settings)
    console.progress("Reading the tables")
    tables = read_own(settings, bundle)
    console.progress(f"Scoring {len(tables.episodes):,} hand-overs")
    scored = score_hand_overs(bundle, tables, label_tables(tables))
    console.progress("Filling the weeks")
    found = summarise_capacity(tables, scored)
    result = {"model_version": bundle.version, **found, "seconds": console.elapsed()}
    console.result(result, describe(result))
    return result


def describe(result: Mapping[str, Any]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    lines = wrap(
        f"{result['leads']:,.0f} leads a week. Judged on {result['judged']:,} answered leads of "
        f"{result['weeks']} whole weeks, {result['start']} to {result['end']}, by scores from "
        f"before their answer; model {result['model_version']}."
    )
    if not result["set"]:
        lines += wrap(
            "The settings name no capacity: shown are a quarter, half and three quarters of the "
            "leads. Name yours in leads_per_week under [capacity]."
        )
    for row in result["rows"]:
        lines += ["", *_describe_row(row)]
    return [*lines, "", "Ranges of accepted leads: 95 %, by resampling whole weeks."]


def _describe_row(row: Mapping[str, Any]) -> Iterator[str]:
    people = f", {row['reps']} reps" if row["reps"] > 1 else ""
    yield f"Capacity of {row['capacity']:,.0f} leads a week{people}"
    for group in row["groups"]:
        yield from _describe_group(group)
    yield f"  {'accepted leads a week':32}{'':8}  probably between"
    for name, label in WAYS.items():
        if row[name] is not None:
            yield _describe_interval(label, row[name], signed=name.startswith("over"))
    label = "one lead more for each rep" if row["reps"] > 1 else "one lead more"
    yield _describe_interval(label, row["one_more"], signed=True)


def _describe_group(group: Mapping[str, Any]) -> list[str]:
    whose = f"{group['name']}, {group['capacity']:,.0f} a week: " if group["name"] else ""
    if group["score"] > 100:
        return wrap(f"{whose}not one lead a week arrives", indent="  ")
    return wrap(
        f"{whose}score {group['score']} or more: {group['leads']:,.0f} leads a week, "
        f"{group['low']:,.0f} to {group['high']:,.0f} in 8 of 10 weeks; within a tenth of the "
        f"promise in {100 * group['within']:.0f} of 100",
        indent="  ",
    )


def _describe_interval(label: str, interval: Mapping[str, float], *, signed: bool) -> str:
    form = "+,.1f" if signed else ",.1f"
    value, low, high = (format(interval[end], form) for end in ("value", "low", "high"))
    return f"  {label:32}{value:>8}  {low} to {high}"
