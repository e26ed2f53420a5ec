"""Prior shift at scoring: only where the settings ask for it, and said in the record."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.errors import UsageError
from models.evaluation.intervals import Interval
from models.monitoring.prior_shift import PriorShift, follow
from pipelines import score
from pipelines.console import Console
from pipelines.prior_shift import describe_shift
from pipelines.scoring_run import Options
from tests.pipelines.conftest import Project, Scored, read_scores
from tests.trained import train_once

FOUND = PriorShift(900, 0.3, Interval(0.4, 0.35, 0.45), 0.4, 0.1, 0.0001, fits=True)


def ask(project: Project) -> None:
    text = project.config.read_text("utf-8")
    project.config.write_text(f"{text}\n[score]\nprior_shift = true\n", "utf-8")


def test_a_shift_that_may_be_chance_moves_no_score_and_is_in_the_record(
    project: Project, scored: Scored, new: Path, tmp_path: Path
) -> None:
    pd.read_csv(new, dtype=str, keep_default_na=False).tail(40).to_csv(new, index=False)
    ask(project)
    out, console = tmp_path / "asked.csv", Console(as_json=True, quiet=True)
    found = score.run(console, config=project.config, leads=str(new), out=out)
    assert scored.result["prior_shift"] is None
    assert not found["prior_shift"]["applies"]
    assert json.loads(Path(f"{out}.run.json").read_text("utf-8"))["prior_shift"]["leads"] > 0
    keys = ["lead_id", "handed_over_at"]
    both = read_scores(out).merge(read_scores(scored.out), on=keys, suffixes=("", "_plain"))
    assert len(both) == 40
    assert (both["probability"] == both["probability_plain"]).all()


def test_the_changes_of_scores_are_not_shown_with_it(project: Project, new: Path) -> None:
    ask(project)
    with pytest.raises(UsageError, match="prior shift moves all scores"):
        score.run(
            Console(as_json=True, quiet=True),
            config=project.config,
            leads=str(new),
            out=new.with_name("out.csv"),
            options=Options(changes=True),
        )


def test_words_say_whether_it_is_followed_and_why_not() -> None:
    assert describe_shift(None) == ""
    said = describe_shift(FOUND.to_dict())
    assert said.startswith("By the scores of the 900 leads since the training alone, sales will")
    assert "accept 40% (35% to 45%) of them, 30% of those before" in said
    assert "the odds of every lead are multiplied by 1.49" in said
    assert "may be chance" in describe_shift(replace(FOUND, p=0.2).to_dict())
    assert "other kinds of leads" in describe_shift(replace(FOUND, fits=False).to_dict())


def test_a_model_that_follows_keeps_its_version_and_its_reasons() -> None:
    bundle = train_once()[1].bundle
    moved = follow(bundle, FOUND)
    assert moved.version == bundle.version
    assert moved.model.components_ is bundle.model.components_
