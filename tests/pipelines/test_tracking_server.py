"""Retraining with a tracking server: as without one, and nothing is lost while it is away."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models.registry.alias import CHALLENGER
from models.registry.store import TrackingError
from pipelines.retrain import find_model_in_use
from tests.mlflow_server import serve_mlflow
from tests.models.conftest import mlflow_at
from tests.pipelines.conftest import FIRST, SECOND, Project, call, read_scores
from tests.pipelines.killed import compare, finish
from tests.pipelines.killed import retrain as retrain_small
from tests.pipelines.test_retrain import check_all_is_shown
from tests.trained import draw_tables, make_project
from tests.trained import train as train_tables


@pytest.mark.slow
def test_with_a_server_it_is_the_same_and_the_server_may_be_away(
    history: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, server = tmp_path / "project", tmp_path / "server"
    shutil.copytree(history.folder, folder, ignore=shutil.ignore_patterns(".leadaccord"))
    server.mkdir()
    config = folder / "leadaccord.toml"
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    first, second = (history.result[name].json for name in ("first", "second"))
    with serve_mlflow(server) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        run = call("retrain", "--json", "--as-of", FIRST, "--config", config)
        assert (run.code, run.json["decision"]) == (0, "promoted")
        assert run.json["challenger"] == first["challenger"]
        off = call("retrain", "--json", "--as-of", SECOND, "--gate", "off", "--config", config)
        assert (off.code, off.json["in_use"]) == (0, second["challenger"])
        assert off.json["figures"] == second["figures"]
        assert not (folder / ".leadaccord" / "tracking.db").exists()
        with mlflow_at(uri) as mlflow:
            client = mlflow.MlflowClient()
            check_all_is_shown(client, off.json)
        card = call("card", second["challenger"], "--json", "--config", config)
        assert (card.code, card.json["in_use"]) == (0, True)

    leads = folder / "data" / "leads.csv"
    scored = call("score", leads, "--out", tmp_path / "s.csv", "--json", "--config", config)
    assert (scored.code, scored.json["model_version"]) == (0, second["challenger"])
    assert any("tracking server did not answer" in said for said in scored.json["warnings"])
    assert len(read_scores(tmp_path / "s.csv")) == scored.json["scored"]
    assert len(list((folder / ".leadaccord" / "runs" / "untracked").glob("*.json"))) == 1

    before = set((folder / ".leadaccord").rglob("*"))
    for command in (("retrain", "--as-of", SECOND), ("rollback",)):
        away = call(*command, "--json", "--config", config)
        assert (away.code, away.json["error"]["code"]) == (2, "tracking")
    assert set((folder / ".leadaccord").rglob("*")) == before

    with serve_mlflow(server) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        back = call("rollback", "--json", "--config", config)
        assert (back.json["before"], back.json["champion"]) == (
            second["challenger"],
            first["challenger"],
        )
        # A home without its models fetches the champion from the server.
        shutil.rmtree(folder / ".leadaccord")
        again = call("score", leads, "--out", tmp_path / "s.csv", "--json", "--config", config)
        assert (again.code, again.json["model_version"]) == (0, first["challenger"])
        assert not any("did not answer" in said for said in again.json["warnings"])


@pytest.mark.slow
def test_a_server_that_goes_away_before_the_record_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_project(tmp_path)
    (tmp_path / "server").mkdir()
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    old, new = (train_tables(draw_tables(200, seed=seed)) for seed in (3, 4))
    with serve_mlflow(tmp_path / "server") as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        retrain_small(settings, old)
        made = compare(settings, new)
    with pytest.raises(TrackingError, match="cannot be used"):
        finish(made)
    with serve_mlflow(tmp_path / "server") as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        assert find_model_in_use(settings).version == made.champion.version
        retrain_small(settings, new)
        assert made.trained is not None
        assert find_model_in_use(settings).version == made.trained.bundle.version
        assert not (settings.home / "unfinished-run").exists()


@pytest.mark.slow
def test_of_two_homes_that_compared_with_one_champion_the_second_is_held(
    tracking_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_server)
    here, there = (make_project(tmp_path / name, "two-homes") for name in ("here", "there"))
    old, new, other = (train_tables(draw_tables(200, seed=seed)) for seed in (3, 4, 5))
    retrain_small(here, old)
    late = compare(there, other)
    retrain_small(here, new)
    champion = find_model_in_use(here).registered
    assert champion is not None

    result = finish(late)
    assert result["decision"] == "held" and result["in_use"] == champion.version
    assert (
        str(champion) in result["reasons"][0] and "Retrain to be compared" in result["reasons"][0]
    )
    assert "was held back" in Path(result["report"]).read_text("utf-8")
    assert find_model_in_use(there).registered == champion
    with mlflow_at(tracking_server) as mlflow:
        challenger = mlflow.MlflowClient().get_model_version_by_alias(champion.name, CHALLENGER)
    assert challenger.tags["leadaccord.decision"] == "held"
    assert challenger.tags["leadaccord.model_version"] == result["challenger"]

    # Compared with that one it is put in use.
    again = finish(compare(there, other))
    assert again["decision"] == "promoted"
    assert find_model_in_use(here).version == again["in_use"]
