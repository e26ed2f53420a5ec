"""Promises of `serve.spark.run`: the scores of one machine, from any number of buckets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.matrix.definitions import attribute
from features.matrix.feature_table import FeatureTable
from features.settings.schema import ProjectSettings, Settings, TableSettings
from models.artifact.bundle import ModelBundle
from models.estimator.lead_quality import LeadQualityModel
from models.reasons.acceptance_by_value import tabulate
from serve.scoring.batches import open_batches
from serve.scoring.score_table import score_schema
from serve.spark import run
from tests.tables import make_settings

NOW = pd.Timestamp("2026-03-01")


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    """A model of one column, for leads without times."""
    source = attribute("Source", kind="context", form="category")
    levels = {"Source": ("(not given)", "(other)", "Web", "Event")}
    table = FeatureTable((source,), levels, (), {"Source": "text"}, (), {}, "file")
    values = pd.DataFrame({"Source": ["Web", "Event"] * 50})
    X, y = table.encode(values), np.array([0.0, 1.0] * 50)
    model = LeadQualityModel().fit(X, y, categories=(0,))
    return ModelBundle(model, table, tabulate(X, table, y), {}, {}, "m1")


def settle(folder: Path) -> Settings:
    rows = [f"L{n % 90},{('Web', 'Event', 'Fair', '')[n % 4]},{n}" for n in range(100)]
    (folder / "leads.csv").write_text("\n".join(["Id,Source,Else", *rows]) + "\n")
    return make_settings(leads={"id": "Id", "order": "file"}).model_copy(
        update={
            "project": ProjectSettings(home=folder / "home"),
            "tables": TableSettings(leads="leads.csv"),
            "root": folder,
            "file": folder / "leadaccord.toml",
        }
    )


@pytest.mark.parametrize("size", [13, 1_000])
def test_scores_rejects_and_counts_are_those_of_one_machine(
    spark: Any, bundle: ModelBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(run, "LEADS_PER_BUCKET", size)
    settings = settle(tmp_path)
    found = run.open_leads(spark, settings, bundle, None, stage=tmp_path)
    assert found.buckets == -(-100 // size)
    assert found.kept == {"leads": ["Id", "Source"]}
    assert found.new_columns == ("Else",)
    result = found.score(NOW)
    counts, tally = result.counted
    with open_batches(settings, bundle, None, now=NOW) as batches:
        batch = batches.score(0)
        assert found.digest == batches.digest
        assert found.check(counts) == batches.findings
    assert tally == batch.tally
    names = score_schema().names
    expected = batch.scores.select(names).cast(score_schema()).to_pylist()
    assert result.scores.toArrow().to_pylist() == expected
    assert pa.concat_tables(result.rejects()).to_pylist() == batch.rejects.to_pylist()
    result.free()
