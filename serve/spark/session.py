"""Spark sessions: the one of the program that submitted the job, or one of its own."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from features.errors import LeadaccordError, UsageError

_ROOMS = Path(__file__).resolve().parents[2]
_CONFIG = {
    # Executors import this code where it can be found as here; elsewhere it has to be installed.
    "spark.executorEnv.PYTHONPATH": str(_ROOMS),
    # Two libraries with several threads in each of several workers get in each other's way.
    "spark.executorEnv.OMP_NUM_THREADS": "1",
    "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
}


class SparkError(LeadaccordError):
    """Spark cannot be started, or gave up."""

    default_code = "spark"


@contextmanager
def open_session(master: str | None = None) -> Iterator[Any]:
    """Hold a session; one that was there before stays, one that is made here is stopped.

    Parameters
    ----------
    master : str, optional
        Such as "local[4]", "spark://HOST:7077", or "sc://HOST:15002" for Spark Connect; that of
        Spark's own configuration if left out.

    Yields
    ------
    pyspark.sql.SparkSession

    Raises
    ------
    SparkError
        When pyspark is not installed, no session can be started, or Spark gives up.
    """
    # Workers would otherwise be whatever python3 is on the machine.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with warnings.catch_warnings():
        # Of pandas 3, into which nothing is converted here.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support", FutureWarning)
        try:
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError:
            raise SparkError(
                "Spark is not installed", next_step='pip install "leadaccord[spark]"'
            ) from None
        found = SparkSession.getActiveSession()
        if found is not None and master is not None:
            raise UsageError(
                "a Spark session is there already, and keeps its master",
                got=f"--master {master}",
                next_step="Leave out --master",
            )
        session = found or _start(SparkSession.builder, master, PySparkException)
        try:
            yield session
        except PySparkException as error:
            raise _make_failed(error) from error
        finally:
            if found is None:
                session.stop()


def _start(builder: Any, master: str | None, kind: type[Exception]) -> Any:
    builder = builder.appName("leadaccord")
    if master is not None and master.startswith("sc://"):
        builder = builder.remote(master)
    elif master is not None:
        builder = builder.master(master)
    for name, value in _CONFIG.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except (kind, OSError, RuntimeError) as error:
        raise SparkError(
            "no Spark session can be started",
            got=_first_line(error),
            next_step="Spark needs Java 17 or 21: install it or set JAVA_HOME; --master names the "
            "cluster",
        ) from error
    return session


def _make_failed(error: Exception) -> SparkError:
    return SparkError(
        "Spark gave up, and nothing was delivered",
        got=_first_line(error),
        next_step="Its log says more; run the command again",
    )


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # Of an error in a worker the last line of its traceback says what it was.
    raised = [line for line in lines if line.partition(":")[0].endswith(("Error", "Refused"))]
    return (raised[-1:] or lines[:1] or [type(error).__name__])[0][:300]
