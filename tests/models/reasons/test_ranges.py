"""Ranges in words: side by side, and every number in just one."""

from __future__ import annotations

import numpy as np
import pytest

from features.language import Language
from features.matrix.definitions import activity_counts, attribute
from models.reasons.ranges import name_ranges

COUNT, SIZE = activity_counts("demo_request")[0], attribute("Size", kind="fit", form="number")


@pytest.mark.parametrize(
    ("feature", "edges", "expected"),
    [
        (COUNT, [0, 1, 4], ["0", "1", "2 to 4", "5 or more"]),
        (SIZE, [10, 250], ["up to 10", "over 10, up to 250", "over 250"]),
        (SIZE, [0.25, 0.5], ["up to 0.25", "over 0.25, up to 0.5", "over 0.5"]),
        (SIZE, [], ["(given)"]),
        (SIZE, [-0.0, 0.5], ["up to 0", "over 0, up to 0.5", "over 0.5"]),
        (
            SIZE,
            [1e-300, 2.5e-300],
            ["up to 1E-300", "over 1E-300, up to 2.5E-300", "over 2.5E-300"],
        ),
    ],
)
def test_each_group_is_named(feature: object, edges: list[float], expected: list[str]) -> None:
    assert name_ranges(feature, np.array(edges, float), Language("en")) == expected  # type: ignore[arg-type]


def test_spanish_writes_its_own_numbers() -> None:
    named = name_ranges(SIZE, np.array([0.5, 12_000.0]), Language("es"))
    assert "0,5" in named[0]
    assert "12.000" in named[-1]
