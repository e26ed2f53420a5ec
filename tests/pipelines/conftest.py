"""One small simulated company, trained once; every test works on a copy of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer

from features.simulation.company import simulate
from features.simulation.export import World, write_world
from pipelines import score, train
from pipelines.cli import main
from pipelines.commands import app
from pipelines.console import Console
from pipelines.demo import SETTINGS

MARKER = "qzvmark"
"""Stands in every personal field, and nowhere else."""

N_NEW = 60


@dataclass(frozen=True)
class Run:
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object that standard output is."""
        content = json.loads(self.out)
        assert isinstance(content, dict)
        return content


Leadaccord = Callable[..., Run]


def list_commands() -> dict[str, Any]:
    """Every command by the words that call it, such as "train" and "trial plan"."""
    found: dict[str, Any] = {}
    top: Any = typer.main.get_command(app)
    for name, command in top.commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {k}": v for k, v in inner.items()} if inner else {name: command}
    return found


MAIN = "from pipelines.cli import main; main()"
"""The command line, as a program for `start`."""


def start(code: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    """Start a Python of its own; the first argument is a program."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.Popen(command, text=True, env=environment, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def leadaccord(capsys: pytest.CaptureFixture[str]) -> Leadaccord:
    """Run the command line in this process."""

    def run(*arguments: object) -> Run:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Run(left.value.code, said.out, said.err)

    return run


@dataclass(frozen=True)
class Project:
    """A project folder, the world it was exported from, and how it was trained."""

    folder: Path
    world: World
    result: dict[str, Any]
    err: str

    @property
    def config(self) -> Path:
        return self.folder / "leadaccord.toml"

    @property
    def leads(self) -> Path:
        return self.folder / "data" / "leads.csv"

    @property
    def home(self) -> Path:
        return self.folder / ".leadaccord"

    @property
    def model(self) -> Path:
        return self.home / "models" / str(self.result["model_version"])

    def read_leads(self) -> pd.DataFrame:
        """The leads as they stand in the file, every value as text."""
        return pd.read_csv(self.leads, dtype=str, keep_default_na=False)

    def edit_settings(self, *changes: tuple[str, str]) -> None:
        """Replace texts of the settings file that are there."""
        text = self.config.read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.config.write_text(text, "utf-8")


@dataclass(frozen=True)
class Scored:
    """What scoring wrote and told."""

    out: Path
    result: dict[str, Any]

    @property
    def scores(self) -> pd.DataFrame:
        return read_scores(self.out)


def read_scores(path: Path) -> pd.DataFrame:
    """Scores as they stand in a CSV file; what is not given is an empty text."""
    return pd.read_csv(path, dtype={"lead_id": str}, keep_default_na=False)


def plant_markers(world: World) -> World:
    """Put a text of its own into every personal field; what may be derived stays the same."""
    leads = world.leads.copy()
    number = pd.Series(range(len(leads)), index=leads.index).astype(str)
    for name in ("FirstName", "LastName", "Phone", "Street"):
        leads[name] = leads[name] + f" {MARKER}{name.lower()}" + number
    leads["Email"] = MARKER + "mail" + number + "." + leads["Email"]
    return World(leads, world.activities, world.decisions, world.outcomes, world.truth)


def write_project(folder: Path, world: World) -> Path:
    """Write an export with its settings and return the settings file."""
    write_world(world, folder)
    config = folder / "leadaccord.toml"
    config.write_text(SETTINGS, "utf-8")
    return config


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project that all others are copies of: look, do not touch."""
    from contextlib import redirect_stderr
    from io import StringIO

    folder = tmp_path_factory.mktemp("company")
    world = plant_markers(simulate(n_leads=3_000, seed=7))
    config = write_project(folder, world)
    err = StringIO()
    with redirect_stderr(err):
        result = train.run(Console(as_json=True, quiet=True), config=config)
    return Project(folder, world, result, err.getvalue())


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a smaller company's year, of which nothing was trained."""
    folder = tmp_path_factory.mktemp("year")
    write_project(folder, simulate(n_leads=1_500, months=12, seed=11, start="2025-01-01"))
    return folder


@pytest.fixture(scope="session")
def scored(trained: Project, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """The trained project's own leads, scored."""
    from contextlib import redirect_stderr
    from io import StringIO

    out = tmp_path_factory.mktemp("scored") / "scored.csv"
    with redirect_stderr(StringIO()):
        console = Console(as_json=True, quiet=True)
        result = score.run(console, config=trained.config, leads=None, out=out)
    return Scored(out, result)


@pytest.fixture
def project(trained: Project, tmp_path: Path) -> Project:
    """A trained project to do anything with; what other tests scored is not in its history."""
    folder = tmp_path / "project"
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns("history"))
    return Project(folder, trained.world, trained.result, trained.err)


@pytest.fixture
def untrained(trained: Project, tmp_path: Path) -> Project:
    """The same before anything was trained."""
    folder = tmp_path / "project"
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns(".leadaccord"))
    return Project(folder, trained.world, {}, "")


@pytest.fixture
def new(trained: Project, tmp_path: Path) -> Path:
    """The newest honest leads as a file of their own, as ops gets them."""
    leads = trained.read_leads()
    good = leads[(leads["Id"] != "") & (leads["MQL_Date__c"] < "2030")]
    newest = good.drop_duplicates("Id").sort_values("MQL_Date__c", kind="stable").tail(N_NEW)
    path = tmp_path / "new.csv"
    newest.to_csv(path, index=False)
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: what a process wrote before it was killed stays."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(
        prefix="leadaccord-", dir=memory if os.access(memory, os.W_OK) else None
    ) as name:
        yield Path(name)


FIRST, SECOND = "2025-11-01", "2026-05-01"
"""The first model's day, and one when some hundred leads are new to it."""


def call(*arguments: object) -> Run:
    """Run the command line in this process, outside a test."""
    from contextlib import redirect_stderr, redirect_stdout
    from io import StringIO

    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    assert isinstance(left.value.code, int)
    return Run(left.value.code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def history(trained: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project retrained on two days: look, do not touch."""
    folder = tmp_path_factory.mktemp("history") / "project"
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns(".leadaccord"))
    project = Project(folder, trained.world, {}, "")
    runs = [
        call("retrain", "--json", "--as-of", day, "--config", project.config)
        for day in (FIRST, SECOND)
    ]
    return replace(project, result={"first": runs[0], "second": runs[1]})


@pytest.fixture
def snapshot() -> Callable[[Path], dict[str, bytes]]:
    """Take every file of a folder with its content, to see that nothing changed."""

    def take(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return take


@pytest.fixture(scope="session", autouse=True)
def quick_stores(mlflow_tables: None) -> None:
    """Every test of a job that runs in this process has its store at once."""
