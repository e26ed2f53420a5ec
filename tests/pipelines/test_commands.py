"""The commands: each explains itself, and none pays for what another needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from pipelines.commands import app
from tests.pipelines.conftest import MAIN, Leadaccord, Project, list_commands, start

NAMES = tuple(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
HEAVY = ("mlflow", "shap", "lightgbm", "sklearn", "pandas", "numpy", "duckdb", "matplotlib")


@pytest.mark.parametrize("command", list_commands())
def test_each_command_explains_itself(leadaccord: Leadaccord, command: str) -> None:
    run = leadaccord(*command.split(), "--help")
    assert run.code == 0
    assert run.err == ""
    assert f"leadaccord {command}" in run.out
    assert "--json" in run.out
    assert all(len(line) <= 80 for line in run.out.splitlines())


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_the_overview_names_every_command(leadaccord: Leadaccord, arguments: tuple[str]) -> None:
    run = leadaccord(*arguments)
    assert run.code == 0
    listed = run.out.split("Commands:")[1]
    assert re.findall(r"^  (\w+) +\S", listed, flags=re.MULTILINE) == list(NAMES)
    assert "..." not in listed


def test_help_does_not_pay_for_the_libraries_of_the_jobs() -> None:
    code = (
        "import sys\n"
        "from pipelines.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print('loaded:', *sys.modules, file=sys.stderr)"
    )
    process = start(code, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    loaded = process.communicate()[1].split("loaded:")[1].split()
    assert "pipelines.cli" in loaded
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)


def test_the_settings_are_those_of_the_current_folder(
    leadaccord: Leadaccord, untrained: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(untrained.folder)
    assert leadaccord("check").code == 0
    monkeypatch.chdir(untrained.folder / "data")
    run = leadaccord("check", "--json")
    assert run.code == 0
    assert run.err.startswith(f"leadaccord: settings from {untrained.config}\n")
    monkeypatch.chdir(untrained.folder.parent)
    run = leadaccord("check")
    assert run.code == 2
    assert "leadaccord.toml" in run.err
    monkeypatch.setenv("LEADACCORD_CONFIG", str(untrained.config))
    run = leadaccord("check", "--quiet")
    assert run.code == 0 and "settings from" not in run.err and "Next:" not in run.err
    assert "Next: leadaccord train\n" in leadaccord("check").err


def test_the_version_is_that_of_the_package(leadaccord: Leadaccord) -> None:
    from importlib.metadata import version

    run = leadaccord("--version")
    assert (run.code, run.out, run.err) == (0, f"leadaccord {version('leadaccord')}\n", "")


@pytest.mark.parametrize(
    ("typed", "expected"), [("leadaccord sc", "score"), ("leadaccord ", "train")]
)
def test_a_shell_completes_commands(typed: str, expected: str) -> None:
    asked = {
        "_LEADACCORD_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": "1",
    }
    run = subprocess.run(
        [sys.executable, "-c", MAIN],
        env=os.environ | asked | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert expected in run.stdout.split()
    assert run.stderr == ""


def test_scoring_loads_only_what_it_needs(trained: Project, tmp_path: Path) -> None:
    arguments = ["leadaccord", "score", "--config", str(trained.config)]
    arguments += ["--out", str(tmp_path / "scored.csv")]
    code = (
        f"import sys\nsys.argv = {arguments!r}\n"
        "from pipelines.cli import main\n"
        "try:\n    main()\nexcept SystemExit as left:\n    assert not left.code\n"
        "print('loaded:', *sys.modules, file=sys.stderr)"
    )
    process = start(code, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    loaded = {n.partition(".")[0] for n in process.communicate()[1].split("loaded:")[1].split()}
    assert "lightgbm" in loaded
    assert not loaded & {"mlflow", "numba", "matplotlib"}
