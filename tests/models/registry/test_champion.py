"""The model in use: the one the registry names, or words why it cannot be loaded."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from features.errors import ModelError, UsageError
from features.settings.schema import ProjectSettings
from models.artifact.folder import save_bundle
from models.registry.champion import CHAMPION, load_champion, models_folder, registered_name
from models.registry.store import STORE
from tests.models.conftest import Recorded, copy_project, mlflow_at, record
from tests.trained import draw_tables, make_project, train


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def champion_by_client(recorded: Recorded) -> tuple[str, str]:
    """The model in use as MLflow's own client tells it."""
    with mlflow_at(recorded.uri) as mlflow:
        name = registered_name(recorded.settings)
        found = mlflow.MlflowClient().get_model_version_by_alias(name, CHAMPION)
    return str(found.version), found.tags["leadaccord.model_version"]


def test_the_direct_reading_agrees_with_the_client(recorded: Recorded) -> None:
    number, version = champion_by_client(recorded)
    loaded = load_champion(recorded.settings)
    assert loaded.version == version == recorded.bundle.version
    assert number == recorded.registered.number == "1"


def test_without_a_model_in_use_the_next_step_is_told(recorded: Recorded, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No model is in use yet.*leadaccord train") as caught:
        load_champion(make_project(tmp_path))
    assert caught.value.code == "no_model"
    assert list(tmp_path.iterdir()) == []
    # Another project's model does not count.
    with pytest.raises(UsageError, match="No model is in use yet"):
        load_champion(copy_project(recorded, tmp_path, name="autumn"))


def test_an_alias_on_a_foreign_model_is_told(recorded: Recorded, tmp_path: Path) -> None:
    settings = copy_project(recorded, tmp_path)
    with closing(sqlite3.connect(settings.home / "tracking.db")) as connection:
        connection.execute("delete from model_version_tags")
        connection.commit()
    with pytest.raises(ModelError, match=r"not registered by leadaccord.*version 1.*champion"):
        load_champion(settings)


KILLED_WRITER = """
import os, signal, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("pragma cache_size = 1")  # so that pages are written before the end
store.execute("begin")
store.execute("create table half as with recursive n(i) as "
              "(select 1 union all select i + 1 from n where i < 9999) select i from n")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_writer_that_was_killed_leaves_the_model_in_use(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    store = settings.home / STORE
    ended = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(store)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert store.with_name(store.name + "-journal").stat().st_size
    assert load_champion(settings).version == recorded.bundle.version


@pytest.mark.parametrize("tag", ["../../elsewhere", "/tmp", "m123", "..", "M0123456789AB"])  # noqa: S108
def test_a_version_never_leads_out_of_the_home(
    recorded: Recorded, tmp_path: Path, tag: str
) -> None:
    settings = copy_project(recorded, tmp_path)
    with closing(sqlite3.connect(settings.home / "tracking.db")) as connection:
        connection.execute("update model_version_tags set value = ?", (tag,))
        connection.commit()
    with pytest.raises(ModelError, match="not registered by leadaccord"):
        load_champion(settings)


def test_a_folder_with_another_model_is_told(recorded: Recorded, tmp_path: Path) -> None:
    settings = copy_project(recorded, tmp_path)
    folder = models_folder(settings)
    shutil.rmtree(folder / recorded.bundle.version)
    other = save_bundle(train(draw_tables(seed=4)).bundle, folder)
    (folder / other.version).rename(folder / recorded.bundle.version)
    with pytest.raises(ModelError, match=f"another model.*Got {other.version}, expected"):
        load_champion(settings)


def test_a_project_that_was_copied_leaves_the_original_alone(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = copy_project(recorded, tmp_path)
    before = files(recorded.settings.home)
    for _ in range(2):
        record(settings, recorded.bundle)
    assert files(recorded.settings.home) == before
    copies = [path.parent for path in (settings.home / "artifacts").rglob("roc.png")]
    assert len(copies) == 3
    assert load_champion(settings).version == recorded.bundle.version


@pytest.mark.parametrize(
    ("project", "name"),
    [
        ("spring-campaigns", "spring-campaigns-lead-quality"),
        ("Spring / Summer: 50 %", "Spring-Summer-50-lead-quality"),
        ("años", "años-lead-quality"),
        ("v1.2_b", "v1.2_b-lead-quality"),
        ("//", "leadaccord-lead-quality"),
        ("x" * 500, "x" * 200 + "-lead-quality"),
    ],
)
def test_registered_names_are_what_the_registry_takes(project: str, name: str) -> None:
    settings = make_project(Path("/"))
    settings = settings.model_copy(update={"project": ProjectSettings(name=project)})
    assert registered_name(settings) == name
