"""The monitoring job: from a project's files to lights, a page and an exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import UsageError
from features.simulation.company import simulate
from features.simulation.export import World, write_world
from pipelines import cli, monitor, train
from pipelines.console import Console
from tests.features.contract.test_as_of import truncate
from tests.pipelines.test_report import write_settings

START, MONTHS = "2025-01-01", 12


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(n_leads=1_500, months=MONTHS, seed=11, start=START)


@pytest.fixture(scope="module")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated project with a model in use, its newest leads still young."""
    folder = tmp_path_factory.mktemp("watched")
    write_world(world, folder)
    train.run(Console(as_json=False, quiet=True), config=write_settings(folder, "train.toml"))
    return folder


def run(folder: Path, **options: Any) -> dict[str, Any]:
    settings = {"since": None, "out": None, **options}
    config = write_settings(folder, "monitor.toml")
    return monitor.run(Console(as_json=False, quiet=True), config=config, **settings)


def test_leads_since_the_training_are_looked_at(folder: Path) -> None:
    result = run(folder)
    leads = pd.read_csv(folder / "data" / "leads.csv", usecols=["Id", "MQL_Date__c"])
    at = pd.to_datetime(leads["MQL_Date__c"], errors="coerce")
    now = pd.Timestamp(result["now"])
    later = leads[(at > pd.Timestamp(result["since"])) & (at <= now)].dropna()
    assert 0 < result["leads"] <= len(later)
    assert result["leads"] >= later["Id"].nunique() * 0.97
    assert result["lights"][0]["area"] == "inputs"
    assert result["out"] is None


def test_an_export_of_long_ago_is_an_alert(folder: Path) -> None:
    result = run(folder)
    lights = {light["area"]: light["colour"] for light in result["lights"]}
    assert lights["freshness"] == "red"
    assert result["alert"]


def test_the_page_is_written_whole(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "monitor.html"
    result = run(folder, out=out)
    page = out.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert result["model_version"] in page
    assert result["out"] == str(out)


def test_since_names_a_day(folder: Path) -> None:
    result = run(folder, since="2025-06-01")
    assert result["since"] == "2025-06-01 00:00:00"
    assert result["leads"] > run(folder)["leads"]


def test_a_day_of_the_past_looks_as_it_did_then(folder: Path, world: World) -> None:
    """The export taken on that day gives the same, but for the clock that freshness looks at."""
    day, since = "2025-11-01", "2025-09-01"
    seen = run(folder, since=since, as_of=day)
    assert seen["now"] < day
    write_world(truncate(world, pd.Timestamp(day)), folder / "cut")
    text = (folder / "monitor.toml").read_text("utf-8")
    assert 'leads = "data/' in text
    config = folder / "cut.toml"
    config.write_text(text.replace('"data/', '"cut/data/'), "utf-8")
    quiet = Console(as_json=False, quiet=True)
    then = monitor.run(quiet, config=config, since=since, out=None)
    for result in (seen, then):
        result["lights"] = [one for one in result["lights"] if one["area"] != "freshness"]
        for key in ("seconds", "ages", "now", "colour", "alert"):
            result.pop(key)
    assert seen == then


def test_the_day_may_not_lie_ahead(folder: Path) -> None:
    with pytest.raises(UsageError, match="--as-of lies in the future"):
        run(folder, as_of="2999-01-01")


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "01.02.2025", ""])
def test_what_is_no_day_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(UsageError, match="--since is not a date"):
        run(folder, since=text)


def test_the_page_never_replaces_what_it_is_made_from(folder: Path) -> None:
    leads = folder / "data" / "leads.csv"
    before = leads.read_bytes()
    with pytest.raises(UsageError, match="would replace what it is made from"):
        run(folder, out=leads)
    assert leads.read_bytes() == before


def test_without_a_model_in_use_there_is_nothing_to_watch(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="leadaccord train"):
        run(tmp_path)


def test_the_exit_code_tells_a_scheduler(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_settings(folder, "cli.toml")
    with pytest.raises(SystemExit) as left:
        cli.main(["monitor", "--config", str(config), "--json"])
    result = json.loads(capsys.readouterr().out)
    assert left.value.code == (5 if result["alert"] else 0) == 5


def test_lines_fit_a_terminal(folder: Path) -> None:
    result = run(folder)
    calm = [{**light, "colour": "green", "because": ["x " * 90]} for light in result["lights"]]
    for shown in (result, {**result, "lights": calm, "alert": False}):
        lines = monitor.describe({**shown, "out": "monitor.html"})
        assert max(map(len, lines)) <= 80
        assert lines[0].startswith(f"Model {result['model_version']}")
    many = [{**result["lights"][0], "because": [f"reason {i}" for i in range(9)]}]
    assert "and 5 more" in "\n".join(monitor.describe({**result, "lights": many}))
