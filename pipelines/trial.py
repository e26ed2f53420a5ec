"""Trial jobs: plan a trial, write each lead's group, and read what the trial shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.contract.lead_list import read_lead_list
from features.errors import DataRefused, UsageError
from features.files import write_files
from features.labels import read_labelled
from features.language import SOURCE_LANGUAGE, language
from features.settings.load import load_settings
from features.settings.schema import Settings
from models.registry.history import find_model
from models.trials.arrivals import choose_days, list_arrivals
from models.trials.groups import count_moved, name_groups
from models.trials.plan import (
    HOLD_OUT,
    PAGE,
    PLAN,
    Outcome,
    TrialPlan,
    check_name,
    load_plan,
    make_plan,
    plan_folder,
    to_json,
)
from models.trials.reading import Reading, read_trial
from pipelines.console import Console, wrap
from pipelines.scoring_run import as_reference
from serve.destinations.files import open_file
from serve.pages.trial_plan import describe_plan, render_plan
from serve.runs.places import refuse_inputs

if TYPE_CHECKING:
    import pyarrow as pa

VERDICTS = {
    "faulty": "The groups are not as large as planned, so leads were lost or moved on the way and "
    "nothing may be read from the difference. Find out where, and plan a new trial.",
    "works": "It pays: the whole interval lies above 0. The trial may end.",
    "harms": "It harms: the whole interval lies below 0. The trial should end.",
    "too small": "The rise that was worth finding is excluded. The trial may end.",
    "changed": "No one difference fits all that was seen: what the score does has changed on the "
    "way. Look at what changed then, and plan a new trial.",
    "open": "Not decided yet: 0 lies within the interval. Go on, and look again on any day.",
    "not shown": "Not shown: the groups are full and 0 lies within the interval. The trial ends.",
}


def plan(
    console: Console,
    *,
    config: Path,
    name: str,
    outcome: Outcome,
    days: int | None,
    effect: float | None,
    share: float,
    start: date | None,
    models: tuple[str, str] | None,
) -> dict[str, Any]:
    """Plan a trial from what happened before it, and write the page to sign.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file, beside which the plan is kept.
    name, outcome, days, effect, share, start
        As `models.trials.plan.make_plan` takes them; None stands for what is usual.
    models : tuple of str or None
        The versions of two models; a hold-out if None.

    Returns
    -------
    dict
        As shown with --json.

    Raises
    ------
    UsageError
        When a trial of this name has begun, or cannot be planned so.
    """
    settings = load_settings(config)
    folder = plan_folder(settings, name)
    groups = HOLD_OUT if models is None else _name_models(settings, models)
    console.progress("Reading the tables")
    tables, labels = read_labelled(settings)
    days = choose_days(tables, labels, outcome) if days is None else days
    arrivals = list_arrivals(tables, labels, outcome=outcome, days=days, since=None)
    now = tables.as_of if tables.as_of is not None else tables.now
    if (folder / PLAN).exists():
        _refuse_begun(load_plan(settings, name), now)
    console.progress("Finding how many leads it takes")
    made = make_plan(
        arrivals,
        now=now,
        name=name,
        groups=groups,
        outcome=outcome,
        days=days,
        share=share,
        effect=effect,
        start=_next_monday(tables.now) if start is None else start,
    )
    words = settings.words()
    page = render_plan(made, words, project=settings.project.name)
    write_files({folder / PLAN: to_json(made).encode(), folder / PAGE: page.encode("utf-8")})
    result = {
        "trial": made.name,
        "seal": made.seal,
        **made.model_dump(mode="json", exclude={"name"}),
        "plan": str(folder / PLAN),
        "out": str(folder / PAGE),
        "seconds": console.elapsed(),
    }
    console.result(result, describe_planned(made, out=str(folder / PAGE)))
    return result


def assign(
    console: Console, *, config: Path, name: str, leads: str | None, out: Path
) -> dict[str, Any]:
    """Write the group of each lead.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    name : str
        The trial.
    leads : str or None
        A file, glob or table; the project's own leads if None.
    out : Path
        The file to write: ``lead_id`` and ``group``, each lead once.

    Returns
    -------
    dict
        As shown with --json.

    Raises
    ------
    DataRefused
        When no row has a lead's id.
    """
    import pyarrow as pa

    settings = load_settings(config)
    found = load_plan(settings, name)
    refuse_inputs(settings, [out], leads)
    destination = open_file(out, None)
    destination.check()
    console.progress("Reading the leads")
    listed = read_lead_list(settings, as_reference(leads))["lead_id"]
    ids = listed.dropna().drop_duplicates().reset_index(drop=True)
    if ids.empty:
        raise DataRefused(
            "no row has the id of a lead",
            where=leads or settings.tables.leads,
            got=f"{len(listed):,} rows",
            next_step="Export the column named by [leads] id",
        )
    groups = pd.Series(name_groups(ids, found))
    table: pa.Table = pa.table({"lead_id": pa.array(ids), "group": pa.array(groups)})
    destination.deliver(lambda: iter([table]))
    counts = {group: int((groups == group).sum()) for group in found.groups}
    result = {
        "trial": found.name,
        "seal": found.seal,
        "leads": len(ids),
        "without_id": int(listed.isna().sum()),
        "groups": counts,
        "out": str(out),
        "seconds": console.elapsed(),
    }
    told = ", ".join(f"{count:,} in “{group}”" for group, count in counts.items())
    console.result(result, wrap(f"{len(ids):,} leads: {told}. Written to {out}"))
    return result


def read(console: Console, *, config: Path, name: str, groups: str | None) -> dict[str, Any]:
    """Read a trial as it stands.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.
    name : str
        The trial.
    groups : str or None
        A file of leads with the group each was worked in.

    Returns
    -------
    dict
        As shown with --json.
    """
    settings = load_settings(config)
    found = load_plan(settings, name)
    moved = None
    if groups is not None:
        given = read_lead_list(settings, as_reference(groups), group=True)
        moved = count_moved(given, found, where=groups)
    console.progress("Reading the tables")
    tables, labels = read_labelled(settings)
    now = tables.as_of if tables.as_of is not None else tables.now
    arrivals = list_arrivals(
        tables, labels, outcome=found.outcome, days=found.days, since=pd.Timestamp(found.start)
    )
    reading = read_trial(found, arrivals, now=now)
    result = {
        "trial": found.name,
        "seal": found.seal,
        "until": f"{now:%Y-%m-%d}",
        **_to_result(reading, found),
        "moved": moved,
        "seconds": console.elapsed(),
    }
    console.result(result, describe_reading(result, found))
    return result


def describe_planned(made: TrialPlan, *, out: str) -> list[str]:
    """Return the plan as lines for a terminal of 80 columns."""
    side = describe_plan(made, language(SOURCE_LANGUAGE))
    lines = [side.title]
    for heading, sentences in side.rows:
        lines += ["", heading]
        for sentence in sentences:
            lines += wrap(sentence, indent="  ")
    return [*lines, "", *wrap(f"Seal {made.seal}. To print and sign, in every language: {out}")]


def describe_reading(result: Mapping[str, Any], found: TrialPlan) -> list[str]:
    """Return the reading as lines for a terminal of 80 columns."""
    lines = wrap(
        f"Trial {result['trial']} (seal {result['seal']}): leads handed over since {found.start}, "
        f"by data until {result['until']}; outcome: {found.outcome} within {found.days} days."
    )
    lines += ["", f"  {'group':34}{'leads':>9}{'old enough':>12}{'outcome':>10}{'':8}"]
    for group in result["groups"]:
        share = f"{group['outcomes'] / group['counted']:8.1%}" if group["counted"] else ""
        lines.append(
            f"  {group['name'][:32]:34}{group['leads']:>9,}{group['counted']:>12,}"
            f"{group['outcomes']:>10,}{share}"
        )
    lines.append("")
    if result["difference"] is None:
        lines += wrap(
            f"In a group no lead was handed over {found.days} days ago or earlier: nothing is "
            "known yet."
        )
    elif result["low"] <= result["high"]:
        lines += wrap(
            f"Difference: {100 * result['difference']:+.1f} points, between "
            f"{100 * result['low']:+.1f} and {100 * result['high']:+.1f} (95 %, however often one "
            "looks)."
        )
    counted = sum(group["counted"] for group in result["groups"])
    lines += wrap(f"{counted:,} of the planned {found.size:,} leads count so far.")
    if result["moved"]:
        lines += wrap(
            f"{result['moved']:,} leads were worked in the other group; they count where they were "
            "drawn, which makes the difference smaller, never larger."
        )
    since = f" Shown on {result['shown_on']}." if result["shown_on"] else ""
    return [*lines, "", *wrap(VERDICTS[result["verdict"]] + since)]


def _to_result(reading: Reading, found: TrialPlan) -> dict[str, Any]:
    kept = asdict(reading)
    columns = (found.groups, kept.pop("arrived"), kept.pop("leads"), kept.pop("outcomes"))
    names = ("name", "leads", "counted", "outcomes")
    shown = kept.pop("shown_on")
    return {
        **kept,
        "shown_on": None if shown is None else f"{shown:%Y-%m-%d}",
        "groups": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)],
        "size": found.size,
    }


def _name_models(settings: Settings, models: tuple[str, str]) -> tuple[str, str]:
    """Return the versions of two models of the project, which must differ."""
    first, second = (find_model(settings, version).version or version for version in models)
    if first == second:
        raise UsageError(
            "a trial compares two models",
            got=f"{first} twice",
            next_step="Name two versions; leadaccord card VERSION describes one",
        )
    return first, second


def _refuse_begun(found: TrialPlan, now: pd.Timestamp) -> None:
    if pd.Timestamp(found.start) <= now:
        raise UsageError(
            "the trial has begun, and its plan stays as it is",
            got=f"a new plan of {check_name(found.name)}, begun on {found.start}",
            next_step="Plan another trial under another name",
            code="trial_begun",
        )


def _next_monday(now: pd.Timestamp) -> date:
    day: date = now.date()
    return day + timedelta(days=7 - day.weekday())
