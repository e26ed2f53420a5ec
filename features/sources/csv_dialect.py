"""CSV dialects: encoding, separator, header and damage of a file."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from features.errors import SourceError
from features.findings import Finding
from features.sources.encoding import (
    Decoded,
    fields_of_any_length,
    find_encoding,
    open_text,
    read_head,
    refuse_other_formats,
    refuse_other_texts,
)
from features.sources.footers import find_csv_footer

MAX_COLUMNS = 2_000
_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE = 4_000_000
_SAMPLE_ROWS = 200
_ALIKE = 0.8
_TITLES, _FEWEST_COLUMNS = 20, 3
_FIGURE = re.compile(r"[^\w]*\d[\d\W]*")
_TRIMMED = " \t\r\n\ufeff\u00a0"


@dataclass(frozen=True)
class CsvFile:
    """How one CSV file is written.

    Attributes
    ----------
    path : Path
    shown : str
        The path as shown to people.
    encoding : str
        A codec of Python.
    separator : str
        One character.
    header : tuple of str
        The names as found, trimmed; empty where a column has none.
    skipped_lines : int
        Lines up to and including the header.
    quoted : bool
        Whether the file holds any quote.
    end : int or None
        The bytes, unpacked, up to the footer of a report; None where there is none.
    zeros : bool
        Whether zero bytes, if any, belong to the encoding; else they are left out.
    notes : tuple of Finding
        What was guessed.
    """

    path: Path
    shown: str
    encoding: str
    separator: str
    header: tuple[str, ...]
    skipped_lines: int
    quoted: bool
    end: int | None = None
    zeros: bool = True
    notes: tuple[Finding, ...] = ()

    @property
    def is_part(self) -> bool:
        """Tell whether some of the file is left out."""
        return self.end is not None or not self.zeros


def inspect_csv(
    path: Path,
    *,
    shown: str,
    table: str = "leads",
    separator: str | None = None,
    encoding: str | None = None,
) -> CsvFile:
    """Find out how a CSV file is written; every byte of it is decoded once.

    Parameters
    ----------
    path : Path
        The file, which may be compressed with gzip.
    shown : str
        The path as shown in messages.
    table : str
        The table the notes are about.
    separator, encoding : str, optional
        Guessed where not given: the separator from the first rows, the encoding from the file's
        mark or from all its bytes. Whatever is not UTF-8 and not a comma is noted.

    Returns
    -------
    CsvFile

    Raises
    ------
    SourceError
        When the file is empty, is not text, or has no usable header.
    """
    head = read_head(path)
    refuse_other_formats(head, shown)
    decoded = find_encoding(path, head, shown, encoding)
    found, zeros = decoded.encoding, not decoded.zeros
    with open_text(path, found, zeros=zeros) as stream:
        sample = stream.read(_SAMPLE)
    refuse_other_texts(sample, shown)
    if not sample.strip(_TRIMMED):
        raise SourceError(
            "the file is empty", where=shown, code="empty_file", next_step="Export it again"
        )
    announced = _announced_separator(sample)
    chosen = separator or announced or guess_separator(sample)
    header, skipped, row, titles = _read_header(sample, chosen, announced is not None)
    _check_header(header, shown, cut=len(sample) == _SAMPLE and row is None)
    # Some programs end every row, but not the header, with a separator.
    if row is not None and len(row) == len(header) + 1 and not row[-1]:
        header = (*header, "")
    notes = [_note_titles(titles, shown, table)] if titles else []
    if encoding is None and found not in ("utf-8", "utf-8-sig"):
        step = "If accented letters look wrong, set encoding under [csv]"
        notes.append(_note("encoding_guessed", f"{shown} is read as {found}", step, table))
    if separator is None and chosen != "," and len(header) > 1:
        name = "tab" if chosen == "\t" else f'"{chosen}"'
        step = "If the columns look wrong, set separator under [csv]"
        notes.append(_note("separator_guessed", f"{shown} is separated by {name}", step, table))
    if not zeros:
        notes.append(_note_zeros(decoded, shown, table))
    end, footer = _find_end(decoded, chosen, len(header))
    notes += _note_footer(footer, shown, table) if footer else []
    quoted = decoded.quotes > 0
    return CsvFile(path, shown, found, chosen, header, skipped, quoted, end, zeros, tuple(notes))


def _find_end(decoded: Decoded, separator: str, width: int) -> tuple[int | None, int]:
    """Return the bytes up to the footer of a report, if there is one, and the footer's rows."""
    text, rows = find_csv_footer(
        decoded.tail, separator=separator, width=width, quotes=decoded.quotes
    )
    if not rows or "\0" in text:
        return None, 0
    # With a mark the encoding would write another one.
    plain = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}
    encoded = text.encode(plain.get(decoded.encoding, decoded.encoding))
    return decoded.size - len(encoded), rows


def _note_zeros(decoded: Decoded, shown: str, table: str) -> Finding:
    return replace(
        _note(
            "zero_bytes",
            f"{shown} holds zero bytes, which are left out",
            "Nothing, if the texts around them look right",
            table,
        ),
        severity="warning",
        count=decoded.zeros,
        example=f"line {decoded.zero_line}",
    )


def _note_titles(rows: int, shown: str, table: str) -> Finding:
    message = f"{shown} has rows above the column names: left out"
    return replace(_note("title_rows", message, "", table), count=rows)


def _note_footer(rows: int, shown: str, table: str) -> list[Finding]:
    step = "Nothing, if they are no rows of the table; else delete the blank row above them"
    message = f"{shown} ends with rows that belong to a report and not to the table: left out"
    return [replace(_note("footer_rows", message, step, table), count=rows)]


def _note(code: str, message: str, next_step: str, table: str) -> Finding:
    return Finding(code=code, severity="note", message=message, next_step=next_step, table=table)


def guess_separator(sample: str) -> str:
    """Return the separator that splits the header and fits most of the first rows.

    Parameters
    ----------
    sample : str
        The beginning of the file.

    Returns
    -------
    str
        One of comma, semicolon, tab, bar. A file of one column gets one that its rows do not hold.
    """
    scores: dict[str, tuple[bool, bool, float, int]] = {}
    for separator in _SEPARATORS:
        rows = _sample_rows(sample, separator) or [[]]
        header, *rows = rows[find_header(rows) :]
        width = len(header)
        agreement = sum(len(row) == width for row in rows) / len(rows) if rows else 1.0
        titled = width == 1 and _look_split(rows, separator)
        scores[separator] = (width != 1, titled, round(agreement, 2), width)
    return max(scores, key=scores.__getitem__)


def _look_split(rows: list[list[str]], separator: str) -> bool:
    """Tell whether rows are split alike, as below a title, and not only by decimal commas."""
    widths = Counter(len(row) for row in rows)
    width, count = widths.most_common(1)[0] if widths else (1, 0)
    decimals = separator == "," and all("".join(row).isdecimal() for row in rows)
    return width > 1 and count >= _ALIKE * len(rows) and not decimals


def _announced_separator(sample: str) -> str | None:
    """Return the separator named by a first line like ``sep=;``, which Excel understands."""
    first = re.split("[\r\n]", sample, maxsplit=1)[0].strip("\ufeff ").strip('"')
    return first[4] if len(first) == 5 and first.lower().startswith("sep=") else None


def _sample_rows(sample: str, separator: str) -> list[list[str]]:
    """Return the first rows of the sample that are not blank."""
    stream = io.StringIO(sample, newline="")
    if _announced_separator(sample) is not None:
        stream.readline()
    with fields_of_any_length():
        rows: list[list[str]] = []
        for row in csv.reader(stream, delimiter=separator):
            if any(field.strip(_TRIMMED) for field in row):
                rows.append(row)
            if len(rows) > _SAMPLE_ROWS:
                break
    if len(sample) == _SAMPLE and 1 < len(rows) <= _SAMPLE_ROWS:
        rows.pop()
    return rows


def _read_header(
    sample: str, separator: str, announced: bool
) -> tuple[tuple[str, ...], int, list[str] | None, int]:
    """Return the names, the lines up to them, the row that follows, if any, and the rows above."""
    titles = find_header(_sample_rows(sample, separator))
    stream = io.StringIO(sample, newline="")
    above = 0
    if announced:
        stream.readline()
        above = 1
    with fields_of_any_length():
        reader = csv.reader(stream, delimiter=separator)
        full = (row for row in reader if any(f.strip(_TRIMMED) for f in row))
        header = next(itertools.islice(full, titles, None), [])
        lines = reader.line_num
        row = next(full, None)
    names = tuple(" ".join(name.strip(_TRIMMED).splitlines()) for name in header)
    return names, above + lines, row, titles


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Return the place of the column names, which a report may put below titles and filters.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows, without blank ones.

    Returns
    -------
    int
        0 unless the first row fills less than half of the columns that most rows have. Then it
        is the first row that is as wide as they are and names most of its columns; what holds a
        figure or nothing but repetitions is no name.
    """
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    for place, row in enumerate(rows[:_TITLES]):
        names = [name for field in row if (name := field.strip(_TRIMMED))]
        if 2 * len(names) > width or width < _FEWEST_COLUMNS:
            named = len(row) == width and len(set(names)) == len(names)
            figures = any(_FIGURE.fullmatch(name) for name in names)
            return place if place and named and not figures else 0
    return 0


def _check_header(header: tuple[str, ...], shown: str, *, cut: bool) -> None:
    if len(header) > MAX_COLUMNS:
        raise SourceError(
            "the header has too many columns",
            where=f"{shown}, line 1",
            got=f"{len(header):,}",
            expected=f"at most {MAX_COLUMNS:,}",
            next_step="Export the columns you need, one row per line",
            code="too_many_columns",
        )
    if cut:
        raise SourceError(
            "the first row does not end",
            where=f"{shown}, line 1",
            got=f"more than {_SAMPLE:,} characters",
            expected="a line with the column names",
            next_step="Check that the file is CSV and its quotes are closed",
            code="endless_header",
        )
    if not any(header):
        raise SourceError(
            "the header names no column",
            where=f"{shown}, line 1",
            expected="the column names in the first line",
            next_step="Add them, or export the file again",
            code="no_header",
        )
