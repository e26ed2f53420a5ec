"""Excel workbooks from sheets of plain rows, written row by row: text stays text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from features.files import DRAFTS, follow_link, raising_destination_error, rename_drafts
from features.language import Language
from features.language import translatable as _
from features.own_folders import own_folder
from features.text import fit_text
from serve.destinations.excel import CREATED, MAX_CELL, ROWS_OF_A_SHEET
from serve.destinations.spreadsheet_safety import neutralise_text

Kind = Literal[
    "text", "wrapped", "title", "heading", "note",
    "count", "score", "share", "points", "figure", "day", "moment",
    "fill_in", "fill_in_moment",
]  # fmt: skip

# As Excel spells them: it writes separators as the reader's machine does.
_MOMENT = "yyyy-mm-dd hh:mm:ss"
_NUMBERS = {
    "count": "#,##0",
    "score": "0",
    "share": _("0.0%"),
    "points": "+0.0;-0.0;0.0",
    "figure": "0.000",
    "day": _("[$-409]mmm d, yyyy"),
    "moment": _MOMENT,
}
_TOP = {"valign": "top"}
_EMPTY = {"bg_color": "#FBF6E3", "border": 1, "border_color": "#D9CFA8", **_TOP}
_LOOKS: dict[str, dict[str, Any]] = {
    "text": _TOP,
    "wrapped": {"text_wrap": True, **_TOP},
    "title": {"bold": True, "font_size": 16},
    "heading": {"bold": True, "font_size": 12},
    "head": {"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#E3F0EF", **_TOP},
    "note": {"italic": True, "font_color": "#596167", **_TOP},
    "fill_in": _EMPTY,
    "fill_in_moment": {"num_format": _MOMENT, **_EMPTY},
}
_FIRST_YEAR, _LAST_YEAR = 1900, 9999
_SAFE = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}


@dataclass(frozen=True)
class Cell:
    """A value that is another kind of thing than its column."""

    value: object
    kind: Kind


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Attributes
    ----------
    title : str
    kind : str
        What its values are. Shares and points are given as 0.5 and 12.0 for 50 % and 12 points.
    width : int
        In characters.
    choices : tuple of str
        What may be filled in; anything if empty.
    """

    title: str
    kind: Kind = "text"
    width: int = 12
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A sheet.

    Attributes
    ----------
    name : str
        Words of ours, never of the data.
    columns : tuple of Column
    rows : iterable of sequence
        Values by column: text, numbers, dates, or `Cell`; None for nothing. Rows may be short.
        More than a sheet holds go on in another.
    has_head : bool
        Whether the titles are written, stay in view, and can be filtered by.
    frozen : int
        Columns that stay in view as well.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[object]]
    has_head: bool = True
    frozen: int = 0


def write_workbook(
    path: Path, sheets: Iterable[Sheet], language: Language, *, lines: int = ROWS_OF_A_SHEET
) -> None:
    """Write a workbook so that it appears whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made if it is not there.
    sheets : iterable of Sheet
        At least one.
    language : Language
        Of the way in which shares and days are written.
    lines : int
        That a sheet holds beside its titles; what is more goes on in another.

    Raises
    ------
    DestinationError
        When the folder cannot be made or written, or is full; what was there stays.
    """
    from xlsxwriter.exceptions import FileCreateError

    with raising_destination_error(path):
        path = follow_link(path)
    # The rows wait in files of their own until the workbook is closed.
    with raising_destination_error(path), own_folder(path.parent, DRAFTS) as folder:
        try:
            _write(folder / "draft.xlsx", folder, sheets, language, lines)
        except FileCreateError as error:
            raise error.args[0] from error
        rename_drafts({path: folder / "draft.xlsx"})


def _write(
    path: Path, folder: Path, sheets: Iterable[Sheet], language: Language, lines: int
) -> None:
    import xlsxwriter

    book: Any = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(folder), **_SAFE})
    book.use_zip64()
    # Without a fixed time, the same report would give other bytes each time.
    book.set_properties({"created": CREATED})
    looks = {kind: {"num_format": language.text(text), **_TOP} for kind, text in _NUMBERS.items()}
    formats = {name: book.add_format(look) for name, look in (looks | _LOOKS).items()}
    for sheet in sheets:
        _write_sheet(book, sheet, formats, lines)
    book.close()


def _write_sheet(book: Any, sheet: Sheet, formats: dict[str, Any], lines: int) -> None:
    number, place, line = 1, _begin(book, sheet, 1, formats), int(sheet.has_head)
    for row in sheet.rows:
        if line > lines:
            _end(place, sheet, last=line - 1)
            number += 1
            place, line = _begin(book, sheet, number, formats), int(sheet.has_head)
        for column, value in enumerate(row):
            _write_value(place, line, column, sheet.columns[column].kind, value, formats)
        line += 1
    _end(place, sheet, last=line - 1)


def _begin(book: Any, sheet: Sheet, number: int, formats: dict[str, Any]) -> Any:
    place: Any = book.add_worksheet(sheet.name if number == 1 else f"{sheet.name} {number}")
    place.set_landscape()
    place.fit_to_pages(1, 0)
    for i, column in enumerate(sheet.columns):
        place.set_column(i, i, column.width)
        if sheet.has_head:
            _write_text(place, 0, i, column.title, formats["head"])
    if sheet.has_head:
        place.freeze_panes(1, sheet.frozen)
        place.repeat_rows(0)
    return place


def _end(place: Any, sheet: Sheet, *, last: int) -> None:
    """Add what readers sort, filter and fill in by."""
    if not sheet.has_head or last < 1:
        return
    place.autofilter(0, 0, last, len(sheet.columns) - 1)
    for i, column in enumerate(sheet.columns):
        if column.choices:
            place.data_validation(
                1, i, last, i, {"validate": "list", "source": list(column.choices)}
            )


def _write_value(
    place: Any, line: int, column: int, kind: Kind, value: object, formats: dict[str, Any]
) -> None:
    """Write one cell as what it is; nothing for what is missing."""
    if isinstance(value, Cell):
        kind, value = value.kind, value.value
    look = formats[kind]
    if value is None or value is pd.NaT:
        if kind in ("fill_in", "fill_in_moment"):
            place.write_blank(line, column, None, look)
    elif isinstance(value, str):
        _write_text(place, line, column, value, look)
    elif isinstance(value, datetime | date):
        _write_time(place, line, column, value, look)
    else:
        number = float(value)  # type: ignore[arg-type]
        if np.isfinite(number):
            place.write_number(line, column, number, look)


def _write_time(place: Any, line: int, column: int, value: date, look: Any) -> None:
    """Write a time as one, or as text where Excel's calendar does not reach."""
    if _FIRST_YEAR <= value.year <= _LAST_YEAR:
        place.write_datetime(line, column, value, look)
    else:
        _write_text(place, line, column, str(value), look)


def _write_text(place: Any, line: int, column: int, text: str, look: Any) -> None:
    if text:
        place.write_string(line, column, fit_text(str(neutralise_text(text)), MAX_CELL), look)
