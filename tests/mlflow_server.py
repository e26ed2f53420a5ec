"""A real MLflow tracking server on the loopback, for tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest


def find_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serve_mlflow(folder: Path) -> Iterator[str]:
    """A tracking server on the loopback, with files of its own."""
    make_tables(folder / "server.db")
    port = find_port()
    log = (folder / "server.log").open("wb")
    # What `mlflow server` starts after it has loaded everything a first time.
    command = [sys.executable, "-m", "uvicorn", "mlflow.server.fastapi_app:app"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    plain = {
        **os.environ,
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{folder / 'server.db'}",
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(folder / "store"),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        # Else five more processes wait for jobs of its own, and each takes seconds to start.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    server = subprocess.Popen(
        command, cwd=folder, env=plain, stdout=log, stderr=log, start_new_session=True
    )
    uri = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while not is_healthy(uri):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"no server: {(folder / 'server.log').read_text()[-2000:]}")
            time.sleep(0.2)
        yield uri
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=30)
        log.close()


def make_tables(store: Path) -> None:
    """Make the server's tables here, where `copied_tables` may have them ready."""
    from mlflow.store.db import utils
    from sqlalchemy import create_engine

    if not store.exists():
        utils._initialize_tables(create_engine(f"sqlite:///{store}"))


def is_healthy(uri: str) -> bool:
    try:
        with urlopen(f"{uri}/health", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
