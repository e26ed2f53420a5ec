"""Counts of a report for other programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from serve.report.contents import Report


def count_report(report: Report) -> dict[str, Any]:
    """Return the counts of a report, as shown with --json.

    Parameters
    ----------
    report : Report

    Returns
    -------
    dict
        ``leads`` shown one by one, ``waiting`` among them, ``total`` counted; ``opening`` with
        its days as text; ``funnel``, by its keys value, interval and counts; ``groups`` listed by
        key; ``reasons`` of rejection; ``changes``;
        ``disagreements`` with ``rejected``, ``accepted`` and ``looked_at``.
    """
    opening = asdict(report.opening)
    found = report.disagreements
    for end in ("start", "end"):
        opening[end] = None if opening[end] is None else opening[end].isoformat()
    return {
        "leads": len(report.leads.frame),
        "waiting": int((report.leads.frame["decision"] == "waiting").sum()),
        "total": report.leads.total,
        "opening": opening,
        "funnel": {figure.key: asdict(figure) for figure in report.funnel},
        "groups": {grouping.key: len(grouping.groups) for grouping in report.groupings},
        "reasons": 0 if report.rejections is None else len(report.rejections.reasons),
        "changes": len(report.changes),
        "disagreements": {
            "rejected": len(found.rejected),
            "accepted": len(found.accepted),
            "looked_at": found.looked_at,
        },
    }
