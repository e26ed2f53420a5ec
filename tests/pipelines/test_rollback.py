"""Rolling back from the command line; the steps themselves are tested with the registry."""

from __future__ import annotations

from features.settings.load import load_settings
from models.registry.champion import load_champion
from tests.pipelines.conftest import Leadaccord, Project


def test_without_an_earlier_model_the_next_step_is_told(
    project: Project, leadaccord: Leadaccord
) -> None:
    run = leadaccord("rollback", "--json", "--config", project.config)
    assert run.code == 2
    assert run.json["error"]["code"] == "no_earlier_model"
    assert "leadaccord rollback VERSION" in run.json["error"]["next_step"]


def test_a_named_version_is_put_in_use_and_told(project: Project, leadaccord: Leadaccord) -> None:
    version = str(project.result["model_version"])
    run = leadaccord("rollback", version, "--config", project.config)
    assert run.code == 0
    assert run.out.startswith(f"In use: {version} (demo-lead-quality version 1)")
    assert load_champion(load_settings(project.config)).version == version
