"""Months replayed: as retraining of the day gives them, and once only."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.contract.tables import Tables
from features.labels import read_labelled
from features.settings.load import load_settings
from features.settings.schema import Settings
from models.artifact.folder import DRAFT_PREFIX
from pipelines.backtest import choose_span
from pipelines.demo import SETTINGS
from pipelines.replay import Decided, Replay, open_replay, replay_months, train_month
from tests.pipelines.conftest import Leadaccord

MONTHS = 3

KILLER = """
import os, signal, sys
seen = 0
def hear(name, arguments):
    global seen
    if name == "os.rename" and os.sep + "backtest" + os.sep in str(arguments[1]):
        seen += 1
        if seen == {nth}:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hear)
from pipelines.cli import main
main(sys.argv[1:])
"""


def write_config(folder: Path) -> Path:
    """The settings of the same year's data, copied."""
    config = folder / "leadaccord.toml"
    config.write_text(SETTINGS, "utf-8")
    return config


@pytest.fixture(scope="module")
def settings(year: Path) -> Settings:
    return load_settings(year / "leadaccord.toml")


@pytest.fixture(scope="module")
def tables(settings: Settings) -> Tables:
    return read_labelled(settings)[0]


@pytest.fixture(scope="module")
def moments(settings: Settings) -> list[pd.Timestamp]:
    tables, labels = read_labelled(settings)
    return [start for start, _ in choose_span(tables, labels, MONTHS)]


@pytest.fixture(scope="module")
def replay(settings: Settings, tables: Tables) -> Replay:
    return open_replay(settings, tables)


@pytest.fixture(scope="module")
def decided(replay: Replay, moments: list[pd.Timestamp]) -> list[Decided]:
    told: list[int] = []
    found = replay_months(replay, moments, advance=lambda: told.append(1))
    assert len(told) == MONTHS
    return found


def test_each_month_is_trained_and_decided(
    decided: list[Decided], moments: list[pd.Timestamp], replay: Replay
) -> None:
    assert [one.moment for one in decided] == moments
    assert decided[0].decision == "promoted"
    assert all(one.version and one.decision in ("promoted", "held") for one in decided)
    for one in decided:
        assert one.version is not None
        window = replay.load(one.version).figures["window"]
        assert pd.Timestamp(window[1]) < one.moment


def test_a_months_model_is_the_one_that_retraining_of_the_day_makes(
    decided: list[Decided], year: Path, leadaccord: Leadaccord, tmp_path: Path
) -> None:
    shutil.copytree(year / "data", tmp_path / "data")
    config = write_config(tmp_path)
    day = f"{decided[-1].moment:%Y-%m-%d}"
    found = leadaccord("retrain", "--as-of", day, "--json", "--config", config)
    assert found.json["challenger"] == decided[-1].version


def test_what_is_done_is_not_done_again(
    decided: list[Decided], replay: Replay, moments: list[pd.Timestamp]
) -> None:
    def stamps() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in replay.folder.rglob("*")}

    before = stamps()
    assert replay_months(replay, moments, advance=lambda: None) == decided
    assert stamps() == before


def test_a_lost_model_is_trained_anew(
    decided: list[Decided], replay: Replay, moments: list[pd.Timestamp], tmp_path: Path
) -> None:
    copy = replace(replay, folder=tmp_path / "copy")
    shutil.copytree(replay.folder, copy.folder)
    lost = copy.folder / str(decided[1].version)
    shutil.rmtree(lost)
    assert train_month(copy, moments[1])[0]["version"] == decided[1].version
    assert lost.is_dir()
    (said,) = copy.folder.glob("decided-*-none-*.json")
    said.write_text("{half", "utf-8")
    assert replay_months(copy, moments[:1], advance=lambda: None) == decided[:1]


def test_other_data_and_other_settings_are_other_months(
    replay: Replay, settings: Settings, tables: Tables
) -> None:
    assert open_replay(settings, tables) == replay
    changed = tables.attributes.copy()
    changed.iloc[3, changed.columns.get_loc("Country")] = "Elsewhere"
    assert open_replay(settings, replace(tables, attributes=changed)).folder != replay.folder
    features = settings.features.model_copy(update={"exclude": ("Country",)})
    other = settings.model_copy(update={"features": features})
    assert open_replay(other, tables).folder != replay.folder
    # What shapes no model leaves the models as they are.
    gate = settings.gate.model_copy(update={"top_share": 0.1})
    assert open_replay(settings.model_copy(update={"gate": gate}), tables).folder == replay.folder


def test_a_month_without_enough_history_is_told_and_not_trained(
    replay: Replay, tmp_path: Path
) -> None:
    early = replace(replay, folder=tmp_path / "early")
    found, _ = train_month(early, pd.Timestamp("2025-01-10"))
    assert found["version"] is None and found["why"]
    (one,) = replay_months(early, [pd.Timestamp("2025-01-10")], advance=lambda: None)
    assert (one.champion, one.decision) == (None, None)


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(
    decided: list[Decided], year: Path, tmp_path: Path
) -> None:
    """Killed at a write of the first month and of the second; then as if nothing had been."""
    shutil.copytree(year / "data", tmp_path / "data")
    config = write_config(tmp_path)
    command = ["backtest", "--months", "2", "--json", "--config", str(config)]
    command += ["--out", str(tmp_path / "page.html")]

    def run(nth: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", KILLER.format(nth=nth), *command],
            capture_output=True,
            text=True,
            check=False,
        )

    def kept() -> dict[str, bytes]:
        place = tmp_path / ".leadaccord" / "backtest"
        return {path.name: path.read_bytes() for path in place.glob("*/*.json")}

    assert run(2).returncode == -9
    first = kept()
    assert not (tmp_path / "page.html").exists()
    assert run(3).returncode == -9
    second = kept()
    assert first.items() <= second.items() and len(second) > len(first)
    resumed = run(0)
    assert resumed.returncode == 0, resumed.stderr
    assert second.items() <= kept().items()
    assert not list((tmp_path / ".leadaccord" / "backtest").rglob(DRAFT_PREFIX + "*"))
    models = [month["models"]["retrained"] for month in json.loads(resumed.stdout)["months"]]
    assert models == [one.version for one in decided[-2:]]
