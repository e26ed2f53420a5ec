"""Paths in the settings: the files that a reference means, or the mistake."""

from __future__ import annotations

import difflib
import glob
import re
from collections.abc import Sequence
from pathlib import Path

from features.errors import SettingsError, SourceError
from features.files import expand_home
from features.secrets import holds_secret
from features.sources.file import FilePart, make_unreadable, open_file

_FILE_ENDING = re.compile(r"\.(csv|tsv|txt|tab|dat|parquet|pq|gz|xls[xm]?|json|zip|ods)$", re.I)


def find_files(reference: str, *, name: str, root: Path) -> list[Path]:
    """Return the files that a reference means, sorted; none where it must be a table.

    Parameters
    ----------
    reference : str
        A path or glob, relative to `root`, or a table's name.
    name : str
        What the table is in a project.
    root : Path

    Raises
    ------
    SettingsError
        When it looks like a file and none is there.
    SourceError
        When it is a folder, or nothing that can be read.
    """
    paths = _find_files(reference, root)
    if not paths and looks_like_file(reference):
        raise _make_missing_file(reference, name, root)
    return paths


def is_empty_pattern(reference: str, *, root: Path) -> bool:
    """Tell whether a reference is a pattern that no file matches."""
    return glob.has_magic(reference) and not _find_files(reference, root)


def _find_files(reference: str, root: Path) -> list[Path]:
    """Return the files of a reference, which may name a sheet after a #."""
    found = _find_exactly(reference, root)
    file, sheet = split_sheet(reference)
    return found if found or sheet is None else _find_exactly(file, root)


def split_sheet(reference: str) -> tuple[str, str | None]:
    """Return the file that a reference names, and the sheet of it, if it names one."""
    file, sign, sheet = reference.rpartition("#")
    return (file, sheet) if sign and file and sheet else (reference, None)


def _find_exactly(reference: str, root: Path) -> list[Path]:
    path = root / expand_home(reference)
    try:
        if path.is_file():
            return [path]
        if path.is_dir():
            raise SourceError(
                f'"{reference}" is a folder',
                expected="a file",
                next_step=f'Name the files in it, for example "{reference.rstrip("/")}/*.csv"',
                code="directory",
            )
        if path.exists():
            raise SourceError(f'"{reference}" is not a regular file', expected="a file on disk")
    except (OSError, ValueError) as error:
        raise make_unreadable(reference, error) from None
    if not glob.has_magic(reference):
        return []
    found = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207
    return [match for match in found if match.is_file()]


def _show(path: Path, reference: str, root: Path) -> str:
    shown = reference
    if glob.has_magic(reference):
        shown = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    # A name that is not UTF-8 could not be written to a terminal or a log.
    return shown.encode("utf-8", "replace").decode("utf-8")


def looks_like_file(reference: str) -> bool:
    """Tell whether a reference that no file has can only mean one; "sales.leads" is a table."""
    return (
        "/" in reference
        or glob.has_magic(reference)
        or _FILE_ENDING.search(split_sheet(reference)[0]) is not None
    )


def _make_missing_file(reference: str, name: str, root: Path) -> SettingsError:
    if "://" in reference or holds_secret(reference):
        raise SettingsError(
            f"[tables] {name} is the address of a database, where a file or a table is named",
            next_step="Put the address into connection under [tables], and the table's name here",
        )
    path = root / expand_home(reference)
    folder = path.parent
    while glob.has_magic(str(folder)) or not folder.is_dir():
        folder = folder.parent
    present = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    near = difflib.get_close_matches(path.name, present, n=3, cutoff=0.5) or present[:5]
    return SettingsError(
        f'no file matches "{reference}"' if glob.has_magic(reference) else f'no file "{reference}"',
        where=f"[tables] {name}, looked for in {path.parent}",
        expected=f"a file; {folder} holds " + (", ".join(near) if near else "none"),
        next_step=f"Correct [tables] {name}",
    )


def open_parts(
    paths: Sequence[Path],
    reference: str,
    *,
    name: str,
    root: Path,
    separator: str | None,
    encoding: str | None,
) -> list[FilePart]:
    """Open each file that a reference means; its columns are known then, its rows not read."""
    whole = bool(_find_exactly(reference, root))
    return [
        open_file(
            path,
            shown=_show(path, reference, root),
            table=name,
            separator=separator,
            encoding=encoding,
            sheet=None if whole else split_sheet(reference)[1],
        )
        for path in paths
    ]
