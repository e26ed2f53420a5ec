"""Plots of a training run, for the tracking store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.evaluation import curves

SIZE = (6.0, 4.5)
INK = "#1f4e79"
GREY = "#8a8a8a"


def draw_plots(
    accepted: pd.Series, probability: pd.Series, figures: Mapping[str, Any], folder: Path
) -> None:
    """Write the curves of a model's judgement as PNG files.

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


def _draw_line(x: np.ndarray, y: np.ndarray, across: str, up: str, path: Path) -> None:
    figure, axes = _axes(across, up)
    axes.plot(x, y, color=INK)
    figure.savefig(path, dpi=110)


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
    figure.savefig(path, dpi=110)


def _axes(across: str, up: str) -> tuple[Any, Any]:
    # The figure class is used directly: pyplot would keep global state and look for a screen.
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE)
    axes = figure.add_axes((0.13, 0.13, 0.83, 0.83))
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.3)
    return figure, axes
