"""A trial from its plan to its reading, by the files of a small project."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.trials.groups import draw_groups
from models.trials.plan import load_plan
from pipelines.trial import VERDICTS, describe_reading
from tests.models.trials.plans import make_trial
from tests.pipelines.conftest import Leadaccord, Project, call

SETTINGS = """
[tables]
leads = "leads.csv"
outcomes = "outcomes.csv"

[leads]
id = "Id"
handed_over_at = "At"

[decision]
column = "Status"
accepted = ["yes"]
rejected = ["no"]
decided_at = "Decided"

[outcomes]
opportunity_at = "Opportunity"
"""
BEGIN, START = pd.Timestamp("2025-01-01"), "2025-03-03"
BEFORE, AFTER = 610, 600


def write(folder: Path, n: int, *, rise: float = 0.0) -> None:
    """Write ten leads a day, a third of them opportunities; by the score so many more."""
    number = np.arange(n)
    leads = [f"L{i}" for i in number]
    at = BEGIN + pd.to_timedelta(number // 10 * 24 + number % 10, unit="h")
    score = draw_groups(leads, name="winter", share=0.5) & (number >= BEFORE)
    won = np.random.default_rng(4).random(n) < 0.33 + rise * score
    decided = at + pd.Timedelta(hours=6)
    status = np.where(number % 3 == 0, "yes", "no")
    frame = pd.DataFrame({"Id": leads, "At": at, "Status": status, "Decided": decided})
    frame.to_csv(folder / "leads.csv", index=False)
    outcomes = pd.DataFrame({"Id": leads, "Opportunity": at + pd.Timedelta(days=2)})[won]
    outcomes.to_csv(folder / "outcomes.csv", index=False)


@pytest.fixture(scope="session")
def trial_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has planned the trial "winter": look, do not touch."""
    folder = tmp_path_factory.mktemp("trial")
    config = folder / "leadaccord.toml"
    config.write_text(SETTINGS, "utf-8")
    write(folder, BEFORE)
    plan = ("trial", "plan", "winter", "--effect", "0.15", "--start", START)
    run = call(*plan, "--config", config)
    assert run.code == 0, run.err
    assert all(len(line) <= 80 for line in run.out.splitlines())
    return folder


@pytest.fixture
def planned(trial_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same in the current folder, to do anything with."""
    folder = tmp_path / "project"
    shutil.copytree(trial_folder, folder)
    monkeypatch.chdir(folder)
    return folder


def test_a_plan_is_kept_with_its_page(planned: Path, leadaccord: Leadaccord) -> None:
    kept = json.loads((planned / "trials" / "winter" / "plan.json").read_text("utf-8"))
    page = (planned / "trials" / "winter" / "plan.html").read_text("utf-8")
    assert kept["seal"] in page
    assert (kept["days"], kept["outcome"], kept["start"]) == (7, "opportunity", START)
    # Until it begins it may be planned anew.
    again = leadaccord("trial", "plan", "winter", "--effect", "0.2", "--start", START, "--json")
    assert again.json["size"] < kept["size"]
    write(planned, BEFORE + 20)
    late = leadaccord("trial", "plan", "winter", "--effect", "0.2", "--start", "2025-04-07")
    assert late.code == 2 and "has begun, and its plan stays" in late.err


def test_groups_are_written_and_read_back(planned: Path, leadaccord: Leadaccord) -> None:
    run = leadaccord("trial", "assign", "winter", "--json")
    groups = pd.read_csv(planned / "groups.csv")
    assert run.json["leads"] == BEFORE == len(groups)
    assert run.json["groups"] == groups["group"].value_counts().to_dict()
    some = planned / "some.csv"
    some.write_text("Id,Other\nL7,x\nL3,y\nL7,z\n,w\n")
    run = leadaccord("trial", "assign", "winter", some, "--out", "some-groups.csv", "--json")
    assert (run.json["leads"], run.json["without_id"]) == (2, 1)
    few = pd.read_csv(planned / "some-groups.csv").set_index("lead_id")["group"]
    assert few.to_dict() == groups.set_index("lead_id")["group"][["L7", "L3"]].to_dict()
    read = leadaccord("trial", "read", "winter", "--groups", "groups.csv", "--json")
    assert read.json["moved"] == 0


def test_before_its_first_lead_a_trial_is_open(planned: Path, leadaccord: Leadaccord) -> None:
    run = leadaccord("trial", "read", "winter")
    assert run.code == 0
    assert "nothing is known yet" in " ".join(run.out.split())
    assert "Next: leadaccord trial read winter" in run.err


def test_a_trial_that_pays_says_so(planned: Path, leadaccord: Leadaccord) -> None:
    write(planned, BEFORE + AFTER, rise=0.3)
    run = leadaccord("trial", "read", "winter", "--json").json
    assert run["verdict"] == "works" and 0 < run["low"] < run["difference"] < run["high"]
    assert sum(group["leads"] for group in run["groups"]) == AFTER
    assert run["shown_on"] < run["until"]
    text = leadaccord("trial", "read", "winter")
    assert "It pays" in text.out and all(len(line) <= 80 for line in text.out.splitlines())
    assert "end the trial" in text.err


def test_a_lost_group_is_no_result(planned: Path, leadaccord: Leadaccord) -> None:
    write(planned, BEFORE + AFTER, rise=0.3)
    leads = pd.read_csv("leads.csv")
    score = draw_groups(leads["Id"], name="winter", share=0.5)
    lost = score & (np.arange(len(leads)) >= BEFORE) & (np.arange(len(leads)) % 2 == 0)
    leads[~lost].to_csv("leads.csv", index=False)
    run = leadaccord("trial", "read", "winter")
    assert run.code == 0
    assert "nothing may be read" in " ".join(run.out.split()) and "It pays" not in run.out


def test_what_does_not_fit_the_plan_is_refused(planned: Path, leadaccord: Leadaccord) -> None:
    strange = planned / "strange.csv"
    strange.write_text("lead_id,group\nL1,score\nL2,control\n")
    run = leadaccord("trial", "read", "winter", "--groups", strange)
    assert run.code == 3 and '"control" in 1 of 2 leads, the first L2' in run.err
    groups = pd.read_csv("leads.csv")[["Id"]]
    other = draw_groups(groups["Id"], name="spring", share=0.5)
    groups.assign(group=np.where(other, "score", "hold-out")).to_csv(strange, index=False)
    run = leadaccord("trial", "read", "winter", "--groups", strange)
    assert run.code == 3 and "not drawn by this plan" in run.err
    plan = planned / "trials" / "winter" / "plan.json"
    plan.write_text(plan.read_text("utf-8").replace('"share": 0.5', '"share": 0.6'), "utf-8")
    run = leadaccord("trial", "read", "winter")
    assert run.code == 2 and "not as it was made" in run.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plan", "Winter!"), "cannot have this name"),
        (("plan", "a", "--outcome", "won", "--start", "2027-01-04"), "became won"),
        (("plan", "a", "--start", "2025-01-15"), "begin before its plan"),
        (("plan", "a", "--start", "soon"), "does not match the format"),
        (("assign", "nobody"), "no such trial was planned"),
        (("assign", "winter", "leads.csv", "--out", "leads.csv"), "replace what it is made from"),
        (("assign", "winter", "--out", "groups.doc"), "kind of file"),
        (("read", "nobody"), 'Got "nobody", expected winter'),
    ],
)
def test_mistakes_are_said(
    planned: Path, leadaccord: Leadaccord, arguments: tuple[str, ...], message: str
) -> None:
    run = leadaccord("trial", *arguments)
    assert run.code == 2
    assert message.casefold() in run.err.casefold()
    assert not (planned / "trials" / "a").exists()


@pytest.mark.parametrize(("second", "message"), [("1", "twice"), ("m9", "no such model")])
def test_two_models_are_known_and_differ(
    trained: Project, leadaccord: Leadaccord, second: str, message: str
) -> None:
    models = (str(trained.result["model_version"]), second)
    run = leadaccord("trial", "plan", "two", "--models", *models, "--config", trained.config)
    assert run.code == 2 and message in run.err


def test_every_verdict_has_its_words() -> None:
    plan = make_trial()
    rows = [{"name": name, "leads": 9, "counted": 0, "outcomes": 0} for name in plan.groups]
    shown = {"trial": "winter", "seal": plan.seal, "until": "2026-02-01", "groups": rows}
    shown |= {"difference": None, "low": -1.0, "high": 1.0, "moved": 3, "shown_on": None}
    for verdict, words in VERDICTS.items():
        lines = describe_reading({**shown, "verdict": verdict}, plan)
        assert words.split(":")[0] in " ".join(" ".join(lines).split())
        assert "3 leads were worked in the other group" in " ".join(lines)


def test_the_kept_plan_is_the_one_that_is_read(planned: Path) -> None:
    from features.settings.load import load_settings

    assert load_plan(load_settings(planned / "leadaccord.toml"), "winter").effect == 0.15
