"""The explanation of one lead as a job: a page, whole or not at all, that shows what it may."""

from __future__ import annotations

import html
from pathlib import Path

import pandas as pd
import pytest

from features.simulation.export import World
from tests.pipelines.conftest import MARKER, Leadaccord, Project

PERSONAL = ("FirstName", "LastName", "Email", "Phone", "Street")


@pytest.fixture(scope="module")
def waiting(trained: Project) -> str:
    """A lead that sales never answered, handed over once."""
    return find_waiting(trained.world)


def find_waiting(world: World) -> str:
    leads = world.leads
    once = leads[~leads["Id"].duplicated(keep=False) & ~leads["Id"].isin(world.decisions["LeadId"])]
    at = pd.to_datetime(once["MQL_Date__c"], errors="coerce")
    return str(once.loc[at[at < "2026-11-01"].idxmax(), "Id"])


def test_a_page_is_written_with_the_score_that_explain_tells(
    leadaccord: Leadaccord, trained: Project, waiting: str, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "lead.html"
    run = leadaccord(
        "report", "--lead", waiting, "--out", out, "--json", "--config", trained.config
    )
    assert run.code == 0
    told = leadaccord("explain", waiting, "--json", "--config", trained.config).json
    for key in ("lead_id", "score", "grade", "model_version"):
        assert run.json[key] == told[key]
    assert run.json["hand_overs"] == 1 and run.json["decision"] == "waiting"
    page = html.unescape(out.read_text("utf-8"))
    assert all(told[f"reason_{i}"] in page for i in range(1, 6) if told[f"reason_{i}"])
    assert list(out.parent.iterdir()) == [out]


def test_its_name_is_not_that_of_the_lead(
    leadaccord: Leadaccord,
    trained: Project,
    waiting: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    run = leadaccord("report", "--lead", waiting, "--config", trained.config)
    assert run.code == 0 and f"Explanation of lead {waiting}: lead.html" in run.out
    assert [path.name for path in tmp_path.iterdir()] == ["lead.html"]


def test_an_unknown_lead_is_refused_and_nothing_written(
    leadaccord: Leadaccord, trained: Project, waiting: str, tmp_path: Path
) -> None:
    out = tmp_path / "lead.html"
    wrong = waiting.swapcase()
    run = leadaccord("report", "--lead", wrong, "--out", out, "--json", "--config", trained.config)
    assert run.code == 2 and run.json["error"]["code"] == "lead_unknown"
    assert f'"{waiting}"' in run.err and "Traceback" not in run.err
    assert not out.exists()


def test_the_page_never_replaces_what_it_is_made_from(
    leadaccord: Leadaccord, trained: Project, waiting: str
) -> None:
    before = trained.leads.read_bytes()
    run = leadaccord(
        "report", "--lead", waiting, "--out", trained.leads, "--config", trained.config
    )
    assert run.code == 2 and "replace what it is made from" in run.err
    assert trained.leads.read_bytes() == before


def test_personal_fields_are_shown_where_display_names_them_and_never_redacted(
    leadaccord: Leadaccord, project: Project, waiting: str, tmp_path: Path
) -> None:
    leads = project.world.leads.set_index("Id")
    names = ", ".join(f'"{name}"' for name in (*PERSONAL, "Company"))
    out = tmp_path / "lead.html"
    run = leadaccord("report", "--lead", waiting, "--out", out, "--config", project.config)
    assert run.code == 0 and MARKER not in out.read_text("utf-8")
    project.edit_settings(('display = ["Company"]', f"display = [{names}]"))
    shown = leadaccord("report", "--lead", waiting, "--out", out, "--config", project.config)
    page = html.unescape(out.read_text("utf-8"))
    assert shown.code == 0
    assert all(leads.loc[waiting, name] in page for name in ("FirstName", "Phone", "OwnerId"))
    hidden = leadaccord(
        "report", "--lead", waiting, "--redact", "--out", out, "--config", project.config
    )
    page = html.unescape(out.read_text("utf-8"))
    assert hidden.code == 0 and MARKER not in page
    owners = {str(owner) for owner in leads["OwnerId"].dropna() if owner}
    companies = {str(name) for name in leads["Company"].dropna() if len(str(name)) > 6}
    assert [text for text in owners | companies if text in page] == []
