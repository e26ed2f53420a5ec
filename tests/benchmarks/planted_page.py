"""The page of planted changes: when each is noticed, and whether the gate acts rightly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from models.evaluation.intervals import wilson_interval

Run = Mapping[str, Any]
"""One company with one change: its kind, and a look at each month's end."""

EQUAL = 0.002
"""Two models whose true log-losses are closer than this, in nats, are as good as equal."""

HEAD = """# Planted changes

`make planted` measures every figure on this page and writes the page. Everything is seeded.

{companies} simulated companies, seeds {first} to {last}, none of which was looked at while anything
was chosen: about {size} leads a month, a model trained after twelve months, sales and leads then as
before for two months. Then one thing changes, in each company each of them by itself. At the end of
every month the company is watched by [`leadaccord monitor`](monitoring.md), looking at the leads
handed over in that month, and retrained by [`leadaccord retrain`](retraining.md) with the gate as
it is by default. The decision of a lead comes a few days after it was handed over, and counts when
the lead has matured, after about three weeks.

A change is **honest** where the company is so from now on: the better model is the one that has
learned from it. It is a **fault** where only the data are: no model may learn from it until it is
mended. Watching ends with the first alert and retraining with the first promotion, after
five months for honest changes and three for faults.
"""


def render(results: Mapping[str, Any]) -> str:
    """Return the page as Markdown."""
    companies = results["companies"]
    seeds = [company["seed"] for company in companies]
    head = HEAD.format(
        companies=len(companies), first=min(seeds), last=max(seeds), size=results["size"]
    )
    runs = {name: [one["changes"][name] for one in companies] for name in companies[0]["changes"]}
    honest = {name: found for name, found in runs.items() if found[0]["kind"] == "honest"}
    faults = {name: found for name, found in runs.items() if found[0]["kind"] == "fault"}
    (steady,) = (found for found in runs.values() if found[0]["kind"] == "none")
    return f"""{head}
## When monitoring notices

The share of companies in which a light is red for the first time at the end of that month of the
change, and the areas that were red then.

{_noticed({**honest, **faults})}

## What the gate does

The share of companies in which a new model is put in use for the first time at the end of that
month of the change. Right is a promotion for honest changes, none for faults.

{_decided(honest, faults)}

{_sum_up(honest, faults, steady)}
"""


def first(run: Run, holds: Callable[[Mapping[str, Any]], bool]) -> int | None:
    """Return the first look, counted from 0, of which something holds."""
    return next((place for place, look in enumerate(run["looks"]) if holds(look)), None)


def is_red(look: Mapping[str, Any]) -> bool:
    """Tell whether the month raised an alert."""
    return bool(look["red"])


def is_promoted(look: Mapping[str, Any]) -> bool:
    """Tell whether the month's model was put in use."""
    return bool(look["decision"] == "promoted")


def _noticed(groups: Mapping[str, Sequence[Run]]) -> str:
    months = 3
    heads = " | ".join(f"month {place + 1}" for place in range(months))
    lines = [f"| planted | {heads} | later or never | areas |", f"|---|{'---|' * months}---|---|"]
    for name, runs in groups.items():
        places = [first(run, is_red) for run in runs]
        shares = [_share([place == at for place in places]) for at in range(months)]
        rest = _share([place is None or place >= months for place in places])
        seen = [
            run["looks"][place]["red"]
            for run, place in zip(runs, places, strict=True)
            if place is not None
        ]
        lines.append(f"| {name} | {' | '.join(shares)} | {rest} | {_areas(seen)} |")
    return "\n".join(lines)


def _areas(seen: Sequence[Sequence[str]]) -> str:
    counts = {area: sum(area in red for red in seen) for red in seen for area in red}
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{area} {count}" for area, count in ranked) or "-"


def _decided(honest: Mapping[str, Sequence[Run]], faults: Mapping[str, Sequence[Run]]) -> str:
    months = 5
    heads = " | ".join(f"month {place + 1}" for place in range(months))
    lines = [
        f"| planted | kind | {heads} | never | right | truly better | gained |",
        f"|---|---|{'---|' * months}---|---|---|---|",
    ]
    for kind, groups in (("honest", honest), ("fault", faults)):
        for name, runs in groups.items():
            lines.append(f"| {name} | {kind} | {' | '.join(_decided_row(kind, runs, months))} |")
    lines.append("")
    lines.append(
        "Truly better: of the promoted models, how many beat the old one on the leads of the "
        "month after, by the probabilities they were drawn with. Gained: log-loss won there on "
        "average, in nats."
    )
    return "\n".join(lines)


def _decided_row(kind: str, runs: Sequence[Run], months: int) -> list[str]:
    places = [first(run, is_promoted) for run in runs]
    looks = max(len(run["looks"]) for run in runs) if kind == "fault" else months
    cells = [
        _share([place == at for place in places]) if at < looks else "" for at in range(months)
    ]
    never = sum(place is None for place in places)
    right = len(runs) - never if kind == "honest" else never
    gains = [
        run["looks"][place]["gain_later"]
        for run, place in zip(runs, places, strict=True)
        if place is not None
    ]
    better = f"{sum(gain > 0 for gain in gains)} of {len(gains)}" if gains else "-"
    mean = f"{np.mean(gains):+.4f}" if gains else "-"
    return [
        *cells,
        _share([place is None for place in places]),
        f"{right} of {len(runs)}",
        better,
        mean,
    ]


def _sum_up(
    honest: Mapping[str, Sequence[Run]], faults: Mapping[str, Sequence[Run]], steady: Sequence[Run]
) -> str:
    worlds = [run for runs in honest.values() for run in runs]
    broken = [run for runs in faults.values() for run in runs]
    looks = [look for run in steady for look in run["looks"] if look["decision"] is not None]
    equal = [look for look in looks if abs(look["gain"]) < EQUAL]
    alarms = sum(is_red(look) for run in steady for look in run["looks"])
    lines = [
        "## Summed up",
        "",
        "| asked | found | interval |",
        "|---|---|---|",
        _count(
            "a challenger that learned from broken data is never promoted",
            [first(run, is_promoted) is not None for run in broken],
            "companies with a fault promoted one",
        ),
        _count(
            "a better one is promoted in at least 95 % of worlds",
            [first(run, is_promoted) is not None for run in worlds],
            "companies with an honest change promoted one within five months",
        ),
        _count(
            "two equal models are exchanged in at most 5 %",
            [is_promoted(look) for look in equal],
            f"steady months whose models are truly less than {EQUAL} nats apart",
        ),
        _count(
            "for comparison",
            [is_promoted(look) for look in looks],
            "steady months of all, in which a challenger with more leads may be better",
        ),
        _count(
            "",
            [is_promoted(look) and look["gain"] < 0 for look in looks],
            "steady months of all, in which a model was promoted that is truly worse",
        ),
        "",
        _explain(broken),
        "",
        f"In {alarms} of the {len(looks)} steady months a light was red (watching ends with the "
        "first). Intervals are Wilson's, 95 %, as if worlds and months were drawn one by one; "
        "those of one company are not quite.",
    ]
    return "\n".join(lines)


def _explain(broken: Sequence[Run]) -> str:
    """Tell when models were promoted in spite of a fault, and what they were worth."""
    places = [(run, place) for run in broken if (place := first(run, is_promoted)) is not None]
    if not places:
        return "No model was promoted in a company with a fault."
    early = sum(place == 0 for _, place in places)
    better = sum(run["looks"][place]["gain_later"] > 0 for run, place in places)
    return (
        f"Of the {len(places)} models promoted in spite of a fault, {early} were so at the end of "
        "its first month. Until then only the faulty leads of some days have matured, one or two "
        "in a hundred of those learned from; inputs are compared on matured leads alone, so the "
        "gate does not see the fault yet, though the monitor does. What they had learned more "
        "than the old model is from before the fault: truly better on the faulty leads of the "
        "month after "
        f"were {better} of {len(places)}."
    )


def _count(asked: str, holds: Sequence[bool], of: str) -> str:
    if not holds:
        return f"| {asked} | none to count | |"
    low, high = wilson_interval(sum(holds), len(holds))
    share = sum(holds) / len(holds)
    return (
        f"| {asked} | {sum(holds)} of {len(holds)} {of} ({share:.0%}) "
        f"| {float(low):.0%} to {float(high):.0%} |"
    )


def _share(holds: Sequence[bool]) -> str:
    return f"{np.mean(holds):.0%}"
