"""File formats of scores: what `--format` and the setting of that name take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from features.errors import SettingsError, UsageError
from serve.destinations.crm import CRM_FORMATS, CrmFormat
from serve.destinations.csv import CsvWriter
from serve.destinations.excel import ExcelWriter
from serve.destinations.parquet import ParquetWriter
from serve.destinations.part_files import Writer

if TYPE_CHECKING:
    import pyarrow as pa

    from features.settings.schema import Settings


class OpenWriter(Protocol):
    """Begins a file, given its path, the schema of its tables and the CRM that will read it."""

    def __call__(self, draft: Path, schema: pa.Schema, crm: CrmFormat | None) -> Writer:
        """Return what writes the file."""


def _open_csv(draft: Path, schema: pa.Schema, crm: CrmFormat | None) -> Writer:
    max_bytes, max_rows = (crm.max_bytes, crm.max_rows) if crm else (None, None)
    return CsvWriter(draft, schema.names, max_bytes=max_bytes, max_rows=max_rows)


def _open_excel(draft: Path, schema: pa.Schema, crm: CrmFormat | None) -> Writer:
    return ExcelWriter(draft, schema.names, max_rows=crm.max_rows if crm else None)


def _open_parquet(draft: Path, schema: pa.Schema, crm: CrmFormat | None) -> Writer:
    return ParquetWriter(draft, schema)


WRITERS: Mapping[str, OpenWriter] = {
    ".csv": _open_csv,
    ".parquet": _open_parquet,
    ".xlsx": _open_excel,
}
"""By the ending of a file's name."""

FORMATS = (*(ending[1:] for ending in WRITERS), *CRM_FORMATS)
"""The kinds of file, and the CRMs whose import tools read one."""


def check_format(name: str | None) -> None:
    """Refuse a format that there is not.

    Parameters
    ----------
    name : str or None
        As given to `--format`; None where nothing was said.

    Raises
    ------
    UsageError
        When it is none of `FORMATS`.
    """
    if name is not None and name not in FORMATS:
        raise UsageError(
            "there is no such format",
            got=f'"{name}"',
            expected=" or ".join(FORMATS),
            next_step="Correct --format, or leave it out",
        )


def check_settings(settings: Settings) -> None:
    """Refuse a format in the settings that there is not.

    Raises
    ------
    SettingsError
        When it is none of `FORMATS`.
    """
    if settings.score.format is not None and settings.score.format not in FORMATS:
        raise SettingsError(
            "[score] format has a value that does not fit",
            where=str(settings.file),
            got=f'"{settings.score.format}"',
            expected=" or ".join(f'"{name}"' for name in FORMATS),
            next_step="Correct the value, or remove the line to go by the ending of the name",
        )


def check_ending(path: Path, crm: CrmFormat | None = None) -> None:
    """Refuse a path whose ending does not say which kind of table to write.

    Parameters
    ----------
    path : Path
    crm : CrmFormat, optional
        The CRM that is to read the file.

    Raises
    ------
    UsageError
        When the ending is none of `WRITERS`, or none that the import tool of the CRM takes.
    """
    known = crm.endings if crm else tuple(WRITERS)
    if path.suffix.lower() not in known:
        raise UsageError(
            "the kind of file to write is not clear",
            where=str(path),
            got=f'the ending "{path.suffix}"',
            expected=" or ".join(known) + (f", which {crm.name} imports" if crm else ""),
            next_step="End the name of --out in that",
        )
