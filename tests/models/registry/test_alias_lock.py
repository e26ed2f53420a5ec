"""Which model is in use changes in one step, and from one home at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from features.errors import UsageError
from features.settings.schema import Settings
from models.registry.alias_lock import LOCK_SUFFIX, MARKER, let_go, lock_alias
from models.registry.champion import load_champion, registered_name
from tests.models.conftest import Recorded, copy_project, mlflow_at, record
from tests.models.registry.test_champion import champion_by_client
from tests.trained import draw_tables, make_project, train

REPOSITORY = Path(__file__).resolve().parents[3]

HOLDER = """
import sys
from pathlib import Path
from models.registry.alias_lock import lock_alias
from tests.trained import make_project
with lock_alias(make_project(Path(sys.argv[1]), sys.argv[2])):
    print("held", flush=True)
    sys.stdin.readline()
"""

RACER = """
import sys
from pathlib import Path
from models.registry.alias_lock import lock_alias
from tests.trained import make_project
settings, inside = make_project(Path(sys.argv[1]), sys.argv[2]), Path(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(6):
    with lock_alias(settings):
        inside.mkdir()  # fails where somebody else is inside
        inside.rmdir()
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A process that has said its first word."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() in ("held\n", "ready\n")
    return process


@contextmanager
def held_elsewhere(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """The lock in the hands of a process that works in this home."""
    with start(HOLDER, settings.root, settings.project.name) as process:
        yield process


def is_held(uri: str, settings: Settings) -> bool:
    with mlflow_at(uri) as mlflow:
        models = mlflow.MlflowClient().search_registered_models()
    return registered_name(settings) + LOCK_SUFFIX in {model.name for model in models}


def test_a_model_that_is_not_put_in_use_leaves_the_alias(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    other = record(settings, train(draw_tables(seed=4)).bundle, put_in_use=False)
    assert other.registered.number == "2"
    assert other.bundle.version != recorded.bundle.version
    assert load_champion(settings).version == recorded.bundle.version
    assert champion_by_client(other) == ("1", recorded.bundle.version)

    moved = record(settings, other.bundle)
    assert load_champion(settings).version == other.bundle.version
    assert champion_by_client(moved) == ("3", other.bundle.version)


def test_a_store_of_its_own_needs_no_more_than_the_lock_of_the_home(tmp_path: Path) -> None:
    settings = make_project(tmp_path)
    with lock_alias(settings):
        let_go(settings)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_second_home_waits_or_is_refused(
    tracking_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_server)
    first, second = (make_project(tmp_path / name, "refused") for name in ("first", "second"))
    with held_elsewhere(first) as process:
        with (
            pytest.raises(UsageError, match="Another home is putting a model in use") as caught,
            lock_alias(second, patience=0),
        ):
            pass
        assert caught.value.code == "busy"
        process.communicate("\n")
        assert process.returncode == 0
        # Another project of the same server was never in the way.
        with lock_alias(make_project(tmp_path / "other", "refused-not"), patience=0):
            pass
    with lock_alias(second, patience=0):
        assert is_held(tracking_server, second)
    assert not is_held(tracking_server, second)
    assert not (second.home / MARKER).exists() and not (first.home / MARKER).exists()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["takes it over", "lets go"])
def test_what_a_killed_run_holds_its_own_home_gives_back(
    tracking_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_server)
    name = f"killed {how}"
    first, second = (make_project(tmp_path / folder, name) for folder in ("first", "second"))
    with held_elsewhere(first) as process:
        process.kill()
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(UsageError, match="Another home"), lock_alias(second, patience=0):
        pass
    assert is_held(tracking_server, first)
    if how == "lets go":
        let_go(first)
    else:
        with lock_alias(first, patience=0):
            pass
    assert not is_held(tracking_server, first)
    with lock_alias(second, patience=0):
        pass


@pytest.mark.slow
def test_two_homes_are_never_inside_together(
    tracking_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_server)
    racers = [start(RACER, tmp_path / name, "raced", tmp_path / "inside") for name in ("a", "b")]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    assert [racer.wait() for racer in racers] == [0, 0]
    for racer in racers:
        racer.communicate()
    assert os.environ["MLFLOW_TRACKING_URI"] == tracking_server
