"""MLflow's empty tables, made once for all tests of a process.

MLflow makes its tables by running all of its migrations, which takes two seconds for each new
store, and most tests of the jobs have a store of their own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def copied_tables(folder: Path) -> Iterator[None]:
    """Copy the tables of the first SQLite store into every later one.

    Parameters
    ----------
    folder : Path
        Where the tables are kept.
    """
    from mlflow.store.db import utils
    from sqlalchemy import create_engine

    original: Callable[[Any], None] = utils._initialize_tables
    kept = folder / "tables.db"

    def initialize(engine: Any) -> None:
        if engine.dialect.name != "sqlite":
            return original(engine)
        if not kept.exists():
            original(create_engine(f"sqlite:///{kept}"))
        with closing(sqlite3.connect(kept)) as source, engine.connect() as target:
            source.backup(target.connection.dbapi_connection)
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "_initialize_tables", initialize)
        yield
