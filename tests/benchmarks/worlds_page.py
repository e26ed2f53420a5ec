"""The tables of the simulated leads: how close the model comes to the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.evaluation.intervals import wilson_interval

Worlds = Sequence[Mapping[str, Any]]


TITLE = "Simulated companies"


def render(results: Mapping[str, Any]) -> str:
    """Return the section as Markdown."""
    first, null, weak = results["first_seed"], results["null"], results["weak"]
    companies = results["companies"]
    sizes = list(dict.fromkeys(world["leads"] for world in companies))
    groups = [[world for world in companies if world["leads"] == size] for size in sizes]
    return f"""## {TITLE}

Here the true probability of every lead is known. The simulated CRMs, seeds {first} and up, are
written to files and read back; the oldest 75 % of the decided leads train, the newest 25 % test.
Only seeds below {first} were looked at while the model was made, but for the width of the interval:
that it was too narrow from 100,000 leads on was seen here, and mended on seeds below {first}.
Figures are means over the companies of a size.

### Learning curve

The AUC is the one expected over all decisions that the true probabilities could lead to, so that
it holds no luck of the draw. Share of the truth: what the model's AUC is above one half, as a part
of what the true probabilities reach. "Against the line" is ours minus the logistic regression's,
with its standard error where there are several companies. The CPU seconds are those of training.

{_curve(groups)}

### Probabilities and intervals

Coverage is the share of test leads whose true probability lies in the 90 % interval. The
calibration error counts chance in: beside it stands what perfect probabilities would show on as
many leads. The true error is the mean distance of prediction and true probability in ten groups
of similar score; no chance of decisions is in it, but all of the drift.

{_honesty(groups)}

### Skill where there is none, and where there is little

{_skill(null, weak)}

"Decisions shuffled": {len(null)} times the decisions on about
{np.mean([world["n"] for world in null]):,.0f} leads are dealt out anew among them. "Weak signal":
{len(weak)} tables of {weak[0]["n"]:,} leads, a third accepted, six columns of some worth among
twenty of none; the true probabilities have an AUC of {mean(weak, "expected_auc_of_truth"):.2f}, the
model reaches {mean(weak, "expected_auc"):.3f} on average. Intervals are Wilson's, 95 %.
"""


def share_with_skill(worlds: Worlds, key: str = "skill") -> float:
    """Return the share of worlds with any skill."""
    return float(np.mean([world[key] != "none" for world in worlds]))


def mean(worlds: Worlds, *keys: str) -> float:
    """Return the mean of a figure over worlds."""
    return float(np.mean([_pick(world, *keys) for world in worlds]))


def share_of_truth(world: Mapping[str, Any], name: str = "ours") -> float:
    """Return how much of the skill of the true probabilities a row reaches."""
    auc = world["expected_auc"]
    return float((auc[name] - 0.5) / (auc["truth"] - 0.5))


def _pick(world: Mapping[str, Any], *keys: str) -> float:
    found: Any = world
    for key in keys:
        found = found[key]
    return float(found)


def _curve(groups: Sequence[Worlds]) -> str:
    lines = [
        "| hand-overs | companies | learned from | ours | logistic | truth | share of the truth "
        "| ours / truth | against the line | CPU seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for worlds in groups:
        aucs = [mean(worlds, "expected_auc", name) for name in ("ours", "logistic", "truth")]
        share = np.mean([share_of_truth(world) for world in worlds])
        cells = [
            f"{worlds[0]['leads']:,}",
            str(len(worlds)),
            f"{mean(worlds, 'n_train'):,.0f}",
            *(f"{auc:.4f}" for auc in aucs),
            f"{share:.1%}",
            f"{aucs[0] / aucs[2]:.1%}",
            _difference(worlds),
            f"{mean(worlds, 'cpu_seconds'):.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _difference(worlds: Worlds) -> str:
    gaps = [world["expected_auc"]["ours"] - world["expected_auc"]["logistic"] for world in worlds]
    error = f" ± {np.std(gaps, ddof=1) / np.sqrt(len(gaps)):.4f}" if len(gaps) > 1 else ""
    return f"{np.mean(gaps):+.4f}{error}"


def _honesty(groups: Sequence[Worlds]) -> str:
    lines = [
        "| hand-overs | tested on | coverage | lowest to highest | mean width "
        "| calibration error | by chance alone | true error |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for worlds in groups:
        coverage = [world["coverage"] for world in worlds]
        cells = [
            f"{worlds[0]['leads']:,}",
            f"{mean(worlds, 'n_test'):,.0f}",
            f"{np.mean(coverage):.1%}",
            f"{min(coverage):.1%} to {max(coverage):.1%}",
            *(f"{mean(worlds, key):.3f}" for key in ("width", "ece", "ece_by_chance")),
            f"{mean(worlds, 'true_error'):.3f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _skill(null: Worlds, weak: Worlds) -> str:
    rows = [
        ("decisions shuffled", "none", "skill", null, "95 %"),
        ("decisions shuffled, by the newest leads alone", "none", "skill_alone", null, ""),
        ("weak signal", "weak or good", "skill", weak, "80 %"),
        ("weak signal, by the newest leads alone", "weak or good", "skill_alone", weak, ""),
        ("weak signal, by its true probabilities", "weak or good", "skill_of_truth", weak, ""),
    ]
    lines = ["| | `skill` | share | interval | asked for |", "|---|---|---|---|---|"]
    for name, verdict, key, worlds, asked in rows:
        seen = share_with_skill(worlds, key)
        share = 1 - seen if verdict == "none" else seen
        low, high = wilson_interval(share * len(worlds), len(worlds))
        lines.append(f"| {name} | {verdict} | {share:.0%} | {low:.0%} to {high:.0%} | {asked} |")
    return "\n".join(lines)
