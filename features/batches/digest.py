"""Digest of scoring input: another input, another digest."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from features.settings.schema import Settings
from features.sources.file import ROW
from features.sources.sql import quote
from features.sources.tables import SourceTable

_ROWS = 100_000
# What decides how a row is read and what is counted from it.
_READING = ("csv", "leads", "decision", "activities")


def digest_input(settings: Settings, tables: Iterable[SourceTable]) -> str:
    """Return the SHA-256 of the content that is read and of the settings that say how.

    Parameters
    ----------
    settings : Settings
        As the user wrote them.
    tables : iterable of SourceTable
        In an order that does not change. Of files the bytes count, in the order of the files;
        of tables the rows. Neither names nor places do.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    found = []
    for table in tables:
        parts = [digest_file(path) for path in table.files] or [_digest_rows(table)]
        found.append((table.name, len(table.files), parts))
    return join_digests(settings, found)


def join_digests(settings: Settings, tables: Iterable[tuple[str, int, Iterable[bytes]]]) -> str:
    """Return the digest of tables whose parts were digested wherever they are.

    Parameters
    ----------
    settings : Settings
        As the user wrote them.
    tables : iterable of tuple
        Name, number of files, and the digests of the parts in their order.
    """
    total = hashlib.sha256()
    written = settings.model_dump(mode="json", include=set(_READING))
    total.update(json.dumps(written, sort_keys=True).encode())
    for name, files, parts in tables:
        total.update(f"\n{name} {files}\n".encode())
        for part in parts:
            total.update(part)
    return total.hexdigest()


def digest_file(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _digest_rows(table: SourceTable) -> bytes:
    """Return the sum over columns, types and rows, a few rows at a time."""
    import pyarrow.csv as arrow_csv

    total = hashlib.sha256(json.dumps(dict(table.relation.types)).encode())
    # As texts all types have one form, and the writer tells "" from nothing.
    columns = [quote(name) for name in table.relation.types if name != ROW]
    names = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in columns)
    query = f"SELECT {names} FROM {table.relation.place} ORDER BY {ROW}"
    reader: Any = table.relation.connection.sql(query).to_arrow_reader(_ROWS)
    for batch in reader:
        lines = io.BytesIO()
        arrow_csv.write_csv(batch, lines, arrow_csv.WriteOptions(include_header=False))
        total.update(lines.getbuffer())
    return total.digest()
