"""Tracking store: a file of the project, or a server named by the environment."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

from features.errors import LeadaccordError
from features.secrets import hide_answer, show_address
from features.settings.schema import Settings

STORE = "tracking.db"
ARTIFACTS = "artifacts"
# Where MLflow's SQLite file keeps absolute paths.
_PATHS = (
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
    ("experiments", "artifact_location"),
)
# A server that does not answer is given up after some 15 seconds, not after four minutes; where one
# is only asked for the model in use, also one that takes the question and says nothing.
_RETRIES = "3"
_HURRY = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
_URI_VARIABLE = "MLFLOW_TRACKING_URI"
_REGISTRY_VARIABLE = "MLFLOW_REGISTRY_URI"


class TrackingError(LeadaccordError):
    """The tracking store or registry cannot be reached."""

    default_code = "tracking"


def uses_file() -> bool:
    """Return whether the project keeps its own store, as it does unless a server is named."""
    return not os.environ.get(_URI_VARIABLE)


@contextmanager
def open_mlflow(settings: Settings, *, hurried: bool = False) -> Iterator[Any]:
    """Import MLflow and point it at the project's store for a while.

    Parameters
    ----------
    settings : Settings
    hurried : bool
        Whether a server is given up after seconds, as for a question that is answered at once.

    Yields
    ------
    module
        ``mlflow``, kept from the terminal and from calling home.

    Raises
    ------
    TrackingError
        When the store fails, in words and without its password.
    """
    # Set before the import, which is when MLflow reads them.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", _RETRIES)
    # Else a lock file that happens to lie where the command runs is kept with the model.
    os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")
    # MLflow speaks to the terminal on its own account; what matters of it is raised.
    with (
        redirect_stdout(StringIO()),
        redirect_stderr(StringIO()),
        catch_warnings(),
        _setting(_HURRY if hurried else {}),
    ):
        simplefilter("ignore")
        import mlflow
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        given, file = os.environ.get(_URI_VARIABLE), settings.home / STORE
        registry = None if given else os.environ.pop(_REGISTRY_VARIABLE, None)
        uri = given or _file_uri(file)
        try:
            settings.home.mkdir(parents=True, exist_ok=True)
            if not given:
                _try_file(file)
                move_paths(file, settings.home)
            mlflow.set_tracking_uri(uri)
            yield mlflow
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise TrackingError(
                "the tracking store cannot be used",
                where=show_address(uri),
                got=_describe_failure(error, uri),
                next_step="Check that it can be reached and written, and run the command again",
            ) from error
        finally:
            # MLflow writes its settings into the environment, where the next project of this
            # process would read it.
            mlflow.set_tracking_uri(given or "")
            if not given:
                os.environ.pop(_URI_VARIABLE, None)
            if registry is not None:
                os.environ[_REGISTRY_VARIABLE] = registry


@contextmanager
def _setting(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment for a while, unless the user chose another value."""
    usual = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": _RETRIES}
    before = {name: os.environ.get(name) for name in values}
    chosen = {n: v for n, v in values.items() if before[n] in (None, usual.get(n))}
    os.environ.update(chosen)
    try:
        yield
    finally:
        for name in chosen:
            old = before[name]
            if old is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = old


def _file_uri(file: Path) -> str:
    from sqlalchemy import URL

    # Escaped only where it has to be: MLflow makes the folder of the path as it stands there.
    if any(sign in str(file) for sign in "%?#"):
        return URL.create("sqlite", database=str(file)).render_as_string()
    return f"sqlite:///{file}"


def _try_file(file: Path) -> None:
    """Open the store for writing, which fails at once where MLflow would try for two minutes."""
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        connection.execute("begin immediate")
        connection.rollback()


def move_paths(file: Path, home: Path) -> None:
    """Let the store's absolute paths follow a home that was moved or copied.

    Parameters
    ----------
    file : Path
        MLflow's SQLite file in the home; one that MLflow has not filled yet stays as it is.
    home : Path
        Where the home is now; its run's files lie in the folder ``artifacts``.

    Notes
    -----
    MLflow has no relative paths: without this a moved project's plots and models are looked for,
    and written, where it once was. One transaction; a copy changes its own store only.
    """
    new = (home / ARTIFACTS).as_uri()
    with closing(sqlite3.connect(file, timeout=30)) as connection, connection:
        known = {row[0] for row in connection.execute("select name from sqlite_master")}
        if not {table for table, _ in _PATHS} <= known:
            return
        places = connection.execute("select distinct artifact_location from experiments")
        old = [place for (place,) in places if _is_own(place) and place != new]
        for place in old:
            for table, column in _PATHS:
                connection.execute(
                    f"update {table} set {column} = ? || substr({column}, ?) "  # noqa: S608
                    f"where {column} = ? or substr({column}, 1, ?) = ?",
                    (new, len(place) + 1, place, len(place) + 1, place + "/"),
                )


def _is_own(place: str | None) -> bool:
    """Return whether files of an experiment are in a project home, wherever that was."""
    return bool(place) and str(place).startswith("file:") and str(place).endswith(f"/{ARTIFACTS}")


def _describe_failure(error: Exception, uri: str) -> str:
    """Return what went wrong in a line, without the address that requests put into it."""
    text = str(error).partition("\n")[0]
    if "Max retries exceeded" in text or "Timeout" in text or "timed out" in text:
        return "no answer"
    return hide_answer(text, uri)[:200]
