from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import UsageError
from features.files import write_file
from pipelines import score
from pipelines.console import Console
from pipelines.scoring_run import Options
from serve.runs.locks import BusyError, lock_folder
from serve.runs.spool import place_of_spool
from serve.scoring.scorer import REJECT_COLUMNS
from tests.pipelines.conftest import (
    MARKER,
    N_NEW,
    Leadaccord,
    Project,
    Scored,
    read_scores,
)

DESIGNED = (
    "lead_id handed_over_at probability probability_low probability_high score grade "
    "reason_1 reason_2 reason_3 reason_4 reason_5 "
    "against_1 against_2 against_3 against_4 against_5 model_version scored_at"
).split()


def run(project: Project, leads: Path | str | None, out: Path, **options: Any) -> dict[str, Any]:
    console = Console(as_json=True, quiet=True)
    where = None if leads is None else str(leads)
    given = Options(**options)
    return score.run(console, config=project.config, leads=where, out=out, options=given)


def test_the_columns_are_as_designed(scored: Scored) -> None:
    scores = scored.scores
    assert list(scores.columns) == DESIGNED
    assert scores["probability"].between(0, 1).all()
    assert (scores["probability_low"] <= scores["probability"]).all()
    assert (scores["probability"] <= scores["probability_high"]).all()
    assert (scores["score"] - scores["probability"] * 100).abs().max() <= 0.5001
    assert scores["grade"].str.fullmatch("[ABCD][1234]").all()
    assert scores["model_version"].nunique() == 1
    assert pd.to_datetime(scores["scored_at"]).nunique() == 1
    for side in ("reason", "against"):
        filled = scores[[f"{side}_{i}" for i in range(1, 6)]] != ""
        # Never a gap: a second reason has a first.
        assert (filled.astype(int).diff(axis=1).iloc[:, 1:] <= 0).all(axis=None)


def test_short_and_long_ids_are_one_record(trained: Project, new: Path, tmp_path: Path) -> None:
    run(trained, new, tmp_path / "long.csv")
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    leads.loc[::2, "Id"] = leads["Id"].str[:15]
    leads.to_csv(new, index=False)
    run(trained, new, tmp_path / "short.csv")
    long, short = (read_scores(tmp_path / name) for name in ("long.csv", "short.csv"))
    pd.testing.assert_frame_equal(short.drop(columns="scored_at"), long.drop(columns="scored_at"))


def test_every_row_comes_out_once_in_its_order(trained: Project, scored: Scored) -> None:
    result, leads, scores = scored.result, trained.read_leads(), scored.scores
    rejects = pd.read_csv(f"{scored.out}.rejects.csv", dtype=str, keep_default_na=False)
    assert result["rejects"] == f"{scored.out}.rejects.csv"
    assert list(rejects.columns) == list(REJECT_COLUMNS)
    rejected = rejects["row"].astype(int)
    assert rejected.is_unique
    kept = leads[~(leads.index + 1).isin(rejected)]
    assert list(scores["lead_id"]) == list(kept["Id"])
    assert len(scores) + len(rejects) == len(leads) == result["leads"]
    assert result["scored"] == len(scores)
    assert result["rejected"] == len(rejects)
    assert result["rejected_by_code"] == rejects["code"].value_counts().to_dict()
    by_row = dict(zip(rejected, rejects["code"], strict=True))
    for row in leads.index[leads["Id"] == ""]:
        assert by_row[row + 1] == "missing_id"
    for row in leads.index[(leads["Id"] != "") & (leads["MQL_Date__c"] == "")]:
        assert by_row[row + 1] == "missing_hand_over"
    repeated = leads[leads.duplicated(["Id", "MQL_Date__c"]) & (leads["Id"] != "")]
    repeated = repeated[repeated["MQL_Date__c"] != ""]
    assert len(repeated) > 0
    assert all(by_row[row + 1] == "duplicate" for row in repeated.index)
    assert set(by_row.values()) == {"missing_id", "missing_hand_over", "duplicate"}


def test_parquet_holds_the_same_as_csv(trained: Project, new: Path, tmp_path: Path) -> None:
    run(trained, new, tmp_path / "a.csv")
    run(trained, new, tmp_path / "a.parquet")
    text, typed = read_scores(tmp_path / "a.csv"), pd.read_parquet(tmp_path / "a.parquet")
    assert list(typed.columns) == DESIGNED
    for name in ("scored_at", "handed_over_at"):
        assert pd.api.types.is_datetime64_any_dtype(typed[name])
    sentences = [name for name in DESIGNED if name.startswith(("reason", "against"))]
    same = [name for name in DESIGNED if name not in ("handed_over_at", "scored_at", *sentences)]
    pd.testing.assert_frame_equal(text[same], typed[same], check_dtype=False)
    plain = text[sentences].replace("^'", "", regex=True)
    pd.testing.assert_frame_equal(plain, typed[sentences].fillna(""), check_dtype=False)


def test_a_lead_has_its_score_whatever_stands_beside_it(
    trained: Project, new: Path, tmp_path: Path
) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    shuffled = leads.sample(frac=1, random_state=4)
    shuffled[shuffled.columns[::-1]].to_csv(tmp_path / "shuffled.csv", index=False)
    leads.iloc[[7]].to_csv(tmp_path / "one.csv", index=False)
    run(trained, tmp_path / "shuffled.csv", tmp_path / "b.csv")
    run(trained, tmp_path / "one.csv", tmp_path / "c.csv")
    run(trained, new, tmp_path / "a.csv")
    first = read_scores(tmp_path / "a.csv").drop(columns="scored_at")
    assert list(first["lead_id"]) == list(leads["Id"])
    second = read_scores(tmp_path / "b.csv").drop(columns="scored_at")
    assert list(second["lead_id"]) == list(shuffled["Id"])
    pd.testing.assert_frame_equal(
        first.set_index("lead_id").sort_index(), second.set_index("lead_id").sort_index()
    )
    alone = read_scores(tmp_path / "c.csv").drop(columns="scored_at")
    pd.testing.assert_frame_equal(first.iloc[[7]].reset_index(drop=True), alone, check_dtype=False)


def test_the_history_is_counted_from_the_projects_own_leads(
    trained: Project, scored: Scored, tmp_path: Path
) -> None:
    leads = trained.read_leads()
    good = leads[(leads["Id"] != "") & (leads["MQL_Date__c"].between("2", "2030"))]
    good = good.drop_duplicates(["Id", "MQL_Date__c"])
    back = good[good.duplicated("Id", keep=False)].sort_values("MQL_Date__c")
    latest = back.drop_duplicates("Id", keep="last").sort_index()
    assert len(latest) >= 20
    latest.to_csv(tmp_path / "back.csv", index=False)
    run(trained, tmp_path / "back.csv", tmp_path / "scored.csv")
    alone = read_scores(tmp_path / "scored.csv").set_index("lead_id")["probability"]
    # In the whole file, a lead's hand-overs stand in the order of its rows.
    place = good.reset_index().assign(nth=lambda frame: frame.groupby("Id").cumcount())
    wanted = place[place["index"].isin(latest.index)].set_index("Id")["nth"]
    whole = scored.scores.assign(nth=scored.scores.groupby("lead_id").cumcount())
    whole = whole.set_index(["lead_id", "nth"])
    places = pd.MultiIndex.from_arrays([wanted.index, wanted])
    assert list(alone[wanted.index]) == list(whole["probability"].reindex(places))


def test_no_decision_is_needed(project: Project, new: Path, tmp_path: Path) -> None:
    run(project, new, tmp_path / "with.csv")
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    known_later = ["Status", "Rating", "OwnerId"]
    leads.drop(columns=known_later).to_csv(new, index=False)
    result = run(project, new, tmp_path / "without.csv")
    assert result["missing_columns"] == []
    ours = [name for name in DESIGNED if name != "scored_at"]
    pd.testing.assert_frame_equal(
        read_scores(tmp_path / "with.csv")[ours], read_scores(tmp_path / "without.csv")[ours]
    )


def test_what_the_model_does_not_know_is_counted(
    trained: Project, new: Path, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    leads["LeadSource"] = "Carrier pigeon"
    leads.drop(columns=["Industry", "Country"]).assign(Moon="full").to_csv(new, index=False)
    out = tmp_path / "scored.csv"
    told = leadaccord("score", new, "--config", trained.config, "--out", out)
    assert told.code == 0
    assert f"Lead Source ({N_NEW:,})" in told.out
    assert "Industry" in told.out
    result = leadaccord("score", new, "--config", trained.config, "--out", out, "--json").json
    assert result["unknown_levels"]["LeadSource"] == N_NEW
    assert {"Industry", "Country"} <= set(result["missing_columns"])
    assert "Moon" not in result["missing_columns"]
    assert len(read_scores(out)) == N_NEW


def test_the_record_tells_what_went_in_and_what_came_out(
    project: Project, new: Path, tmp_path: Path
) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    pd.concat([leads, leads.tail(2), leads.head(1).assign(Id="")]).to_csv(new, index=False)
    out = tmp_path / "results" / "scored.csv"
    result = run(project, new, out, batch_rows=25)
    record = json.loads((out.parent / "scored.csv.run.json").read_text("utf-8"))
    assert record["leads"] == N_NEW + 3 and record["scored"] == N_NEW
    assert record["rejected_by_code"] == {"duplicate": 2, "missing_id": 1}
    assert record["batches"] == 3 and record["resumed_from"] is None
    assert set(record["seconds"]) == {"reading", "scoring", "delivering"}
    assert record["out"] == str(out) and record["rejects"] == f"{out}.rejects.csv"
    assert len(record["input_digest"]) == 64
    waiting = project.home / "runs" / "untracked" / f"{record['run_id']}.json"
    own = json.loads(waiting.read_text("utf-8"))
    assert own == record
    assert {name: result[name] for name in record if name != "seconds"} == {
        name: value for name, value in record.items() if name != "seconds"
    }


def test_the_next_job_that_loads_mlflow_logs_the_record(
    project: Project, new: Path, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    command = ("score", new, "--config", project.config, "--out", tmp_path / "a.csv", "--json")
    told = leadaccord(*command)
    assert told.json["warnings"] == []
    waiting = project.home / "runs" / "untracked" / f"{told.json['run_id']}.json"
    artifacts = project.home / "artifacts"
    artifacts.rename(tmp_path / "kept")
    artifacts.write_text("no folder")
    away = leadaccord("monitor", "--config", project.config, "--json")
    assert away.code in (0, 5)
    assert "wait for it" in away.err
    assert waiting.exists()
    artifacts.unlink()
    (tmp_path / "kept").rename(artifacts)
    for _ in range(2):
        assert "wait for it" not in leadaccord("card", "--config", project.config, "--json").err
    assert not waiting.exists()
    assert (project.home / "runs" / waiting.name).exists()
    with closing(sqlite3.connect(project.home / "tracking.db")) as store:
        tags = store.execute("select value from tags where key = 'leadaccord.run_id'").fetchall()
    assert tags.count((told.json["run_id"],)) == 1


def test_rejected_rows_are_an_error_only_if_asked(
    trained: Project, new: Path, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    command = ("score", new, "--config", trained.config, "--out", tmp_path / "scored.csv")
    assert leadaccord(*command, "--strict").code == 0
    leads.loc[3, "Id"] = ""
    leads.to_csv(new, index=False)
    assert leadaccord(*command).code == 0
    told = leadaccord(*command, "--strict", "--json")
    assert told.code == 3
    assert told.json["rejected"] == 1
    assert len(read_scores(tmp_path / "scored.csv")) == N_NEW - 1
    (row,) = pd.read_csv(tmp_path / "scored.csv.rejects.csv").to_dict("records")
    assert (row["row"], row["code"]) == (4, "missing_id") and "no lead id" in row["message"]


@pytest.mark.parametrize("by", ["option", "settings", "default"])
def test_above_a_share_of_rejects_nothing_else_is_delivered(
    project: Project,
    new: Path,
    tmp_path: Path,
    leadaccord: Leadaccord,
    snapshot: Callable[[Path], dict[str, bytes]],
    by: str,
) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    share = 0.6 if by == "default" else 0.1
    leads.loc[: int(share * N_NEW), "Id"] = ""
    leads.to_csv(new, index=False)
    out = tmp_path / "results" / "scored.csv"
    write_file(out, b"yesterday's")
    if by == "settings":
        project.edit_settings(("[leads]", "[score]\nmax_rejected = 0.1\n\n[leads]"))
    command = ["score", new, "--config", project.config, "--out", out]
    option = ["--max-rejected", "0.1"] if by == "option" else []
    told = leadaccord(*command, *option, "--json")
    assert told.code == 3
    assert told.json["error"]["code"] == "too_many_rejected"
    assert "missing_id" in told.err
    left = snapshot(out.parent)
    assert set(left) == {"scored.csv", "scored.csv.rejects.csv"}
    assert left["scored.csv"] == b"yesterday's"
    assert leadaccord(*command, "--max-rejected", "0.9").code == 0
    assert set(snapshot(out.parent)) == {*left, "scored.csv.run.json"}


def test_a_destination_in_use_is_refused(trained: Project, new: Path, tmp_path: Path) -> None:
    out = tmp_path / "scored.csv"
    place = place_of_spool(out, name=str(out), home=trained.home)
    with (
        lock_folder(place, name="scored.csv", if_busy="refuse", progress=print),
        pytest.raises(BusyError, match=rf"scored.csv.*process {os.getpid()} .*--if-busy wait"),
    ):
        run(trained, new, out)
    assert not out.exists()


def test_a_result_that_the_pattern_of_the_leads_matches_is_refused(
    trained: Project, new: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="next run would read the result"):
        run(trained, tmp_path / "*.csv", tmp_path / "scored.csv")
    assert [path.name for path in tmp_path.glob("*")] == [new.name]


@pytest.mark.parametrize("format", ["salesforce", "hubspot", "dynamics", "dynamics-scores"])
def test_crms_get_a_file_for_their_import(
    trained: Project, new: Path, tmp_path: Path, leadaccord: Leadaccord, format: str
) -> None:
    out = tmp_path / "import.csv"
    told = leadaccord(
        "score", new, "--config", trained.config, "--out", out, "--format", format, "--json"
    )
    assert told.code == 0, told.err
    assert len(read_scores(out)) == N_NEW


def test_no_cell_runs_as_a_formula(trained: Project, new: Path, tmp_path: Path) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    hostile = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", '"=1', " =1", "'=1"]
    leads.loc[: len(hostile) - 1, "Id"] = hostile
    leads.to_csv(new, index=False)
    run(trained, new, tmp_path / "scored.csv")
    written = read_scores(tmp_path / "scored.csv")
    texts = written.select_dtypes(["object", "str", "string"]).map(lambda cell: cell.lstrip(' "'))
    assert not texts.map(lambda cell: cell.startswith(("=", "+", "-", "@", "\t", "\r"))).any(
        axis=None
    )
    back = [text.removeprefix("'") for text in written["lead_id"].head(len(hostile))]
    assert [text.strip() for text in back] == [text.strip() for text in hostile]


def test_nothing_personal_is_written(
    project: Project,
    new: Path,
    tmp_path: Path,
    leadaccord: Leadaccord,
    snapshot: Callable[[Path], dict[str, bytes]],
) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    leads.loc[[1, 2], "Id"] = ""
    leads.loc[3:5, "MQL_Date__c"] = "soon"
    leads.to_csv(new, index=False)
    assert new.read_text("utf-8").lower().count(MARKER) > 3 * len(leads)
    out = tmp_path / "results" / "scored.csv"
    told = leadaccord("score", new, "--config", project.config, "--out", out, "--json")
    assert told.json["rejected"] >= 5
    written = snapshot(out.parent) | snapshot(project.home)
    assert {"scored.csv", "scored.csv.rejects.csv", "scored.csv.run.json"} < set(written)
    assert {"tracking.db", f"runs/untracked/{told.json['run_id']}.json"} < set(written)
    for name, content in written.items():
        assert MARKER not in content.decode("latin-1").lower(), name
    assert MARKER not in (told.out + told.err).lower()


def test_a_second_run_replaces_the_first(
    project: Project, new: Path, tmp_path: Path, snapshot: Callable[[Path], dict[str, bytes]]
) -> None:
    out = tmp_path / "results" / "scored.csv"
    first = run(project, None, out)
    assert first["rejects"] == f"{out}.rejects.csv"
    assert set(snapshot(out.parent)) == {
        "scored.csv",
        "scored.csv.rejects.csv",
        "scored.csv.run.json",
    }
    # Nothing is rejected now, so no rejects of yesterday may stand beside it.
    second = run(project, new, out)
    assert second["rejects"] is None
    assert set(snapshot(out.parent)) == {"scored.csv", "scored.csv.run.json"}
    assert len(read_scores(out)) == N_NEW


def test_the_leads_are_not_replaced_by_their_scores(
    project: Project,
    new: Path,
    leadaccord: Leadaccord,
    snapshot: Callable[[Path], dict[str, bytes]],
) -> None:
    before = snapshot(new.parent)
    for leads, out in ((new, new), (new, project.leads)):
        run = leadaccord("score", leads, "--config", project.config, "--out", out)
        assert run.code == 2
        assert "would replace what it is made from" in run.err
    assert snapshot(new.parent) == before


def test_the_language_is_that_of_the_settings(
    project: Project, new: Path, scored: Scored, tmp_path: Path
) -> None:
    project.edit_settings(('language = "en"', 'language = "es"'))
    run(project, new, tmp_path / "es.csv")
    spanish = read_scores(tmp_path / "es.csv")
    english = scored.scores.drop_duplicates("lead_id", keep="last").set_index("lead_id")
    english = english.loc[spanish["lead_id"]]
    assert list(spanish["probability"]) == list(english["probability"])
    given = [name for name in ("reason_1", "against_1") if (spanish[name] != "").any()]
    assert given
    for name in given:
        told = (spanish[name] != "").to_numpy()
        assert not set(spanish[name][told]) & set(english[name])


def test_a_home_among_other_folders_removes_none_of_them(
    project: Project, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    kept = [project.folder / name for name in ("tmp/work-2024", "models/.writing-x", "backtest/a")]
    shutil.copytree(project.home, project.folder, dirs_exist_ok=True)
    for folder in kept:
        folder.mkdir(parents=True)
        (folder / "notes.txt").write_text("important")
    text = project.config.read_text("utf-8")
    assert "[project]" in text
    project.config.write_text(text.replace("[project]", '[project]\nhome = "."'), "utf-8")
    out = tmp_path / "s.csv"
    assert leadaccord("score", "--config", project.config, "--out", out).code == 0
    assert out.exists()
    assert all((folder / "notes.txt").read_text() == "important" for folder in kept)


def test_what_a_crm_leaves_out_is_said_on_the_terminal(
    leadaccord: Leadaccord, trained: Project, new: Path, tmp_path: Path
) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    again = leads.head(9).assign(MQL_Date__c="2026-05-30 10:00:00")
    pd.concat([leads, again]).to_csv(tmp_path / "twice.csv", index=False)
    arguments = ("--config", trained.config, "--out", tmp_path / "s.csv", "--format", "hubspot")
    run = leadaccord("score", tmp_path / "twice.csv", *arguments)
    assert run.code == 0
    said = " ".join(run.err.split())
    record = json.loads((tmp_path / "s.csv.run.json").read_text("utf-8"))
    assert sum("left out" in text or "record id" in text for text in record["warnings"]) >= 2
    for warning in record["warnings"]:
        assert warning in said


def test_ids_that_match_no_activity_are_said_on_the_terminal(
    leadaccord: Leadaccord, trained: Project, new: Path, tmp_path: Path
) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    whole = leadaccord("score", new, "--config", trained.config, "--out", tmp_path / "a.csv")
    assert "no activity before hand-over" not in whole.err
    leads.loc[::2, "Id"] = "x" + leads.loc[::2, "Id"]
    leads.to_csv(tmp_path / "changed.csv", index=False)
    where = ("--config", trained.config, "--out", tmp_path / "b.csv")
    changed = leadaccord("score", tmp_path / "changed.csv", *where)
    assert changed.code == 0
    assert "no activity before hand-over" in " ".join(changed.err.split())
