"""Findings: one thing worth knowing about the data, with its count and the next step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One coded observation.

    Attributes
    ----------
    code : str
        Stable short name, in snake_case.
    severity : {"error", "warning", "note"}
        An error refuses the data; a warning may mislead; a note explains what was done.
    message : str
        What was found, in one sentence.
    next_step : str
        What the reader can do; empty where nothing is needed.
    table : str
        The table it is about.
    column : str or None
        The column, where it is about one.
    count : int
        Rows (or columns) concerned.
    total : int
        Rows (or columns) looked at.
    example : str or None
        Place of one instance, for example "row 17"; never a personal value.

    Examples
    --------
    >>> finding = Finding("missing_id", "warning", "no lead id: 6 rows", "Fill it in", count=6)
    >>> finding.to_dict()["severity"]
    'warning'
    """

    code: str
    severity: Severity
    message: str
    next_step: str = ""
    table: str = "leads"
    column: str | None = None
    count: int = 0
    total: int = 0
    example: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain types."""
        return asdict(self)


def sort_by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, errors first, otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
