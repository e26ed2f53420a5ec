"""Where results go: files that appear whole or not at all, and are safe to open."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pandas as pd

from features.errors import DestinationError, UsageError

FORMATS = (".csv", ".parquet")

# Blanks, quotes and control characters before the sign do not stop every spreadsheet, and the
# wide forms of the signs count as the signs where such keyboards are used.
_RUNNABLE = re.compile(r"""[\s"\x00-\x1f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20'\t\r\n]""")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, by the ending of the path.

    Parameters
    ----------
    frame : DataFrame
    path : Path
        Replaced in one step once everything is written; until then it stays as it was.

    Raises
    ------
    UsageError
        When the ending is neither .csv nor .parquet.
    DestinationError
        When it cannot be written.
    """
    write_file(path, encode_table(frame, path))


def encode_table(frame: pd.DataFrame, path: Path) -> bytes:
    """Return a table as the bytes of the file that `path` will be.

    Raises
    ------
    UsageError
        When the ending is neither .csv nor .parquet.
    """
    check_ending(path)
    if path.suffix.lower() == ".csv":
        return _to_csv(neutralise(frame)).encode("utf-8")
    # Named as text, a column without a value has the same type in every file.
    texts = dict.fromkeys(frame.select_dtypes(["object", "str"]), "string")
    return bytes(frame.astype(texts).to_parquet(index=False))


def check_ending(path: Path) -> None:
    """Refuse a path whose ending does not say which kind of table to write.

    Raises
    ------
    UsageError
        When the ending is neither .csv nor .parquet.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            "the kind of file to write is not clear",
            where=str(path),
            got=f'the ending "{path.suffix}"',
            expected=" or ".join(FORMATS),
            next_step="End the name of --out in .csv or .parquet",
        )


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that it appears whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made if it is not there.
    content : bytes

    Raises
    ------
    DestinationError
        When the folder cannot be made or written, or is full; what was there stays.
    """
    write_files({path: content})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: none is replaced before all are on the disk.

    Parameters
    ----------
    contents : mapping of Path to bytes
        Folders are made if they are not there.

    Raises
    ------
    DestinationError
        When a folder cannot be made or written, or is full; what was there stays.
    """
    drafts = {path: path.with_name(f".{path.name}.{uuid4().hex[:8]}") for path in contents}
    path = Path()
    try:
        try:
            for path, draft in drafts.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                with draft.open("xb") as file:
                    file.write(contents[path])
                    file.flush()
                    os.fsync(file.fileno())
            for path, draft in drafts.items():
                draft.replace(path)
        finally:
            for draft in drafts.values():
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise DestinationError(
            "the result cannot be written",
            where=str(path),
            got=error.strerror or str(error),
            next_step="Free space or choose another place with --out; nothing was changed",
        ) from error


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Parameters
    ----------
    frame : DataFrame
        Numbers and times stay as they are.

    Returns
    -------
    DataFrame
        Texts that begin with ``= + - @``, a tab or a line break, perhaps after blanks or quotes,
        begin with ``'`` instead; so do texts that begin with an apostrophe, so that taking one
        away always gives the original.
    """
    result = frame.copy()
    for name in result.columns:
        if result[name].dtype == object or pd.api.types.is_string_dtype(result[name]):
            result[name] = result[name].map(neutralise_text, na_action="ignore")
    return result


def neutralise_text(text: object) -> object:
    """Return one text made safe for a spreadsheet; anything else as it is."""
    if not isinstance(text, str):
        return text
    return "'" + text if _RUNNABLE.match(text) else text


def _to_csv(frame: pd.DataFrame) -> str:
    """Return the table as CSV, text in quotes wherever a carriage return may end a line."""
    texts = frame.select_dtypes(["object", "str", "string"])
    # Python before 3.13 leaves these bare, and spreadsheets begin a new row after them.
    broken = texts.apply(lambda column: column.astype(str).str.contains("\r")).any(axis=None)
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if broken else csv.QUOTE_MINIMAL
    return frame.to_csv(index=False, lineterminator="\n", quoting=quoting)
