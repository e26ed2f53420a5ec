"""What the tests of `features` share: a database in memory, and files opened in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from features.sources.tables import SourceTable, open_table
from tests.csv_files import Open


@pytest.fixture
def connection() -> Any:
    return duckdb.connect(config={"python_enable_replacements": False})


@pytest.fixture
def open_it(connection: Any, tmp_path: Path) -> Open:
    def run(reference: str, **options: Any) -> SourceTable:
        return open_table(connection, reference, **({"name": "leads", "root": tmp_path} | options))

    return run
