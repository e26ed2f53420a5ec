"""Number columns: which sign parts decimals, and what numbers beside percent signs mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from features.columns.kinds import Column, Texts
from features.columns.numbers import Decimal, count_styles, is_grouped, is_plain, read_number
from features.columns.sql import matches
from features.columns.time_formats import COMPACT
from features.sources.duckdb_relation import Relation, query_rows
from features.sources.sql import quote

_STYLES: Mapping[str, Decimal] = {"point": ".", "comma": ","}
_SHARES = "%"
_SURE = 3
Style = Literal["none", "open", "shown"]


def tally_numbers(values: Relation, places: Sequence[int]) -> dict[int, dict[str, int]]:
    """Count the values that read as numbers of either style, and what speaks for which.

    Parameters
    ----------
    values : Relation
        The different values of some columns: ``place``, ``text``, ``n``, ``first``, ``filler``.
    places : sequence of int
        The columns that are asked about.

    Returns
    -------
    dict of int to dict of str to int
    """
    if not places:
        return {}
    plain = is_plain("text", ".")
    measures = {
        "count": "sum(n)",
        "date": f"sum(n) FILTER ({matches('text', COMPACT)})",
        "plain": f"sum(n) FILTER ({plain})",
        "signs": f"sum(n) FILTER ({plain} AND contains(text, '.'))",
        "grouped": f"sum(n) FILTER ({plain} AND {is_grouped('text')})",
        "shares": f"sum(n) FILTER ({plain} AND TRY_CAST(text AS DOUBLE) BETWEEN 0 AND 1)",
    }
    asked = _ask_about(values, places)
    found = aggregate_by_place(values.connection, asked, measures)
    tallies = {place: _take_plain(counts) for place, counts in found.items()}
    hard = [place for place, counts in found.items() if not _is_clear(counts)]
    if hard:
        tallies |= _tally_forms(values, hard)
    nothing = _take_plain(dict.fromkeys(measures, 0))
    return {place: tallies.get(place, nothing) for place in places}


def _ask_about(values: Relation, places: Sequence[int], more: str = "") -> str:
    listed = ", ".join(map(str, places))
    asked = f"place IN ({listed}) AND text IS NOT NULL AND NOT filler"
    return f"(SELECT *{more} FROM {values.place} WHERE {asked})"


def _is_clear(counts: Mapping[str, int]) -> bool:
    """Tell whether all values are plain and show what their sign is."""
    return counts["plain"] == counts["count"] and counts["grouped"] < max(counts["signs"], 1)


def _take_plain(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the tally of a column of plain numbers."""
    names = ("points", "commas", "comma_signs", "short", "long", "money", "amounts", "percent")
    styles = {f"{style}_{what}": 0 for style in _STYLES for what in ("first", "shares", "parts")}
    tally = dict.fromkeys(names, 0) | styles | {"date": counts["date"], "dotted": counts["signs"]}
    # With a sign, all of them would be other numbers, or none, in the other style.
    point = counts["plain"]
    comma = point - counts["signs"]
    tally |= {"point": point, "comma": comma, "point_plain": point, "comma_plain": comma}
    return tally | {"point_shares": counts["shares"]}


def _tally_forms(values: Relation, places: Sequence[int]) -> dict[int, dict[str, int]]:
    read = {f"{name}_read": read_number("text", style) for name, style in _STYLES.items()}
    columns = "".join(f", {sql} AS {name}" for name, sql in read.items())
    measures = {"date": f"sum(n) FILTER ({matches('text', COMPACT)})", **count_styles("text", "n")}
    for name, style in _STYLES.items():
        measures[name] = f"sum(n) FILTER ({name}_read IS NOT NULL)"
        measures[f"{name}_plain"] = f"sum(n) FILTER ({is_plain('text', style)})"
        measures[f"{name}_first"] = f"min(first) FILTER ({name}_read IS NULL)"
        unsigned = f"sum(n) FILTER (NOT contains(text, '%') AND {name}_read"
        measures[f"{name}_shares"] = f"{unsigned} BETWEEN 0 AND 1)"
        measures[f"{name}_parts"] = f"{unsigned} NOT IN (0, 1) AND {name}_read BETWEEN 0 AND 1)"
    return aggregate_by_place(values.connection, _ask_about(values, places, columns), measures)


def decide_number(
    column: Column, text: Texts, tally: Mapping[str, int], *, known: bool, earlier: str | None
) -> Column:
    """Return the column as numbers where it holds numbers or is known to.

    Parameters
    ----------
    column : Column
        What is known of the column so far.
    text : Texts
    tally : mapping of str to int
        As `tally_numbers` counts.
    known : bool
        Whether the column holds numbers whatever its values look like.
    earlier : str or None
        How the column was written before, as `describe_style` says it.

    Returns
    -------
    Column
    """
    style, shown, ambiguous = _choose_style(tally, earlier)
    read = tally[style]
    dates_only = text.count > 0 and tally["date"] == text.count
    if not known and (dates_only or not text.is_enough(read)):
        return _note_seeming(column, text, tally, style)
    return replace(
        column,
        kind="number",
        decimal=_STYLES[style],
        shares=_are_shares(tally, style, read, earlier),
        n_missing=text.rows - text.count,
        n_unparsed=text.count - read,
        example_row=tally[f"{style}_first"] or None,
        ambiguous=ambiguous,
        style=shown,
        plain=tally[f"{style}_plain"] == read,
    )


def _note_seeming(column: Column, text: Texts, tally: Mapping[str, int], style: str) -> Column:
    if tally["date"] or not text.seems(max(tally[style], tally["amounts"])):
        return column
    strange = text.count - tally[style]
    first = tally[f"{style}_first"] or None
    return replace(column, seems="number", n_strange=strange, example_row=first)


def describe_style(column: Column) -> str | None:
    """Return how a column of numbers was read, for other exports of it; None where any way does."""
    if column.kind != "number" or (column.style == "none" and not column.shares):
        return None
    return column.decimal + (_SHARES if column.shares else "")


def settle_open_styles(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Read numbers that either style fits as the other columns of the table are written.

    Parameters
    ----------
    columns : mapping of str to Column

    Returns
    -------
    dict of str to Column
    """
    told = {column.decimal for column in columns.values() if column.style == "shown"}
    if len(told) != 1:
        return dict(columns)
    (decimal,) = told
    return {
        name: replace(column, decimal=decimal, ambiguous=False, plain=False)
        if column.style == "open"
        else column
        for name, column in columns.items()
    }


def _choose_style(tally: Mapping[str, int], earlier: str | None) -> tuple[str, Style, bool]:
    """Return the style, whether the values show it, and whether that should be told."""
    point, comma = tally["point"], tally["comma"]
    if point != comma:
        return ("point" if point > comma else "comma"), "shown", False
    if not tally["dotted"] and not tally["comma_signs"]:
        return "point", "none", False
    if earlier is not None:
        return ("comma" if earlier.startswith(",") else "point"), "shown", False
    if tally["dotted"]:
        # $120.500 beside $950: no amount has three decimals, and none is short of them.
        short = tally["short"] and not tally["long"] and tally["points"] >= _SURE
        if tally["money"] or short:
            return "comma", "shown", False
        return "point", "open", True
    return "point", "shown" if tally["money"] else "open", False


def _are_shares(tally: Mapping[str, int], style: str, read: int, earlier: str | None) -> bool:
    """Tell whether values without a percent sign are shares beside others with one."""
    unsigned = read - tally["percent"]
    shares = unsigned > 0 and tally[f"{style}_shares"] == unsigned
    if earlier is not None and earlier.endswith(_SHARES):
        return shares
    return bool(shares and tally["percent"] and tally[f"{style}_parts"])


def aggregate_by_place(
    connection: Any, place: str, measures: Mapping[str, str]
) -> dict[int, dict[str, int]]:
    """Return the measures of each column, zero where a sum is over nothing."""
    named = ", ".join(f"{sql} AS {quote(name)}" for name, sql in measures.items())
    found: list[dict[str, Any]] = query_rows(
        connection,
        f"SELECT place, {named} FROM {place} GROUP BY place",
    )
    return {row.pop("place"): {key: int(value or 0) for key, value in row.items()} for row in found}
