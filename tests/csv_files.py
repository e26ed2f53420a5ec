"""Files for tests, written byte by byte, and what is read from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from features.errors import SourceError
from features.sources.csv_dialect import CsvFile, inspect_csv
from features.sources.csv_rows import read_batches
from features.sources.file import ROW
from features.sources.tables import SourceTable

Open = Callable[..., SourceTable]


def put(folder: Path, content: bytes | str, name: str = "leads.csv") -> Path:
    """Write a file of just this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def look(path: Path, **options: str) -> CsvFile:
    return inspect_csv(path, shown=path.name, **options)


def rows(file: CsvFile) -> list[list[str]]:
    return [list(row.values()) for batch in read_batches(file) for row in batch.to_pylist()]


def refusal(path: Path, **options: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        rows(look(path, **options))
    return caught.value


def frame(source: SourceTable) -> pd.DataFrame:
    found: pd.DataFrame = source.relation.to_arrow().to_pandas()
    return found.sort_values(ROW).set_index(ROW)


def codes(source: SourceTable) -> list[str]:
    return [note.code for note in source.notes]
