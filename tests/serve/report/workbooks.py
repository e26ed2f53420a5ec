"""Workbooks as another library reads them, and reports whose every text is an attack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from features.language import language
from features.text import clean
from serve.destinations.spreadsheet_safety import neutralise_text
from serve.report.contents import Rejections, Report, Share
from serve.report.workbook.workbook import write_report_workbook
from tests.serve.cell_texts import PAYLOADS

Sheets = dict[str, list[list[Any]]]
ATTACKS = (*PAYLOADS, "https://example.org/x", "mailto:a@example.org", "<b>{{ 7*7 }}</b>")


def read(report: Report, folder: Path) -> Sheets:
    """Write the report and return every sheet as its rows."""
    path = folder / "report.xlsx"
    write_report_workbook(path, report, language(report.language))
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def infect(report: Report) -> Report:
    """Put an attack in the place of every text that comes from outside."""
    leads = report.leads

    def attack(text: object) -> str:
        return clean(ATTACKS[sum(map(ord, str(text))) % len(ATTACKS)] + str(text))

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.map(attack).rename(columns=attack)

    def attack_all(texts: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(map(attack, some)) for some in texts)

    return replace(
        report,
        summary={**report.summary, "project": "=1+1", "terms": {
            **report.summary["terms"], "accepted": ["=1+1"], "undecided": ["@x"],
        }},
        groupings=tuple(
            replace(
                grouping,
                label=attack(grouping.label),
                groups=tuple(replace(one, name=attack(one.name)) for one in grouping.groups),
            )
            for grouping in report.groupings
        ),
        rejections=Rejections(
            ("=1+1", "+2"), (("@x", (1, 2)),), without=3, sides=(("above", "near"),)
        ),
        changes=tuple(replace(change, words=attack(change.words)) for change in report.changes),
        leads=replace(
            leads,
            frame=leads.frame.assign(
                lead_id=[f"={lead}" for lead in leads.frame["lead_id"]],
                reason=leads.frame["reason"].map(attack),
            ),
            shown=spoil(leads.shown),
            fields=leads.fields.map(attack),
            field_labels={key: attack(text) for key, text in leads.field_labels.items()},
            reasons_for=attack_all(leads.reasons_for),
            reasons_against=attack_all(leads.reasons_against),
            missing=attack_all(leads.missing),
        ),
    )  # fmt: skip


def as_cell(value: object) -> object:
    """Return a value as the reader gives it; Excel keeps 16 digits of a number."""
    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-14, abs=1e-14)
    return neutralise_text(value) if isinstance(value, str) else value


def as_cells(*values: object) -> list[object]:
    return [as_cell(value) for value in values]


def limits(share: Share | None) -> tuple[float | None, ...]:
    return (None,) * 3 if share is None else (share.value, share.low, share.high)
