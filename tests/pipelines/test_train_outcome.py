"""What a training says in the terminal: its figures, on 80 columns, in words."""

from __future__ import annotations

import pytest

from features.labels import RULES
from pipelines.train_outcome import describe, describe_calibration
from tests.pipelines.conftest import Project


def test_the_run_is_told_in_words(trained: Project, capsys: pytest.CaptureFixture[str]) -> None:
    lines = describe(trained.result)
    assert all(len(line) <= 80 for line in lines if not line.startswith("Model card: "))
    text = "\n".join(lines)
    assert trained.result["model_version"] in text
    assert f"{trained.result['auc']:.3f}" in text
    assert f"{trained.result['excluded']['untouched']:,}  {RULES['untouched']}" in text
    assert "Rating (not learned from)" in text
    assert "In use: demo-lead-quality version 1" in text


def test_how_far_calibration_moved_is_said_in_points() -> None:
    moved = {"leads": 1_200, "newest": True, "accepted": 0.25, "before": 0.2, "after": 0.2449}
    text = describe_calibration(moved)
    assert "of the 1,200 newest leads it rests on, sales accepted 25.0%" in text
    assert "moved by +4.5 points, to 24.5%" in text
    assert "1,200 leads it rests on" in describe_calibration({**moved, "newest": False})
    assert "by +0.0 points" in describe_calibration({**moved, "after": 0.19999})
