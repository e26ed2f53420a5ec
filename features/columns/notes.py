"""Notes on readings: what the values of a column were taken for, and what was not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from features.columns.kinds import Column
from features.columns.time_formats import DAYS, MILLISECONDS, NAMES, SECONDS, WORDS
from features.findings import Finding

_BARE = (DAYS, SECONDS, MILLISECONDS)
_LISTED = 8
_WHAT = {"time": "a time", "number": "a number"}


def note_readings(columns: Iterable[Column], *, table: str = "leads") -> list[Finding]:
    """Report what may have been read otherwise than it was meant.

    Parameters
    ----------
    columns : iterable of Column
    table : str
        The table they stand in.

    Returns
    -------
    list of Finding
    """
    known = list(columns)
    findings = [finding for column in known for finding in _note_column(column)]
    return [replace(finding, table=table) for finding in (*findings, *_note_markers(known))]


def _note_column(column: Column) -> Iterator[Finding]:
    yield from _note_order(column)
    if column.n_unparsed:
        yield _note_unread(column)
    if column.seems is not None:
        yield _note_seeming(column)


def _note_order(column: Column) -> Iterator[Finding]:
    """Say how times or decimals were told where the values leave it open, or show several ways."""
    present = column.n_rows - column.n_missing
    about = Finding("", "warning", "", column=column.name, count=present, total=column.n_rows)
    bare = [form for form in column.formats if form in _BARE]
    if column.kind == "time" and column.ambiguous:
        yield replace(
            about,
            code="time_ambiguous",
            severity="error",
            message=f'"{column.name}" does not show whether day or month comes first',
            next_step='Set time_format under [leads], for example "%d/%m/%Y %H:%M"',
        )
    elif column.kind == "time" and column.mixed_formats:
        yield replace(
            about,
            code="time_mixed_formats",
            message=f'"{column.name}" writes times in several forms: {_list(column.formats)}',
            next_step="Look at the column; each form was read as it is",
        )
    elif bare:
        yield replace(
            about,
            code="time_from_number",
            severity="note",
            message=f'"{column.name}" holds {bare[0]}, read as times',
            next_step="Nothing, if the column holds times",
        )
    if column.kind == "number" and column.ambiguous:
        yield replace(
            about,
            code="number_ambiguous",
            message=f'"{column.name}" does not show whether its point is a decimal point or parts '
            "thousands; it is read as a decimal point",
            next_step="Export it with two decimals, or without a sign between thousands",
        )


def _note_unread(column: Column) -> Finding:
    what = _WHAT[column.kind]
    step = "Correct them, or add them to missing under [leads]"
    if column.kind == "time":
        step = "Correct them, set time_format under [leads], or add them to missing there"
    return Finding(
        code="value_unread",
        severity="warning",
        message=f'values of "{column.name}" are not {what} and count as missing{_written(column)}',
        next_step=step,
        column=column.name,
        count=column.n_unparsed,
        total=column.n_rows,
        example=f"row {column.example_row}" if column.example_row else None,
    )


def _note_seeming(column: Column) -> Finding:
    what = f"{column.seems}s"
    step = "Correct the others, or add them to missing under [leads]"
    if column.seems == "time":
        step += "; or set time_format there"
    return Finding(
        code="read_as_text",
        severity="warning",
        message=f'"{column.name}" looks like {what} and is read as text, as not all values are'
        + _written(column),
        next_step=step,
        column=column.name,
        count=column.n_strange,
        total=column.n_rows,
        example=f"row {column.example_row}" if column.example_row else None,
    )


def _written(column: Column) -> str:
    return "" if column.form is None else f', such as one of the form "{column.form}"'


def _note_markers(columns: Iterable[Column]) -> Iterator[Finding]:
    told = [
        f'"{column.name}" "{marker}" ({n:,})' for column in columns for marker, n in column.markers
    ]
    if not told:
        return
    marked = [column for column in columns if column.markers]
    more = f" and {len(told) - _LISTED} more" if len(told) > _LISTED else ""
    yield Finding(
        code="missing_markers",
        severity="note",
        message="read as nothing entered: " + ", ".join(told[:_LISTED]) + more,
        next_step="Nothing, if they mean that",
        count=sum(n for column in marked for _, n in column.markers),
        total=sum(column.n_rows for column in marked),
    )


def _list(formats: Iterable[str]) -> str:
    plain = [form.removeprefix(WORDS).removeprefix(NAMES) for form in formats]
    return ", ".join(f'"{form}"' if "%" in form else form for form in dict.fromkeys(plain))
