"""The tables of monitoring: false alarms, when changes are noticed, how good the estimates are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.evaluation.intervals import wilson_interval

START, END = "<!-- measured: begin -->", "<!-- measured: end -->"

Companies = Sequence[Mapping[str, Any]]
Months = Sequence[Mapping[str, Any]]


def render(results: Mapping[str, Any]) -> str:
    """Return the measured part of the document as Markdown."""
    steady, drifting = results["steady"], results["drifting"]
    return f"""### Where nothing changes

Simulated companies, seeds {results["first_seed"]} and up, without drift: trained on 18 months, then
watched for six, each month at its end by the leads handed over in it. The intervals are Wilson's,
95 %.

{_false_alarms(steady)}

Alarms by area: {_by_area(steady)}.

### Expected and realised AUC

At the end of each month the AUC is estimated from the probabilities alone; two months later the
answers are there. The rivals take last month's realised AUC, which in truth is not known yet at
that time, and the AUC of training. Mean absolute errors over the months; "by chance alone" is the
error that perfect probabilities would still show, since a month's answers are a draw.

{_estimates({"nothing changes": steady, "drift as simulated": drifting})}
"""


def _false_alarms(companies: Companies) -> str:
    lines = [
        "| leads a month | companies | months | with an alert | interval | amber or red |",
        "|---|---|---|---|---|---|",
    ]
    for size in sorted({company["size"] for company in companies}):
        group = [company for company in companies if company["size"] == size]
        lines.append(_alarm_row(f"about {size:,}", group))
    lines.append(_alarm_row("all", companies))
    return "\n".join(lines)


def _alarm_row(name: str, companies: Companies) -> str:
    months = [month for company in companies for month in company["months"]]
    red = sum(is_red(month) for month in months)
    low, high = wilson_interval(red, len(months))
    loud = sum(not {"red", "amber"}.isdisjoint(month["lights"].values()) for month in months)
    cells = [
        name,
        f"{len(companies)}",
        f"{len(months)}",
        f"{red} ({red / len(months):.1%})",
        f"{float(low):.1%} to {float(high):.1%}",
        f"{loud} ({loud / len(months):.1%})",
    ]
    return f"| {' | '.join(cells)} |"


def is_red(month: Mapping[str, Any]) -> bool:
    """Tell whether a month raised an alert."""
    return "red" in month["lights"].values()


def _by_area(companies: Companies) -> str:
    months = [month for company in companies for month in company["months"]]
    counts = {
        area: sum(month["lights"][area] == "red" for month in months)
        for area in months[0]["lights"]
    }
    loud = [f"{area} {count}" for area, count in counts.items() if count]
    return ", ".join(loud) if loud else "none"


def _estimates(groups: Mapping[str, Companies]) -> str:
    lines = [
        "| companies | leads a month | months | expected (CBPE) | by chance alone | last month's "
        "| training's | mean error | in the 95 % interval |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, companies in groups.items():  # a group may still be unmeasured
        for size in sorted({company["size"] for company in companies}):
            chosen = [company for company in companies if company["size"] == size]
            lines.append(_estimate_row(name, size, chosen))
    return "\n".join(lines)


def _estimate_row(name: str, size: int, companies: Companies) -> str:
    months = [
        {**month, "last": before["came"], "trained": company["trained_auc"]}
        for company in companies
        for before, month in zip(company["performance"], company["performance"][1:], strict=False)
    ]
    came = np.array([month["came"] for month in months])
    errors = {
        key: np.abs(np.array([month[key] for month in months]) - came).mean()
        for key in ("expected", "last", "trained")
    }
    spread = np.mean([(month["high"] - month["low"]) / (2 * 1.96) for month in months])
    inside = np.mean([month["low"] <= month["came"] <= month["high"] for month in months])
    bias = np.mean([month["expected"] for month in months]) - came.mean()
    cells = [
        name,
        f"about {size:,}",
        f"{len(months)}",
        f"{errors['expected']:.4f}",
        f"{spread * np.sqrt(2 / np.pi):.4f}",
        f"{errors['last']:.4f}",
        f"{errors['trained']:.4f}",
        f"{bias:+.4f}",
        f"{inside:.0%}",
    ]
    return f"| {' | '.join(cells)} |"
