"""Footers of reports: rows below a table that do not belong to it."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

_LINES = 60
_WORDS = re.compile(
    r"(?:grand |sub|report )?totals?\b|total(?:e|es)?\b|totaux|totali\b|gesamt|summe|suma\b"
    r"|somme\b|ergebnis\b|resultado\b|résultat\b|итого|всего"
    r"|copyright|©|confidential|all rights reserved|end of (?:report|file)|as of |run by"
    r"|(?:generated|exported) (?:by|on|at)|generado|gerado por|généré|erstellt (?:am|von)"
    r"|exportado|сформирован|filter(?:ed by|s?:)|(?:records?|rows?|registros|filas)\s*:"
    r"|\(?[0-9,.]+ (?:records?|rows)\)?$",
    re.I,
)


def count_footer_rows(rows: Sequence[Sequence[str]], width: int) -> int:
    """Count the rows at the end that a report puts below its table, blank ones included.

    Parameters
    ----------
    rows : sequence of sequence of str
        The last rows, in their order.
    width : int
        The columns of the table.

    Returns
    -------
    int
        0 where the last row may be one of the table. A row counts that begins with a word such as
        "Total" or "Copyright", or that stands below a blank one and fills its first cell only, or
        has words in it and figures in a few others.
    """
    if width <= 2:
        return 0
    filled = [[field.strip() for field in row if field.strip()] for row in rows]
    place = len(rows)
    footer = place
    while place:
        place -= 1
        cells = filled[place]
        summary = bool(cells) and _is_summary(cells, width)
        if cells and not summary and not _is_remark(cells, rows[place], width):
            break
        below_blank = place > 0 and not filled[place - 1]
        if cells and (below_blank or summary):
            footer = place
    while 0 < footer < len(rows) and not filled[footer - 1]:
        footer -= 1
    return len(rows) - footer


def _is_summary(cells: Sequence[str], width: int) -> bool:
    figures = all(any(map(str.isdigit, cell)) for cell in cells[1:])
    return len(cells) < width and figures and _WORDS.match(cells[0]) is not None


def _is_remark(cells: Sequence[str], row: Sequence[str], width: int) -> bool:
    """Say whether a row is a text alone, or a word and its figures: "Conversion", "27.2%"."""
    words, *figures = cells
    if not row[0].strip():
        return False
    if not figures:
        # Some programs pad what they write below a table: then one word may be an id.
        return len(row) < width or len(words.split()) > 1
    worded = not any(map(str.isdigit, words)) and 2 * len(cells) <= width
    return worded and all(any(map(str.isdigit, cell)) for cell in figures)


def find_csv_footer(tail: str, *, separator: str, width: int, quotes: int) -> tuple[str, int]:
    """Return the text below the table at the end of a CSV file, and the rows it holds.

    Parameters
    ----------
    tail : str
        The last characters of the file.
    separator : str
    width : int
        The columns of the table.
    quotes : int
        Quotes in the whole file: between two of them nothing is a footer.

    Returns
    -------
    str
    int
        Without blank rows.
    """
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", tail)[-_LINES - 1 :]
    lines = [line for line in lines if line][1:]
    rows = [_split(line, separator) for line in _take_closed(lines)]
    count = count_footer_rows(rows, width)
    if count == 0 or count == len(lines) or quotes % 2:
        return "", 0
    text = "".join(lines[-count:])
    return text, sum(any(map(str.strip, row)) for row in rows[-count:])


def _take_closed(lines: Sequence[str]) -> Sequence[str]:
    """Return the last lines without those of values that go over several lines.

    The last line of such a value closes a quote, so that its quotes are an odd number.
    """
    odd = [place for place, line in enumerate(lines) if line.count('"') % 2]
    return lines[odd[-1] + 1 :] if odd else lines


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)
