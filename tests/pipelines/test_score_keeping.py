"""Score keeping: a run explains what changed since the one before, and never fails over it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import UsageError
from models.artifact.score_history import read_history
from pipelines import score
from pipelines.console import Console
from pipelines.scoring_run import Options
from tests.pipelines.conftest import Leadaccord, Project, read_scores

FEW = 60


def run(project: Project, leads: Path, out: Path, **options: Any) -> dict[str, Any]:
    console = Console(as_json=True, quiet=True)
    given = Options(**options)
    return score.run(console, config=project.config, leads=str(leads), out=out, options=given)


@pytest.fixture
def few(new: Path) -> Path:
    """Some of the newest leads, which is quicker."""
    pd.read_csv(new, dtype=str, keep_default_na=False).tail(FEW).to_csv(new, index=False)
    return new


def promote(leads: Path) -> str:
    """Make a student of a lead who is none, and return its id."""
    frame = pd.read_csv(leads, dtype=str, keep_default_na=False)
    place = frame.index[~frame["Title"].str.contains("tudent")][0]
    frame.loc[place, "Title"] = "Student"
    frame.to_csv(leads, index=False)
    return str(frame["Id"][place])


def test_a_change_is_explained_and_then_forgotten(
    project: Project, few: Path, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    out = tmp_path / "scored.csv"
    run(project, few, out, changes=True)
    first = read_scores(out)
    assert set(first["previous_score"]) == {""} == set(first["change_reason"])
    lead = promote(few)
    run(project, few, out, changes=True)
    scores = read_scores(out).set_index("lead_id")
    assert (scores["previous_score"].astype(int) == first.set_index("lead_id")["score"]).all()
    assert list(scores.index[scores["change_reason"] != ""]) == [lead]
    line = scores["change_reason"][lead]
    assert "Seniority from Title: student, was" in line
    parts = sum(map(int, re.findall(r"\(([+-]\d+)\)", line)))
    assert parts == scores["score"][lead] - int(scores["previous_score"][lead])


def test_what_is_kept_is_bounded_and_can_be_left_out(
    project: Project, few: Path, tmp_path: Path
) -> None:
    project.edit_settings(("[leads]", "[score]\nhistory = 7\n\n[leads]"))
    run(project, few, tmp_path / "a.csv")
    notes = read_history(project.home / "history").notes()
    assert len(notes) == 7
    newest = read_scores(tmp_path / "a.csv")["handed_over_at"].sort_values().tail(7)
    assert sorted(notes["handed_over_at"]) == sorted(pd.to_datetime(newest))
    project.edit_settings(("history = 7", "history = 0"))
    before = (project.home / "history" / "key").read_bytes()
    run(project, few, tmp_path / "b.csv")
    assert len(read_history(project.home / "history").notes()) == 7
    assert (project.home / "history" / "key").read_bytes() == before
    with pytest.raises(UsageError, match="No scores are kept"):
        run(project, few, tmp_path / "b.csv", changes=True)


def test_a_damaged_history_does_not_stop_scoring(
    project: Project, few: Path, tmp_path: Path
) -> None:
    run(project, few, tmp_path / "a.csv")
    (file,) = (project.home / "history").glob("*.parquet")
    file.write_bytes(b"no table")
    result = run(project, few, tmp_path / "a.csv")
    assert result["scored"] == FEW
    assert "not kept" in result["warnings"][-1] and file.name in result["warnings"][-1]


@pytest.mark.parametrize(
    "out", ["sqlite:///{folder}/scores.db?table=scores", "{folder}/scores.csv"]
)
def test_changes_are_for_files(project: Project, few: Path, tmp_path: Path, out: str) -> None:
    place: Any = out.format(folder=tmp_path)
    options: dict[str, Any] = {"changes": True}
    if "://" not in out:
        options["format"] = "salesforce"
    with pytest.raises(UsageError, match="columns of a file"):
        run(project, few, place, **options)
