"""What is kept of a training: its numbers and settings, flat."""

from __future__ import annotations

from typing import Any

from pipelines.train_record import flatten, metrics_of
from tests.pipelines.conftest import Project


def test_metrics_and_settings_are_flat(trained: Project) -> None:
    metrics = metrics_of(trained.result)
    assert metrics["auc"] == trained.result["auc"]
    assert metrics["excluded_untouched"] == trained.result["excluded"]["untouched"]
    assert "in_use" not in metrics
    nested: dict[str, Any] = {"leads": {"id": "Id", "csv": {"separator": ";"}}, "x": [1, 2]}
    flat = {"leads.id": "Id", "leads.csv.separator": ";", "x": "[1, 2]"}
    assert flatten(nested) == flat
