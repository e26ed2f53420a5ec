"""The tables of the leak guards: what was planted, what was caught, what was suspected wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from models.evaluation.intervals import wilson_interval
from tests.benchmarks.leak_honest import STRONG
from tests.benchmarks.leak_plants import BEYOND, LEAKS

TITLE = "Leak guards"

BOTH = ("quarantined", "ask")


def render(results: Mapping[str, Any]) -> str:
    """Return the section as Markdown."""
    worlds, first = results["worlds"], results["first_seed"]
    sizes = sorted(world["learned"] for world in worlds)
    rates = sorted(world["rate"] for world in worlds)
    return f"""## {TITLE}

{len(worlds)} simulated CRMs, seeds {first} to {first + len(worlds) - 1}, written to files
and read back: {sizes[0]:,} to {sizes[-1]:,} leads to learn from, {rates[0]:.0%} to {rates[-1]:.0%}
of them accepted, in a third of the CRMs ever more of them. Every column is planted under a name
that says nothing. Of the kinds of leak at least 95 % should be caught; of the honest columns at
most 1 % quarantined and 5 % asked about. Intervals are Wilson's, 95 %.

{_table("Planted leaks", _leak_rows(worlds))}

{_table("Honest columns", _honest_rows(worlds))}

A column with an AUC of .80 alone is asked about nearly always, as it should be: no figure tells
it from a leak. The last row counts every honest column of CRMs that have one such column each.
Asked about most often otherwise: {_most_asked(worlds)}.

Each leak as planted:

{_variant_table(worlds)}

A level has at least 30 leads to learn from where sales accepts them, 45 where it rejects them.
The last two rows are what chance or an honest column can look like; they are no part of the rates
above, and what is asked about of them is no promise.
{_render_real(results["real"])}"""


def list_actions(
    worlds: Iterable[Mapping[str, Any]], group: str, name: str | None = None
) -> list[str | None]:
    """Return the action on each planted column of a group, or of those of one name."""
    planted = (world["planted"][group] for world in worlds)
    return [action for found in planted for key, action in found.items() if name in (None, key)]


def list_own(worlds: Iterable[Mapping[str, Any]]) -> list[str | None]:
    """Return the action on each honest column that the simulated CRM has anyway."""
    return [action for world in worlds for action in world["own"].values()]


def share(actions: list[str | None], *wanted: str) -> tuple[float, float, float]:
    """Return the share of columns with one of these actions, and its interval."""
    hits = sum(action in wanted for action in actions)
    low, high = wilson_interval(hits, len(actions))
    return hits / len(actions), float(low), float(high)


def _leak_rows(worlds: list[Mapping[str, Any]]) -> dict[str, list[str | None]]:
    return {kind: list_actions(worlds, kind) for kind in LEAKS}


def _honest_rows(worlds: list[Mapping[str, Any]]) -> dict[str, list[str | None]]:
    own, useless = list_own(worlds), list_actions(worlds, "honest")
    strong = list_actions(worlds, "strong")
    # Each CRM has one strong column, a different one from world to world.
    names = list(STRONG)
    one = [world["planted"]["strong"][names[i % len(names)]] for i, world in enumerate(worlds)]
    return {
        "the simulated CRM's own": own,
        "planted, useless to AUC .68": useless,
        "planted, AUC .80 alone": strong,
        "all, one of them with AUC .80": own + useless + one,
    }


def _table(title: str, rows: Mapping[str, list[str | None]]) -> str:
    lines = [f"| {title} | columns | quarantined | asked about | either |", "|---|---|---|---|---|"]
    for name, actions in rows.items():
        cells = [_cell(actions, *wanted) for wanted in (("quarantined",), ("ask",), BOTH)]
        lines.append(f"| {name} | {len(actions):,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _variant_table(worlds: list[Mapping[str, Any]]) -> str:
    lines = ["| kind | as planted | columns | quarantined | asked about |", "|---|---|---|---|---|"]
    for kind, variants in {**LEAKS, "beyond": BEYOND}.items():
        for variant in variants:
            actions = list_actions(worlds, kind, variant)
            n = {action: actions.count(action) for action in BOTH}
            lines.append(
                f"| {kind} | {variant} | {len(actions)} | {n['quarantined']} | {n['ask']} |"
            )
    return "\n".join(lines)


def _cell(actions: list[str | None], *wanted: str) -> str:
    value, low, high = share(actions, *wanted)
    return f"{value:.1%} ({low:.1%} to {high:.1%})"


def _most_asked(worlds: list[Mapping[str, Any]]) -> str:
    """Return the honest columns asked about, and in how many worlds."""
    asked: Counter[str] = Counter()
    for world in worlds:
        found = {**world["own"], **world["planted"]["honest"]}
        asked.update(name for name, action in found.items() if action is not None)
    named = [f"{name} in {n} of {len(worlds)}" for name, n in asked.most_common(5)]
    return "; ".join(named) or "none"


def _render_real(real: Mapping[str, Mapping[str, str | None]]) -> str:
    if not real:
        return ""
    lines = ["", "| real file | quarantined | asked about | left alone |", "|---|---|---|---|"]
    for name, actions in real.items():
        cells = [
            ", ".join(sorted(c for c, action in actions.items() if action == wanted)) or "none"
            for wanted in BOTH
        ]
        alone = sum(action is None for action in actions.values())
        lines.append(f"| {name} | {' | '.join(cells)} | {alone} |")
    return "\n".join(lines)
