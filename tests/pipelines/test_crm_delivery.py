"""Scores sent to a CRM: each record once, only what changed, through a kill in mid-run."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pandas as pd
import pytest

from pipelines import score
from pipelines.console import Console
from tests.crm_servers.base import TOKEN, Fault, serving
from tests.crm_servers.dynamics import Dataverse
from tests.crm_servers.places import DYNAMICS_TOKEN, make_guids
from tests.pipelines.conftest import MAIN, Leadaccord, Project, read_scores, start

N_GUIDS = 250
ADDRESS = "dynamics://{}?table=msdyn_predictivescore"


@pytest.fixture
def dynamics(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dataverse]:
    monkeypatch.setenv(*DYNAMICS_TOKEN)
    with serving(Dataverse()) as crm:
        yield crm


@pytest.fixture
def guids(trained: Project, tmp_path: Path) -> Path:
    """Leads whose ids are those of Dynamics, more than one request takes."""
    leads = trained.read_leads()
    timed = leads["MQL_Date__c"].between("2020", "2030")
    good = leads[(leads["Id"] != "") & timed].drop_duplicates("Id")
    path = tmp_path / "guids.csv"
    good.tail(N_GUIDS).assign(Id=make_guids(N_GUIDS)).to_csv(path, index=False)
    return path


def test_scores_go_to_a_crm_once_and_only_what_changed_goes_again(
    project: Project,
    guids: Path,
    tmp_path: Path,
    dynamics: Dataverse,
    leadaccord: Leadaccord,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    out = ADDRESS.format(dynamics.host)
    command = ("score", guids, "--config", project.config, "--out", out)
    kept = set((project.home / "runs").rglob("*.json"))
    shown = leadaccord(*command, "--dry-run")
    assert shown.code == 0 and dynamics.log == [], shown.err
    assert f"{N_GUIDS} records to send, 0 unchanged" in shown.out
    assert '"msdyn_grade": ' in shown.out and max(map(len, shown.out.splitlines()[1:])) <= 80
    assert set((project.home / "runs").rglob("*.json")) == kept
    assert not list((project.home / "spool").glob("*"))
    dynamics.broken = {make_guids(1)[0]}
    run = leadaccord(*command, "--strict", "--json")
    assert run.code == 3, run.err
    crm = run.json["crm"]
    assert (crm["sent"], crm["unchanged"], crm["refused"]) == (N_GUIDS - 1, 0, 1)
    refused = pd.read_csv(crm["refused_file"])
    assert list(refused["lead_id"]) == list(dynamics.broken) and "plug-in" in refused["reason"][0]
    dynamics.broken = set()
    again = leadaccord(*command)
    assert again.code == 0 and f"1 records sent, {N_GUIDS - 1} unchanged" in again.out
    assert len(dynamics.by_lead()) == N_GUIDS and not Path(crm["refused_file"]).exists()
    forgotten = leadaccord("forget", make_guids(1)[0], "--json", "--config", project.config)
    assert forgotten.json["sent"] == 1
    assert leadaccord(*command, "--json").json["crm"]["sent"] == 1
    written = [path for path in (*project.home.rglob("*"), *tmp_path.glob("*.*"))]
    held = b"".join(path.read_bytes() for path in written if path.is_file())
    assert TOKEN.encode() not in held and TOKEN not in run.out + run.err + shown.out


@pytest.mark.slow
def test_a_run_killed_while_it_sends_is_finished_by_the_same_command(
    project: Project, guids: Path, tmp_path: Path, dynamics: Dataverse
) -> None:
    started: list[Any] = []
    kill = Fault("CreateMultiple", then=lambda: os.kill(started[0].pid, signal.SIGKILL))
    dynamics.faults = [kill]
    out = ADDRESS.format(dynamics.host)
    command = ["score", guids, "--config", project.config, "--out", out, "--json"]
    with dynamics.lock:
        started.append(start(MAIN, *command, cwd=tmp_path, stdout=PIPE, stderr=PIPE))
    started[0].communicate()
    assert started[0].returncode == -signal.SIGKILL and 0 < len(dynamics.rows) < N_GUIDS
    made = set(dynamics.rows)
    end = start(MAIN, *command, cwd=tmp_path, stdout=PIPE, stderr=PIPE)
    said, _ = end.communicate()
    assert end.returncode == 0 and json.loads(said)["resumed_from"] == 1
    # What the killed run had made was found, not made again.
    assert made < set(dynamics.rows) and len(dynamics.by_lead()) == N_GUIDS
    out_file = tmp_path / "s.csv"
    quiet = Console(as_json=True, quiet=True)
    score.run(quiet, config=project.config, leads=str(guids), out=out_file)
    scores = read_scores(out_file).set_index("lead_id")["score"]
    rows = dynamics.by_lead()
    assert {lead: rows[lead.lower()]["msdyn_score"] for lead in scores.index} == dict(scores)
