"""Ids that do not name one lead each: rounded by a spreadsheet, or shared by many rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from features.columns.ids import ROUNDED
from features.columns.sql import matches
from features.findings import Finding
from features.settings.schema import LeadSettings
from features.sources.duckdb_relation import Relation, aggregate
from features.sources.file import ROW

_MANY_ROWS = 10
_MOST, _FEW = 0.5, 0.005
# A spreadsheet keeps 15 digits of a number and writes zeros for the others.
_LONG, _CUT, _SURE, _NEARLY_ALL = "^[0-9]{16,22}$", "^[0-9]{15}0+$", 20, 0.95


def count_ids(keys: Relation) -> dict[str, int]:
    """Count ids that may stand for many leads.

    Parameters
    ----------
    keys : Relation
        ``_row`` and ``lead_id`` of every row.

    Returns
    -------
    dict of str to int
        As `note_ids` takes them. Those of other leads add up, but for the first rows
        (``..._first``), of which the least counts; 0 is none.
    """
    rounded, cut = matches("lead_id", ROUNDED), matches("lead_id", _CUT)
    measures = {
        "rows": "count(*)",
        "rounded": f"count(*) FILTER ({rounded})",
        "rounded_first": f"min({ROW}) FILTER ({rounded})",
        "long": f"count(*) FILTER ({matches('lead_id', _LONG)})",
        "cut": f"count(*) FILTER ({cut})",
        "cut_first": f"min({ROW}) FILTER ({cut})",
    }
    groups = (
        f"(SELECT count(*) AS n, min({ROW}) AS first FROM {keys.place}"
        " WHERE lead_id IS NOT NULL GROUP BY lead_id)"
    )
    many = f"n >= {_MANY_ROWS}"
    shares = {
        "named": "sum(n)",
        "ids": f"count(*) FILTER ({many})",
        "shared": f"sum(n) FILTER ({many})",
        "shared_first": f"min(first) FILTER ({many})",
    }
    found = aggregate(keys.connection, keys.place, measures)
    return found | aggregate(keys.connection, groups, shares)


def note_ids(found: Mapping[str, int], lead: LeadSettings) -> Iterator[Finding]:
    """Report ids that stand for many leads: their rows would count as hand-overs of one.

    Parameters
    ----------
    found : mapping of str to int
        From `count_ids`.
    lead : LeadSettings
    """
    if lead.id is None:
        return
    rounded = list(_note_rounded(found, lead.id))
    yield from rounded or _note_shared(found, lead.id)


def _note_rounded(found: Mapping[str, int], column: str) -> Iterator[Finding]:
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


def _note_shared(found: Mapping[str, int], column: str) -> Iterator[Finding]:
    shared, rows = found["shared"], found["named"]
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
        example=f"row {found['shared_first']}",
    )
