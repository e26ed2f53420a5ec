"""Check command: read the tables and report what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from features.checks.tables import check_columns, check_tables, refuse
from features.findings import Finding, sort_by_severity
from features.labels import read_labelled
from features.settings.load import load_settings
from pipelines.console import Console, render_findings
from pipelines.train_outcome import describe_corrected, describe_excluded
from serve.destinations.formats import check_settings


def run(console: Console, *, config: Path) -> dict[str, Any]:
    """Check a project's data.

    Parameters
    ----------
    console : Console
    config : Path
        The settings file.

    Returns
    -------
    dict
        Counts and findings, as shown with --json.

    Raises
    ------
    DataRefused
        After showing the result, when there is an error among the findings.
    """
    settings = load_settings(config)
    check_settings(settings)
    console.progress("Reading the tables")
    tables, labels = read_labelled(settings)
    console.progress("Checking the data")
    findings = sort_by_severity([*check_tables(tables, labels), *check_columns(tables)])
    used = labels.accepted[labels.used]
    result = {
        "leads": len(tables.episodes),
        "used": len(used),
        "accepted": int((used == 1).sum()),
        "rejected": int((used == 0).sum()),
        "excluded": labels.excluded,
        "corrected": labels.n_corrected,
        "matured_after_days": labels.matured_after_days,
        "as_of": None if labels.as_of is None else str(labels.as_of),
        "order": tables.order,
        "findings": [finding.to_dict() for finding in findings],
        "seconds": console.elapsed(),
    }
    refused = [finding for finding in findings if finding.severity == "error"]
    if not (refused and console.as_json):
        console.result(result, describe(result, findings))
    refuse(findings)
    return result


def describe(result: Mapping[str, Any], findings: tuple[Finding, ...]) -> list[str]:
    """Return the result as lines for a terminal of 80 columns."""
    lines = [
        f"{result['leads']:,} hand-overs, {result['used']:,} of them usable: "
        f"{result['accepted']:,} accepted, {result['rejected']:,} rejected",
    ]
    if result["matured_after_days"] is not None:
        lines.append(
            f"Leads count from an age of {result['matured_after_days']:.0f} days, "
            f"as of {datetime.fromisoformat(result['as_of']):%Y-%m-%d %H:%M}"
        )
    lines += describe_corrected(result["corrected"])
    lines += describe_excluded(result["excluded"])
    lines += ["", *(render_findings(findings) or ["No findings: the data are clean."])]
    return lines
