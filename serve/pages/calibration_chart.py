"""Calibration chart: predicted acceptance against observed acceptance."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from features.language import Language
from features.language import translatable as _
from serve.pages.inline_svg import ROLES, to_inline

SIZE = (5.4, 4.3)


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
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # A fixed salt, because the ids inside would otherwise differ from run to run.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 11}):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        _draw_points(axes, bins)
        _set_axes(axes, language)
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


def _set_axes(axes: Any, language: Language) -> None:
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
