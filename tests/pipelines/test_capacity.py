"""The capacity command: from a project's files to a score for the week and what it brings."""

from __future__ import annotations

from tests.pipelines.conftest import Leadaccord, Project


def test_it_fits_a_terminal_and_says_what_the_score_brings(
    trained: Project, leadaccord: Leadaccord
) -> None:
    run = leadaccord("capacity", "--config", trained.config)
    assert run.code == 0
    assert all(len(line) <= 80 for line in run.out.splitlines())
    assert run.out.count("the best scores first") == 3
    assert "name no capacity" in " ".join(run.out.split())


def test_an_option_goes_before_the_settings(project: Project, leadaccord: Leadaccord) -> None:
    project.edit_settings(("[outcomes]", "[capacity]\nleads_per_week = 9\n\n[outcomes]"))
    set_there = leadaccord("capacity", "--json", "--config", project.config).json
    asked = leadaccord(
        "capacity", "--leads-per-week", "5", "--json", "--config", project.config
    ).json
    assert [row["capacity"] for row in set_there["rows"]] == [9.0]
    assert [row["capacity"] for row in asked["rows"]] == [5.0]
    assert asked["rows"][0]["groups"][0]["score"] >= set_there["rows"][0]["groups"][0]["score"]


def test_without_a_model_it_says_what_to_do(untrained: Project, leadaccord: Leadaccord) -> None:
    run = leadaccord("capacity", "--config", untrained.config)
    assert run.code == 2
    assert "leadaccord train" in run.err
