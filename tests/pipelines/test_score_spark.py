"""Promises of `pipelines.score_spark`: on Spark the same scores, rejects and words as without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.errors import UsageError
from pipelines import score, score_spark
from pipelines.console import Console
from pipelines.scoring_run import Options
from serve.spark import run
from tests.pipelines.conftest import Leadaccord, Project

pytestmark = pytest.mark.usefixtures("spark")

NOW = Options(now=pd.Timestamp("2026-09-01 08:00"))
OF_A_RUN = ("seconds", "timings", "out", "rejects", "run_id", "batches", "input_digest")


def score_both(
    project: Project, out: Path, leads: Path | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Score to "here.csv" on this machine and to "there.csv" on Spark."""
    quiet, given = Console(as_json=True, quiet=True), None if leads is None else str(leads)
    told = {"config": project.config, "leads": given}
    here = score.run(quiet, **told, out=out / "here.csv", options=NOW)  # type: ignore[arg-type]
    there = score_spark.run(
        quiet,
        **told,  # type: ignore[arg-type]
        out=out / "there.csv",
        options=NOW,
        master=None,
    )
    return here, there


def test_spark_gives_the_same_bytes_and_says_the_same(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leads that come again, rows that are refused and odd values lie in several buckets."""
    monkeypatch.setattr(run, "LEADS_PER_BUCKET", 700)
    here, there = score_both(project, tmp_path)
    assert there["rejected"] > 0
    assert there["batches"] > 3
    for name in ("{}.csv", "{}.csv.rejects.csv"):
        found = [(tmp_path / name.format(place)).read_bytes() for place in ("here", "there")]
        assert found[0] == found[1]
    assert there["input_digest"] == here["input_digest"]
    same = {name: value for name, value in here.items() if name not in OF_A_RUN}
    assert {name: there[name] for name in same} == same


def test_new_leads_and_a_folder_of_parquet_are_scored_as_on_one_machine(
    project: Project, new: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "leads"
    folder.mkdir()
    text = pd.read_csv(new, dtype=str, keep_default_na=False)
    for part, rows in enumerate((text[:40], text[40:])):
        rows.to_parquet(folder / f"part-{part}.parquet", index=False)
    quiet = Console(as_json=True, quiet=True)
    score.run(quiet, config=project.config, leads=str(new), out=tmp_path / "a.parquet", options=NOW)
    result = score_spark.run(
        quiet,
        config=project.config,
        leads=str(folder),
        out=f"{tmp_path}/scored/",
        options=NOW,
        master=None,
    )
    assert result["scored"] == len(text)
    here, there = pq.read_table(tmp_path / "a.parquet"), pq.read_table(tmp_path / "scored")
    assert there.sort_by("lead_id").to_pylist() == here.sort_by("lead_id").to_pylist()
    assert (tmp_path / "scored.run.json").exists()


def test_too_many_rejected_rows_leave_the_earlier_result(
    project: Project, new: Path, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    text = new.read_text("utf-8").splitlines()
    (tmp_path / "bad.csv").write_text("\n".join([*text, *text[1:]]) + "\n", "utf-8")
    scored = tmp_path / "scored"
    scored.mkdir()
    (scored / "part-0.parquet").write_bytes(b"earlier")
    told = leadaccord(
        *("score", tmp_path / "bad.csv", "--engine", "spark", "--config", project.config),
        *("--out", f"{scored}/", "--max-rejected", "0.1"),
    )
    assert told.code == 3
    assert "too many rows were rejected" in told.err.lower()
    assert (scored / "part-0.parquet").read_bytes() == b"earlier"
    assert len((tmp_path / "scored.rejects.csv").read_text().splitlines()) == len(text)


@pytest.mark.parametrize("options", [Options(changes=True), Options(threads=2)])
def test_what_holds_for_one_machine_alone_is_refused(project: Project, options: Options) -> None:
    with pytest.raises(UsageError, match="one machine"):
        score_spark.run(
            Console(as_json=True, quiet=True),
            config=project.config,
            leads=None,
            out="scored.csv",
            options=options,
            master=None,
        )


def test_a_master_without_spark_is_refused(project: Project, leadaccord: Leadaccord) -> None:
    told = leadaccord("score", "--master", "local[2]", "--config", project.config)
    assert told.code == 2
    assert "--engine spark" in told.err
