"""Stepping back to an earlier model, one run at a time, and clearing up after a killed one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from features.errors import DestinationError, ModelError, UsageError
from features.settings.schema import Settings
from models.registry.champion import find_champion, load_champion, models_folder, registered_name
from models.registry.history import (
    ATTEMPT_TAG,
    DECISION_TAG,
    begin_attempt,
    clear_interrupted,
    end_attempt,
    lock_home,
    roll_back,
)
from tests.models.conftest import Recorded, copy_project, mlflow_at, record
from tests.trained import draw_tables, make_project, train

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A project in which one model replaced another twice."""
    settings = make_project(tmp_path_factory.mktemp("three"))
    for seed in (3, 4, 5):
        last = record(settings, train(draw_tables(300, seed=seed)).bundle)
    return last


def number(settings: Settings) -> str:
    found = find_champion(settings)
    assert found is not None
    return found.number


def test_one_step_back_and_another(three: Recorded, tmp_path: Path) -> None:
    settings = copy_project(three, tmp_path)
    before, after = roll_back(settings)
    assert (before.number, after.number) == ("3", "2")
    assert load_champion(settings).version == after.version
    assert roll_back(settings)[1].number == "1"
    with pytest.raises(UsageError, match="no model before the one in use") as caught:
        roll_back(settings)
    assert caught.value.code == "no_earlier_model"
    assert number(settings) == "1"


def test_a_named_version_and_back_again(three: Recorded, tmp_path: Path) -> None:
    settings = copy_project(three, tmp_path)
    first = roll_back(settings, "1")[1]
    assert roll_back(settings)[1].number == "3"
    assert roll_back(settings, first.version)[1] == first
    with pytest.raises(
        UsageError, match=r"no such model in the registry.*3 \(m.*2 \(m.*1 \(m"
    ) as caught:
        roll_back(settings, "7")
    assert caught.value.code == "no_such_model"


def test_a_damaged_model_is_not_put_in_use(three: Recorded, tmp_path: Path) -> None:
    settings = copy_project(three, tmp_path)
    with mlflow_at(f"sqlite:///{settings.home / 'tracking.db'}") as mlflow:
        found = mlflow.MlflowClient().get_model_version(registered_name(settings), "2")
    folder = models_folder(settings) / found.tags["leadaccord.model_version"]
    (folder / "trees.txt").write_text("other trees")
    with pytest.raises(ModelError, match="was changed after it was written"):
        roll_back(settings)
    assert number(settings) == "3"


def test_a_lost_folder_is_restored_from_the_registry(three: Recorded, tmp_path: Path) -> None:
    settings = copy_project(three, tmp_path)
    shutil.rmtree(models_folder(settings))
    _, after = roll_back(settings)
    assert load_champion(settings).version == after.version
    assert [path.name for path in models_folder(settings).iterdir()] == [after.version]


def test_without_any_model_there_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    settings = make_project(tmp_path)
    with pytest.raises(UsageError, match="No model is in use, so there is none before it"):
        roll_back(settings)
    with pytest.raises(UsageError, match="no such model in the registry"):
        roll_back(settings, "1")


def test_a_run_that_was_killed_is_marked_and_the_champion_stays(
    three: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(three, tmp_path)
    assert not clear_interrupted(settings)
    attempt = begin_attempt(settings)
    with mlflow_at(f"sqlite:///{settings.home / 'tracking.db'}") as mlflow:
        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name("spring").experiment_id
        run = client.create_run(experiment, tags={ATTEMPT_TAG: attempt, DECISION_TAG: "promoted"})
        made = client.create_model_version(
            registered_name(settings), "file:///nowhere", run_id=run.info.run_id
        )
    assert clear_interrupted(settings)
    assert not clear_interrupted(settings)
    with mlflow_at(f"sqlite:///{settings.home / 'tracking.db'}") as mlflow:
        client = mlflow.MlflowClient()
        assert client.get_run(run.info.run_id).info.status == "KILLED"
        left = client.get_model_version(registered_name(settings), made.version)
    assert left.tags[DECISION_TAG] == "interrupted"
    assert number(settings) == "3"


def test_a_run_that_ended_leaves_nothing_to_clear(tmp_path: Path) -> None:
    settings = make_project(tmp_path)
    settings.home.mkdir()
    begin_attempt(settings)
    end_attempt(settings)
    assert not clear_interrupted(settings)


def test_of_two_runs_one_is_refused_or_waits(tmp_path: Path) -> None:
    settings = make_project(tmp_path)
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.trained import make_project; from models.registry.history import lock_home\n"
        "with lock_home(make_project(Path(sys.argv[1])), wait=False):\n"
        "    print('held', flush=True); sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(UsageError, match="Another run is retraining") as caught,
            lock_home(settings, wait=False),
        ):
            pass
        assert caught.value.code == "busy"
        # A killed run lets go of the lock.
        other.kill()
        with lock_home(settings, wait=True):
            pass


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file stands here")
    with (
        pytest.raises(DestinationError, match="home cannot be written"),
        lock_home(make_project(tmp_path), wait=True),
    ):
        pass
