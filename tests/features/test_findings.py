"""Findings: plain data, and the errors first."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from features.findings import SEVERITIES, Finding, sort_by_severity

FINDINGS = st.lists(
    st.builds(Finding, code=st.text("abc"), severity=st.sampled_from(SEVERITIES), message=st.text())
)


@given(FINDINGS)
def test_errors_come_first_and_equals_keep_their_order(findings: list[Finding]) -> None:
    expected = [
        finding
        for severity in ("error", "warning", "note")
        for finding in findings
        if finding.severity == severity
    ]
    assert list(sort_by_severity(findings)) == expected


def test_a_finding_survives_json() -> None:
    finding = Finding("missing_id", "warning", "no lead id", count=3, total=9, example="row 2")
    assert Finding(**json.loads(json.dumps(finding.to_dict()))) == finding
