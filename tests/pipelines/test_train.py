from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from features.labels import RULES, read_labelled
from features.settings.load import load_settings
from features.simulation.company import simulate
from models.artifact.folder import load_bundle
from pipelines import train
from pipelines.console import Console
from pipelines.train_outcome import describe
from tests.pipelines.conftest import MARKER, Leadaccord, Project, write_project

TYPES: dict[str, type | tuple[type, ...]] = {
    "model_version": str,
    "n_train": int,
    "n_test": int,
    "base_rate": float,
    "split": str,
    "auc": float,
    "auc_low": float,
    "auc_high": float,
    "average_precision": float,
    "brier": float,
    "log_loss": float,
    "ece": float,
    "skill": str,
    "probabilities": dict,
    "excluded": dict,
    "leak_suspects": list,
    "features": int,
    "seconds": float,
}


def quiet() -> Console:
    return Console(as_json=True, quiet=True)


def read_used(config: Path) -> pd.DataFrame:
    """The hand-overs that may train or judge, with their label, oldest first."""
    tables, labels = read_labelled(load_settings(config))
    used = tables.episodes[labels.used].assign(accepted=labels.accepted[labels.used])
    return used.sort_values("handed_over_at", kind="stable")


def test_the_result_has_what_was_promised(trained: Project) -> None:
    result = trained.result
    for key, kind in TYPES.items():
        assert isinstance(result[key], kind), key
    assert result["split"] == "time"
    assert result["skill"] in ("good", "weak", "none")
    assert result["probabilities"]["verdict"] in ("good", "unproven", "off", "useless")
    assert result["auc_low"] <= result["auc"] <= result["auc_high"]
    for key in ("base_rate", "brier", "ece", "average_precision"):
        assert 0 <= result[key] <= 1
    for suspect in result["leak_suspects"]:
        assert {"column", "action", "evidence"} <= set(suspect)
        assert suspect["action"] in ("quarantined", "ask")


def test_every_row_is_used_or_removed_by_one_rule(trained: Project) -> None:
    result = trained.result
    assert set(result["excluded"]) == set(RULES)
    used = result["n_train"] + result["n_test"]
    assert used + sum(result["excluded"].values()) == len(trained.read_leads())
    assert result["excluded"]["missing_id"] == (trained.read_leads()["Id"] == "").sum()


def test_it_is_judged_on_the_newest_quarter(trained: Project) -> None:
    result, used = trained.result, read_used(trained.config)
    newer = used["handed_over_at"] >= pd.Timestamp(result["test_from"])
    assert newer.sum() == result["n_test"]
    assert (~newer).sum() == result["n_train"]
    assert newer.mean() == pytest.approx(0.25, abs=0.001)
    assert used.loc[newer, "accepted"].mean() == pytest.approx(result["base_rate"])
    assert used.loc[~newer, "accepted"].mean() == pytest.approx(result["train_base_rate"])


def test_the_same_data_give_the_same_model_byte_for_byte(
    trained: Project, untrained: Project, snapshot: Callable[[Path], dict[str, bytes]]
) -> None:
    result = train.run(quiet(), config=untrained.config)
    again = replace(untrained, result=result)
    assert result["model_version"] == trained.result["model_version"]
    assert snapshot(again.model) == snapshot(trained.model)
    clock = ("seconds", "model_card")  # the card lies in another home
    assert {k: v for k, v in result.items() if k not in clock} == {
        k: v for k, v in trained.result.items() if k not in clock
    }


def test_the_rep_is_never_learned_from(trained: Project) -> None:
    bundle = load_bundle(trained.model)
    reps = set(trained.read_leads()["OwnerId"])
    assert "OwnerId" not in {feature.column for feature in bundle.table.features}
    for levels in bundle.table.levels.values():
        assert not reps & set(levels)


def test_what_sales_filled_in_is_not_learned_from(trained: Project) -> None:
    bundle = load_bundle(trained.model)
    learned = {feature.column for feature in bundle.table.features}
    assert not learned & {"Status", "Rating", "Disqualified_Reason__c"}
    quarantined = {
        suspect["column"]
        for suspect in trained.result["leak_suspects"]
        if suspect["action"] == "quarantined"
    }
    assert "Rating" in quarantined


def test_nothing_personal_leaves_the_door(trained: Project) -> None:
    assert MARKER in trained.leads.read_text("utf-8")
    looked_at = 0
    for path in trained.home.rglob("*"):
        if not path.is_file():
            continue
        looked_at += 1
        assert MARKER not in path.name
        # What is packed in Parquet is looked at unpacked.
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content = pd.read_parquet(path).to_csv().encode()
        assert MARKER.encode() not in content.lower(), path
    assert looked_at > 10
    assert MARKER not in trained.err.lower()
    assert MARKER not in str(trained.result).lower()


def test_without_skill_no_model_is_put_in_use(leadaccord: Leadaccord, tmp_path: Path) -> None:
    world = simulate(n_leads=800, seed=7)
    drawn = np.random.default_rng(3).permutation(world.decisions["Status"])
    config = write_project(tmp_path, replace(world, decisions=world.decisions.assign(Status=drawn)))
    run = leadaccord("train", "--json", "--config", config)
    assert run.code == 0
    result = run.json
    assert result["skill"] == "none"
    assert result["auc_low"] <= 0.5
    assert result["in_use"] is False
    assert "may be no better than chance" in "\n".join(describe(result))

    out = tmp_path / "scored.csv"
    score = leadaccord("score", "--json", "--config", config, "--out", out)
    assert score.code == 2
    assert score.json["error"]["code"] == "no_model"
    assert "no model is in use" in score.json["error"]["message"].lower()
    assert not out.exists()


@pytest.mark.slow
def test_it_comes_close_to_the_truth_on_newer_leads(tmp_path: Path) -> None:
    world = simulate(n_leads=20_000)
    config = write_project(tmp_path, world)
    result = train.run(quiet(), config=config)
    used = read_used(config)
    newer = used[used["handed_over_at"] >= pd.Timestamp(result["test_from"])]
    keys = ["lead_id", "handed_over_at"]
    truth = world.truth.set_axis(
        ["lead_id", "handed_over_at", *world.truth.columns[2:]], axis=1
    ).astype({"lead_id": object, "handed_over_at": newer["handed_over_at"].dtype})
    judged = newer.merge(truth, on=keys, validate="one_to_one")
    assert len(judged) >= 0.99 * len(newer)
    best = roc_auc_score(judged["accepted"], judged["p_accept"])
    assert result["auc"] >= best - 0.02
    assert result["auc_low"] <= best


@pytest.mark.slow
def test_what_the_teams_corrected_is_learned_and_told(
    leadaccord: Leadaccord, untrained: Project, trained: Project
) -> None:
    untrained.edit_settings(("[tables]\n", '[tables]\ncorrections = "noted.csv"\n'))
    noted = untrained.folder / "noted.csv"
    noted.write_text("lead_id,handed_over_at,decision,verdict,note,noted_at\n", "utf-8")
    newest = read_used(untrained.config).tail(40)
    flipped = newest.assign(decision=newest["accepted"].map({1.0: "rejected", 0.0: "accepted"}))
    flipped[["lead_id", "handed_over_at", "decision"]].to_csv(noted, index=False)
    run = leadaccord("train", "--config", untrained.config)
    assert run.code == 0
    assert "\n40 decisions were corrected by the teams\n" in run.out
    version = run.out.split()[1]
    figures = load_bundle(untrained.home / "models" / version).figures
    assert figures["corrected"] == 40 and trained.result["corrected"] == 0
    won = newest["accepted"].sum()
    accepted = trained.result["base_rate"] * trained.result["n_test"] + len(newest) - 2 * won
    assert figures["base_rate"] == pytest.approx(accepted / figures["n_test"])
    assert version != trained.result["model_version"]
