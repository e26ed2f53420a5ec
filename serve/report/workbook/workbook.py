"""Workbook of the report: the same figures as on the page, and every lead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from features.language import Language
from serve.report.contents import Report
from serve.report.workbook.group_sheets import (
    make_changes,
    make_drivers,
    make_groups,
    make_rejections,
    make_results,
)
from serve.report.workbook.lead_sheets import make_disagreements, make_worklist
from serve.report.workbook.overview_sheets import make_definitions, make_overview
from serve.report.workbook.sheets import Sheet, write_workbook


def write_report_workbook(path: Path, report: Report, language: Language) -> None:
    """Write a report as an Excel workbook, whole or not at all.

    Parameters
    ----------
    path : Path
    report : Report
        All leads that it holds go into the worklist.
    language : Language
        That of the report.

    Raises
    ------
    DestinationError
        When it cannot be written; what was there stays.
    """
    write_workbook(path, make_sheets(report, language), language)


def make_sheets(report: Report, language: Language) -> Iterator[Sheet]:
    """Give the sheets in the order in which they are read.

    Parameters
    ----------
    report : Report
    language : Language

    Yields
    ------
    Sheet
        Without those of which the report has nothing to say.
    """
    yield make_overview(report, language)
    yield make_worklist(report, language)
    for grouping in report.groupings:
        yield make_groups(grouping, language)
    if report.results is not None:
        yield make_results(report.results, report.currency, language)
    if report.summary["drivers"]:
        yield make_drivers(report.summary["drivers"], language)
    if report.rejections is not None:
        yield make_rejections(report.rejections, language)
    if report.changes:
        yield make_changes(report.changes, language)
    yield make_disagreements(report, language)
    yield make_definitions(report.summary["terms"], language)
