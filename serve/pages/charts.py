"""Charts on pages, drawn as SVG; a template calls one by its name."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from features.language import Language
from features.language import translatable as _
from serve.pages.inline_svg import ROLES, to_inline

CALIBRATION_SIZE = (5.4, 4.3)
BACKTEST_SIZE = (7.4, 5.6)
WAY_STYLES: dict[str, dict[str, Any]] = {
    "kept": {"color": ROLES["muted"], "linestyle": (0, (1, 2)), "marker": "s"},
    "retrained": {"color": ROLES["accent"], "linestyle": "-", "marker": "o"},
    "gated": {"color": ROLES["ink"], "linestyle": (0, (5, 3)), "marker": "^"},
}
"""Told apart by their dashes and marks too, not by colour alone."""

BACKTEST_DESCRIPTION = _(
    "Above, the AUC of each month's leads with the first model kept, with a new model every month, "
    "and with the gate. Below, how much better log-loss was with a new model every month than with "
    "the first one, each month with its 95 % interval; above the line retraining was better. The "
    "table below holds the same figures."
)


PLAIN = "default"
"""The style of matplotlib itself, so that a matplotlibrc where the command runs changes nothing."""

WRITING: dict[str, Any] = {"svg.fonttype": "none", "font.size": 11}


def list_charts(language: Language) -> dict[str, Callable[..., str]]:
    """Return what draws each chart, by the name that templates use.

    Parameters
    ----------
    language : Language
        Of the axes and descriptions.

    Returns
    -------
    dict of str to callable
        Each takes the figures and gives one ``svg`` element, which holds nothing unescaped.
    """
    charts: dict[str, Callable[..., str]] = {
        "calibration": draw_calibration,
        "backtest": draw_backtest,
    }
    return {name: partial(draw, language=language) for name, draw in charts.items()}


def draw_calibration(
    bins: Sequence[Mapping[str, Any]], language: Language, *, name: str = "calibration"
) -> str:
    """Draw what was promised against what sales did.

    Parameters
    ----------
    bins : sequence of mapping
        ``mean_predicted`` and ``accepted`` (``value``, ``low``, ``high``), as probabilities.
    language : Language
        Of the axes and the description.
    name : str
        Begins the ids of the drawing; two drawings of one page need different ones.

    Returns
    -------
    str
        One ``svg`` element with a title and a description, to be placed in a page. It has no
        style, no script and no address; its parts carry the classes ``fill-ROLE`` and
        ``stroke-ROLE`` with the roles ink, muted, accent and grid.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    # A fixed salt, because the ids inside would otherwise differ from run to run.
    with style.context([PLAIN, {"svg.hashsalt": name, **WRITING}]):
        figure = Figure(figsize=CALIBRATION_SIZE, layout="constrained")
        axes = figure.add_subplot()
        _draw_points(axes, bins)
        _set_calibration_axes(axes, language)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return to_inline(
        file.getvalue(),
        name=name,
        title=language.text(_("Score against what sales did")),
        description=language.text(
            _(
                "Each dot is a group of leads of similar score. The further right, the higher the "
                "score; the further up, the more of them sales accepted. On the dotted line both "
                "agree. The table below holds the same figures."
            )
        ),
    )


def _draw_points(axes: Any, bins: Sequence[Mapping[str, Any]]) -> None:
    axes.plot([0, 1], [0, 1], color=ROLES["muted"], linestyle=(0, (1, 3)), linewidth=1.5)
    for part in bins:
        across, share = part["mean_predicted"], part["accepted"]
        axes.plot(
            [across, across],
            [share["low"], share["high"]],
            color=ROLES["accent"],
            linewidth=2,
            alpha=1,
            clip_on=False,
        )
        axes.plot(across, share["value"], "o", color=ROLES["accent"], markersize=8, clip_on=False)


def _set_calibration_axes(axes: Any, language: Language) -> None:
    ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=ticks, yticks=ticks)
    axes.set_xticklabels([language.number(100 * tick, digits=0) for tick in ticks])
    axes.set_yticklabels([language.percent(tick) for tick in ticks])
    axes.set_xlabel(language.text(_("Score")), color=ROLES["ink"], labelpad=8)
    axes.set_ylabel(language.text(_("Accepted by sales")), color=ROLES["ink"], labelpad=8)
    axes.tick_params(length=0, pad=8, colors=ROLES["muted"])
    axes.grid(color=ROLES["grid"], linewidth=1)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


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
        One ``svg`` element, as `draw_calibration` gives it.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    places = [place for place, month in enumerate(months) if month["figures"]]
    # A fixed salt, because the ids inside would otherwise differ from run to run.
    with style.context([PLAIN, {"svg.hashsalt": "backtest", **WRITING}]):
        figure = Figure(figsize=BACKTEST_SIZE, layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _draw_ways(upper, places, months, language)
        _draw_gains(lower, places, months)
        _set_backtest_axes(upper, lower, months, language)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return to_inline(
        file.getvalue(),
        name="backtest",
        title=language.text(_("What each way was worth, month by month")),
        description=language.text(BACKTEST_DESCRIPTION),
    )


def _draw_ways(
    axes: Any, places: Sequence[int], months: Sequence[Mapping[str, Any]], language: Language
) -> None:
    # Not at the top: pages without this chart need nothing of the backtest.
    from serve.pages.backtest import SHORT

    for way, style in WAY_STYLES.items():
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


def _set_backtest_axes(
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
