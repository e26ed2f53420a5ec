from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from tests.pipelines.conftest import Leadaccord


@pytest.mark.slow
def test_the_demo_leaves_a_complete_project(
    leadaccord: Leadaccord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = Path("new/demo")
    run = leadaccord("demo", "--out", out, "--leads", "1000")
    assert run.code == 0
    for name in (
        "leadaccord.toml",
        "data/leads.csv",
        "scored.csv",
        "report.html",
        "report.xlsx",
        "truth/truth.csv",
    ):
        assert (out / name).stat().st_size > 0, name
    told = [line for line in run.out.splitlines() if not line.startswith("Model card: ")]
    assert all(len(line) <= 80 for line in told), "all but a path, which may be as long as it is"
    # It ends by saying what was done and where everything is.
    last = run.out[run.out.index("Done in") :]
    for name in ("leadaccord.toml", "data", "scored.csv", "report.html", "report.xlsx"):
        assert str(out / name) in last

    settings = (out / "leadaccord.toml").read_text("utf-8")
    tomllib.loads(settings)
    assert "truth" not in settings
    scores = pd.read_csv(out / "scored.csv", dtype=str)
    new = pd.read_csv(out / "data" / "new_leads.csv", dtype=str, keep_default_na=False)
    rejects = out / "scored.csv.rejects.csv"
    n_rejects = len(pd.read_csv(rejects)) if rejects.exists() else 0
    assert len(scores) + n_rejects == len(new) > 0
    days = pd.to_datetime(new["MQL_Date__c"])
    assert days.max() - days.min() <= pd.Timedelta(days=30)

    # The other commands work in it, and so does the demo once more.
    lead = scores["lead_id"].iloc[0]
    assert leadaccord("explain", lead, "--config", out / "leadaccord.toml").code == 0
    # The commands it ends with can be run as they stand, and each has something to say.
    monitored, retrained = re.findall(r"leadaccord ((?:monitor|retrain) --as-of \S+)", last)
    told = leadaccord(*monitored.split(), "--json", "--config", out / "leadaccord.toml").json
    assert told["leads"] > 50 and told["features_compared"] > 20
    held = leadaccord(*retrained.split(), "--json", "--config", out / "leadaccord.toml")
    assert held.code == 4 and "have matured" in held.json["reasons"][0]
    again = leadaccord("demo", "--out", out, "--leads", "1000", "--json")
    assert again.code == 0
    result = again.json
    assert result["out"] == str(out)
    assert result["scored"] == len(scores)
    assert result["model_version"] == scores["model_version"].iloc[0]


def test_a_demo_that_cannot_be_written_is_told(leadaccord: Leadaccord, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", "utf-8")
    run = leadaccord("demo", "--out", tmp_path / "taken", "--leads", "1000", "--json")
    assert run.code == 2
    assert run.json["error"]["code"] == "destination"
    assert (tmp_path / "taken").read_text("utf-8") == "a file"


@pytest.mark.parametrize("taken", ["leadaccord.toml", "data/leads.csv"])
def test_a_folder_with_something_else_is_left_alone(
    leadaccord: Leadaccord, tmp_path: Path, taken: str
) -> None:
    mine = tmp_path / "mine" / taken
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", "utf-8")
    run = leadaccord("demo", "--out", tmp_path / "mine", "--leads", "1000")
    assert run.code == 2
    assert "not empty" in run.err
    assert [path for path in (tmp_path / "mine").rglob("*") if path.is_file()] == [mine]
    assert mine.read_text("utf-8") == "mine"
