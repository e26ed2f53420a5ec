"""Leads from the tables of a database, scores into one of its tables; in each that we know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines import score
from pipelines.console import Console
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
    given = score.Options(now=MOMENT, **options)
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


def test_a_table_that_is_not_there_is_named_with_near_ones(
    project: Project, database: Database, leadaccord: Leadaccord
) -> None:
    move(project, database, choose_new(project))
    given = database.name("new_leeds")
    ran = leadaccord("score", given, "--out", database.out, "--config", project.config)
    assert ran.code == 2
    assert f'o file or table "{given}"' in " ".join(ran.err.split())
