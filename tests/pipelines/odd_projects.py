"""A project with one odd table, and what has to hold of whatever is done with it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.checks.tables import check_tables
from features.findings import Finding
from features.labels import read_labelled
from features.language import language
from features.settings.load import load_settings
from models.artifact.bundle import ModelBundle
from models.artifact.folder import load_bundle
from models.reasons.topics import MAX_REASONS, MIN_CONTRIBUTION, MIN_GAP, group_topics
from models.training import Trained, train_model
from pipelines import train_outcome
from pipelines.reading import read_own
from serve.scoring.scorer import Scored, score_leads
from tests.pipelines.conftest import Leadaccord, Run, read_scores

SETTINGS = """\
[project]
name = "{name}"
home = {home}

[tables]
leads = "leads.csv"
{tables}

[leads]
id = "id"
{order}

[decision]
column = "said"
accepted = ["yes"]
rejected = ["no"]
matured_after_days = 0
{more}
"""
ACTIVITIES = """
[activities]
id = "id"
at = "on"
type = "kind"
"""
ORDERS = {
    "time": 'handed_over_at = "at"',
    "file": 'order = "file"',
    "order": 'order = "number"',
    "none": "",
}


@dataclass(frozen=True)
class Odd:
    """A project with one odd table."""

    folder: Path
    leadaccord: Leadaccord

    @property
    def config(self) -> Path:
        return self.folder / "leadaccord.toml"

    def run(self, command: str, *arguments: object) -> Run:
        return self.leadaccord(command, *arguments, "--config", self.config)

    def train(self) -> tuple[dict[str, Any], ModelBundle]:
        """Train, and return the result and the model that was stored."""
        run = self.run("train", "--json")
        assert run.code == 0, run.err
        assert_clean(run)
        models = Path(load_settings(self.config).project.home) / "models"
        return run.json, load_bundle(models / run.json["model_version"])

    def learn(self) -> tuple[Trained, list[Finding]]:
        """Train without the command, which also stores and records the model."""
        tables, labels = read_labelled(load_settings(self.config))
        trained = train_model(tables, labels, progress=lambda _: None)
        return trained, [*check_tables(tables, labels), *trained.findings]

    def score(self, bundle: ModelBundle) -> Scored:
        """Score the project's own leads, whether or not the model is in use."""
        tables = read_own(load_settings(self.config), bundle)
        return score_leads(
            bundle,
            tables,
            language=language("en"),
            scored_at=tables.now,
            earlier=tables.episodes,
        )


def assert_clean(run: Run) -> None:
    """Nothing but our own words went to the terminal."""
    assert "Warning" not in run.err
    assert "Traceback" not in run.err
    # An error is told in one piece, and a path is as long as it is.
    apart = ("leadaccord:", "- ", "Next:")
    lines = [line for line in run.err.splitlines() if not line.startswith(apart)]
    assert all(len(line) <= 80 for line in lines if "Writing" not in line)


def list_numbers(content: Any) -> Iterator[float]:
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            yield from list_numbers(part)
    elif isinstance(content, int | float):
        yield float(content)


def assert_sound(result: dict[str, Any]) -> None:
    """The figures are finite, lie within their limits, and the verdict follows from them."""
    assert all(math.isfinite(number) for number in list_numbers(result))
    for name in ("auc", "average_precision"):
        assert 0 <= result[f"{name}_low"] <= result[name] <= result[f"{name}_high"] <= 1
    rarer = min(result["judged"]["n_accepted"], result["n_test"] - result["judged"]["n_accepted"])
    clear = result["auc_low"] > 0.5 and rarer >= 5
    assert result["skill"] in ({"good", "weak"} if clear else {"weak", "none"})
    assert result["in_use"] is (result["skill"] != "none")
    told = [line for line in train_outcome.describe(result) if not line.startswith("Model card: ")]
    assert all(len(line) <= 80 for line in told), "all but a path, which may be as long as it is"


def assert_scores(odd: Odd, bundle: ModelBundle) -> None:
    """Every lead has a probability, and what moved it adds up."""
    scored = odd.score(bundle)
    scores, contributions = scored.scores, scored.contributions
    assert len(scored.rejects) == 0
    p, low, high = (scores[f"probability{end}"].to_numpy() for end in ("", "_low", "_high"))
    assert np.isfinite([low, p, high]).all()
    assert ((low <= p) & (p <= high) & (low >= 0) & (high <= 1)).all()

    matrix = bundle.table.encode(scored.values)
    log_odds = bundle.model.log_odds(matrix)
    np.testing.assert_allclose(contributions.sum(axis=1), log_odds, atol=1e-9)
    assert np.ptp(contributions[:, -1]) == 0
    np.testing.assert_allclose(bundle.probability(log_odds), p, atol=1e-6)

    for prefix, sign in (("reason", 1), ("against", -1)):
        given = scores[[f"{prefix}_{i}" for i in range(1, MAX_REASONS + 1)]].notna().sum(axis=1)
        topics = group_topics(bundle.table).members
        strength = sign * np.column_stack(
            [contributions[:, list(members)].sum(axis=1) for members in topics]
        )
        moves = sign * contributions[:, :-1]
        apart = (moves > 0) & (moves - sign * bundle.typical_contributions >= MIN_GAP)
        speaks = np.column_stack([apart[:, list(members)].any(axis=1) for members in topics])
        told = speaks & (strength >= MIN_CONTRIBUTION)
        expected = np.minimum(told.sum(axis=1), MAX_REASONS)
        np.testing.assert_array_equal(given, expected)


def assert_used(odd: Odd, tmp_path: Path) -> None:
    """The commands that need a model in use serve every lead."""
    out = tmp_path / "scored.csv"
    run = odd.run("score", "--out", out)
    assert run.code == 0, run.err
    assert_clean(run)
    scores = read_scores(out)
    assert len(scores) == len(pd.read_csv(odd.folder / "leads.csv"))
    lead = scores.iloc[0]
    told = odd.run("explain", lead["lead_id"])
    assert told.code == 0, told.err
    assert all(len(line) <= 80 for line in told.out.splitlines())
    for heading, reason in (("Speaks for it", "reason_1"), ("Speaks against it", "against_1")):
        below = told.out.split(heading)[1].split("\n")[1]
        assert (below == "  Nothing that counts.") is (lead[reason] == "")
    page = odd.run("report", "--out", tmp_path / "report.html")
    assert page.code == 0, page.err
    assert_clean(page)
