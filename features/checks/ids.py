"""Ids that do not name one lead each: rounded by a spreadsheet, or shared by many rows."""

from __future__ import annotations

from collections.abc import Iterator

from features.columns.ids import ROUNDED
from features.columns.sql import matches
from features.findings import Finding
from features.settings.schema import LeadSettings
from features.sources.duckdb_relation import Relation, aggregate, query_rows
from features.sources.file import ROW

_MANY_ROWS = 10
_MOST, _FEW = 0.5, 0.005
# A spreadsheet keeps 15 digits of a number and writes zeros for the others.
_LONG, _CUT, _SURE, _NEARLY_ALL = "^[0-9]{16,22}$", "^[0-9]{15}0+$", 20, 0.95


def note_ids(keys: Relation, lead: LeadSettings) -> Iterator[Finding]:
    """Report ids that stand for many leads: their rows would count as hand-overs of one.

    Parameters
    ----------
    keys : Relation
        ``_row`` and ``lead_id`` of every row.
    lead : LeadSettings
    """
    if lead.id is None:
        return
    rounded = list(_note_rounded(keys, lead.id))
    yield from rounded or _note_shared(keys, lead.id)


def _note_rounded(keys: Relation, column: str) -> Iterator[Finding]:
    rounded, cut = matches("lead_id", ROUNDED), matches("lead_id", _CUT)
    measures = {
        "rows": "count(*)",
        "rounded": f"count(*) FILTER ({rounded})",
        "rounded_first": f"min({ROW}) FILTER ({rounded})",
        "long": f"count(*) FILTER ({matches('lead_id', _LONG)})",
        "cut": f"count(*) FILTER ({cut})",
        "cut_first": f"min({ROW}) FILTER ({cut})",
    }
    found = aggregate(keys.connection, keys.place, measures)
    all_cut = found["long"] >= _SURE and found["cut"] >= _NEARLY_ALL * found["long"]
    which = "rounded" if found["rounded"] else "cut"
    if not found["rounded"] and not all_cut:
        return
    count = found[which]
    yield Finding(
        code="id_rounded",
        severity="error" if all_cut or count > _FEW * found["rows"] else "warning",
        message=f'a spreadsheet has rounded ids of "{column}", so that many leads share one: '
        f"{count:,} of {found['rows']:,} rows",
        next_step="Export them again and do not save the file in a spreadsheet, or format the "
        "column as text before the ids are put in",
        column=column,
        count=count,
        total=found["rows"],
        example=f"row {found[f'{which}_first']}",
    )


def _note_shared(keys: Relation, column: str) -> Iterator[Finding]:
    groups = (
        f"SELECT count(*) AS n, min({ROW}) AS first FROM {keys.place}"
        " WHERE lead_id IS NOT NULL GROUP BY lead_id"
    )
    many = f"n >= {_MANY_ROWS}"
    (found,) = query_rows(
        keys.connection,
        f"SELECT coalesce(sum(n), 0) AS rows, count(*) FILTER ({many}) AS ids,"
        f" coalesce(sum(n) FILTER ({many}), 0) AS shared, min(first) FILTER ({many}) AS first"
        f" FROM ({groups})",
    )
    shared, rows = int(found["shared"]), int(found["rows"])
    if not shared:
        return
    yield Finding(
        code="id_shared",
        severity="error" if shared > _MOST * rows else "warning",
        message=f'ids of "{column}" stand in {_MANY_ROWS} rows or more, as if one lead had been '
        f"handed over so often: {found['ids']:,} ids, {shared:,} of {rows:,} rows",
        next_step="Name the column that tells leads apart in id under [leads]; one row is one "
        "hand-over",
        column=column,
        count=shared,
        total=rows,
        example=f"row {found['first']}",
    )
