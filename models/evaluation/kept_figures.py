"""Figures as they are kept with a model: the same on every processor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DIGITS = 12
"""Of a figure. Further ones depend on the processor."""


def round_figures(figures: Any) -> Any:
    """Return figures, however nested, with 12 significant digits each; whole numbers stay.

    Examples
    --------
    >>> round_figures({"auc": [0.1 + 0.2, None], "last": 1700000000000001.0})
    {'auc': [0.3, None], 'last': 1700000000000001.0}
    """
    if isinstance(figures, Mapping):
        return {name: round_figures(figure) for name, figure in figures.items()}
    if isinstance(figures, list | tuple):
        return [round_figures(figure) for figure in figures]
    if isinstance(figures, float) and not figures.is_integer():
        return float(f"{figures:.{DIGITS}g}")
    return figures
