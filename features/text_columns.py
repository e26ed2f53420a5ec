"""What a column of text holds, found by looking at each of its different values once (DuckDB)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from features.column_kinds import Column, Kind, Texts
from features.file_parts import ROW
from features.readings import (
    MISSING_AMONG_NUMBERS,
    Decimal,
    is_compact_time,
    read_number,
    read_text,
)
from features.text_times import decide_time

if TYPE_CHECKING:
    import ibis.expr.types as ir

_COLUMNS_AT_ONCE = 40
_VALUES_AT_ONCE = 5_000_000


def profile_texts(
    data: ir.Table,
    names: Sequence[str],
    *,
    forced: Mapping[str, Kind],
    missing: Collection[str],
    time_format: str | None,
    time_formats: Mapping[str, str],
) -> dict[str, Column]:
    """Find out what columns hold that are text, or are to be read as text.

    Parameters
    ----------
    data : ibis Table
        In DuckDB, with ``_row``.
    names : sequence of str
    forced : mapping of str to Kind
        What columns are known to hold.
    missing : collection of str
        What means "nothing entered".
    time_format : str or None
    time_formats : mapping of str to str
        Formats in which columns were read before.

    Returns
    -------
    dict of str to Column
    """
    rows = int(data.count().to_pyarrow().as_py())
    # A table of different values at a time, none much larger than a few columns.
    size = max(1, min(_COLUMNS_AT_ONCE, _VALUES_AT_ONCE // max(rows, 1)))
    profiles: dict[str, Column] = {}
    for start in range(0, len(names), size):
        some = names[start : start + size]
        values = _list_values(data, some, missing)
        try:
            profiles |= _profile_some(values, some, rows, forced, time_format, time_formats)
        finally:
            data.get_backend().drop_table(values.op().name)
    return profiles


def _list_values(data: ir.Table, names: Sequence[str], missing: Collection[str]) -> ir.Table:
    """Keep the columns' different values: ``place``, ``text``, ``n``, ``first`` row, ``filler``."""
    import ibis

    counted = []
    for place, name in enumerate(names):
        column = data.select(value=data[name], row=data[ROW])
        groups = column.group_by("value").agg(n=column.count(), first=column.row.min())
        text = read_text(groups["value"], missing)
        counted.append(groups.select("n", "first", text=text, place=ibis.literal(place, "int32")))
    united = ibis.union(*counted) if len(counted) > 1 else counted[0]
    present = united.filter(united.text.notnull())
    filler = present.text.lower().isin(list(MISSING_AMONG_NUMBERS))
    return data.get_backend().create_table(
        f"values_{uuid4().hex}", present.mutate(filler=filler), temp=True
    )


def _profile_some(
    values: ir.Table,
    names: Sequence[str],
    rows: int,
    forced: Mapping[str, Kind],
    time_format: str | None,
    time_formats: Mapping[str, str],
) -> dict[str, Column]:
    texts = _count_texts(values, len(names), rows)
    unsure = {
        place: texts[place]
        for place, name in enumerate(names)
        if forced.get(name) in ("number", "time")
        or (name not in forced and texts[place].is_enough(_with_digits(texts[place])))
    }
    tallies = _tally_numbers(values, list(unsure))
    profiles = {}
    for place, name in enumerate(names):
        known = forced.get(name)
        text = texts[place]
        column = Column(
            name=name,
            kind=known or ("text" if text.present else "empty"),
            n_rows=rows,
            n_missing=rows - text.present,
            n_distinct=text.distinct,
        )
        if place in unsure and known != "time":
            column = _decide_number(column, text, tallies[place], known=known == "number")
        if place in unsure and column.kind != "number":
            earlier = time_formats.get(name)
            column = decide_time(column, text, time_format, known=known == "time", earlier=earlier)
        profiles[name] = column
    return profiles


def _with_digits(text: Texts) -> int:
    """Count the values that hold a digit, as all numbers and times do."""
    return text.count - text.digitless


def _count_texts(values: ir.Table, columns: int, rows: int) -> list[Texts]:
    digitless = ~values.filler & ~values.text.re_search("[0-9]")
    counts = _aggregate_by_place(
        values,
        present=values.n.sum(),
        filler=values.n.sum(where=values.filler),
        digitless=values.n.sum(where=digitless),
        distinct=values.text.nunique(),
    )
    nothing = dict.fromkeys(("present", "filler", "digitless", "distinct"), 0)
    return [
        Texts(
            values=values.filter((values.place == place) & ~values.filler),
            rows=rows,
            **counts.get(place, nothing),
        )
        for place in range(columns)
    ]


def _aggregate_by_place(values: ir.Table, **measures: ir.Scalar) -> dict[int, dict[str, int]]:
    """Return the measures of each column, zero where a sum is over nothing."""
    found = values.group_by("place").agg(**measures).to_pyarrow().to_pylist()
    return {row.pop("place"): {key: int(value or 0) for key, value in row.items()} for row in found}


def _tally_numbers(values: ir.Table, places: Sequence[int]) -> dict[int, dict[str, int]]:
    """Count the values that read as numbers of either style, or as dates in digits only."""
    if not places:
        return {}
    asked = values.filter(values.place.isin(list(places)) & ~values.filler)
    measures: dict[str, ir.Scalar] = {"date": asked.n.sum(where=is_compact_time(asked.text))}
    for name, decimal in _STYLES.items():
        number = read_number(asked.text, decimal)
        measures[name] = asked.n.sum(where=number.notnull())
        measures[f"{name}_first"] = asked["first"].min(where=number.isnull())
    found = _aggregate_by_place(asked, **measures)
    return {place: found.get(place, dict.fromkeys(measures, 0)) for place in places}


_STYLES: Mapping[str, Decimal] = {"point": ".", "comma": ","}


def _decide_number(column: Column, text: Texts, tally: Mapping[str, int], *, known: bool) -> Column:
    """Return the column as numbers where it holds numbers or is known to."""
    style = "point" if tally["point"] >= tally["comma"] else "comma"
    read = tally[style]
    dates_only = text.count > 0 and tally["date"] == text.count
    if not known and (dates_only or not text.is_enough(read)):
        return column
    return replace(
        column,
        kind="number",
        decimal=_STYLES[style],
        n_missing=text.rows - text.count,
        n_unparsed=text.count - read,
        example_row=tally[f"{style}_first"] or None,
    )
