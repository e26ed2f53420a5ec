"""The public module: raw leads in, what the commands give out, and refusals in words."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot
import numpy as np
import pandas as pd
import pytest

import leadaccord
from features.simulation.company import simulate
from leadaccord import LeadaccordError, Project, open_project
from models.estimator.sklearn_api import LeadQualityClassifier
from pipelines import score
from pipelines.console import SilentConsole
from serve.scoring.score_table import COLUMNS
from tests.pipelines.conftest import write_project
from tests.test_project import HEAVY, ROOT


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A simulated company, trained through the public module."""
    folder = tmp_path_factory.mktemp("company")
    write_project(folder, simulate(n_leads=2_000, seed=5))
    project = open_project(folder)
    assert project.train()["in_use"] is True
    return project


@pytest.fixture(scope="module")
def new(project: Project) -> pd.DataFrame:
    """The newest leads as pandas reads them, rows turned round."""
    return pd.read_csv(project.file.parent / "data" / "leads.csv").tail(120).iloc[::-1]


@pytest.fixture(scope="module")
def delivered(project: Project, new: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the command writes for the same leads."""
    folder = tmp_path_factory.mktemp("delivered")
    new.to_csv(folder / "new.csv", index=False)
    score.run(
        SilentConsole(),
        config=project.file,
        leads=str(folder / "new.csv"),
        out=folder / "scored.parquet",
    )
    return folder, pd.read_parquet(folder / "scored.parquet")


def test_it_offers_what_it_documents() -> None:
    assert dir(leadaccord) == sorted(leadaccord.__all__)
    for name in leadaccord.__all__:
        assert getattr(leadaccord, name).__doc__
    assert leadaccord.LeadQualityClassifier is LeadQualityClassifier
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        leadaccord.nothing  # noqa: B018


def test_importing_it_loads_nothing_heavy() -> None:
    program = "import sys, leadaccord; print(*sorted(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert HEAVY & set(ran.stdout.split()) == set()


def test_a_project_is_opened_by_its_folder_or_its_file(project: Project) -> None:
    assert open_project(project.file) == open_project(str(project.file.parent)) == project


def test_a_frame_is_scored_like_its_file_by_the_command(
    project: Project, new: pd.DataFrame, delivered: tuple[Path, pd.DataFrame]
) -> None:
    folder, written = delivered
    given = project.score(new)
    assert list(given.columns) == [*COLUMNS, "rejected"]
    assert given.index.equals(new.index)
    assert given["rejected"].isna().all()
    same = [name for name in COLUMNS if name != "scored_at"]
    pd.testing.assert_frame_equal(
        given[same].reset_index(drop=True), written[same], check_dtype=False
    )
    pd.testing.assert_frame_equal(
        project.score(folder / "new.csv")[same], given[same].reset_index(drop=True)
    )


def test_a_lead_gets_the_same_alone(project: Project, new: pd.DataFrame) -> None:
    together = project.score(new)
    alone = project.score(new.iloc[[7]])
    assert alone["probability"].item() == together["probability"].iloc[7]
    assert alone["reason_1"].fillna("").item() == together["reason_1"].fillna("").iloc[7]


def test_features_and_explanations_belong_to_the_scores(
    project: Project, new: pd.DataFrame
) -> None:
    values, model = project.features(new), project.model
    assert list(values.columns) == model.table.names
    assert values.index.equals(new.index)
    probability = model.model.predict_proba(model.table.encode(values))[:, 1]
    np.testing.assert_allclose(probability, project.score(new)["probability"], atol=1e-6)

    found = project.explain(new)
    total = model.probability(found.values.sum(axis=1) + found.base_values)
    np.testing.assert_allclose(total, probability, atol=1e-9)
    place = model.table.names.index("LeadSource")
    assert "source" in found.feature_names[place].casefold()
    source = new["LeadSource"].astype(object)
    assert found.display_data[:, place].tolist() == source.where(source.notna(), None).tolist()


def test_rows_that_cannot_be_scored_say_why(project: Project, new: pd.DataFrame) -> None:
    some = new.head(4).copy()
    some.loc[some.index[1], "Id"] = None
    given = project.score(some)
    assert given["rejected"].isna().tolist() == [True, False, True, True]
    assert given["rejected"].iloc[1] == "the row has no lead id"
    assert given["score"].isna().tolist() == [False, True, False, False]
    assert len(project.features(some)) == 4


def test_columns_that_are_not_there_count_as_empty(project: Project, new: pd.DataFrame) -> None:
    without = project.score(new.drop(columns="LeadSource"))
    empty = project.score(new.assign(LeadSource=None))
    np.testing.assert_array_equal(without["probability"], empty["probability"])


def test_the_report_is_written(project: Project, new: pd.DataFrame, tmp_path: Path) -> None:
    page = project.report(tmp_path / "report.html")
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    lead = project.report(tmp_path / "lead.html", lead=str(new["Id"].iloc[0]))
    assert lead.stat().st_size > 1_000


@pytest.mark.parametrize(
    ("leads", "words"),
    [
        (pd.DataFrame({"Id": []}), "no rows"),
        ([{"Id": "a"}], "pandas DataFrame"),
        (pd.DataFrame({"Name": ["a"]}), '"Id"'),
        ("no-such-file.csv", "no-such-file.csv"),
    ],
    ids=["no rows", "a list", "no id", "no file"],
)
@pytest.mark.parametrize("door", ["score", "features", "explain"])
def test_leads_that_cannot_be_read_are_refused_in_words(
    project: Project, door: str, leads: Any, words: str
) -> None:
    with pytest.raises(LeadaccordError, match=words):
        getattr(project, door)(leads)


def test_a_project_that_is_not_there_or_not_trained_says_so(tmp_path: Path) -> None:
    with pytest.raises(LeadaccordError, match=r"leadaccord\.toml"):
        open_project(tmp_path)
    write_project(tmp_path, simulate(n_leads=100, seed=1))
    untrained = open_project(tmp_path)
    for ask in (
        lambda: untrained.model,
        lambda: untrained.score(pd.DataFrame({"Id": ["a"]})),
        lambda: untrained.report(tmp_path / "report.html"),
    ):
        with pytest.raises(LeadaccordError, match="No model is in use yet"):
            ask()
    with pytest.raises(LeadaccordError):
        untrained.train()


@pytest.mark.slow
def test_the_examples_of_the_page_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """From top to bottom, in the folder of a project, as its reader would type them."""
    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 4
    assert all(len(block.splitlines()) <= 13 for block in blocks)
    monkeypatch.chdir(project.file.parent)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # so that what the page sets is put back
    matplotlib.use("agg")
    typed: dict[str, Any] = {}
    for block in blocks:
        exec(block, typed)  # noqa: S102
    matplotlib.pyplot.close("all")
    assert typed["explanation"].shape[0] == 50
    assert typed["model"].predict(typed["lead"])["probability"].between(0, 1).all()
