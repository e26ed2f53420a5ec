"""What docs/operating.md gives to copy is accepted by what reads it."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "operating.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def options(command: str) -> set[str]:
    return set(re.findall(r"(?<=\s)--[a-z-]+", command))


def offered() -> set[str]:
    """The options that score has."""
    import typer

    from pipelines.commands import app

    score = typer.main.get_command(app).commands["score"]  # type: ignore[attr-defined]
    return {name for parameter in score.params for name in parameter.opts}


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed here")
    paths = []
    for unit in blocks("ini"):
        name = unit.splitlines()[0].rpartition("/")[2]
        # What is named in it need not be on this machine.
        there = re.sub(r"/srv/leads/\S+leadaccord", str(shutil.which("true")), unit)
        paths.append(tmp_path / name)
        paths[-1].write_text(there.replace("/srv/leads", str(tmp_path)), encoding="utf-8")
    assert sorted(path.suffix for path in paths) == [".service", ".timer"]
    command = ["systemd-analyze", "verify", *map(str, paths)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_cron_line_is_five_fields_and_a_command() -> None:
    (line,) = blocks("cron")
    fields = line.split(maxsplit=5)
    assert all(re.fullmatch(r"[\d*,/-]+", field) for field in fields[:5])
    assert "%" not in fields[5], "cron ends the command at a percent sign"
    shell = subprocess.run(["bash", "-n", "-c", fields[5]], capture_output=True, check=False)
    assert shell.returncode == 0


def test_the_airflow_task_is_python_with_a_command_of_ours() -> None:
    (program,) = blocks("python")
    texts = [node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant)]
    (command,) = [text for text in texts if isinstance(text, str) and "leadaccord score" in text]
    assert shlex.split(command)[1] == "score"


def test_every_option_named_is_one_and_every_one_is_named() -> None:
    named = options(PAGE.replace("`", " "))
    ours = offered()
    # `--now` is systemctl's.
    assert named - ours <= {"--now"}
    assert ours - named <= {"--help", "leads"}


def test_every_exit_code_is_told() -> None:
    from pipelines.cli import INTERRUPTED
    from pipelines.commands import REJECTED

    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, flags=re.MULTILINE)}
    assert told == {0, 1, 2, REJECTED, INTERRUPTED}


def test_every_destination_has_its_line() -> None:
    from serve.destinations.formats import FORMATS
    from serve.destinations.open import SCHEMES

    (kinds,) = re.findall(r"^`--format (.*?) says what to write", PAGE, flags=re.MULTILINE)
    (crms,) = re.findall(r"^`--format (.*?) writes what the import", PAGE, flags=re.MULTILINE)
    assert set(re.findall(r"[\w-]+", f"{kinds} {crms}")) - {"or"} == set(FORMATS)
    rows = set(re.findall(r"^\| `(\w+)://", PAGE, flags=re.MULTILINE))
    assert rows == set(SCHEMES) - {"postgresql"}
