"""Leads from the tables of a database, scores into one of its tables; in each that we know."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines import score, train
from pipelines.console import Console
from pipelines.scoring_run import Options
from tests.databases import NAMES, Database, make_database
from tests.pipelines.conftest import Leadaccord, Project, read_scores

MOMENT = pd.Timestamp("2026-11-01 06:00:00")
FILES = """\
leads = "data/leads.csv"
activities = "data/activities/*.csv"
decisions = "data/decisions.csv"
outcomes = "data/outcomes.csv"
"""


@pytest.fixture(params=NAMES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return make_database(request.param, tmp_path, lambda: request.getfixturevalue("postgres"))


def move(project: Project, database: Database, new: pd.DataFrame) -> None:
    """Put the project's data and new leads into a database, and say so in its settings."""
    world = project.world
    frames = {name: getattr(world, name) for name in ("leads", "activities", "decisions")}
    database.fill({**frames, "new_leads": new})
    named = "".join(f'{name} = "{database.name(name)}"\n' for name in frames)
    project.edit_settings((FILES, f'connection = "{database.url}"\n{named}'))


def run(project: Project, leads: Path | str, out: Path | str, **options: Any) -> dict[str, Any]:
    console = Console(as_json=True, quiet=True)
    given = Options(now=MOMENT, **options)
    return score.run(console, config=project.config, leads=str(leads), out=out, options=given)


def choose_new(project: Project) -> pd.DataFrame:
    """Return new leads, one of which was handed over twice, in an order of their values."""
    leads = project.world.leads.dropna(subset=["Id", "MQL_Date__c"])
    leads = leads[leads["MQL_Date__c"] < MOMENT].drop_duplicates(["Id", "MQL_Date__c"])
    again = leads[leads.duplicated("Id", keep=False)]
    twice = again[again["Id"] == again["Id"].iloc[0]].head(2)
    assert len(twice) == 2
    return pd.concat([leads.drop_duplicates("Id", keep=False).tail(58), twice])


def test_tables_are_scored_as_the_same_files_are(
    project: Project, database: Database, tmp_path: Path
) -> None:
    new = choose_new(project)
    new.to_csv(tmp_path / "new.csv", index=False)
    expected = run(project, tmp_path / "new.csv", tmp_path / "scored.csv")
    files = read_scores(tmp_path / "scored.csv").sort_values(["lead_id", "handed_over_at"])
    move(project, database, new)
    for _ in range(2):
        # With batches of seven, and into the database that the leads come from.
        result = run(project, database.name("new_leads"), database.out, batch_rows=7)
        assert result["scored"] == expected["scored"] == len(new)
        columns = ", ".join(files.columns)
        found = database.ask(f"SELECT {columns} FROM scores ORDER BY lead_id, handed_over_at")
        assert [row[2:6] for row in found] == [
            tuple(row) for row in files.iloc[:, 2:6].itertuples(index=False)
        ]
        assert [(row[0], str(row[1])[:19]) for row in found] == [
            (row.lead_id, row.handed_over_at) for row in files.itertuples()
        ]
        assert [row[7] or "" for row in found] == files["reason_1"].str.removeprefix("'").tolist()


@pytest.fixture(scope="session")
def untimed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flat project whose model knows no times: look, do not touch."""
    folder = tmp_path_factory.mktemp("untimed")
    leads = pd.DataFrame({"id": range(300), "size": [i % 7 for i in range(300)]})
    leads["said"] = ["yes" if i % 7 > 3 or i % 11 == 0 else "no" for i in range(300)]
    leads.to_csv(folder / "leads.csv", index=False)
    (folder / "leadaccord.toml").write_text(
        '[tables]\nleads = "leads.csv"\n[leads]\nid = "id"\norder = "file"\n'
        '[decision]\ncolumn = "said"\naccepted = ["yes"]\nrejected = ["no"]\n'
        '[features]\ntrust = ["size"]\n',
        "utf-8",
    )
    train.run(Console(as_json=True, quiet=True), config=folder / "leadaccord.toml")
    return folder


@pytest.mark.parametrize("timed", [True, False])
def test_a_recycled_lead_has_a_row_for_each_of_its_hand_overs_that_can_be_told_apart(
    untimed: Path, database: Database, tmp_path: Path, leadaccord: Leadaccord, timed: bool
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(untimed, folder)
    config, times = folder / "leadaccord.toml", ("2026-01-02", "2026-01-03", None, "2026-01-02")
    new = pd.DataFrame({"id": ["a", "a", "b", "c"], "size": 1.0, "at": pd.to_datetime(times)})
    database.fill({"new_leads": new})
    named = 'handed_over_at = "at"' if timed else 'order = "file"'
    text = config.read_text("utf-8").replace('order = "file"', named)
    config.write_text(text.replace("[tables]", f'[tables]\nconnection = "{database.url}"'), "utf-8")
    for _ in range(2):
        ran = leadaccord(
            *("score", database.name("new_leads"), "--out", database.out, "--json"),
            *("--config", config, "--rejects", tmp_path / "rejects.csv"),
        )
        assert ran.code == 0, ran.err
        rows = database.ask("SELECT lead_id, handed_over_at FROM scores ORDER BY 1, 2")
        told = [(lead, str(at)[:10]) for lead, at in rows]
        if timed:
            assert told == [("a", "2026-01-02"), ("a", "2026-01-03"), ("c", "2026-01-02")]
            assert ran.json["rejected_by_code"] == {"missing_hand_over": 1}
        else:
            assert told == [("a", "None"), ("b", "None"), ("c", "None")]
            assert ran.json["rejected_by_code"] == {"duplicate": 1}


def test_a_table_that_is_not_there_is_named_with_near_ones(
    project: Project, database: Database, leadaccord: Leadaccord
) -> None:
    move(project, database, choose_new(project))
    given = database.name("new_leeds")
    ran = leadaccord("score", given, "--out", database.out, "--config", project.config)
    assert ran.code == 2
    assert f'o file or table "{given}"' in " ".join(ran.err.split())
