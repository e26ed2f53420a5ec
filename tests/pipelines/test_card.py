"""The card of a stored model: found, written again, and approved by a person."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from features.language import language
from features.settings.load import load_settings
from serve.card.store import TEXT, card_folder
from tests.pipelines.conftest import Leadaccord, Project


def read_card(project: Project, name: str = TEXT) -> str:
    folder = card_folder(load_settings(project.config), str(project.result["model_version"]))
    return (folder / name).read_text("utf-8")


def test_training_leaves_a_card_and_tells_where(trained: Project) -> None:
    page = Path(trained.result["model_card"])
    assert page.is_file() and page.is_relative_to(trained.home)
    text = read_card(trained)
    assert text.startswith("# Model card: demo")
    assert f"Version: {trained.result['model_version']}, in use" in text
    assert "Put in use by leadaccord train" in text
    assert f"AUC: {trained.result['auc']:.3f}" in text


def test_the_card_is_no_part_of_the_model(trained: Project) -> None:
    assert not list(trained.model.rglob("*card*"))


def test_a_card_that_is_gone_is_written_again_byte_for_byte(
    project: Project, leadaccord: Leadaccord
) -> None:
    before = {name: read_card(project, name) for name in ("model_card.html", TEXT)}
    shutil.rmtree(project.home / "cards")
    run = leadaccord("card", "--json", "--config", project.config)
    assert run.code == 0
    assert run.json["in_use"] is True and run.json["approved_by"] is None
    assert Path(run.json["model_card"]).is_file()
    assert {name: read_card(project, name) for name in before} == before


def test_a_person_approves_a_version(project: Project, leadaccord: Leadaccord) -> None:
    version = str(project.result["model_version"])
    run = leadaccord("card", version, "--approved-by", "Ana Ruiz", "--config", project.config)
    assert run.code == 0
    assert f"{version} (demo-lead-quality version 1), in use." in run.out
    assert all(len(line) <= 80 for line in run.out.splitlines() if "Model card:" not in line)
    text = read_card(project)
    assert "Approved by Ana Ruiz on " in text and "No person has approved" not in text
    # It stays, also when the card is written again, in the run too.
    again = leadaccord("card", "1", "--json", "--config", project.config)
    assert again.json["approved_by"] == "Ana Ruiz" and again.json["approved_on"]
    assert read_card(project) == text
    kept = [path.read_text("utf-8") for path in (project.home / "artifacts").rglob(TEXT)]
    assert kept == [text]


def test_the_card_follows_the_language_of_the_settings(
    project: Project, leadaccord: Leadaccord
) -> None:
    project.edit_settings(('language = "en"', 'language = "es"'))
    assert leadaccord("card", "--config", project.config).code == 0
    assert language("es").text("Known limits") in read_card(project)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("nosuch",), "no_such_model"), (("--approved-by", " "), "usage")],
)
def test_what_is_not_there_or_no_name_is_told(
    trained: Project, leadaccord: Leadaccord, arguments: tuple[str, ...], code: str
) -> None:
    run = leadaccord("card", *arguments, "--json", "--config", trained.config)
    assert (run.code, run.json["error"]["code"]) == (2, code)


def test_without_a_model_in_use_the_next_step_is_told(
    untrained: Project, leadaccord: Leadaccord
) -> None:
    run = leadaccord("card", "--json", "--config", untrained.config)
    assert (run.code, run.json["error"]["code"]) == (2, "no_model")
