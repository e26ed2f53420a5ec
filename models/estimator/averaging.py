"""Average of boosters, written as one LightGBM model.

A sum of trees is what a booster predicts, so trees of several boosters with their leaves scaled are
one booster again: it is stored, scored and explained as any other, its Shapley values exact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import lightgbm

_VALUES = ("leaf_value", "internal_value", "shrinkage")
"""Lines of a tree that scale with what it adds; the other lines say how it splits."""


def average(boosters: Sequence[lightgbm.Booster]) -> lightgbm.Booster:
    """Return the booster whose raw scores are the mean of the boosters' raw scores.

    Parameters
    ----------
    boosters : sequence of lightgbm.Booster
        With one output per row, learned from the same columns of the same rows.

    Examples
    --------
    >>> import lightgbm, numpy as np
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> data = lightgbm.Dataset(X, X[:, 0] * X[:, 1])
    >>> one, two = (
    ...     lightgbm.train({"verbosity": -1, "num_leaves": leaves}, data, 5) for leaves in (4, 16)
    ... )
    >>> bool(np.allclose(average([one, two]).predict(X), (one.predict(X) + two.predict(X)) / 2))
    True
    """
    import lightgbm

    if len(boosters) == 1:
        return boosters[0]
    parts = [_divide(booster.model_to_string()) for booster in boosters]
    weight = 1 / len(parts)
    trees = [_scale(tree, weight) for _, trees, _ in parts for tree in trees]
    blocks = [f"Tree={place}\n{tree}\n\n" for place, tree in enumerate(trees)]
    sizes = " ".join(str(len(block.encode())) for block in blocks)
    header, _, rest = parts[0]
    header = re.sub(r"^tree_sizes=.*$", f"tree_sizes={sizes}", header, flags=re.MULTILINE)
    return lightgbm.Booster(model_str=f"{header}{''.join(blocks)}\n{rest}")


def _divide(text: str) -> tuple[str, list[str], str]:
    """Return what stands before the trees, the lines of each tree, and what stands after them."""
    header, *blocks = re.split(r"^Tree=\d+\n", text, flags=re.MULTILINE)
    last, end, rest = blocks[-1].partition("end of trees")
    return header, [block.rstrip("\n") for block in (*blocks[:-1], last)], end + rest


def _scale(tree: str, weight: float) -> str:
    lines = []
    for line in tree.splitlines():
        key, _, values = line.partition("=")
        if key in _VALUES:
            line = f"{key}={' '.join(repr(weight * float(value)) for value in values.split())}"
        lines.append(line)
    return "\n".join(lines)
