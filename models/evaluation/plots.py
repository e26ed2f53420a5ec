"""Evaluation plots of a training run, for the tracking store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.evaluation.intervals import check_scores, refuse_one_class
from models.evaluation.ranking import ends_of_ties

if TYPE_CHECKING:
    import shap

Draw = TypeVar("Draw", bound=Callable[..., None])

SIZE = (6.0, 4.5)
INK = "#1f4e79"
GREY = "#8a8a8a"
DPI = 110
MAX_POINTS = 200
_LONGEST_LABEL = 48


def in_plain_style(draw: Draw) -> Draw:
    """Let a function draw in the style of matplotlib itself, whatever it was told before.

    It also reads a matplotlibrc where the command runs, which may name programs to run.
    """

    @wraps(draw)
    def drawn(*args: Any, **options: Any) -> None:
        from matplotlib import style

        with style.context("default"):
            draw(*args, **options)

    return cast(Draw, drawn)


@in_plain_style
def draw_plots(
    accepted: pd.Series, probability: pd.Series, figures: Mapping[str, Any], folder: Path
) -> None:
    """Write the curves of a model's evaluation as PNG files.

    Parameters
    ----------
    accepted, probability : Series of shape (n_test,)
        What sales decided on the test leads, and what the model gave them.
    figures : mapping
        The training result; its calibration bins are drawn.
    folder : Path
        Where ``roc.png``, ``precision_recall.png``, ``lift.png``, ``calibration.png`` go.
    """
    drawn = curves(accepted.to_numpy(), probability.to_numpy())
    labels = {
        "roc": ("Rejected leads called good", "Accepted leads found"),
        "precision_recall": ("Accepted leads found", "Share accepted among those"),
        "lift": ("Share of leads worked, best first", "Times the average acceptance"),
    }
    for name, frame in drawn.items():
        x, y = frame.columns[:2]
        across, up = labels.get(name, (x, y))
        _draw_line(frame[x].to_numpy(), frame[y].to_numpy(), across, up, folder / f"{name}.png")
    _draw_calibration(figures["judged"]["calibration"], folder / "calibration.png")


@in_plain_style
def draw_importance(importance: Mapping[str, float], path: Path, *, most: int = 20) -> None:
    """Draw the importance of topics as bars, strongest first.

    Parameters
    ----------
    importance : mapping of str to float
        Mean absolute contribution in log-odds by topic, strongest first.
    path : Path
        A PNG file.
    most : int
        Weaker topics are left out.
    """
    from matplotlib.figure import Figure

    names, strength = list(importance)[:most], list(importance.values())[:most]
    figure = Figure(figsize=(SIZE[0] + 2, 0.6 + 0.28 * max(len(names), 3)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(write_labels(names), strength, color=INK)
    axes.invert_yaxis()
    axes.set_xlabel("Mean absolute contribution (log-odds)")
    axes.grid(alpha=0.3, axis="x")
    _save(figure, path)


@in_plain_style
def draw_explanation(explanation: shap.Explanation, folder: Path) -> None:
    """Draw what moves leads, as the users of shap know it.

    Parameters
    ----------
    explanation : shap.Explanation
        Of some hundreds of leads.
    folder : Path
        Where ``shap_beeswarm.png`` and ``shap_bar.png`` go.
    """
    import shap
    from matplotlib import pyplot

    # Without what is shown in place of values, which these plots do not show and copy often.
    named = shap.Explanation(
        explanation.values,
        explanation.base_values,
        data=explanation.data,
        feature_names=write_labels(explanation.feature_names),
    )
    for plot in (shap.plots.beeswarm, shap.plots.bar):
        # These plots draw with pyplot only; the figure is closed and no window opened.
        with pyplot.ioff(), catch_warnings():
            simplefilter("ignore")
            figure, axes = pyplot.subplots(figsize=(9.0, 6.0), layout="constrained")
            try:
                options = {"plot_size": None} if plot is shap.plots.beeswarm else {}
                plot(named, max_display=15, show=False, ax=axes, **options)
                _save(figure, folder / f"shap_{plot.__name__}.png")
            finally:
                pyplot.close(figure)


def write_labels(names: Iterable[str]) -> list[str]:
    r"""Return names as matplotlib can draw them: short, and without signs that its font lacks.

    Parameters
    ----------
    names : iterable of str
        Of columns, which may hold any sign. One that would be drawn as an empty box is written as
        its code point.

    Examples
    --------
    >>> write_labels(["Umsatz in $", "Herkunft 日本"])
    ['Umsatz in \\$', 'Herkunft [U+65E5][U+672C]']
    """
    from matplotlib.font_manager import FontProperties, findfont, get_font

    known = get_font(findfont(FontProperties())).get_charmap()

    def write(sign: str) -> str:
        # A dollar sign would begin a formula.
        return r"\$" if sign == "$" else sign if ord(sign) in known else f"[U+{ord(sign):04X}]"

    return ["".join(map(write, name[:_LONGEST_LABEL])) for name in names]


def curves(y: ArrayLike, p: ArrayLike) -> dict[str, pd.DataFrame]:
    """Return the curves to plot, each of at most 200 points.

    Returns
    -------
    dict of DataFrame
        "roc" (false_positive_rate, true_positive_rate), "precision_recall" (recall, precision)
        and "lift" (share of leads worked, lift), from the best-scored leads to all.

    Raises
    ------
    DataRefused, ValueError
        As in `auc_interval`.
    """
    y, p = check_scores(y, p)
    refuse_one_class(y)
    order = np.argsort(-p)
    last = ends_of_ties(p[order])
    last = last[np.unique(np.linspace(0, len(last) - 1, MAX_POINTS - 1).round().astype(np.intp))]
    worked, found, total = last + 1.0, np.cumsum(y[order])[last], y.sum()
    roc = {
        "false_positive_rate": np.r_[0.0, (worked - found) / (len(y) - total)],
        "true_positive_rate": np.r_[0.0, found / total],
    }
    recall = {"recall": found / total, "precision": found / worked}
    lift = {"share": worked / len(y), "lift": found / worked / y.mean()}
    named = {"roc": roc, "precision_recall": recall, "lift": lift}
    return {name: pd.DataFrame(columns) for name, columns in named.items()}


def _draw_line(x: np.ndarray, y: np.ndarray, across: str, up: str, path: Path) -> None:
    figure, axes = _axes(across, up)
    axes.plot(x, y, color=INK)
    _save(figure, path)


def _draw_calibration(bins: list[Mapping[str, Any]], path: Path) -> None:
    figure, axes = _axes("Probability given", "Share accepted")
    given = [entry["mean_predicted"] for entry in bins]
    share = np.array([entry["accepted"]["value"] for entry in bins])
    low = np.array([entry["accepted"]["low"] for entry in bins])
    high = np.array([entry["accepted"]["high"] for entry in bins])
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":")
    # At 0 and 1 the limits may miss the share by a rounding error.
    spread = np.maximum([share - low, high - share], 0)
    axes.errorbar(given, share, yerr=spread, fmt="o", color=INK)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    """Write a figure as PNG: laid out once, where matplotlib would do so twice, and packed fast."""
    figure.set_dpi(DPI)
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")
    figure.savefig(path, dpi=DPI, pil_kwargs={"compress_level": 1})


def _axes(across: str, up: str) -> tuple[Any, Any]:
    # The figure class is used directly: pyplot would keep global state and look for a screen.
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE)
    axes = figure.add_axes((0.13, 0.13, 0.83, 0.83))
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.3)
    return figure, axes
