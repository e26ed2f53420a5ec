"""Backtest chart: how good each way was month by month, and what retraining gained."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from features.language import Language
from features.language import translatable as _
from serve.pages.backtest import SHORT
from serve.pages.inline_svg import ROLES, to_inline

SIZE = (7.4, 5.6)
STYLES: dict[str, dict[str, Any]] = {
    "kept": {"color": ROLES["muted"], "linestyle": (0, (1, 2)), "marker": "s"},
    "retrained": {"color": ROLES["accent"], "linestyle": "-", "marker": "o"},
    "gated": {"color": ROLES["ink"], "linestyle": (0, (5, 3)), "marker": "^"},
}
"""Told apart by their dashes and marks too, not by colour alone."""

DESCRIPTION = _(
    "Above, the AUC of each month's leads with the first model kept, with a new model every month, "
    "and with the gate. Below, how much better log-loss was with a new model every month than with "
    "the first one, each month with its 95 % interval; above the line retraining was better. The "
    "table below holds the same figures."
)


def draw_backtest(months: Sequence[Mapping[str, Any]], language: Language) -> str:
    """Draw the months that count.

    Parameters
    ----------
    months : sequence of mapping
        As `serve.pages.backtest.summarise_backtest` lists them.
    language : Language
        Of the axes and the description.

    Returns
    -------
    str
        One ``svg`` element, as `serve.pages.calibration_chart.draw_calibration` gives it.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    places = [place for place, month in enumerate(months) if month["figures"]]
    # A fixed salt, because the ids inside would otherwise differ from run to run.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "backtest", "font.size": 11}):
        figure = Figure(figsize=SIZE, layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _draw_ways(upper, places, months, language)
        _draw_gains(lower, places, months)
        _set_axes(upper, lower, months, language)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return to_inline(
        file.getvalue(),
        name="backtest",
        title=language.text(_("What each way was worth, month by month")),
        description=language.text(DESCRIPTION),
    )


def _draw_ways(
    axes: Any, places: Sequence[int], months: Sequence[Mapping[str, Any]], language: Language
) -> None:
    for way, style in STYLES.items():
        values = [months[place]["figures"]["ways"][way]["auc"]["value"] for place in places]
        label = language.text(SHORT[way])  # type: ignore[index]
        axes.plot(places, values, label=label, linewidth=1.8, markersize=6, **style)
    shown = axes.legend(
        frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), labelcolor=ROLES["ink"]
    )
    shown.set_in_layout(True)


def _draw_gains(axes: Any, places: Sequence[int], months: Sequence[Mapping[str, Any]]) -> None:
    axes.axhline(0, color=ROLES["ink"], linewidth=1)
    for place in places:
        gain = months[place]["figures"]["gains"]["retrained"]["log_loss"]
        axes.plot([place, place], [gain["low"], gain["high"]], color=ROLES["accent"], linewidth=2)
        axes.plot(place, gain["value"], "o", color=ROLES["accent"], markersize=6)


def _set_axes(
    upper: Any, lower: Any, months: Sequence[Mapping[str, Any]], language: Language
) -> None:
    upper.set_ylabel(language.text(_("AUC")), color=ROLES["ink"], labelpad=8)
    lower.set_ylabel(language.text(_("Gain in log-loss")), color=ROLES["ink"], labelpad=8)
    days = [date.fromisoformat(month["start"][:10]) for month in months]
    step = max(1, -(-len(days) // 6))
    lower.set_xlim(-0.5, len(days) - 0.5)
    lower.set_xticks(range(0, len(days), step))
    lower.set_xticklabels([language.month(day) for day in days[::step]])
    for axes in (upper, lower):
        low, high = axes.get_ylim()
        ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
        axes.set_yticks(ticks)
        axes.set_yticklabels([language.number(tick, digits=3, fixed=True) for tick in ticks])
        axes.tick_params(length=0, pad=8, colors=ROLES["muted"])
        axes.grid(color=ROLES["grid"], linewidth=1)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set_visible(False)
