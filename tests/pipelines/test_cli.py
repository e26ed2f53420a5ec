from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.cli import _guard
from pipelines.console import Console
from tests.pipelines.conftest import MAIN, Leadaccord, Project, start


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", "--nope"), "No such option: --nope. See leadaccord train --help."),
        (("nope",), "No such command 'nope'"),
        (("explain",), "Missing argument"),
        (("score", "--config"), "'--config' requires an argument"),
        (("demo", "--leads", "ten"), "'--leads'"),
        (("demo", "--leads", "10"), "greater than or equal to 1000"),
        (("check", "leads.csv"), "unexpected extra argument"),
    ],
)
def test_a_wrong_call_is_answered_in_words(
    leadaccord: Leadaccord, arguments: tuple[str, ...], said: str
) -> None:
    run = leadaccord(*arguments)
    assert run.code == 2
    assert run.out == ""
    assert said in run.err
    assert run.err.startswith("leadaccord: ")
    assert ".." not in run.err
    as_json = leadaccord(arguments[0], "--json", *arguments[1:])
    assert as_json.code == 2
    if arguments != ("nope",):
        assert as_json.json["error"]["code"] == "usage"
        assert said.split(". See")[0] in as_json.json["error"]["message"]


def test_every_error_is_one_json_object(
    leadaccord: Leadaccord, untrained: Project, tmp_path: Path
) -> None:
    missing = leadaccord("check", "--json", "--config", tmp_path / "nowhere.toml")
    assert (missing.code, missing.json["error"]["code"]) == (2, "settings")
    no_model = leadaccord("explain", "x", "--json", "--config", untrained.config)
    assert (no_model.code, no_model.json["error"]["code"]) == (2, "no_model")
    untrained.leads.write_bytes(b"")
    refused = leadaccord("check", "--json", "--config", untrained.config)
    assert refused.code == 3
    error = refused.json["error"]
    assert set(error) == {"code", "what", "where", "next_step", "message"}
    assert error["what"][1:] in error["message"]
    for run in (missing, no_model, refused):
        assert len(run.out.splitlines()) == 1
        assert run.err.splitlines()[-1].startswith("leadaccord: ")


def test_a_result_is_one_json_object_and_progress_goes_elsewhere(
    leadaccord: Leadaccord, untrained: Project
) -> None:
    run = leadaccord("check", "--json", "--config", untrained.config)
    assert run.code == 0
    assert len(run.out.splitlines()) == 1
    assert run.json["leads"] == len(untrained.read_leads())
    assert "Reading the tables" in run.err


def test_an_interrupted_job_leaves_with_130_and_nothing_half_written(
    leadaccord: Leadaccord, project: Project, snapshot: Callable[[Path], dict[str, bytes]]
) -> None:
    before = snapshot(project.folder)
    # Where the tests themselves run in the background, interruptions are ignored from birth.
    code = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {MAIN}"
    process = start(
        code, "train", "--config", project.config, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    assert "Reading the tables" in first
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == ""
    assert "interrupted" in err
    assert "Traceback" not in err
    assert snapshot(project.folder) == before


def test_a_fault_of_ours_shows_where_it_is() -> None:
    code = (
        "from pipelines import check\n"
        "def run(console, *, config): raise ZeroDivisionError('planted')\n"
        f"check.run = run\n{MAIN}"
    )
    process = start(code, "check", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate()
    assert process.returncode == 1
    error = json.loads(out)["error"]
    assert error["code"] == "fault"
    assert "ZeroDivisionError" in error["what"] and "planted" not in out
    assert "Traceback" in err
    assert "ZeroDivisionError: planted" in err
    assert err.splitlines()[-1].startswith("leadaccord: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("arguments", [("--help",), ("check",), ("check", "--json")])
def test_full_standard_output_is_told_on_standard_error(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        process = start(MAIN, *arguments, stdout=full, stderr=subprocess.PIPE, cwd="/")
        err = process.communicate()[1]
    assert process.returncode == 2
    assert err.startswith("leadaccord: ")
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = start(MAIN, "score", "--help", stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    err = process.communicate()[1]
    assert (process.returncode, err) == (0, "")


def test_a_full_disk_is_told_and_changes_nothing(
    leadaccord: Leadaccord,
    project: Project,
    small_disk: Path,
    snapshot: Callable[[Path], dict[str, bytes]],
) -> None:
    out = small_disk / "scored.csv"
    out.write_text("yesterday's", "utf-8")
    before = snapshot(project.folder)
    run = leadaccord("score", "--config", project.config, "--out", out, "--json")
    assert run.code == 2
    assert run.json["error"]["code"] == "destination"
    assert "No space left" in run.err
    assert "Traceback" not in run.err
    # What the work folder holds is there for the same command once there is space.
    left = {name: text for name, text in snapshot(small_disk).items() if "/" not in name}
    assert left == {"scored.csv": b"yesterday's"}
    # The key under which that work knows its leads is there for it as well.
    home = {f".leadaccord/history/{name}" for name in ("key", "lock")}
    after = snapshot(project.folder)
    assert {name: text for name, text in after.items() if name not in home} == before


def test_training_onto_a_full_disk_is_told(
    leadaccord: Leadaccord,
    untrained: Project,
    small_disk: Path,
    snapshot: Callable[[Path], dict[str, bytes]],
) -> None:
    home = json.dumps(str(small_disk / "home"))
    untrained.edit_settings(('name = "demo"', f'name = "demo"\nhome = {home}'))
    run = leadaccord("train", "--config", untrained.config)
    assert run.code == 2
    assert "No space left" in run.err or "disk" in run.err
    assert "Traceback" not in run.err
    assert not [name for name in snapshot(small_disk) if ".writing-" in name]


def test_a_request_to_end_stops_a_job_as_ctrl_c_does(project: Project, tmp_path: Path) -> None:
    arguments = ("score", "-", "--config", str(project.config), "--out", str(tmp_path / "s.csv"))
    process = start(MAIN, *arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None
    # It reads standard input, which does not end.
    assert "Reading the leads" in process.stderr.readline()
    process.terminate()
    err = process.communicate()[1]
    assert process.returncode == 130
    assert "interrupted" in err and "Traceback" not in err
    assert not list(tmp_path.glob("*.csv*")) and not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("kind", ["DuckDB", "Python"])
def test_what_does_not_fit_into_memory_is_said(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask_for_too_much() -> int:
        if kind == "Python":
            raise MemoryError
        with duckdb.connect(config={"memory_limit": "2MB", "temp_directory": ""}) as connection:
            connection.execute(
                "CREATE TABLE t AS SELECT repeat('x', 999) || i FROM range(99999) r(i)"
            )
        return 0

    assert _guard(ask_for_too_much, Console(as_json=False)) == 3
    assert "fit into the memory" in " ".join(capsys.readouterr().err.split())
