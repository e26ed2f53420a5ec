"""The examples in docstrings and in docs/python.md run and give what they show."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [
    path
    for room in ("features", "models", "serve", "pipelines")
    for path in (ROOT / room).rglob("*.py")
]
SOURCES.append(ROOT / "leadaccord.py")
SHOWING = sorted(
    str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
    for path in SOURCES
    if ">>> " in path.read_text("utf-8")
)
# A sentence in brackets, a list or an array may be wrapped as it is easiest to read.
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def test_the_main_classes_have_examples() -> None:
    assert set(SHOWING) >= {
        "leadaccord",
        "features.matrix.feature_table",
        "models.estimator.lead_quality",
        "models.estimator.sklearn_api",
        "models.evaluation.metrics",
        "models.reasons.writer",
        "models.shapley.kernel",
        "serve.scoring.scorer",
    }


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("name", SHOWING)
def test_the_examples_of_a_module_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert result.attempted > 0
    assert result.failed == 0
