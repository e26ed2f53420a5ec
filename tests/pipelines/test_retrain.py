"""Retraining as its users do it: a month after a month, held or promoted, and never by half."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.labels import RULES
from features.settings.load import load_settings
from features.simulation.company import simulate
from models.artifact.folder import load_bundle
from models.registry.alias import CHALLENGER, ChampionMovedError
from models.registry.champion import CHAMPION, find_champion, registered_name
from pipelines.retrain import find_model_in_use
from tests.features.contract.test_as_of import truncate
from tests.pipelines.conftest import FIRST, MARKER, SECOND, Leadaccord, Project, call, write_project
from tests.pipelines.killed import compare, finish, retrain
from tests.trained import draw_tables, make_project, train


@pytest.fixture
def copy(history: Project, tmp_path: Path) -> Project:
    """The same project to do anything with."""
    folder = tmp_path / "project"
    shutil.copytree(history.folder, folder)
    return replace(history, folder=folder)


def registry(project: Project) -> Any:
    """MLflow's client at the project's own store."""
    return client_at(project.home)


def client_at(home: Path) -> Any:
    import mlflow

    return mlflow.MlflowClient(f"sqlite:///{home / 'tracking.db'}")


def name_of(project: Project) -> str:
    return registered_name(load_settings(project.config))


def alias(project: Project, which: str) -> str:
    found = registry(project).get_model_version_by_alias(name_of(project), which)
    return str(found.tags["leadaccord.model_version"])


@pytest.mark.slow
def test_the_first_run_has_no_champion_and_promotes(history: Project) -> None:
    first = history.result["first"]
    assert first.code == 0
    result = first.json
    assert (result["decision"], result["champion"]) == ("promoted", None)
    assert result["in_use"] == result["challenger"]
    assert "No model is in use" in result["reasons"][0]
    assert result["figures"] is None


def test_the_second_run_compares_both_on_the_same_leads(history: Project) -> None:
    second = history.result["second"]
    result = second.json
    assert second.code == {"promoted": 0, "held": 4}[result["decision"]]
    assert result["champion"] == history.result["first"].json["challenger"]
    assert result["challenger"] != result["champion"]
    assert result["reasons"]
    judged = result["judged_on"]
    assert judged["leads"] >= 200
    champion = load_bundle(history.home / "models" / result["champion"])
    last = pd.Timestamp(champion.figures["window"][1])
    assert pd.Timestamp(judged["window"][0]) > last
    assert pd.Timestamp(judged["window"][1]) < pd.Timestamp(SECOND)
    for name in ("auc", "average_precision", "log_loss", "top_precision"):
        paired = result["figures"][name]
        gap = paired["challenger"]["value"] - paired["champion"]["value"]
        assert paired["difference"]["value"] == pytest.approx(gap)
        assert paired["difference"]["low"] <= gap <= paired["difference"]["high"]
    assert result["segments"]
    assert {check["name"] for check in result["checks"]} >= {"inputs", "better_log_loss", "segment"}


def test_aliases_and_versions_tell_what_was_decided(history: Project) -> None:
    second = history.result["second"].json
    assert alias(history, CHALLENGER) == second["challenger"]
    assert alias(history, CHAMPION) == second["in_use"]
    client = registry(history)
    version = client.get_model_version_by_alias(name_of(history), CHALLENGER)
    assert version.tags["leadaccord.decision"] == second["decision"]
    assert second["reasons"][0] in version.tags["leadaccord.reasons"]
    assert version.description.startswith("# ")


def check_all_is_shown(client: Any, result: dict[str, Any]) -> None:
    """Assert that a run shows what was learned, from what, how good it is, and beside what."""
    versions = {v.tags["leadaccord.model_version"]: v for v in client.search_model_versions()}
    version, champion = versions[result["challenger"]], versions[result["champion"]]
    run = client.get_run(version.run_id)
    assert (run.info.status, run.info.run_name) == ("FINISHED", result["challenger"])
    # Settings.
    assert run.data.params["gate.min_leads"] == "200"
    assert run.data.params["tables.leads"] == "data/leads.csv"
    # Row counts by rule, figures with intervals, and the comparison.
    metrics = run.data.metrics
    assert {f"excluded_{rule}" for rule in RULES} <= set(metrics)
    for name_of_figure in ("auc", "average_precision", "precision_top_10", "new_auc_difference"):
        ends = [metrics[f"{name_of_figure}{end}"] for end in ("_low", "", "_high")]
        assert ends == sorted(ends)
    assert metrics["new_auc_difference"] == result["figures"]["auc"]["difference"]["value"]
    assert {"new_log_loss_champion_high", "log_loss", "ece", "n_train", "n_test"} <= set(metrics)
    # Curves, importance, the decision and the card.
    files = {entry.path: entry.file_size for entry in client.list_artifacts(run.info.run_id)}
    curves = {f"{curve}.png" for curve in ("roc", "precision_recall", "calibration", "lift")}
    pages = {"decision.html", "decision.md", "model_card.html", "model_card.md", "model_card.json"}
    assert set(files) >= {*curves, "importance.png", "shap_bar.png", "shap_beeswarm.png", *pages}
    assert all(size is None or size > 1_000 for size in files.values())
    # The data's digest and window.
    (data,) = run.inputs.dataset_inputs
    assert data.dataset.digest == run.data.tags["leadaccord.data_digest"]
    assert data.dataset.digest == version.tags["leadaccord.data_digest"] != ""
    assert " to " in run.data.tags["leadaccord.window"]
    # The champion it was compared with.
    for tags in (run.data.tags, version.tags):
        assert tags["leadaccord.compared_with"] == result["champion"]
        assert tags["leadaccord.compared_with_version"] == str(champion.version)
        assert tags["leadaccord.compared_with_run"] == champion.run_id
    (input_model,) = run.inputs.model_inputs
    assert champion.source == f"models:/{input_model.model_id}"


def test_the_run_shows_all_that_a_data_team_asks(history: Project) -> None:
    second = history.result["second"].json
    check_all_is_shown(registry(history), second)


def test_nothing_personal_is_in_the_store(history: Project) -> None:
    assert MARKER in history.leads.read_text("utf-8")
    looked_at = {path.suffix for path in history.home.rglob("*") if path.is_file()}
    for path in history.home.rglob("*"):
        if path.is_file():
            assert MARKER.encode() not in path.read_bytes(), path
    assert looked_at >= {".db", ".html", ".md", ".json", ".png"}


def test_every_model_has_a_card_that_tells_its_decision(history: Project) -> None:
    first, second = (history.result[name].json for name in ("first", "second"))
    for result in (first, second):
        page = Path(result["model_card"])
        assert page == history.home / "cards" / result["challenger"] / "model_card.html"
        assert result["challenger"] in page.read_text("utf-8")
    text = Path(second["model_card"]).with_suffix(".md").read_text("utf-8")
    assert f"Compared with {second['champion']}" in text
    first_text = Path(first["model_card"]).with_suffix(".md").read_text("utf-8")
    assert "there was no model in use to compare it with" in first_text


def test_a_report_is_left_for_people(history: Project) -> None:
    for run in (history.result["first"], history.result["second"]):
        page = Path(run.json["report"])
        assert page.is_relative_to(history.home)
        html = page.read_text("utf-8")
        assert run.json["challenger"] in html
        assert page.with_suffix(".md").read_text("utf-8").startswith("# The new model")


def test_where_nothing_is_new_nothing_is_learned(copy: Project) -> None:
    runs = copy.home / "models"
    before = set(runs.iterdir())
    # All of that day's leads are known to the model in use, whichever that is.
    again = call("retrain", "--json", "--as-of", FIRST, "--config", copy.config)
    assert (again.code, again.json["decision"], again.json["challenger"]) == (4, "held", None)
    few, pace = again.json["reasons"]
    assert few.startswith("No decided leads have matured") and "200 are needed" in few
    day = pd.Timestamp(pace.removeprefix("At the present pace an export of ")[:10])
    assert pd.Timestamp(FIRST) < day < pd.Timestamp(FIRST) + pd.Timedelta(days=120)
    page = Path(again.json["report"]).read_text("utf-8")
    assert "Nothing can be decided yet" in page and pace in page
    assert set(runs.iterdir()) == before
    # The activities are not even read, nor is a run of it: both take longer than the answer.
    for path in copy.folder.glob("data/activities/*"):
        path.write_text("nothing that could be read", "utf-8")
    blind = call("retrain", "--json", "--as-of", FIRST, "--config", copy.config)
    assert (blind.code, blind.json["reasons"]) == (4, again.json["reasons"])
    assert alias(copy, CHAMPION) == copy.result["second"].json["in_use"]


@pytest.mark.slow
def test_the_export_of_that_day_gives_the_same_model(history: Project, tmp_path: Path) -> None:
    then = write_project(tmp_path, truncate(history.world, pd.Timestamp(FIRST)))
    run = call("retrain", "--json", "--config", then)
    assert (run.code, run.json["decision"]) == (0, "promoted")
    assert run.json["challenger"] == history.result["first"].json["challenger"]


@pytest.mark.slow
def test_retraining_learns_what_training_learns(tmp_path: Path) -> None:
    world = simulate(n_leads=1_000, seed=7)
    # The simulated leads without a time, or from the far future, are all that differs.
    there = pd.to_datetime(world.leads["MQL_Date__c"], errors="coerce") < pd.Timestamp("2027-01-01")
    config = write_project(tmp_path, replace(world, leads=world.leads[there]))
    run = call("retrain", "--json", "--config", config)
    assert run.json["decision"] == "promoted" and run.code == 0
    plain = call("train", "--json", "--config", config)
    assert plain.json["model_version"] == run.json["challenger"]
    # Nothing is left to decide when it is in use already.
    same = call("retrain", "--json", "--gate", "off", "--config", config)
    assert (same.code, same.json["decision"]) == (4, "held")
    assert "byte for byte" in same.json["reasons"][0]


@pytest.mark.slow
def test_a_project_that_was_moved_goes_on_and_dry_run_and_off_do_what_they_say(
    copy: Project, tmp_path: Path
) -> None:
    first, second = (copy.result[name].json for name in ("first", "second"))
    folder = tmp_path / "elsewhere"
    copy.folder.rename(folder)
    moved = replace(copy, folder=folder)
    again = ("retrain", "--json", "--as-of", SECOND, "--config", moved.config)
    back = call("rollback", "1", "--json", "--config", moved.config)
    assert back.json["champion"] == first["challenger"]

    dry = call(*again, "--gate", "dry-run")
    assert (dry.code, dry.json["decision"], dry.json["would"]) == (4, "held", second["decision"])
    assert dry.json["challenger"] == second["challenger"]
    # The comparison is with the first model again, on the same leads.
    assert dry.json["figures"] == second["figures"]
    assert alias(moved, CHAMPION) == first["challenger"]

    off = call(*again, "--gate", "off")
    assert (off.code, off.json["decision"]) == (0, "promoted")
    assert alias(moved, CHAMPION) == off.json["challenger"] == dry.json["challenger"]
    back = call("rollback", "--json", "--config", moved.config)
    assert (back.code, back.json["champion"]) == (0, first["challenger"])
    assert alias(moved, CHAMPION) == first["challenger"]
    assert not copy.folder.exists()


def test_refused_data_leave_the_champion_and_a_report(copy: Project) -> None:
    before = alias(copy, CHAMPION)
    run = call("retrain", "--json", "--as-of", "2024-07-20", "--config", copy.config)
    assert (run.code, run.json["decision"]) == (3, "refused")
    assert run.json["challenger"] is None
    assert "The data were refused" in run.json["reasons"][0]
    assert alias(copy, CHAMPION) == before
    assert "The data were refused" in Path(run.json["report"]).read_text("utf-8")
    client = registry(copy)
    experiment = client.get_experiment_by_name("demo").experiment_id
    runs = client.search_runs([experiment], "tags.`leadaccord.decision` = 'refused'")
    assert len(runs) == 1


@pytest.mark.slow
def test_a_champion_that_is_gone_is_restored_or_told_of(copy: Project) -> None:
    models = copy.home / "models"
    shutil.rmtree(models)
    restored = find_model_in_use(load_settings(copy.config))
    assert restored.version == copy.result["second"].json["in_use"]
    assert (restored.bundle is not None, restored.notes) == (True, ())

    shutil.rmtree(models)
    shutil.rmtree(copy.home / "artifacts")
    lost = call("retrain", "--json", "--as-of", FIRST, "--config", copy.config)
    assert (lost.code, lost.json["decision"]) == (0, "promoted")
    assert "cannot be read, so there is nothing to compare with" in lost.json["reasons"][0]


def test_a_champion_deleted_from_the_registry_is_a_first_run_with_the_same_model(
    copy: Project,
) -> None:
    registry(copy).delete_registered_model(name_of(copy))
    run = call("retrain", "--json", "--as-of", FIRST, "--config", copy.config)
    assert (run.code, run.json["decision"], run.json["champion"]) == (0, "promoted", None)
    assert alias(copy, CHAMPION) == copy.result["first"].json["challenger"]


@pytest.mark.slow
def test_a_champion_of_other_columns_is_compared_and_the_column_missed(copy: Project) -> None:
    leads = copy.read_leads()
    leads.drop(columns=["Industry"]).to_csv(copy.leads, index=False)
    run = call("retrain", "--json", "--as-of", "2026-06-01", "--config", copy.config)
    assert run.code == 4
    assert any("lack the column Industry" in reason for reason in run.json["reasons"])


def test_the_decision_is_told_on_80_columns(history: Project, leadaccord: Leadaccord) -> None:
    run = leadaccord("retrain", "--as-of", FIRST, "--config", history.config)
    assert run.code == 4
    assert run.out.startswith("Held: ")
    lines = [line for line in run.out.splitlines() if history.home.name not in line]
    assert all(len(line) <= 80 for line in lines)


def test_what_is_no_date_is_told_before_anything_is_read(
    history: Project, leadaccord: Leadaccord
) -> None:
    run = leadaccord("retrain", "--as-of", "soon", "--json", "--config", history.config)
    assert run.code == 2
    assert "--as-of is not a date" in json.loads(run.out)["error"]["message"]


def test_a_champion_exchanged_while_a_model_is_recorded_stays(tmp_path: Path) -> None:
    settings = make_project(tmp_path, "exchanged")
    first, second, third = (train(draw_tables(200, seed=seed)) for seed in (3, 4, 5))
    retrain(settings, first)
    retrain(settings, second)
    made = compare(settings, third)

    def exchange() -> None:
        with closing(sqlite3.connect(settings.home / "tracking.db")) as store, store:
            store.execute(
                "update registered_model_aliases set version = 1 where alias = 'champion'"
            )

    before_rename_of("decision.html", exchange)
    with pytest.raises(ChampionMovedError, match="Run the command again"):
        finish(made)
    champion = find_champion(settings)
    assert champion is not None and champion.number == "1"
    assert made.trained is not None
    left = client_at(settings.home).get_model_version(champion.name, "3")
    assert left.tags["leadaccord.decision"] == "interrupted"
    assert not (settings.home / "unfinished-run").exists()
    version = made.trained.bundle.version
    assert not list((settings.home / "retraining").glob(f"*{version}"))

    again = finish(compare(settings, third))
    assert again["decision"] == "promoted"
    assert Path(again["report"]).exists()


def before_rename_of(name: str, act: Callable[[], None]) -> None:
    """Act once, just before a file takes this name."""
    waiting = [act]

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if waiting and event == "os.rename" and Path(str(arguments[1])).name == name:
            waiting.pop()()

    sys.addaudithook(hear)
