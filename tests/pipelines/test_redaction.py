"""Redaction is refused where the model itself would tell."""

from __future__ import annotations

from pathlib import Path

from tests.pipelines.conftest import Leadaccord, Project


def test_columns_the_model_learned_from_cannot_be_left_out(
    leadaccord: Leadaccord, project: Project, tmp_path: Path
) -> None:
    lead = project.world.leads["Id"].dropna().iloc[-1]
    project.edit_settings(('display = ["Company"]', 'display = ["Company", "Email", "Industry"]'))
    for which in ((), ("--lead", lead)):
        options = ("--redact", *which, "--out", tmp_path / "page.html", "--json")
        run = leadaccord("report", *options, "--config", project.config)
        assert run.code == 2 and run.json["error"]["code"] == "redaction"
        assert '"Industry"' in run.err and "leadaccord train" in run.err
        # What is derived at the door, such as the kind of an address, gives nothing away.
        assert '"Email"' not in run.err and '"Company"' not in run.err
    assert list(tmp_path.glob("*.html")) == []
